"""Regions: what a tool selects in a scene, and the reshape of the label map that comes of it.

A tool gets a `Scene` (snapshots, so that it may run on any thread), selects a `Region`, and makes a `Reshape` of it:
the one value that a preview draws and a command commits. Nothing here paints in place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from polypviewer.core.geometry import EMPTY_RECT, Rect, whole
from polypviewer.core.label_map import BACKGROUND, LabelMap, Mask
from polypviewer.core.patch import MaskPatch, patch_between


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What a tool may look at; all arrays are snapshots that nobody paints.

    `image`: `(height, width, 3)` uint8 RGB. `labels`: `(height, width)` uint8 label map.
    `limit`: `(height, width)` bool, where paint may go (the field of view); None: everywhere.
    """

    image: NDArray[np.uint8]
    labels: LabelMap
    limit: Mask | None = None

    @property
    def height(self) -> int:
        """Rows of the frame."""
        return int(self.labels.shape[0])

    @property
    def width(self) -> int:
        """Columns of the frame."""
        return int(self.labels.shape[1])


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """Selected pixels: `mask` is `(rect.height, rect.width)` bool, and `rect` lies inside the frame."""

    rect: Rect
    mask: Mask

    @property
    def is_empty(self) -> bool:
        """True if no pixel is selected."""
        return self.rect.is_empty or not self.mask.any()

    @property
    def area(self) -> int:
        """Number of selected pixels."""
        return int(self.mask.sum())


@dataclass(frozen=True, slots=True, eq=False)
class Reshape:
    """`labels`, `(rect.height, rect.width)` uint8: what the label map becomes inside `rect`. Outside, it stays."""

    rect: Rect
    labels: LabelMap

    @property
    def is_empty(self) -> bool:
        """True if it covers no pixel; it may still change nothing where it covers some."""
        return self.rect.is_empty


EMPTY_REGION = Region(EMPTY_RECT, np.zeros((0, 0), np.bool_))
NO_RESHAPE = Reshape(EMPTY_RECT, np.zeros((0, 0), np.uint8))


def region_of(mask: Mask) -> Region:
    """The pixels of a `(height, width)` bool mask, in their tight rectangle."""
    rect = Rect(*(int(side) for side in cv2.boundingRect(np.ascontiguousarray(mask).view(np.uint8))))
    return EMPTY_REGION if rect.is_empty else Region(rect, np.ascontiguousarray(mask[rect.slices]))


def frame_mask(region: Region, *, height: int, width: int) -> Mask:
    """The region as a `(height, width)` bool mask."""
    mask: Mask = np.zeros((height, width), np.bool_)
    mask[region.rect.slices] = region.mask
    return mask


def painted(scene: Scene, region: Region, *, value: int) -> Reshape:
    """The scene with the region set to `value` (0 erases, 1-254 a lesion slot, 255 ignore), inside the limit only.

    Erasing is not held by the limit: what lies outside the field of view by mistake can always be taken away.
    """
    if region.is_empty:
        return NO_RESHAPE
    labels = scene.labels[region.rect.slices].copy()
    inside = region.mask
    if scene.limit is not None and value != BACKGROUND:
        inside = inside & scene.limit[region.rect.slices]
    labels[inside] = value
    return Reshape(region.rect, labels)


def reshaped(scene: Scene, after: LabelMap) -> Reshape:
    """The reshape that turns the scene's label map into `after`, `(height, width)` uint8, in its tight rectangle.

    Pixels that would become a lesion or ignore outside the limit keep what they were.
    """
    changed = after != scene.labels
    if scene.limit is not None:
        changed &= scene.limit | (after == BACKGROUND)
    rect = region_of(changed).rect
    if rect.is_empty:
        return NO_RESHAPE
    inside = changed[rect.slices]
    return Reshape(rect, np.where(inside, after[rect.slices], scene.labels[rect.slices]))


def applied(labels: LabelMap, reshape: Reshape) -> LabelMap:
    """A copy of a label map with the reshape in it."""
    after = labels.copy()
    after[reshape.rect.slices] = reshape.labels
    return after


def reshape_patch(labels: LabelMap, reshape: Reshape) -> MaskPatch:
    """The patch that makes the reshape of `labels`, `(height, width)` uint8; empty if it changes nothing."""
    height, width = labels.shape
    if reshape.is_empty:
        return MaskPatch(height, width, EMPTY_RECT, b"")
    rect = reshape.rect
    inner = patch_between(labels[rect.slices], reshape.labels, whole(rect.height, rect.width))
    place = EMPTY_RECT if inner.is_empty else inner.rect.moved(rect.x, rect.y)
    return replace(inner, height=height, width=width, rect=place)
