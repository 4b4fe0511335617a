"""The proposal: a white dashed outline beside the mask, drawn once for a view."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
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
        self._content = QRect()

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

    @property
    def content(self) -> QRect:
        """The device pixels of the drawing outside which there is nothing."""
        return self._content

    @property
    def drawn(self) -> tuple[QImage, Surface] | None:
        """The last drawing and its surface, for a view that is moving; None if not all lines are on it."""
        if self._cache is None or self._surface is None or self._place(self._surface) != self._content:
            return None
        return self._cache, self._surface

    def is_drawn_for(self, surface: Surface) -> bool:
        """True if the lines on this surface are there already."""
        return self._cache is not None and self._surface == surface

    def render(self, surface: Surface) -> QImage:
        """The dashed lines on the whole surface, premultiplied; made once for a view."""
        if self._cache is None or self._surface != surface:
            if self._cache is None or self._cache.size() != surface.device_size:
                self._cache = surface.blank(QImage.Format.Format_ARGB32_Premultiplied)
            self._cache.setDevicePixelRatio(surface.ratio)
            self._cache.fill(Qt.GlobalColor.transparent)
            self._content = self._place(surface).intersected(surface.device_rect)
            painter = QPainter(self._cache)
            self.draw(painter, surface)
            painter.end()
            self._surface = surface
        return self._cache

    def _place(self, surface: Surface) -> QRect:
        """The device pixels that the lines may touch, on and beyond the surface."""
        box, view, ratio = self._path.boundingRect(), surface.view, surface.ratio
        left, top = (view.left + box.left() * view.scale) * ratio, (view.top + box.top() * view.scale) * ratio
        width, height = box.width() * view.scale * ratio, box.height() * view.scale * ratio
        reach = math.ceil((LINE_PX + 1.4) * ratio) + 2
        return QRectF(left, top, width, height).toAlignedRect().adjusted(-reach, -reach, reach, reach)

    def draw(self, painter: QPainter, surface: Surface, *, finely: bool = True) -> None:
        """Draw the lines directly: a dark edge under white dashes, so that they show on snow and in shadow.

        Not `finely`: with steps at their edges, in a sixth of the time.
        """
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, finely)
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
