"""How large a lesion is in the picture, and at a known scale.

An endoscope's frame has no scale of its own: the same polyp is twice as large at half the distance, and what lies
oblique is foreshortened. Millimetres hold only at the known scale: where the scale was stated, in the plane of what it
was read from (an opened forceps, a snare, a ruler). They are never more exact than that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from polypviewer.core.geometry import Point
from polypviewer.core.label_map import Mask

SMALLEST, LARGEST = 1e-4, 10.0
"""Millimetres per pixel that can be meant."""
_NOWHERE: Final = Point(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class LesionSize:
    """`area` in pixels, lengths in pixels; `diameter` is the longest one (maximum Feret diameter), from `ends[0]` on.

    `equivalent`: the diameter of a disc of the same area.
    """

    area: int
    diameter: float
    equivalent: float
    ends: tuple[Point, Point] = (_NOWHERE, _NOWHERE)

    def at_scale(self, mm_per_pixel: float) -> SizeAtScale:
        """The same in millimetres at the known scale."""
        return SizeAtScale(self.area * mm_per_pixel**2, self.diameter * mm_per_pixel, self.equivalent * mm_per_pixel)


@dataclass(frozen=True, slots=True)
class SizeAtScale:
    """At the known scale: `area` in mm², `diameter` (the longest) and `equivalent` in mm."""

    area: float
    diameter: float
    equivalent: float

    @property
    def words(self) -> str:
        """Two figures at most, and what they rest on: "6.4 mm at the known scale"."""
        return f"{self.diameter:.2g} mm at the known scale"


def lesion_size(mask: Mask) -> LesionSize | None:
    """The size of what a `(height, width)` bool mask holds, islands together; None if it is empty.

    The longest diameter runs between outer corners of pixels.
    """
    area = cv2.countNonZero(mask.view(np.uint8))
    if area == 0:
        return None
    ends = _farthest(_hull(mask))
    length = math.dist((ends[0].x, ends[0].y), (ends[1].x, ends[1].y))
    return LesionSize(area, length, 2.0 * math.sqrt(area / math.pi), ends)


def is_possible(mm_per_pixel: float) -> bool:
    """True for a scale that an endoscope's frame can have."""
    return SMALLEST <= mm_per_pixel <= LARGEST


def scale_of(text: str) -> float | None:
    """Millimetres per pixel of a statement's text; None for one that cannot be meant."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if is_possible(value) else None


def scale_text(mm_per_pixel: float) -> str:
    """The statement's text, read again without loss."""
    return repr(float(mm_per_pixel))


def _hull(mask: Mask) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """`(n, 2)` corners of the convex hull of the pixels' outer corners."""
    rows = np.flatnonzero(mask.any(axis=1))
    first = mask[rows].argmax(axis=1)
    last = mask.shape[1] - mask[rows][:, ::-1].argmax(axis=1)
    ends = np.concatenate([np.stack([side, rows + below], 1) for side in (first, last) for below in (0, 1)])
    return cv2.convexHull(ends.astype(np.int32)).reshape(-1, 2).astype(np.float64)


def _farthest(corners: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> tuple[Point, Point]:
    apart = ((corners[:, None, :] - corners[None, :, :]) ** 2).sum(axis=2)
    one, other = np.unravel_index(int(apart.argmax()), apart.shape)
    return Point(*corners[one].tolist()), Point(*corners[other].tolist())
