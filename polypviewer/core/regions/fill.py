"""The paint bucket: everything of one label that hangs together with a point."""

from __future__ import annotations

import math

import cv2
import numpy as np

from polypviewer.core.errors import EditError
from polypviewer.core.geometry import Point, Rect
from polypviewer.core.label_map import BACKGROUND, Mask
from polypviewer.core.region import EMPTY_REGION, Region, Scene


def fill_region(scene: Scene, point: Point, *, outside: bool = False) -> Region:
    """The pixels of the label under `point` (image coordinates) that hang together with it side by side.

    Corners do not connect, so that an outline one pixel wide holds. On background it is the hole around the point; it
    ends at the limit of the scene, so an outline may lean on the border of the field of view. Background that reaches
    that border and is most of what is not painted is no hole but the outside: raises `EditError` ("edit.fill_open")
    unless `outside`. Empty for a point outside the frame, and for background outside the limit.
    """
    x, y = math.floor(point.x), math.floor(point.y)
    if not (0 <= x < scene.width and 0 <= y < scene.height):
        return EMPTY_REGION
    limit = scene.limit if scene.labels[y, x] == BACKGROUND else None
    if limit is not None and not limit[y, x]:
        return EMPTY_REGION
    region = _flooded(scene, x, y, limit)
    if scene.labels[y, x] == BACKGROUND and not outside and _is_outside(region, scene):
        raise EditError("edit.fill_open")
    return region


def _flooded(scene: Scene, x: int, y: int, limit: Mask | None) -> Region:
    walls = np.zeros((scene.height + 2, scene.width + 2), np.uint8)
    if limit is not None:
        walls[1:-1, 1:-1] = ~limit
    filled = 2
    flags = 4 | cv2.FLOODFILL_MASK_ONLY | (filled << 8)
    _, _, found, box = cv2.floodFill(scene.labels.copy(), walls, (x, y), 0, flags=flags)
    rect = Rect(*(int(side) for side in box))
    return Region(rect, np.asarray(found)[1:-1, 1:-1][rect.slices] == filled)


def _is_outside(region: Region, scene: Scene) -> bool:
    """Whether background reaches the border and is more than half of all background that may be painted."""
    if not _reaches_border(region, scene):
        return False
    free = scene.labels == BACKGROUND
    if scene.limit is not None:
        free &= scene.limit
    return 2 * region.area > int(np.count_nonzero(free))


def _reaches_border(region: Region, scene: Scene) -> bool:
    rect = region.rect
    if rect.x == 0 or rect.y == 0 or rect.right == scene.width or rect.bottom == scene.height:
        return True
    if scene.limit is None:
        return False
    beside = cv2.dilate(
        np.pad(region.mask, 1).view(np.uint8), np.asarray(cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3)))
    )
    return bool((np.asarray(beside, np.bool_) & ~scene.limit[rect.grown(1).slices]).any())
