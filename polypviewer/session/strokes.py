"""Strokes: the points of one drag, painted in place, and the one patch that they leave."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from polypviewer.core.draft import Draft
from polypviewer.core.geometry import EMPTY_RECT, Point, Rect
from polypviewer.core.label_map import BACKGROUND, IGNORE, LabelMap, Mask, lesion_mask
from polypviewer.core.nib import Nib
from polypviewer.core.paint import paint_nib_segment
from polypviewer.core.patch import MaskPatch, patch_between
from polypviewer.core.region import Region
from polypviewer.core.regions.edge_brush import EdgeTip
from polypviewer.core.regions.nudge import Nudge

FIRST_LESION: Final = 1


class _Painted:
    """The draft as it was at the press, and the rectangle that was painted since."""

    kind = "stroke"

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self._before = draft.label_map.copy()
        self._rect = EMPTY_RECT
        self._last: tuple[Point, Nib] | None = None

    def patch(self) -> MaskPatch:
        """What the whole stroke changed."""
        return patch_between(self._before, self.draft.label_map, self._rect)

    def restore(self) -> Rect:
        """Put every pixel back as it was at the press; returns the rectangle that was painted."""
        self.draft.label_map[self._rect.slices] = self._before[self._rect.slices]
        return self._rect

    def _step(self, point: Point, nib: Nib) -> tuple[Point, Nib]:
        """Where the last step ended; here, at the first one."""
        start = self._last or (point, nib)
        self._last = (point, nib)
        return start

    def _add(self, rect: Rect) -> Rect:
        self._rect = self._rect.united(rect)
        return rect


class Stroke(_Painted):
    """Brush, eraser and ignore brush: every pixel under the nib takes one value."""

    def __init__(self, draft: Draft, *, value: int, limit: Mask | None = None) -> None:
        """`value`: 0 erases, 1-254 a lesion slot, 255 ignore.

        `limit`: `(height, width)` bool, outside nothing changes.
        """
        super().__init__(draft)
        self.value = value
        self._limit = limit

    def reach(self, point: Point, nib: Nib) -> Rect:
        """Paint on to a point; returns the rectangle that may have changed."""
        start, before = self._step(point, nib)
        labels = self.draft.label_map
        return self._add(paint_nib_segment(labels, start, point, before, nib, value=self.value, limit=self._limit))


class EdgeStroke(_Painted):
    """A stroke that stays within the colours and the edge of where it started."""

    def __init__(
        self, draft: Draft, image: NDArray[np.uint8], *, value: int, limit: Mask | None, strictness: float
    ) -> None:
        """`image`: `(height, width, 3)` uint8 RGB, the frame's own pixels. `strictness` 0-1."""
        super().__init__(draft)
        self.value = value
        self._limit = limit
        self._image, self._strictness = image, strictness
        self._tip: EdgeTip | None = None

    def reach(self, point: Point, nib: Nib) -> Rect:
        """Paint on to a point; returns the rectangle that may have changed."""
        start, _ = self._step(point, nib)
        if self._tip is None:
            self._tip = EdgeTip(self._image, point, sensitivity=self._strictness)
        height, width = self.draft.label_map.shape
        region = self._tip.dab(start, point, nib.radius, height=height, width=width)
        return self._add(_put(self.draft.label_map, region, value=self.value, limit=self._limit))


class NudgeStroke(_Painted):
    """Pushes the border of one lesion; never eats another lesion nor ignored pixels."""

    kind = "nudge"

    def __init__(self, draft: Draft, *, slot: int, limit: Mask | None) -> None:
        """`slot`: the lesion that is pushed where none lies under the tip."""
        super().__init__(draft)
        self._slot, self._limit = slot, limit
        self._nudge: Nudge | None = None

    def reach(self, point: Point, nib: Nib) -> Rect:
        """Push on to a point; returns the rectangle that may have changed."""
        start, _ = self._step(point, nib)
        if self._nudge is None:
            self._slot = slot_near(self._before, point, nib.radius, otherwise=self._slot)
            self._nudge = Nudge(lesion_mask(self._before, self._slot))
        rect = self._nudge.push(start, point, nib.radius)
        if rect.is_empty:
            return rect
        inside, labels = self._nudge.mask_in(rect), self.draft.label_map[rect.slices]
        grown = inside & (labels == BACKGROUND)
        if self._limit is not None:
            grown &= self._limit[rect.slices]
        labels[grown] = self._slot
        labels[~inside & (labels == self._slot)] = BACKGROUND
        return self._add(rect)


def slot_near(labels: LabelMap, point: Point, radius: float, *, otherwise: int) -> int:
    """The lesion under a point, else the one with most pixels within `radius`, else `otherwise`."""
    height, width = labels.shape
    reach = int(radius) + 1
    near = Rect(int(point.x) - reach, int(point.y) - reach, 2 * reach + 1, 2 * reach + 1).clipped(height, width)
    if near.is_empty:
        return otherwise
    under = labels[min(max(int(point.y), 0), height - 1), min(max(int(point.x), 0), width - 1)]
    if BACKGROUND < under < IGNORE:
        return int(under)
    counts = np.bincount(labels[near.slices].reshape(-1), minlength=IGNORE + 1)[FIRST_LESION:IGNORE]
    return int(counts.argmax()) + FIRST_LESION if counts.any() else otherwise


def _put(labels: LabelMap, region: Region, *, value: int, limit: Mask | None) -> Rect:
    if region.is_empty:
        return EMPTY_RECT
    inside = region.mask if limit is None else region.mask & limit[region.rect.slices]
    labels[region.rect.slices][inside] = value
    return region.rect
