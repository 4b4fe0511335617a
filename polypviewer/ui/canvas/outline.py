"""The proposal: a white dashed outline beside the mask, drawn once for a view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen, QPolygonF

from polypviewer.ui.canvas.surface import Surface

DASH: Final = (5.0, 4.0)
LINE_PX: Final = 1.6

Outline = NDArray[np.float32]


class ProposalLayer:
    """Closed outlines in image coordinates, `(n, 2)` float32 of x and y each."""

    def __init__(self) -> None:
        self._path = QPainterPath()
        self._cache: QImage | None = None
        self._surface: Surface | None = None

    @property
    def is_empty(self) -> bool:
        """True if nothing is proposed."""
        return self._path.isEmpty()

    @property
    def path(self) -> QPainterPath:
        """All outlines, in image coordinates."""
        return self._path

    def set_outlines(self, outlines: Sequence[Outline]) -> None:
        """Draw these from now on."""
        self._path = QPainterPath()
        for outline in outlines:
            self._path.addPolygon(QPolygonF([QPointF(float(x), float(y)) for x, y in outline]))
            self._path.closeSubpath()
        self.forget()

    def forget(self) -> None:
        """The view has changed."""
        self._surface = None

    def render(self, surface: Surface) -> QImage:
        """The dashed lines on the whole surface, premultiplied; made once for a view."""
        if self._cache is None or self._surface != surface:
            self._cache = surface.blank(QImage.Format.Format_ARGB32_Premultiplied)
            self._cache.fill(Qt.GlobalColor.transparent)
            painter = QPainter(self._cache)
            self.draw(painter, surface)
            painter.end()
            self._surface = surface
        return self._cache

    def draw(self, painter: QPainter, surface: Surface) -> None:
        """Draw the lines directly: a dark edge under white dashes, so that they show on snow and in shadow."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(surface.view.left, surface.view.top)
        painter.scale(surface.view.scale, surface.view.scale)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((QColor(0, 0, 0, 90), LINE_PX + 1.4), (QColor("#FFFFFF"), LINE_PX)):
            pen = QPen(colour, width * surface.ratio)
            pen.setCosmetic(True)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            pen.setDashPattern([DASH[0] * LINE_PX / width, DASH[1] * LINE_PX / width])
            painter.setPen(pen)
            painter.drawPath(self._path)
        painter.restore()
