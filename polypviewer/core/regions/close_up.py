"""A part of a frame at the size at which a slow method still answers at once, without its specular spots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from polypviewer.core.geometry import Rect
from polypviewer.core.label_map import Mask
from polypviewer.core.region import EMPTY_REGION, Region, region_of

_GLARE: Final = 170
_HALO: Final = 5
_ABOUT: Final = 15
"""Grey value that the darkest channel of a specular spot exceeds, its halo, and from how far it is filled (pixels)."""


@dataclass(frozen=True, slots=True, eq=False)
class CloseUp:
    """`image`: `(n, m, 3)` uint8 RGB shows `rect` (inside the frame), shrunk or as it is, never enlarged."""

    rect: Rect
    image: NDArray[np.uint8]

    @property
    def scale(self) -> tuple[float, float]:
        """Pixels of the frame for one of the close-up, (across, down); at least about 1."""
        height, width = self.image.shape[:2]
        return self.rect.width / width, self.rect.height / height

    def shrunk(self, mask: Mask) -> NDArray[np.float32]:
        """How much of each pixel of the close-up a `(height, width)` frame mask covers, `(n, m)` 0-1."""
        height, width = self.image.shape[:2]
        inner = np.asarray(mask[self.rect.slices], np.float32)
        return np.asarray(cv2.resize(inner, (width, height), interpolation=cv2.INTER_AREA), np.float32)

    def region(self, share: NDArray[np.float32], *, inside: Mask | None = None) -> Region:
        """Where `share`, `(n, m)`, seen smoothly at the size of the frame, is over a half; in the frame's `inside`."""
        size = (self.rect.width, self.rect.height)
        mask: Mask = np.asarray(cv2.resize(share, size, interpolation=cv2.INTER_CUBIC)) > 0.5
        if inside is not None:
            mask &= inside[self.rect.slices]
        found = region_of(mask)
        if found.is_empty:
            return EMPTY_REGION
        part = found.rect
        return Region(Rect(self.rect.x + part.x, self.rect.y + part.y, part.width, part.height), found.mask)


def close_up(image: NDArray[np.uint8], rect: Rect, *, most_pixels: int, sigma: float) -> CloseUp:
    """`rect` (inside the frame, not empty) of an RGB frame in at most about `most_pixels` pixels.

    Specular spots take the colour about them; then all is smoothed by `sigma` pixels of the close-up.
    """
    factor = min(1.0, (most_pixels / (rect.width * rect.height)) ** 0.5)
    size = (max(1, round(rect.width * factor)), max(1, round(rect.height * factor)))
    small = np.asarray(cv2.resize(image[rect.slices], size, interpolation=cv2.INTER_AREA), np.uint8)
    smooth = cv2.GaussianBlur(without_glare(small), (0, 0), sigma)
    return CloseUp(rect, np.asarray(smooth, np.uint8))


def without_glare(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A copy in which specular spots, `(height, width, 3)` uint8 RGB, take the mean colour of what is about them."""
    bright = (image.min(axis=2) > _GLARE).astype(np.uint8)
    if not bright.any():
        return image.copy()
    glare = cv2.dilate(bright, np.ones((_HALO, _HALO), np.uint8))
    tissue = np.float32(1) - glare.astype(np.float32)
    weight = np.asarray(cv2.blur(tissue, (_ABOUT, _ABOUT)))[..., None]
    about = np.asarray(cv2.blur(image * tissue[..., None], (_ABOUT, _ABOUT))) / np.maximum(weight, 1e-3)
    spots = ((glare > 0) & (weight[..., 0] > 0.02))[..., None]
    return np.where(spots, about, image).astype(np.uint8)


def biggest_part(mask: Mask) -> Mask:
    """The largest 4-connected piece of a mask; all of it if it is empty."""
    number, parts, facts, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    if number <= 2:
        return mask
    largest: Mask = parts == 1 + int(np.argmax(facts[1:, cv2.CC_STAT_AREA]))
    return largest
