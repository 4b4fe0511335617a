"""The XOR patch: do and undo of a change of pixels are the same operation."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from polypviewer.core.errors import EditError
from polypviewer.core.geometry import EMPTY_RECT, Rect
from polypviewer.core.label_map import LabelMap


@dataclass(frozen=True, slots=True)
class MaskPatch:
    """What changed in a label map of `(height, width)`: `packed` is zlib of the XOR inside `rect`, row by row."""

    height: int
    width: int
    rect: Rect
    packed: bytes

    @property
    def is_empty(self) -> bool:
        """True if nothing changed."""
        return self.rect.is_empty


def patch_between(before: LabelMap, after: LabelMap, rect: Rect) -> MaskPatch:
    """The patch that turns `before` into `after`; both `(height, width)` uint8 and equal outside `rect`.

    The stored rectangle is the tight bounding box of the difference; an equal pair gives an empty patch.
    """
    height, width = after.shape
    if before.shape != after.shape:
        raise EditError("edit.patch_mismatch", reason="sizes differ")
    difference = before[rect.slices] ^ after[rect.slices]
    rows, columns = np.flatnonzero(difference.any(axis=1)), np.flatnonzero(difference.any(axis=0))
    if rows.size == 0:
        return MaskPatch(height, width, EMPTY_RECT, b"")
    top, left = int(rows[0]), int(columns[0])
    tight = Rect(rect.x + left, rect.y + top, int(columns[-1]) - left + 1, int(rows[-1]) - top + 1)
    inner = difference[top : top + tight.height, left : left + tight.width]
    return MaskPatch(height, width, tight, zlib.compress(np.ascontiguousarray(inner).tobytes(), 1))


def apply_patch(label_map: LabelMap, patch: MaskPatch) -> Rect:
    """XOR the patch into `label_map` in place and return what changed. Applying it twice changes nothing."""
    if patch.is_empty:
        return EMPTY_RECT
    if label_map.shape != (patch.height, patch.width):
        raise EditError("edit.patch_mismatch", reason="the frame has another size")
    try:
        pixels = np.frombuffer(zlib.decompress(patch.packed), np.uint8).reshape(patch.rect.height, patch.rect.width)
    except (zlib.error, ValueError) as error:
        raise EditError("edit.patch_mismatch", reason="its pixels are damaged") from error
    label_map[patch.rect.slices] ^= pixels
    return patch.rect
