"""The cover: everything outside the field of view, and what consoles paint over it, in the colour of the canvas.

It lies directly over the picture, on the screen only. Where nobody knows the field yet, all of the picture is covered.
Text that is written over tissue is not found and stays.
"""

from __future__ import annotations

from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage, QPainter

from polypviewer.core.label_map import Mask
from polypviewer.ui.canvas.layers import CachedLayer
from polypviewer.ui.canvas.surface import Surface
from polypviewer.ui.theme import active

RIM: Final = 2
"""Image pixels inside the field that are covered too: between two pixels the picture is drawn smoothly."""


class CoverLayer(CachedLayer):
    """Off until somebody wants it."""

    stays: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        self._wanted = False
        self._size = (0, 0)
        self._seen: Mask | None = None
        self._covered: Mask | None = None
        self._made: tuple[QImage, NDArray[np.uint32], int] | None = None

    @property
    def is_wanted(self) -> bool:
        """True while somebody wants it."""
        return self._wanted

    @property
    def is_empty(self) -> bool:
        """True while it is off, and where there is nothing to cover."""
        return not self._wanted or not self._cover().any()

    def show_wanted(self, wanted: bool) -> None:  # noqa: FBT001 - the state of a checkable action
        """Cover, or not."""
        self._wanted = wanted

    def show_size(self, *, height: int, width: int) -> None:
        """Another frame."""
        if (height, width) != self._size:
            self._size = (height, width)
            self._change()

    def show_seen(self, seen: Mask | None) -> None:
        """What stays in sight, `(height, width)` bool; None, or that of a frame of another size: nothing."""
        if seen is not self._seen:
            self._seen = seen
            self._change()

    def covered(self, picture: QImage) -> QImage:
        """A picture of the frame's size as it may be shown."""
        if self.is_empty or (picture.height(), picture.width()) != self._size:
            return picture
        made = picture.copy()
        painter = QPainter(made)
        painter.drawImage(0, 0, self._image())
        painter.end()
        return made

    def draw(self, painter: QPainter, surface: Surface) -> None:
        """Every pixel is covered or not: nothing in between."""
        height, width = self._size
        painter.drawImage(surface.view.image_rect(height=height, width=width), self._image())

    def _change(self) -> None:
        self._covered = self._made = None
        self.forget()

    def _cover(self) -> Mask:
        if self._covered is None:
            known = self._seen is not None and self._seen.shape == self._size
            self._covered = _grown(~self._seen) if known and self._seen is not None else np.ones(self._size, np.bool_)
        return self._covered

    def _image(self) -> QImage:
        colour = QColor(active().canvas).rgba()
        if self._made is None or self._made[2] != colour:
            pixels = np.where(self._cover(), np.uint32(colour), np.uint32(0))
            height, width = self._size
            image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)
            self._made = (image, pixels, colour)
        return self._made[0]


def _grown(mask: Mask) -> Mask:
    """The mask with `RIM` pixels more on each side."""
    grown = mask.copy()
    for _ in range(RIM):
        for rows in (grown, grown.T):
            before = rows.copy()
            rows[1:] |= before[:-1]
            rows[:-1] |= before[1:]
    return grown
