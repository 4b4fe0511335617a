"""The overlay: the label map in colours, cached at view resolution and redrawn only where it changed.

The LabelMap is never copied: the labels under the device's pixels are looked up, and coloured by tables of 256 entries.
Lines are found on the device's pixels too, so that they are two pixels wide at every zoom and end at the mask's
outer edge.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
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
_BAND_PIXELS: Final = 1 << 17
"""So many device pixels are coloured at once: what is needed in between stays in the processor's cache."""


@dataclass(frozen=True, slots=True)
class OverlayStyle:
    """`fill`: opacity of the fill, 0-1; `outlined`: lines only."""

    fill: float = DEFAULT_FILL
    outlined: bool = False


@dataclass(slots=True, eq=False)
class _Drawing:
    """One view's overlay. `rows`, `columns`: the image's under the device's; `content`: outside it there is nothing.

    `down`, `across`: the device rows and columns under which there are any. `stale`: what the image still shows of
    another view; `done`: device rows from the top that are drawn;
    `behind`: where labels have changed since, to be drawn before it is shown again.
    """

    image: QImage
    surface: Surface
    rows: Indices
    columns: Indices
    down: slice
    across: slice
    content: QRect
    stale: QRect
    done: int = 0
    behind: QRect = field(default_factory=QRect)

    @property
    def is_done(self) -> bool:
        """True if every row is drawn."""
        return self.done >= self.image.height()


class OverlayLayer:
    """Draws one label map. The array lives as long as it is set, and may be painted in place."""

    def __init__(self) -> None:
        self._labels: LabelMap = np.zeros((0, 0), np.uint8)
        self._shown: _Drawing | None = None
        self._coming: _Drawing | None = None
        self._spare: _Drawing | None = None
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
        self._spare = self._shown or self._coming or self._spare
        self._shown = self._coming = None

    @property
    def content(self) -> QRect:
        """The device pixels of the drawing outside which there is nothing."""
        return QRect() if self._shown is None else self._shown.content

    @property
    def drawn(self) -> tuple[QImage, Surface] | None:
        """The last drawing and the surface it was made for, for a view that is moving."""
        self._catch_up()
        return None if self._shown is None else (self._shown.image, self._shown.surface)

    def render(self, surface: Surface) -> QImage:
        """The overlay on the whole surface, premultiplied; made once for a view."""
        self.render_some(surface, within_s=math.inf)
        if self._shown is None:
            raise RuntimeError("a surface has at least one pixel")
        return self._shown.image

    def render_some(self, surface: Surface, *, within_s: float) -> bool:
        """Go on with what `render` makes for about so many seconds; True when it is there.

        Until then `drawn` is the last view's drawing.
        """
        if self._shown is not None and self._shown.surface == surface:
            self._catch_up()
            return True
        end = time.perf_counter() + within_s
        if self._coming is None or self._coming.surface != surface:
            self._spare = self._coming or self._spare
            self._coming = self._begun(surface)
        coming = self._coming
        band = max(8, _BAND_PIXELS // coming.image.width())
        while not coming.is_done:
            rows = QRect(0, coming.done, coming.image.width(), band)
            _pixels(coming.image, rows.intersected(coming.stale))[...] = 0
            self._redraw(coming, rows.intersected(coming.content))
            coming.done += band
            if time.perf_counter() >= end:
                break
        if coming.is_done:
            coming.stale = QRect()
            self._spare, self._shown, self._coming = self._shown or self._spare, coming, None
        return coming.is_done

    def refresh(self, changed: Rect) -> QRect:
        """Redraw where image pixels changed, a large part of the surface when it is shown next.

        Returns the logical pixels to show again.
        """
        if self._shown is None:
            return QRect()
        self._spare, self._coming = self._coming or self._spare, None
        touched = _touched(self._shown.surface, changed)
        self._shown.content = self._shown.content.united(touched)
        if touched.width() * touched.height() > _BAND_PIXELS:
            self._shown.behind = self._shown.behind.united(touched)
        else:
            self._redraw(self._shown, touched)
        return self._shown.surface.view.covering(changed, margin=LINE_PX + 2)

    def _catch_up(self) -> None:
        """Draw what has changed since the last paint, some rows at a time."""
        if self._shown is None or self._shown.behind.isEmpty():
            return
        region, self._shown.behind = self._shown.behind, QRect()
        band = max(8, _BAND_PIXELS // region.width())
        for top in range(region.top(), region.top() + region.height(), band):
            rows = QRect(region.left(), top, region.width(), band)
            self._redraw(self._shown, rows.intersected(region))

    def _begun(self, surface: Surface) -> _Drawing:
        """A drawing of another view, in the memory of one that is not needed."""
        spare, self._spare = self._spare, None
        if spare is None or spare.image.size() != surface.device_size:
            image, stale = surface.blank(QImage.Format.Format_ARGB32_Premultiplied), surface.device_rect
        else:
            image, stale = spare.image, spare.content.united(spare.stale)
            image.setDevicePixelRatio(surface.ratio)
        height, width = self._labels.shape
        rows, columns = pixels_under(surface, height=height, width=width)
        labelled = labelled_rect(self._labels) if self._labels.size else EMPTY_RECT
        content = QRect() if labelled.is_empty else _touched(surface, labelled)
        return _Drawing(image, surface, rows, columns, _inside(rows), _inside(columns), content, stale)

    def _redraw(self, drawing: _Drawing, region: QRect) -> None:
        """Colour the device pixels of `region`: fill, then hatching of ignored pixels, then lines."""
        if region.isEmpty():
            return
        drawn = _pixels(drawing.image, region)
        reach = max(1, round(LINE_PX * drawing.surface.ratio))
        labels = self._sample(drawing, region, margin=reach)
        highest = 0 if labels is None else labels.max()
        if labels is None or not highest:
            drawn[...] = 0
            return
        inner = np.ascontiguousarray(labels[reach:-reach, reach:-reach])
        colours = self._fills.take(inner)
        if highest == IGNORE:
            ignored = (inner == IGNORE) & _hatch(region, round(HATCH_PX * drawing.surface.ratio))
            colours[ignored] = self._lines[IGNORE]
        edge = _edges(labels, reach).reshape(-1).nonzero()[0]  # background has no line: its colour is clear
        colours.reshape(-1)[edge] = self._lines.take(inner.reshape(-1).take(edge))
        drawn[...] = colours

    def _sample(self, drawing: _Drawing, region: QRect, *, margin: int) -> LabelMap | None:
        """Labels under the device pixels of `region` and `margin` more around it; None outside the frame."""
        if not self._labels.size:
            return None
        left, top = region.left() - margin, region.top() - margin
        width, height = region.width() + 2 * margin, region.height() + 2 * margin
        across, down = _common(drawing.across, left, width), _common(drawing.down, top, height)
        columns, rows = drawing.columns[across], drawing.rows[down]
        if not (columns.size and rows.size):
            return None
        first = columns[0]
        found: LabelMap = self._labels[rows, first : columns[-1] + 1].take(columns - first, axis=1)
        if found.shape == (height, width):
            return found
        sampled: LabelMap = np.zeros((height, width), np.uint8)
        sampled[down.start - top : down.stop - top, across.start - left : across.stop - left] = found
        return sampled


def _touched(surface: Surface, changed: Rect) -> QRect:
    """The device pixels that look otherwise when image pixels change."""
    return surface.to_device(surface.view.covering(changed, margin=LINE_PX + 2))


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
    """Pixels with another label within `reach` pixels up, down, left or right, without the outer `reach`.

    Some label within reach differs from the middle one exactly if two neighbours on the way differ.
    """
    beside, above = labels[reach:-reach], labels[:, reach:-reach]
    edge = _any_of(beside[:, 1:] != beside[:, :-1], 2 * reach)
    edge |= _any_of((above[1:] != above[:-1]).T, 2 * reach).T
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


def _common(part: slice, start: int, count: int) -> slice:
    """What `part` shares with `count` places from `start` on."""
    first = max(start, part.start)
    return slice(first, max(min(start + count, part.stop), first))
