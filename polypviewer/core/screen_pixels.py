"""A frame as screens want it: four bytes a pixel, and smaller for a view that shows the whole of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

SMALLEST_SCALE: Final = 0.02
"""Logical pixels for an image pixel: no frame is shown smaller, however little room there is."""


@dataclass(frozen=True, slots=True)
class ShownAt:
    """How large frames are shown: fitted into `room` (width, height in logical pixels), or at a `scale` (None: fitted).

    `scale`: logical pixels for one image pixel. `ratio`: device pixels for a logical one.
    """

    room: tuple[float, float]
    ratio: float
    scale: float | None = None

    def size_of(self, height: int, width: int) -> tuple[int, int] | None:
        """Height and width in device pixels of a frame that is shown smaller than it is; None for others."""
        fitted = fitted_scale(height, width, room=self.room)
        scale = (fitted if self.scale is None else self.scale) * self.ratio
        return None if scale >= 1.0 else (max(1, round(height * scale)), max(1, round(width * scale)))


def fitted_scale(height: int, width: int, *, room: tuple[float, float]) -> float:
    """Logical pixels for one image pixel of a frame that is as large as it goes into `room` (width, height)."""
    return max(min(room[0] / width, room[1] / height), SMALLEST_SCALE)


@dataclass(frozen=True, slots=True, eq=False)
class ScreenPicture:
    """A frame prepared for the screen on a lane. `source`: the RGB array that it was made of, and stands for.

    `whole`: `(height, width, 4)` uint8 screen pixels. `reduced`: the same at the size it is shown at; None where that
    is not smaller.
    """

    source: NDArray[np.uint8]
    whole: NDArray[np.uint8]
    reduced: NDArray[np.uint8] | None

    def fits(self, shown: ShownAt) -> bool:
        """True if it was prepared for this size."""
        size = shown.size_of(*self.whole.shape[:2])
        return size is None or (self.reduced is not None and self.reduced.shape[:2] == size)


def screen_picture(image: NDArray[np.uint8], shown: ShownAt) -> ScreenPicture:
    """Prepare `(height, width, 3)` uint8 RGB: at 1080p 5 to 15 ms that the window's thread does not have."""
    whole = screen_pixels(image)
    size = shown.size_of(*whole.shape[:2])
    return ScreenPicture(image, whole, None if size is None else shrunk(whole, height=size[0], width=size[1]))


def screen_pixels(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """`(height, width, 3)` uint8 RGB as `(height, width, 4)` uint8 blue, green, red, 255; a copy."""
    return cv2.cvtColor(image, cv2.COLOR_RGB2BGRA).astype(np.uint8, copy=False)


def shrunk(pixels: NDArray[np.uint8], *, height: int, width: int) -> NDArray[np.uint8]:
    """`(h, w, 4)` uint8 averaged down to `(height, width, 4)`, at most its own size.

    Halved exactly as long as it is twice as large or more, then interpolated: every pixel counts, in a quarter of the
    time of one average over odd areas (4K to 1600 pixels: 6 ms).
    """
    while pixels.shape[0] >= 2 * height and pixels.shape[1] >= 2 * width:
        half = (max(width, pixels.shape[1] // 2), max(height, pixels.shape[0] // 2))
        pixels = cv2.resize(pixels, half, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    if pixels.shape[:2] == (height, width):
        return pixels
    return cv2.resize(pixels, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.uint8, copy=False)
