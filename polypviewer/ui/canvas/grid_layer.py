"""The pixel grid: faint lines between image pixels once they are large enough to be counted."""

from __future__ import annotations

import math
from typing import ClassVar, Final

from PySide6.QtCore import QLineF
from PySide6.QtGui import QColor, QPainter, QPen

from polypviewer.ui.canvas.layers import CachedLayer
from polypviewer.ui.canvas.surface import Surface

GRID_FROM: Final = 12.0
"""From so many device pixels for one image pixel on, the grid is there."""
INK: Final = QColor(128, 128, 128, 60)


class GridLayer(CachedLayer):
    """One device pixel wide at every ratio; only over the picture."""

    stays: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        self._size = (0, 0)
        self._wanted = True

    @property
    def is_empty(self) -> bool:
        """True if nobody wants it, or there is no frame."""
        return not self._wanted or self._size == (0, 0)

    def show_wanted(self, wanted: bool) -> None:  # noqa: FBT001 - the state of a checkable action
        """Draw it at high zoom, or never."""
        self._wanted = wanted
        self.forget()

    def show_size(self, *, height: int, width: int) -> None:
        """The frame's size in pixels; 0 by 0 without a frame."""
        self._size = (height, width)
        self.forget()

    def draw(self, painter: QPainter, surface: Surface) -> None:
        """The lines that lie in sight; nothing below `GRID_FROM`."""
        if surface.view.scale * surface.ratio < GRID_FROM:
            return
        pen = QPen(INK, 1)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawLines(self._lines(surface))

    def _lines(self, surface: Surface) -> list[QLineF]:
        view, (height, width) = surface.view, self._size
        area = view.image_rect(height=height, width=width)
        left, right = max(area.left(), 0.0), min(area.right(), float(surface.width))
        top, bottom = max(area.top(), 0.0), min(area.bottom(), float(surface.height))
        columns = _between(left, right, origin=view.left, scale=view.scale)
        rows = _between(top, bottom, origin=view.top, scale=view.scale)
        lines = [QLineF(x, top, x, bottom) for x in (view.left + n * view.scale for n in columns)]
        return lines + [QLineF(left, y, right, y) for y in (view.top + n * view.scale for n in rows)]


def _between(low: float, high: float, *, origin: float, scale: float) -> range:
    """The pixel edges between two widget positions."""
    return range(math.ceil((low - origin) / scale), math.floor((high - origin) / scale) + 1)
