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
RADIUS_STEP: Final = 0.25
"""The tip is drawn anew for each such change of its radius, in logical pixels."""
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


def joined(places: list[QRect]) -> list[QRect]:
    """Two places as one where that is no larger than both: a region of one rectangle is painted and shown quickest."""
    if len(places) != 2:
        return places
    around = places[0].united(places[1])
    return [around] if _area(around) <= _area(places[0]) + _area(places[1]) else places


def _area(rect: QRect) -> int:
    return rect.width() * rect.height()


def reach_of(nib: Nib) -> float:
    """How far a tip goes from its centre, in image pixels."""
    return nib.radius * (math.sqrt(2) if nib.shape == "square" else nib.stretch)


def draw_cursor(
    painter: QPainter, centre: QPointF, nib: Nib, scale: float, *, sign: str = "", ratio: float = 1.0
) -> None:
    """The tip in white with a dark edge; a small cross inside when it is too small to aim with.

    `scale`: logical pixels for one image pixel. `sign`: "+" or "-" beside it, for what a press would do. `ratio`:
    device pixels for a logical one. It is drawn once for a size and copied to the nearest device pixel: the smooth
    lines cost 2 ms where the canvas is painted through a region of several rectangles, at each step of the hand.
    """
    seen = Nib(
        _rounded(nib.radius * scale, RADIUS_STEP), nib.shape, _rounded(nib.stretch, 0.02), _rounded(nib.angle, 0.02)
    )
    tip = _tip(seen, sign, ratio)
    side = tip.width() / ratio / 2
    corner = QPointF(round((centre.x() - side) * ratio) / ratio, round((centre.y() - side) * ratio) / ratio)
    painter.drawPixmap(corner, tip)


def _rounded(value: float, step: float) -> float:
    return round(value / step) * step


@lru_cache(maxsize=48)
def _tip(nib: Nib, sign: str, ratio: float) -> QPixmap:
    """The tip in logical pixels, in the middle of a pixmap."""
    side = 2 * (math.ceil(max(reach_of(nib), 6.0)) + _MARGIN) + 1
    drawn = QPixmap(QSize(math.ceil(side * ratio), math.ceil(side * ratio)))
    drawn.setDevicePixelRatio(ratio)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    _draw_whole(painter, QPointF(side / 2, side / 2), nib, sign)
    painter.end()
    return drawn


def _draw_whole(painter: QPainter, centre: QPointF, nib: Nib, sign: str) -> None:
    radius = max(nib.radius, 0.5)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((_DARK, 3.0), (_LIGHT, 1.4)):
        painter.setPen(QPen(colour, width))
        _draw_tip(painter, centre, radius, nib)
        if radius < CROSS_BELOW:
            _draw_cross(painter, centre, 3, 6)
    away = min(radius, SIGN_WITHIN) * math.sqrt(0.5) + 8
    _draw_sign(painter, centre + QPointF(away, away), sign)


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
