"""The preview of a tool: what would be added in its lesion's colour, what would go hatched, dashed lines about both."""

from __future__ import annotations

from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage, QPainter

from polypviewer.core.geometry import EMPTY_RECT, Rect
from polypviewer.core.label_map import BACKGROUND, IGNORE, MAX_SLOT, LabelMap
from polypviewer.core.region import Reshape
from polypviewer.ui.canvas.layers import CachedLayer
from polypviewer.ui.canvas.overlay import premultiplied
from polypviewer.ui.canvas.sampling import Indices, pixels_under, span
from polypviewer.ui.canvas.surface import Surface
from polypviewer.ui.theme import lesion_colour

FILL: Final = 0.45
DASH_PX: Final = 6
HATCH_PX: Final = 7
LINE_PX: Final = 2
GOES: Final = MAX_SLOT
"""Code of the pixels that would be background; no frame has so many lesions."""
_GOES: Final = QColor(255, 158, 143, 235)
_GAP: Final = QColor(0, 0, 0, 150)
_IGNORED: Final = QColor(222, 224, 228)


class PreviewLayer(CachedLayer):
    """Draws the difference between the label map and a reshape of it, on the device's own pixels."""

    stays: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        self._size = (0, 0)
        self._rect = EMPTY_RECT
        self._codes: LabelMap = np.zeros((0, 0), np.uint8)
        self._fills, self._lines = _tables()

    @property
    def is_empty(self) -> bool:
        """True while nothing is previewed."""
        return self._rect.is_empty

    def show_reshape(self, label_map: LabelMap, reshape: Reshape) -> None:
        """Preview what a reshape changes in `label_map`, `(height, width)` uint8, which is only read now."""
        before, after = label_map[reshape.rect.slices], reshape.labels
        changed = before != after
        self._size = (int(label_map.shape[0]), int(label_map.shape[1]))
        self._rect = reshape.rect
        self._codes = np.where(changed, np.where(after == BACKGROUND, GOES, after), BACKGROUND).astype(np.uint8)
        self.forget()

    def clear(self) -> None:
        """Nothing is previewed."""
        self._rect = EMPTY_RECT
        self.forget()

    def draw(self, painter: QPainter, surface: Surface) -> None:
        """The part of the surface under the reshape, coloured pixel by pixel."""
        height, width = self._size
        rows, columns = pixels_under(surface, height=height, width=width)
        down = _wider(span(rows, self._rect.y, self._rect.bottom), len(rows))
        across = _wider(span(columns, self._rect.x, self._rect.right), len(columns))
        pixels = self._coloured(rows[down], columns[across], corner=(down.start, across.start), ratio=surface.ratio)
        if not pixels.size:
            return
        image = QImage(
            pixels.data,
            pixels.shape[1],
            pixels.shape[0],
            4 * pixels.shape[1],
            QImage.Format.Format_ARGB32_Premultiplied,
        )
        painter.save()
        painter.scale(1 / surface.ratio, 1 / surface.ratio)
        painter.drawImage(across.start, down.start, image)
        painter.restore()

    def _coloured(
        self, rows: Indices, columns: Indices, *, corner: tuple[int, int], ratio: float
    ) -> NDArray[np.uint32]:
        """Premultiplied colours of these device rows and columns; `corner`: where they lie, so that dashes stay."""
        codes = _taken(self._codes, self._rect, rows, columns)
        pixels = np.take(self._fills, codes)
        hatch, dash = max(3, round(HATCH_PX * ratio)), max(2, round(DASH_PX * ratio))
        hatched = _stripes(codes.shape, corner, period=hatch, on=max(1, hatch // 3))
        for code in (GOES, IGNORE):
            np.copyto(pixels, self._lines[code], where=hatched & (codes == code))
        edge = np.flatnonzero(_edge(codes, max(1, round(LINE_PX * ratio))))
        solid = _stripes(codes.shape, corner, period=2 * dash, on=dash).reshape(-1)[edge]
        pixels.reshape(-1)[edge] = np.where(solid, self._lines[codes.reshape(-1)[edge]], np.uint32(premultiplied(_GAP)))
        return pixels


def _tables() -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Fill and line of each label value."""
    fills, lines = np.zeros(256, np.uint32), np.zeros(256, np.uint32)
    for slot in range(1, IGNORE):
        colour = lesion_colour(slot)
        lines[slot] = premultiplied(colour)
        colour.setAlphaF(FILL)
        fills[slot] = premultiplied(colour)
    lines[IGNORE], lines[GOES], fills[GOES] = premultiplied(_IGNORED), premultiplied(_GOES), 0
    return fills, lines


def _stripes(shape: tuple[int, ...], corner: tuple[int, int], *, period: int, on: int) -> NDArray[np.bool_]:
    """Diagonal stripes, `on` of `period` pixels wide, that lie where they lie on the surface."""
    rows, columns = np.arange(shape[0]) + corner[0], np.arange(shape[1]) + corner[1]
    stripes: NDArray[np.bool_] = (np.arange(period)[:, None] + columns[None, :]) % period < on
    return stripes[rows % period]


def _wider(part: slice, count: int) -> slice:
    """A little more on each side, so that lines at the border of the part are seen."""
    if part.stop == 0:
        return slice(0, 0)
    return slice(max(part.start - 1, 0), min(part.stop + 1, count))


def _taken(values: NDArray[np.uint8], rect: Rect, rows: Indices, columns: Indices) -> NDArray[np.uint8]:
    """The values under device rows and columns, 0 outside `rect`."""
    down, across = rows - rect.y, columns - rect.x
    outside_down = (down < 0) | (down >= rect.height)
    outside_across = (across < 0) | (across >= rect.width)
    lines = np.take(values, np.clip(down, 0, rect.height - 1), axis=0)
    taken = np.take(lines, np.clip(across, 0, rect.width - 1), axis=1)
    taken[outside_down] = 0
    taken[:, outside_across] = 0
    return taken


def _edge(values: NDArray[np.uint8], reach: int) -> NDArray[np.bool_]:
    """Pixels with a value that have another one within `reach` pixels up, down, left or right."""
    padded = np.pad(values, reach)
    height, width = values.shape
    edge = np.zeros(values.shape, np.bool_)
    for step in range(1, reach + 1):
        for dy, dx in ((-step, 0), (step, 0), (0, -step), (0, step)):
            edge |= values != padded[reach + dy : reach + dy + height, reach + dx : reach + dx + width]
    edge &= values > 0
    return edge
