"""The Draft: one frame as one reader is working on it now."""

from __future__ import annotations

from collections.abc import Iterable

from polypviewer.core.command import Change, MaskChange
from polypviewer.core.errors import EditError
from polypviewer.core.geometry import EMPTY_RECT, Rect
from polypviewer.core.identity import FrameRef
from polypviewer.core.label_map import LabelMap
from polypviewer.core.patch import apply_patch


class Draft:
    """A label map that is painted in place and the annotation's other fields. Changed by Commands only."""

    def __init__(self, frame: FrameRef, label_map: LabelMap, values: dict[str, str] | None = None) -> None:
        """`label_map`: `(height, width)` uint8, C-contiguous, owned by the draft from now on."""
        self.frame = frame
        self.label_map = label_map
        self.values: dict[str, str] = dict(values or {})

    def value(self, field: str) -> str | None:
        """The value of a field, None where it has none."""
        return self.values.get(field)

    def apply(self, change: Change) -> Rect:
        """Make one change and return the pixels that changed. Raises `EditError` if it belongs to another frame."""
        if change.frame != self.frame:
            raise EditError("edit.patch_mismatch", reason="it belongs to another frame")
        if isinstance(change, MaskChange):
            return apply_patch(self.label_map, change.patch)
        if change.after is None:
            self.values.pop(change.field, None)
        else:
            self.values[change.field] = change.after
        return EMPTY_RECT

    def apply_all(self, changes: Iterable[Change]) -> Rect:
        """Make those of `changes` that belong to this frame, in order; return the united rectangle."""
        rect = EMPTY_RECT
        for change in changes:
            if change.frame == self.frame:
                rect = rect.united(self.apply(change))
        return rect

    def snapshot(self) -> Draft:
        """A copy that a worker may read while this one is painted."""
        return Draft(self.frame, self.label_map.copy(), self.values)
