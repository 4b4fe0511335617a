"""Cursors: the tip of a brush in its true size and shape, a cross with a glyph for what has no size, and the sign."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QCursor, QPainter, QPen, QPixmap

from polypviewer.core.nib import Nib
from polypviewer.ui.icons import pixmap

CROSS_BELOW: Final = 3.0
SIGN_WITHIN: Final = 40.0
"""The sign stands at the tip's edge, but never farther from its centre than this."""
_MARGIN: Final = 18
_DARK: Final = QColor(0, 0, 0, 120)
_LIGHT: Final = QColor(255, 255, 255, 235)
_AIM_SIDE: Final = 40
_AIM_AT: Final = 15
_GLYPH_PX: Final = 15


def cursor_rect(centre: QPointF, reach: float) -> QRect:
    """The logical pixels that the cursor touches; `reach`: the tip's farthest point from its centre."""
    side = math.ceil(max(reach, 6.0)) + _MARGIN
    return QRect(math.floor(centre.x()) - side, math.floor(centre.y()) - side, 2 * side + 1, 2 * side + 1)


def reach_of(nib: Nib) -> float:
    """How far a tip goes from its centre, in image pixels."""
    return nib.radius * (math.sqrt(2) if nib.shape == "square" else nib.stretch)


def draw_cursor(painter: QPainter, centre: QPointF, nib: Nib, scale: float, *, sign: str = "") -> None:
    """The tip in white with a dark edge; a small cross inside when it is too small to aim with.

    `scale`: logical pixels for one image pixel. `sign`: "+" or "-" beside it, for what a press would do.
    """
    radius = max(nib.radius * scale, 0.5)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((_DARK, 3.0), (_LIGHT, 1.4)):
        painter.setPen(QPen(colour, width))
        _draw_tip(painter, centre, radius, nib)
        if radius < CROSS_BELOW:
            _draw_cross(painter, centre, 3, 6)
    away = min(radius, SIGN_WITHIN) * math.sqrt(0.5) + 8
    _draw_sign(painter, centre + QPointF(away, away), sign)
    painter.restore()


def aim_cursor(glyph: str, sign: str) -> QCursor:
    """A cross with a tool's glyph and the sign."""
    return QCursor(_aim(glyph, sign), _AIM_AT, _AIM_AT)


def _draw_tip(painter: QPainter, centre: QPointF, radius: float, nib: Nib) -> None:
    if nib.shape == "square":
        painter.drawRect(QRectF(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius))
        return
    painter.save()
    painter.translate(centre)
    painter.rotate(math.degrees(nib.angle))
    painter.drawEllipse(QPointF(0, 0), radius * nib.stretch, radius)
    painter.restore()


def _draw_cross(painter: QPainter, centre: QPointF, inner: float, outer: float) -> None:
    for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        painter.drawLine(centre + QPointF(x, y) * inner, centre + QPointF(x, y) * outer)


def _draw_sign(painter: QPainter, centre: QPointF, sign: str) -> None:
    if not sign:
        return
    for colour, width in ((QColor(0, 0, 0, 170), 4.0), (_LIGHT, 1.8)):
        painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(centre - QPointF(3.5, 0), centre + QPointF(3.5, 0))
        if sign == "+":
            painter.drawLine(centre - QPointF(0, 3.5), centre + QPointF(0, 3.5))


@lru_cache(maxsize=64)
def _aim(glyph: str, sign: str) -> QPixmap:
    drawn = QPixmap(QSize(2 * _AIM_SIDE, 2 * _AIM_SIDE))
    drawn.setDevicePixelRatio(2.0)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    centre = QPointF(_AIM_AT + 0.5, _AIM_AT + 0.5)
    for colour, width in ((QColor(0, 0, 0, 150), 3.0), (_LIGHT, 1.3)):
        painter.setPen(QPen(colour, width))
        _draw_cross(painter, centre, 3, 11)
    if glyph:
        corner = QPointF(_AIM_SIDE - _GLYPH_PX - 1, _AIM_SIDE - _GLYPH_PX - 1)
        for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1)):
            painter.drawPixmap(corner + QPointF(dx, dy), pixmap(glyph, "#101010", side=_GLYPH_PX, ratio=2.0))
        painter.drawPixmap(corner, pixmap(glyph, "#FFFFFF", side=_GLYPH_PX, ratio=2.0))
    _draw_sign(painter, centre + QPointF(13, -9), sign)
    painter.end()
    return drawn
