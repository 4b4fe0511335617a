"""The magic wand: the pixels whose colour is like that of the clicked place."""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from polypviewer.core.geometry import Point, Rect
from polypviewer.core.label_map import Mask
from polypviewer.core.region import EMPTY_REGION, Region, Scene, region_of

Distance = NDArray[np.float32]

SPECKS: Final = 400
"""Pixels: a hole of up to this area (20 x 20, a usual specular spot at 1080p) is filled."""
_ROUNDING: Final = 1e-3
"""Delta E: equal colours are no farther apart than this, however they were rounded."""


def wand_region(
    scene: Scene, point: Point, *, tolerance: float, contiguous: bool = True, fill_specks: int = SPECKS
) -> Region:
    """`wand_from_distance` of `colour_distance`, in one step."""
    distance = colour_distance(scene, point)
    return wand_from_distance(distance, point, tolerance, contiguous=contiguous, fill_specks=fill_specks)


def colour_distance(scene: Scene, point: Point) -> Distance:
    """How far each pixel's colour is from that at `point`: CIE 1976 Delta E, `(height, width)` float32.

    The colour at the point is the mean CIE Lab (D65) of the 3 x 3 pixels about it, those inside the frame and the
    limit. Infinite outside the limit; everywhere for a point outside the frame or the limit.
    """
    x, y = math.floor(point.x), math.floor(point.y)
    nowhere: Distance = np.full((scene.height, scene.width), np.inf, np.float32)
    if not (0 <= x < scene.width and 0 <= y < scene.height):
        return nowhere
    if scene.limit is not None and not scene.limit[y, x]:
        return nowhere
    lab = np.asarray(cv2.cvtColor(scene.image.astype(np.float32) * np.float32(1 / 255), cv2.COLOR_RGB2LAB), np.float32)
    about = Rect(x - 1, y - 1, 3, 3).clipped(scene.height, scene.width).slices
    colours = lab[about].reshape(-1, 3) if scene.limit is None else lab[about][scene.limit[about]]
    away = cv2.transform(lab, np.column_stack((np.eye(3), -colours.mean(axis=0, dtype=np.float64))))
    squared = cv2.transform(cv2.multiply(away, away), np.ones((1, 3), np.float32))
    distance = np.asarray(cv2.sqrt(squared), np.float32)
    return distance if scene.limit is None else np.where(scene.limit, distance, np.float32(np.inf))


def wand_from_distance(
    distance: Distance, point: Point, tolerance: float, *, contiguous: bool = True, fill_specks: int = SPECKS
) -> Region:
    """The pixels not farther than `tolerance` (Delta E) in a `colour_distance` made for the same `point`.

    `contiguous`: only what hangs together with the pixel under the point side by side; that pixel itself always
    belongs. Holes of at most `fill_specks` pixels (glare, noise) are filled, whatever their colour, but never outside
    the limit; 0 fills none. Empty where the distance at the point is infinite.
    """
    x, y = math.floor(point.x), math.floor(point.y)
    height, width = distance.shape
    if not (0 <= x < width and 0 <= y < height) or not np.isfinite(distance[y, x]):
        return EMPTY_REGION
    alike: Mask = distance <= np.float32(tolerance + _ROUNDING)
    alike[y, x] = True
    region = _part_at(alike, x, y) if contiguous else region_of(alike)
    return _without_specks(region, distance, fill_specks)


def _part_at(alike: Mask, x: int, y: int) -> Region:
    height, width = alike.shape
    found = np.zeros((height + 2, width + 2), np.uint8)
    _, _, found, box = cv2.floodFill(alike.view(np.uint8), found, (x, y), 0, flags=4 | cv2.FLOODFILL_MASK_ONLY | 1 << 8)
    rect = Rect(*(int(side) for side in box))
    return Region(rect, np.ascontiguousarray(np.asarray(found)[1:-1, 1:-1][rect.slices]).view(np.bool_))


def _without_specks(region: Region, distance: Distance, largest: int) -> Region:
    if largest <= 0 or region.mask.all():
        return region
    _, holes, stats, _ = cv2.connectedComponentsWithStats((~region.mask).view(np.uint8), connectivity=8)
    left, top, wide, high, area = np.asarray(stats).T
    rect = region.rect
    # What reaches the side of the rectangle is no hole.
    fills = (area <= largest) & (left > 0) & (top > 0) & (left + wide < rect.width) & (top + high < rect.height)
    fills[0] = False
    if not fills.any():
        return region
    return Region(
        rect, region.mask | (np.take(fills, np.asarray(holes, np.int32)) & np.isfinite(distance[rect.slices]))
    )
