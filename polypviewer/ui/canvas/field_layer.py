"""The field of view: a faint line around what the endoscope shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from polypviewer.ui.canvas.layers import CachedLayer
from polypviewer.ui.canvas.outline import Outline
from polypviewer.ui.canvas.surface import Surface

FAINT: Final = ((QColor(0, 0, 0, 60), 2.4), (QColor(255, 255, 255, 80), 1.0))


class FieldLayer(CachedLayer):
    """Closed outlines in image coordinates, `(n, 2)` float32 of x and y each."""

    stays: ClassVar[bool] = False
    is_slight: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        self._path = QPainterPath()
        self._wanted = True

    @property
    def is_empty(self) -> bool:
        """True where the whole frame is the field, or nobody wants to see it."""
        return not self._wanted or self._path.isEmpty()

    def show_wanted(self, wanted: bool) -> None:  # noqa: FBT001 - the state of a checkable action
        """Draw it, or not."""
        self._wanted = wanted

    def show_outlines(self, outlines: Sequence[Outline]) -> None:
        """Another field."""
        self._path = QPainterPath()
        for outline in outlines:
            self._path.addPolygon(QPolygonF([QPointF(float(x), float(y)) for x, y in outline]))
            self._path.closeSubpath()
        self.forget()

    def draw(self, painter: QPainter, surface: Surface) -> None:
        """A dark edge under a thin light line."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(surface.view.left, surface.view.top)
        painter.scale(surface.view.scale, surface.view.scale)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in FAINT:
            pen = QPen(colour, width * surface.ratio)
            pen.setCosmetic(True)
            painter.setPen(pen)
            painter.drawPath(self._path)
        painter.restore()
