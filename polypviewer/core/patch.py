"""The XOR patch: do and undo of a change of pixels are the same operation.

A step changes pixels in few ways (most often one: background to a lesion slot), so the XOR is kept as planes of bits,
and then zlib: an eighth of the bytes to pack and to apply on the window's thread.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from polypviewer.core.errors import EditError
from polypviewer.core.geometry import EMPTY_RECT, Rect
from polypviewer.core.label_map import LabelMap


@dataclass(frozen=True, slots=True)
class MaskPatch:
    """What changed in a label map of `(height, width)`: `packed` is the XOR inside `rect`, by `pack_xor`."""

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
    if rect.is_empty:
        return MaskPatch(height, width, EMPTY_RECT, b"")
    difference = np.bitwise_xor(before[rect.slices], after[rect.slices])
    inner = Rect(*(int(side) for side in cv2.boundingRect(difference)))
    if inner.is_empty:
        return MaskPatch(height, width, EMPTY_RECT, b"")
    return MaskPatch(
        height, width, inner.moved(rect.x, rect.y), pack_xor(np.ascontiguousarray(difference[inner.slices]))
    )


def apply_patch(label_map: LabelMap, patch: MaskPatch) -> Rect:
    """XOR the patch into `label_map` in place and return what changed. Applying it twice changes nothing."""
    if patch.is_empty:
        return EMPTY_RECT
    if label_map.shape != (patch.height, patch.width):
        raise EditError("edit.patch_mismatch", reason="the frame has another size")
    try:
        pixels = unpack_xor(patch.packed, height=patch.rect.height, width=patch.rect.width)
    except (zlib.error, ValueError, IndexError) as error:
        raise EditError("edit.patch_mismatch", reason="its pixels are damaged") from error
    label_map[patch.rect.slices] ^= pixels
    return patch.rect


def pack_xor(difference: NDArray[np.uint8]) -> bytes:
    """`(height, width)` uint8, C-contiguous, not all zero, as bytes.

    Each of the eight bits that is set anywhere is a plane of the frame; bits with equal planes share one. First the
    number of planes, then for each the bits that it stands for, then zlib of the planes, whose rows begin at a whole
    byte. So one value XORed into a region is one plane, whatever the value.
    """
    used = int(np.bitwise_or.reduce(difference, axis=None))
    planes: dict[bytes, int] = {}
    for bit in (1 << place for place in range(8)):
        if used & bit:
            alone = difference if used == bit else difference & np.uint8(bit)
            plane = np.packbits(alone, axis=1).tobytes()
            planes[plane] = planes.get(plane, 0) | bit
    return bytes((len(planes), *planes.values())) + zlib.compress(b"".join(planes), 1)


def unpack_xor(packed: bytes, *, height: int, width: int) -> NDArray[np.uint8]:
    """The difference of `pack_xor`, `(height, width)` uint8. Raises `zlib.error`, `ValueError` or `IndexError`."""
    count = packed[0]
    planes = np.frombuffer(zlib.decompress(packed[1 + count :]), np.uint8).reshape(count, height, (width + 7) // 8)
    difference = np.zeros((height, width), np.uint8)
    for bits, plane in zip(packed[1 : 1 + count], planes, strict=True):
        difference |= np.unpackbits(plane, axis=1, count=width) * np.uint8(bits)
    return difference
