"""Growing, shrinking, smoothing and tidying lesions.

Each works on one lesion, or on every lesion by itself (`slot` None). What a lesion gains is background inside the
limit: never another lesion, never an ignored pixel. What it loses becomes background. Distances are between the
centres of pixels. The border of the frame and of the limit is where the view ends, not where the lesion does: nothing
shrinks or rounds off there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from operator import itemgetter
from types import MappingProxyType
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from polypviewer.core.geometry import Point, Rect
from polypviewer.core.label_map import BACKGROUND, Mask, slots_present
from polypviewer.core.region import Reshape, Scene, region_of, reshaped
from polypviewer.core.regions.lesions import island_at, islands, largest_first

RADIUS: Final = 3.0
_TOLERANCE: Final = 1e-3
"""Pixels: a distance that is the radius counts as within, however it was rounded."""


def grow(scene: Scene, *, slot: int | None, radius: float = RADIUS) -> Reshape:
    """Add the background within `radius` pixels; where two lesions grow into each other, each takes the nearer part."""
    after = scene.labels.copy()
    nearest = np.full(after.shape, radius + _TOLERANCE, np.float32)
    for one in _slots(scene, slot):
        rect = _around(scene, one, radius)
        away = _distance(scene.labels[rect.slices] != one)
        gained = (away < nearest[rect.slices]) & (scene.labels[rect.slices] == BACKGROUND)
        nearest[rect.slices][gained] = away[gained]
        after[rect.slices][gained] = one
    return reshaped(scene, after)


def shrink(scene: Scene, *, slot: int | None, radius: float = RADIUS) -> Reshape:
    """Take away what lies within `radius` pixels of anything else that is seen."""
    return _each(scene, slot, radius, partial(_shrunk, radius=radius))


def smooth(scene: Scene, *, slot: int | None, radius: float = RADIUS) -> Reshape:
    """Round off what is jagged or thinner than about `radius` pixels.

    Each island is blurred (Gaussian, sigma `radius`) and cut where its area stays the same, so that small lesions do
    not shrink away.
    """
    return _each(scene, slot, 3 * radius, partial(_smoothed, sigma=max(radius, 0.1)))


def fill_holes(scene: Scene, *, slot: int | None, area: float = math.inf) -> Reshape:
    """Fill the background that a lesion encloses side by side, holes of at most `area` pixels.

    Another lesion or ignored pixels inside a hole count for its area and stay.
    """
    return _each(scene, slot, 1, partial(_filled, area=area))


def remove_islands(scene: Scene, *, slot: int | None, area: float | None = None) -> Reshape:
    """Take away the islands smaller than `area` pixels, the last one of a lesion too; None: all but the largest.

    Of islands of one size, the first row by row is taken for the largest.
    """
    return _each(scene, slot, 0, partial(_without_islands, area=area))


def convex_hull(scene: Scene, *, slot: int | None) -> Reshape:
    """Add the background whose centres lie in, or on the line of, the convex hull of a lesion's centres."""
    return _each(scene, slot, 0, _hull)


def keep_island(scene: Scene, point: Point) -> Reshape:
    """Of the lesion under `point` (image coordinates), only the island there stays.

    Raises `EditError` ("edit.no_lesion_here") where there is none.
    """
    slot, island = island_at(scene.labels, point)
    after = np.where(scene.labels == slot, np.uint8(BACKGROUND), scene.labels)
    after[island.rect.slices][island.mask] = slot
    return reshaped(scene, after)


MORPHOLOGY: Final[Mapping[str, Callable[..., Reshape]]] = MappingProxyType(
    {
        "grow": grow,
        "shrink": shrink,
        "smooth": smooth,
        "fill_holes": fill_holes,
        "remove_islands": remove_islands,
        "convex_hull": convex_hull,
    }
)


def _slots(scene: Scene, slot: int | None) -> tuple[int, ...]:
    present = slots_present(scene.labels)
    return present if slot is None else tuple(one for one in present if one == slot)


def _around(scene: Scene, slot: int, margin: float) -> Rect:
    """The rectangle of a lesion with more on each side, inside the frame."""
    rect = region_of(scene.labels == slot).rect
    return rect.grown(math.ceil(margin) + 1).clipped(scene.height, scene.width)


def _each(scene: Scene, slot: int | None, margin: float, change: Callable[[Mask, Mask], Mask]) -> Reshape:
    """Put `change(lesion, seen)` in the place of each lesion; both masks are the lesion's rectangle and `margin`.

    What one lesion loses another may gain, so that smoothing opens no gap between two that touch.
    """
    after, changed = scene.labels.copy(), []
    for one in _slots(scene, slot):
        rect = _around(scene, one, margin)
        lesion = scene.labels[rect.slices] == one
        seen = np.ones(lesion.shape, np.bool_) if scene.limit is None else scene.limit[rect.slices] | lesion
        changed.append((one, rect, change(lesion, seen)))
        after[rect.slices][lesion & ~changed[-1][2]] = BACKGROUND
    for one, rect, lesion in changed:
        after[rect.slices][lesion & (after[rect.slices] == BACKGROUND)] = one
    return reshaped(scene, after)


def _distance(mask: Mask) -> NDArray[np.float32]:
    """From each centre where `mask` holds to the nearest where it does not; 0 there."""
    return np.asarray(cv2.distanceTransform(mask.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32)


def _shrunk(lesion: Mask, seen: Mask, *, radius: float) -> Mask:
    return lesion & (_distance(lesion | ~seen) > radius + _TOLERANCE)


def _smoothed(lesion: Mask, seen: Mask, *, sigma: float) -> Mask:
    after = np.zeros_like(lesion)
    numbers, stats = islands(lesion)
    for number, (x, y, width, height, area) in enumerate(stats.tolist(), start=1):
        rect = Rect(x, y, width, height).grown(math.ceil(3 * sigma)).clipped(*lesion.shape)
        after[rect.slices] |= _blurred(numbers[rect.slices] == number, seen[rect.slices], area, sigma)
    return after


def _blurred(island: Mask, seen: Mask, area: int, sigma: float) -> Mask:
    """The `area` pixels that have most of the island about them, of what is seen of their surroundings."""
    size = 2 * math.ceil(3 * sigma) + 1
    share, whole = (
        cv2.GaussianBlur(part.astype(np.float32), (size, size), sigma, borderType=cv2.BORDER_CONSTANT)
        for part in (island, seen)
    )
    share = np.where(seen, share / np.maximum(whole, np.float32(1e-6)), 0)
    level = np.partition(share, share.size - area, axis=None)[share.size - area]
    blurred: Mask = share >= level
    return blurred


def _filled(lesion: Mask, seen: Mask, *, area: float) -> Mask:
    _, numbers, stats, _ = cv2.connectedComponentsWithStats((~lesion).view(np.uint8), connectivity=4)
    left, top, width, height, size = np.asarray(stats).T
    fills = (size <= area) & (left > 0) & (top > 0)
    fills &= (left + width < lesion.shape[1]) & (top + height < lesion.shape[0])
    fills[0] = False
    filled: Mask = lesion | fills[numbers]
    return filled


def _without_islands(lesion: Mask, seen: Mask, *, area: float | None) -> Mask:
    numbers, stats = islands(lesion)
    if area is None:
        largest: Mask = numbers == largest_first(numbers, stats)[0]
        return largest
    kept: Mask = np.concatenate(([False], stats[:, 4] >= area))[numbers]
    return kept


def _hull(lesion: Mask, seen: Mask) -> Mask:
    rows = np.flatnonzero(lesion.any(axis=1))
    first = lesion[rows].argmax(axis=1)
    last = lesion.shape[1] - 1 - lesion[rows, ::-1].argmax(axis=1)
    ends = np.concatenate((np.stack((first, rows), axis=1), np.stack((last, rows), axis=1))).astype(np.int32)
    corners = np.asarray(cv2.convexHull(ends), np.int64).reshape(-1, 2)
    return _between(corners, lesion.shape[0], lesion.shape[1])


def _between(corners: NDArray[np.int64], height: int, width: int) -> Mask:
    """Pixels on or between the sides of a convex polygon with whole corners (x, y), in whole numbers throughout."""
    left, right = np.full(height, width, np.int64), np.full(height, -1, np.int64)
    for side in zip(corners.tolist(), np.roll(corners, -1, axis=0).tolist(), strict=True):
        (x0, y0), (x1, y1) = sorted(side, key=itemgetter(1))
        rows, fall = np.arange(y0, y1 + 1), max(y1 - y0, 1)
        across = x0 * fall + (rows - y0) * (x1 - x0)
        left[rows] = np.minimum(left[rows], -(-across // fall))
        right[rows] = np.maximum(right[rows], across // fall)
    columns = np.arange(width)
    inside: Mask = (columns >= left[:, None]) & (columns <= right[:, None])
    return inside
