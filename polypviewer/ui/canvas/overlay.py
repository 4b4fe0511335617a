"""The overlay: the label map in colours, cached at view resolution and redrawn only where it changed.

The LabelMap is never copied: the labels under the device's pixels are looked up, and coloured by tables of 256 entries.
Lines are found on the device's pixels too, so that they are two pixels wide at every zoom and end at the mask's
outer edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, qRgba

from polypviewer.core.geometry import EMPTY_RECT, Rect
from polypviewer.core.label_map import IGNORE, LabelMap, Mask, labelled_rect
from polypviewer.ui.canvas.sampling import Indices, pixels_under
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
        self._cache: QImage | None = None
        self._surface: Surface | None = None
        self._content = QRect()
        self._columns: Indices = np.zeros(0, np.intp)
        self._rows: Indices = np.zeros(0, np.intp)
        self._style = OverlayStyle()
        self._fills = _fill_table(self._style)
        self._lines = _line_table()

    @property
    def style(self) -> OverlayStyle:
        """How masks are drawn."""
        return self._style

    def set_label_map(self, label_map: LabelMap | None) -> None:
        """View another label map, `(height, width)` uint8 C-contiguous; it is not copied."""
        self._labels = np.zeros((0, 0), np.uint8) if label_map is None else label_map
        self.forget()

    def set_style(self, style: OverlayStyle) -> None:
        """Draw otherwise from now on."""
        self._style = style
        self._fills = _fill_table(style)
        self.forget()

    def forget(self) -> None:
        """The view has changed: what was drawn is not right any more."""
        self._surface = None

    @property
    def content(self) -> QRect:
        """The device pixels of the drawing outside which there is nothing."""
        return self._content

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
                self._content = surface.device_rect
            _pixels(self._cache, self._content)[...] = 0
            self._cache.setDevicePixelRatio(surface.ratio)
            self._surface = surface
            height, width = self._labels.shape
            self._rows, self._columns = pixels_under(surface, height=height, width=width)
            labelled = labelled_rect(self._labels) if self._labels.size else EMPTY_RECT
            self._content = QRect() if labelled.is_empty else self._touched(surface, labelled)
            self._redraw(self._content)
        return self._cache

    def refresh(self, changed: Rect) -> QRect:
        """Redraw where image pixels changed; returns the logical pixels to show again."""
        if self._surface is None or self._cache is None:
            return QRect()
        touched = self._touched(self._surface, changed)
        self._content = self._content.united(touched)
        self._redraw(touched)
        return self._surface.view.covering(changed, margin=LINE_PX + 2)

    def _touched(self, surface: Surface, changed: Rect) -> QRect:
        """The device pixels that look otherwise when image pixels change."""
        return surface.to_device(surface.view.covering(changed, margin=LINE_PX + 2))

    def _redraw(self, region: QRect) -> None:
        """Colour the device pixels of `region`: fill, then hatching of ignored pixels, then lines."""
        if region.isEmpty() or self._cache is None or self._surface is None:
            return
        drawn = _pixels(self._cache, region)
        reach = max(1, round(LINE_PX * self._surface.ratio))
        labels = self._sample(region, margin=reach)
        if labels is None:
            drawn[...] = 0
            return
        inner = np.ascontiguousarray(labels[reach:-reach, reach:-reach])
        colours = self._fills.take(inner)
        if labels.max() == IGNORE:
            ignored = (inner == IGNORE) & _hatch(region, round(HATCH_PX * self._surface.ratio))
            colours[ignored] = self._lines[IGNORE]
        edge = np.flatnonzero(_edges(labels, reach))
        colours.reshape(-1)[edge] = self._lines.take(inner.reshape(-1).take(edge))
        drawn[...] = colours

    def _sample(self, region: QRect, *, margin: int) -> LabelMap | None:
        """Labels under the device pixels of `region` and `margin` more around it; None if all are background."""
        if not self._labels.size:
            return None
        columns = _padded(self._columns, region.left() - margin, region.width() + 2 * margin)
        rows = _padded(self._rows, region.top() - margin, region.height() + 2 * margin)
        across, down = _inside(columns), _inside(rows)
        first, last = columns[across][[0, -1]] if across.stop else (0, -1)
        found = self._labels[rows[down], first : last + 1].take(columns[across] - first, axis=1)
        if not found.any():
            return None
        sampled: LabelMap = np.zeros((len(rows), len(columns)), np.uint8)
        sampled[down, across] = found
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


def _fill_table(style: OverlayStyle) -> NDArray[np.uint32]:
    """The colour table, premultiplied; nothing is filled where only outlines are drawn."""
    if style.outlined:
        return np.zeros(256, np.uint32)
    return np.array([premultiplied(QColor.fromRgba(colour)) for colour in colour_table(style)], np.uint32)


def _line_table() -> NDArray[np.uint32]:
    table = np.zeros(256, np.uint32)
    for slot in range(1, IGNORE):
        table[slot] = premultiplied(lesion_colour(slot))
    table[IGNORE] = premultiplied(QColor(222, 224, 228, 190))
    return table


def _edges(labels: LabelMap, reach: int) -> Mask:
    """Labelled pixels with another label within `reach` pixels up, down, left or right, without the outer `reach`.

    Some label within reach differs from the middle one exactly if two neighbours on the way differ.
    """
    beside, above = labels[reach:-reach], labels[:, reach:-reach]
    edge = _any_of(beside[:, 1:] != beside[:, :-1], 2 * reach)
    edge |= _any_of((above[1:] != above[:-1]).T, 2 * reach).T
    edge &= labels[reach:-reach, reach:-reach] > 0
    return edge


def _any_of(steps: Mask, count: int) -> Mask:
    """Whether any of `count` neighbours in a row is True; `count - 1` columns less."""
    joined = 1
    while joined < count:
        more = min(joined, count - joined)
        steps = steps[:, :-more] | steps[:, more:]
        joined += more
    return steps


def _pixels(image: QImage, region: QRect) -> NDArray[np.uint32]:
    """The image's own device pixels inside `region`, `(height, width)` uint32, to be written to."""
    rows = np.frombuffer(image.bits(), np.uint32).reshape(image.height(), image.bytesPerLine() // 4)
    return rows[region.top() : region.top() + region.height(), region.left() : region.left() + region.width()]


def _hatch(region: QRect, period: int) -> NDArray[np.bool_]:
    rows = np.arange(region.top(), region.top() + region.height())[:, None]
    columns = np.arange(region.left(), region.left() + region.width())[None, :]
    hatched: NDArray[np.bool_] = (rows + columns) % period < max(1, period // 4)
    return hatched


def _inside(indices: Indices) -> slice:
    """Where ascending indices with -1 at both ends lie in the frame."""
    inside = np.flatnonzero(indices >= 0)
    return slice(int(inside[0]), int(inside[-1]) + 1) if inside.size else slice(0, 0)


def _padded(indices: Indices, start: int, count: int) -> Indices:
    """`indices[start:start + count]`, -1 beyond its ends."""
    taken = np.full(count, -1, np.intp)
    first, last = max(start, 0), min(start + count, len(indices))
    if last > first:
        taken[first - start : last - start] = indices[first:last]
    return taken
