"""The Stroke: the points of one drag, painted in place, and the one patch that it leaves."""

from __future__ import annotations

from polypviewer.core.draft import Draft
from polypviewer.core.geometry import EMPTY_RECT, Point, Rect
from polypviewer.core.label_map import Mask
from polypviewer.core.paint import paint_segment
from polypviewer.core.patch import MaskPatch, patch_between


class Stroke:
    """Lives from press to release. The draft's label map is painted; what it was is kept until the end."""

    def __init__(self, draft: Draft, *, value: int, limit: Mask | None = None) -> None:
        """`value`: 0 erases, 1-254 a lesion slot, 255 ignore.

        `limit`: `(height, width)` bool, outside nothing changes.
        """
        self.draft = draft
        self.value = value
        self._limit = limit
        self._before = draft.label_map.copy()
        self._last: Point | None = None
        self._rect = EMPTY_RECT

    def reach(self, point: Point, radius: float) -> Rect:
        """Paint on to a point; `radius` in image pixels. Returns the rectangle that may have changed."""
        start = self._last or point
        self._last = point
        rect = paint_segment(self.draft.label_map, start, point, radius, value=self.value, limit=self._limit)
        self._rect = self._rect.united(rect)
        return rect

    def patch(self) -> MaskPatch:
        """What the whole stroke changed."""
        return patch_between(self._before, self.draft.label_map, self._rect)

    def restore(self) -> Rect:
        """Put every pixel back as it was at the press; returns the rectangle that was painted."""
        self.draft.label_map[self._rect.slices] = self._before[self._rect.slices]
        return self._rect
