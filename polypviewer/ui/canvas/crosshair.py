"""The crosshair: thin lines through the cursor, over the whole canvas."""

from __future__ import annotations

import math
from typing import ClassVar

from PySide6.QtCore import QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QRegion

from polypviewer.ui.canvas.surface import Surface

_ARM = 2
_GAP = 10.0


class CrosshairLayer:
    """Drawn directly: it moves with every mouse move."""

    stays: ClassVar[bool] = True

    def __init__(self) -> None:
        self._wanted = False
        self._at: QPointF | None = None

    @property
    def is_empty(self) -> bool:
        """True while nobody wants it, or the mouse is elsewhere."""
        return not self._wanted or self._at is None

    def show_wanted(self, wanted: bool) -> None:  # noqa: FBT001 - the state of a checkable action
        """Follow the mouse from now on, or never."""
        self._wanted = wanted

    def show_at(self, position: QPointF | None, size: QSize) -> QRegion:
        """The mouse is at a widget position now; returns what must be shown again on a widget of this size."""
        before = self.region(size)
        self._at = None if position is None else QPointF(position)
        return before.united(self.region(size)) if self._wanted else before

    def region(self, size: QSize) -> QRegion:
        """The logical pixels that the lines touch."""
        if not self._wanted or self._at is None:
            return QRegion()
        x, y = math.floor(self._at.x()), math.floor(self._at.y())
        thick = 2 * _ARM + 1
        return QRegion(QRect(x - _ARM, 0, thick, size.height())).united(QRect(0, y - _ARM, size.width(), thick))

    def forget(self) -> None:
        """Nothing is kept of a view."""

    def paint(self, painter: QPainter, surface: Surface, dirty: QRect, *, moving: bool) -> None:
        """Dark under white, with a gap around the cursor so that nothing there is covered."""
        if self._at is None:
            return
        painter.save()
        x, y = self._at.x(), self._at.y()
        for colour, width in ((QColor(0, 0, 0, 110), 3.0), (QColor(255, 255, 255, 170), 1.0)):
            painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
            painter.drawLine(QPointF(0, y), QPointF(x - _GAP, y))
            painter.drawLine(QPointF(x + _GAP, y), QPointF(surface.width, y))
            painter.drawLine(QPointF(x, 0), QPointF(x, y - _GAP))
            painter.drawLine(QPointF(x, y + _GAP), QPointF(x, surface.height))
        painter.restore()
