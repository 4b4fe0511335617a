"""The provenance view: for each pixel, whether the model proposed it and a hand kept, added, removed or ignored it.

Every kind has a colour that colour-blind eyes tell apart by lightness, and a hatching of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Final, Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter

from polypviewer.core.geometry import Rect
from polypviewer.core.provenance import ADDED, IGNORED, KEPT, NOTHING, REMOVED
from polypviewer.ui.canvas.layers import CachedLayer
from polypviewer.ui.canvas.overlay import premultiplied
from polypviewer.ui.canvas.sampling import Indices, pixels_under, span
from polypviewer.ui.canvas.surface import Surface

Hatch = Literal["even", "rising", "falling", "dots"]
PERIOD: Final = 8
"""Logical pixels from one line of a hatching to the next."""
_FAINT: Final = 0.16
_STRONG: Final = 0.92
_EVEN: Final = 0.36


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of pixel is drawn."""

    code: int
    colour: str
    hatch: Hatch


KINDS: Final = (
    Kind(KEPT, "#19E3B1", "even"),
    Kind(ADDED, "#FFE45C", "rising"),
    Kind(REMOVED, "#6A2BFF", "falling"),
    Kind(IGNORED, "#F4F5F6", "dots"),
)


class ProvenanceLayer(CachedLayer):
    """Shows codes, `(height, width)` uint8; the array is viewed and may be changed in place."""

    goes_along: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        self._codes: NDArray[np.uint8] | None = None

    @property
    def is_empty(self) -> bool:
        """True while the view is off."""
        return self._codes is None

    def show_codes(self, codes: NDArray[np.uint8] | None) -> None:
        """Another frame's codes; None: the view is off."""
        self._codes = codes
        self.forget()

    def refresh(self, changed: Rect) -> QRect:
        """Codes were changed inside `changed`: draw that again; returns the logical pixels to show again."""
        if self._surface is None or self._cache is None or self._codes is None:
            return QRect()
        surface = self._surface
        touched = surface.view.covering(changed, margin=1)
        region = surface.to_device(touched)
        if not region.isEmpty():
            painter = QPainter(self._cache)
            painter.scale(1 / surface.ratio, 1 / surface.ratio)
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
            pixels = self._pixels(surface, region)
            painter.drawImage(region.topLeft(), _image(pixels))
            painter.end()
        return touched

    def draw(self, painter: QPainter, surface: Surface) -> None:
        """All of it, hatched."""
        region = self._region(surface)
        if region.isEmpty():
            return
        painter.save()
        painter.scale(1 / surface.ratio, 1 / surface.ratio)
        painter.drawImage(region.topLeft(), _image(self._pixels(surface, region)))
        painter.restore()

    def _under(self, surface: Surface) -> tuple[Indices, Indices]:
        height, width = (0, 0) if self._codes is None else self._codes.shape
        return pixels_under(surface, height=height, width=width)

    def _region(self, surface: Surface) -> QRect:
        """The device pixels over all that has a code."""
        if self._codes is None:
            return QRect()
        used_rows = np.flatnonzero(self._codes.any(axis=1))
        used_columns = np.flatnonzero(self._codes.any(axis=0))
        if not used_rows.size:
            return QRect()
        rows, columns = self._under(surface)
        down = span(rows, int(used_rows[0]), int(used_rows[-1]) + 1)
        across = span(columns, int(used_columns[0]), int(used_columns[-1]) + 1)
        return QRect(across.start, down.start, across.stop - across.start, down.stop - down.start)

    def _pixels(self, surface: Surface, region: QRect) -> NDArray[np.uint32]:
        """The premultiplied colours of the device pixels of `region`."""
        codes = np.zeros((0, 0), np.uint8) if self._codes is None else self._codes
        rows, columns = self._under(surface)
        down = rows[region.top() : region.top() + region.height()]
        across = columns[region.left() : region.left() + region.width()]
        sampled = codes[np.maximum(down, 0)][:, np.maximum(across, 0)]
        sampled[down < 0] = NOTHING
        sampled[:, across < 0] = NOTHING
        y = np.arange(region.top(), region.top() + region.height())[:, None]
        x = np.arange(region.left(), region.left() + region.width())[None, :]
        return _hatched(sampled, x, y, period=max(4, round(PERIOD * surface.ratio)))


def _hatched(codes: NDArray[np.uint8], x: Indices, y: Indices, *, period: int) -> NDArray[np.uint32]:
    """One look-up for each pixel: hatching repeats itself in both directions."""
    place = (y % period * period + x % period).astype(np.int32)
    index = codes.astype(np.int32)
    index *= period * period
    index += place
    return _tiles(period).take(index)


@lru_cache(maxsize=8)
def _tiles(period: int) -> NDArray[np.uint32]:
    """The colour of each code at each place of the hatching, flat: code, row, column."""
    thick = max(1, round(period / 3.5))
    y, x = np.indices((period, period))
    lines = {
        "rising": (x + y) % period < thick,
        "falling": (x - y) % period < thick,
        "dots": (x % period < thick + 1) & (y % period < thick + 1),
    }
    tiles = np.zeros((max(kind.code for kind in KINDS) + 1, period, period), np.uint32)
    for kind in KINDS:
        if kind.hatch == "even":
            tiles[kind.code] = _ink(kind.colour, _EVEN)
        else:
            strong, faint = _ink(kind.colour, _STRONG), _ink(kind.colour, _FAINT)
            tiles[kind.code] = np.where(lines[kind.hatch], strong, faint)
    return tiles.reshape(-1)


def swatch(kind: Kind, *, side: int, ratio: float) -> QImage:
    """A square in the colours and hatching of a kind, `side` logical pixels, for a legend."""
    count = max(1, round(side * ratio))
    y, x = np.arange(count)[:, None], np.arange(count)[None, :]
    codes = np.full((count, count), kind.code, np.uint8)
    made = _image(_hatched(codes, x, y, period=max(4, round(0.75 * PERIOD * ratio)))).copy()
    made.setDevicePixelRatio(ratio)
    return made


def _ink(colour: str, opacity: float) -> int:
    ink = QColor(colour)
    ink.setAlphaF(opacity)
    return premultiplied(ink)


def _image(pixels: NDArray[np.uint32]) -> QImage:
    """The array as an image that is drawn before the array goes."""
    height, width = pixels.shape
    return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)
