"""The overlay: the label map in colours, cached at view resolution and redrawn only where it changed.

The LabelMap is viewed by a `QImage.Format_Indexed8` with a colour table of 256 entries, never copied. Fills come
from it; lines are found on the device's pixels, so that they are two pixels wide at every zoom and
end at the mask's outer edge.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter, qRgba

from polypviewer.core.geometry import Rect
from polypviewer.core.label_map import IGNORE, LabelMap
from polypviewer.ui.canvas.surface import Surface
from polypviewer.ui.theme import lesion_colour

LINE_PX: Final = 2
HATCH_PX: Final = 8
DEFAULT_FILL: Final = 0.18


@dataclass(frozen=True, slots=True)
class OverlayStyle:
    """`fill`: opacity of the fill, 0-1; `outlined`: lines only."""

    fill: float = DEFAULT_FILL
    outlined: bool = False


class OverlayLayer:
    """Draws one label map. The array lives as long as it is set, and may be painted in place."""

    def __init__(self) -> None:
        self._labels: LabelMap = np.zeros((0, 0), np.uint8)
        self._indexed: QImage | None = None
        self._cache: QImage | None = None
        self._surface: Surface | None = None
        self._columns: NDArray[np.intp] = np.zeros(0, np.intp)
        self._rows: NDArray[np.intp] = np.zeros(0, np.intp)
        self._style = OverlayStyle()
        self._lines = _line_table()

    @property
    def style(self) -> OverlayStyle:
        """How masks are drawn."""
        return self._style

    def set_label_map(self, label_map: LabelMap | None) -> None:
        """View another label map, `(height, width)` uint8 C-contiguous; it is not copied."""
        self._labels = np.zeros((0, 0), np.uint8) if label_map is None else label_map
        self._indexed = None
        if label_map is not None:
            height, width = label_map.shape
            self._indexed = QImage(label_map.data, width, height, width, QImage.Format.Format_Indexed8)
            self._indexed.setColorTable(colour_table(self._style))
        self.forget()

    def set_style(self, style: OverlayStyle) -> None:
        """Draw otherwise from now on."""
        self._style = style
        if self._indexed is not None:
            self._indexed.setColorTable(colour_table(style))
        self.forget()

    def forget(self) -> None:
        """The view has changed: what was drawn is not right any more."""
        self._surface = None

    @property
    def drawn(self) -> tuple[QImage, Surface] | None:
        """The last drawing and the surface it was made for, for a view that is moving."""
        if self._cache is None or self._surface is None:
            return None
        return self._cache, self._surface

    def render(self, surface: Surface) -> QImage:
        """The overlay on the whole surface, premultiplied; made once for a view."""
        if self._cache is None or self._surface != surface:
            if self._cache is None or self._cache.size() != surface.device_size:
                self._cache = surface.blank(QImage.Format.Format_ARGB32_Premultiplied)
            self._cache.setDevicePixelRatio(surface.ratio)
            self._surface = surface
            self._columns, self._rows = self._sampling(surface)
            self._redraw(surface.device_rect)
        return self._cache

    def refresh(self, changed: Rect) -> QRect:
        """Redraw where image pixels changed; returns the logical pixels to show again."""
        if self._surface is None or self._cache is None:
            return QRect()
        touched = self._surface.view.covering(changed, margin=LINE_PX + 2)
        self._redraw(self._surface.to_device(touched))
        return touched

    def _sampling(self, surface: Surface) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Column and row of the image under each device column and row; -1 outside."""
        height, width = self._labels.shape
        size, view = surface.device_size, surface.view
        return (
            _under(size.width(), surface.ratio, view.left, view.scale, width),
            _under(size.height(), surface.ratio, view.top, view.scale, height),
        )

    def _redraw(self, region: QRect) -> None:
        if region.isEmpty() or self._cache is None or self._surface is None:
            return
        painter = QPainter(self._cache)
        painter.setClipRect(_logical(region, self._ratio))
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Clear)
        painter.eraseRect(_logical(region, self._ratio))
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        painter.save()
        painter.scale(1 / self._ratio, 1 / self._ratio)
        if not self._style.outlined and self._style.fill > 0:
            self._fill(painter, self._surface, self._indexed)
        lines = self._line_pixels(region)
        if lines is not None:
            height, width = lines.shape
            image = QImage(lines.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)
            painter.drawImage(region.topLeft(), image)
        painter.restore()
        painter.end()

    @property
    def _ratio(self) -> float:
        return 1.0 if self._surface is None else self._surface.ratio

    def _fill(self, painter: QPainter, surface: Surface, indexed: QImage | None) -> None:
        if indexed is None:
            return
        painter.save()
        painter.scale(self._ratio, self._ratio)
        painter.drawImage(surface.view.image_rect(height=indexed.height(), width=indexed.width()), indexed)
        painter.restore()

    def _line_pixels(self, region: QRect) -> NDArray[np.uint32] | None:
        """Premultiplied lines and hatching on the device pixels of `region`; None where there is nothing."""
        if not self._labels.size:
            return None
        reach = max(1, round(LINE_PX * self._ratio))
        labels = self._sample(region, margin=reach)
        if not labels.any():
            return None
        inner = labels[reach:-reach, reach:-reach]
        edge = _edges(labels, reach)
        pixels = np.zeros(inner.shape, np.uint32)
        pixels[edge] = self._lines[inner[edge]]
        ignored = inner == IGNORE
        if ignored.any():
            pixels[ignored & _hatch(region, round(HATCH_PX * self._ratio))] = self._lines[IGNORE]
        return pixels

    def _sample(self, region: QRect, *, margin: int) -> LabelMap:
        """Labels under the device pixels of `region` and `margin` more around it; 0 outside the frame."""
        columns = _padded(self._columns, region.left() - margin, region.width() + 2 * margin)
        rows = _padded(self._rows, region.top() - margin, region.height() + 2 * margin)
        sampled: LabelMap = self._labels[np.maximum(rows, 0)][:, np.maximum(columns, 0)]
        sampled[rows < 0] = 0
        sampled[:, columns < 0] = 0
        return sampled


def colour_table(style: OverlayStyle) -> list[int]:
    """256 premultiplied-free colours for Indexed8: lesion slots filled, background and ignore clear."""
    alpha = round(255 * style.fill)
    table = [0] * 256
    for slot in range(1, IGNORE):
        colour = lesion_colour(slot)
        table[slot] = qRgba(colour.red(), colour.green(), colour.blue(), alpha)
    return table


def premultiplied(colour: QColor) -> int:
    """A colour as one number of a premultiplied image."""
    alpha = colour.alpha()
    red, green, blue = (round(part * alpha / 255) for part in (colour.red(), colour.green(), colour.blue()))
    return qRgba(red, green, blue, alpha)


def _line_table() -> NDArray[np.uint32]:
    table = np.zeros(256, np.uint32)
    for slot in range(1, IGNORE):
        table[slot] = premultiplied(lesion_colour(slot))
    table[IGNORE] = premultiplied(QColor(222, 224, 228, 190))
    return table


def _edges(labels: LabelMap, reach: int) -> NDArray[np.bool_]:
    """Labelled pixels with another label within `reach` pixels up, down, left or right."""
    inner = labels[reach:-reach, reach:-reach]
    height, width = inner.shape
    edge = np.zeros(inner.shape, np.bool_)
    for distance in range(1, reach + 1):
        for dy, dx in ((-distance, 0), (distance, 0), (0, -distance), (0, distance)):
            edge |= inner != labels[reach + dy : reach + dy + height, reach + dx : reach + dx + width]
    edge &= inner > 0
    return edge


def _hatch(region: QRect, period: int) -> NDArray[np.bool_]:
    rows = np.arange(region.top(), region.top() + region.height())[:, None]
    columns = np.arange(region.left(), region.left() + region.width())[None, :]
    hatched: NDArray[np.bool_] = (rows + columns) % period < max(1, period // 4)
    return hatched


def _under(count: int, ratio: float, origin: float, scale: float, limit: int) -> NDArray[np.intp]:
    positions = ((np.arange(count) + 0.5) / ratio - origin) / scale
    found: NDArray[np.intp] = np.floor(positions).astype(np.intp)
    found[(positions < 0) | (found >= limit)] = -1
    return found


def _padded(indices: NDArray[np.intp], start: int, count: int) -> NDArray[np.intp]:
    """`indices[start:start + count]`, -1 beyond its ends."""
    taken = np.full(count, -1, np.intp)
    first, last = max(start, 0), min(start + count, len(indices))
    if last > first:
        taken[first - start : last - start] = indices[first:last]
    return taken


def _logical(region: QRect, ratio: float) -> QRect:
    """A device rectangle in logical pixels, at least as large."""
    left, top = math.floor(region.left() / ratio), math.floor(region.top() / ratio)
    right = math.ceil((region.left() + region.width()) / ratio)
    bottom = math.ceil((region.top() + region.height()) / ratio)
    return QRect(left, top, right - left, bottom - top)
