"""Which pixels are which lesion: merging, splitting, recolouring, clearing.

The islands of a lesion are its parts that do not touch, not even at a corner (8 neighbours, as in `core.postprocess`).
What is a lesion already may change its number outside the limit too: nothing is added there.
"""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from polypviewer.core.errors import EditError
from polypviewer.core.geometry import Point
from polypviewer.core.label_map import BACKGROUND, IGNORE, MAX_SLOT, LabelMap, Mask, slots_present
from polypviewer.core.region import Region, Reshape, Scene, frame_mask, region_of, reshaped


def merge_lesions(scene: Scene, *, slot: int, into: int) -> Reshape:
    """The pixels of the lesion `slot` become the lesion `into`; empty if there are none."""
    return _renumbered(scene, region_of(scene.labels == slot), into)


def split_islands(scene: Scene, *, slot: int) -> Reshape:
    """The largest island of a lesion keeps its number; each further one, by size, gets the lowest that is free.

    Empty if there is but one. Raises `EditError` ("edit.no_slot") if there are fewer free numbers than islands.
    """
    region = region_of(scene.labels == slot)
    numbers, stats = islands(region.mask)
    used = set(slots_present(scene.labels))
    free = [number for number in range(1, MAX_SLOT + 1) if number not in used]
    if len(stats) - 1 > len(free):
        raise EditError("edit.no_slot")
    slots = np.zeros(len(stats) + 1, np.uint8)
    slots[largest_first(numbers, stats)] = [slot, *free][: len(stats)]
    after = scene.labels.copy()
    after[region.rect.slices][region.mask] = slots[numbers[region.mask]]
    return reshaped(replace(scene, limit=None), after)


def recolour_island(scene: Scene, point: Point, *, slot: int) -> Reshape:
    """The island under `point` becomes the lesion `slot`. Raises `EditError` ("edit.no_lesion_here") if none is."""
    _, island = island_at(scene.labels, point)
    return _renumbered(scene, island, slot)


def clear_frame(scene: Scene) -> Reshape:
    """Everything becomes background, ignored pixels too."""
    return reshaped(scene, np.zeros_like(scene.labels))


def islands(mask: Mask) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The islands of a `(height, width)` bool mask.

    Their numbers, same shape, from 1 (0 elsewhere), and `(count, 5)`: x, y, width, height, area of each.
    """
    if mask.size == 0:
        return np.zeros(mask.shape, np.int32), np.zeros((0, 5), np.int32)
    _, numbers, stats, _ = cv2.connectedComponentsWithStats(np.ascontiguousarray(mask).view(np.uint8), connectivity=8)
    return np.asarray(numbers, np.int32), np.asarray(stats, np.int32)[1:]


def largest_first(numbers: NDArray[np.int32], stats: NDArray[np.int32]) -> NDArray[np.intp]:
    """The numbers of `islands` by area; of equals, the one whose first pixel comes first, row by row."""
    boxes = enumerate(stats[:, :3].tolist(), start=1)
    first = np.array([x + int((numbers[y, x : x + width] == one).argmax()) for one, (x, y, width) in boxes], np.intp)
    return np.lexsort((first, stats[:, 1], -stats[:, 4])) + 1


def island_at(labels: LabelMap, point: Point) -> tuple[int, Region]:
    """The lesion slot under `point` (image coordinates) in `(height, width)` uint8, and the island there.

    Raises `EditError` ("edit.no_lesion_here") outside the frame, on background and on ignored pixels.
    """
    height, width = labels.shape
    x, y = math.floor(point.x), math.floor(point.y)
    slot = int(labels[y, x]) if 0 <= x < width and 0 <= y < height else BACKGROUND
    if slot in (BACKGROUND, IGNORE):
        raise EditError("edit.no_lesion_here")
    region = region_of(labels == slot)
    numbers, _ = islands(region.mask)
    clicked = numbers == numbers[y - region.rect.y, x - region.rect.x]
    return slot, region_of(frame_mask(Region(region.rect, clicked), height=height, width=width))


def _renumbered(scene: Scene, region: Region, slot: int) -> Reshape:
    after = scene.labels.copy()
    after[region.rect.slices][region.mask] = slot
    return reshaped(replace(scene, limit=None), after)
