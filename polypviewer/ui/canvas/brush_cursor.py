"""The brush cursor: a circle of the brush's true size, seen on any ground."""

from __future__ import annotations

import math
from typing import Final

from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPen

CROSS_BELOW: Final = 3.0
_MARGIN: Final = 4


def cursor_rect(centre: QPointF, radius: float) -> QRect:
    """The logical pixels that the cursor touches; `radius` in logical pixels."""
    reach = math.ceil(max(radius, 6.0)) + _MARGIN
    return QRect(math.floor(centre.x()) - reach, math.floor(centre.y()) - reach, 2 * reach + 1, 2 * reach + 1)


def draw_cursor(painter: QPainter, centre: QPointF, radius: float) -> None:
    """A white circle with a dark edge; a small cross inside when the circle is too small to aim with."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((QColor(0, 0, 0, 120), 3.0), (QColor(255, 255, 255, 235), 1.4)):
        painter.setPen(QPen(colour, width))
        painter.drawEllipse(centre, max(radius, 0.5), max(radius, 0.5))
        if radius < CROSS_BELOW:
            painter.drawLine(centre - QPointF(6, 0), centre - QPointF(3, 0))
            painter.drawLine(centre + QPointF(3, 0), centre + QPointF(6, 0))
            painter.drawLine(centre - QPointF(0, 6), centre - QPointF(0, 3))
            painter.drawLine(centre + QPointF(0, 3), centre + QPointF(0, 6))
    painter.restore()
