"""The XOR patch: do and undo of a change of pixels are the same operation.

A step changes pixels in few ways (most often one: background to a lesion slot), so the XOR is kept as bits, one plane
where one value is enough, and then zlib: a large region at 4K costs 2 ms to pack and 2 ms to apply.
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

    The number of values other than 0, these values, then zlib of bit planes: for each pixel the place of its value in
    that list, counted from 1, lowest bit first; 0 for no change. Rows begin at a whole byte.
    """
    values = _values(difference)
    if len(values) == 1:
        planes = [np.packbits(difference, axis=1)]
    else:
        places = np.zeros(256, np.uint8)
        places[values] = np.arange(1, len(values) + 1)
        placed: NDArray[np.uint8] = cv2.LUT(difference, places).astype(np.uint8, copy=False)
        planes = [np.packbits(placed & (1 << bit), axis=1) for bit in range(_plane_count(len(values)))]
    return bytes((len(values), *values)) + zlib.compress(b"".join(plane.tobytes() for plane in planes), 1)


def unpack_xor(packed: bytes, *, height: int, width: int) -> NDArray[np.uint8]:
    """The difference of `pack_xor`, `(height, width)` uint8. Raises `zlib.error`, `ValueError` or `IndexError`."""
    values = np.frombuffer(packed[1 : 1 + packed[0]], np.uint8)
    planes = np.frombuffer(zlib.decompress(packed[1 + packed[0] :]), np.uint8)
    planes = planes.reshape(_plane_count(packed[0]), height, (width + 7) // 8)
    difference: NDArray[np.uint8] = np.unpackbits(planes[0], axis=1, count=width)
    if len(values) == 1:
        difference *= values[0]
        return difference
    for bit, plane in enumerate(planes[1:], start=1):
        difference |= np.unpackbits(plane, axis=1, count=width) * np.uint8(1 << bit)
    table = np.zeros(256, np.uint8)
    table[1 : 1 + len(values)] = values
    return cv2.LUT(difference, table).astype(np.uint8, copy=False)


def _values(difference: NDArray[np.uint8]) -> list[int]:
    """The values other than 0, ascending. One alone is found without counting each."""
    largest = int(difference.max())
    if np.count_nonzero(difference == largest) == np.count_nonzero(difference):
        return [largest]
    counts = cv2.calcHist([difference], [0], None, [256], [0, 256]).reshape(-1)
    return [int(value) for value in np.flatnonzero(counts[1:]) + 1]


def _plane_count(values: int) -> int:
    """How many bits tell so many values and "no change" apart."""
    return max(1, values.bit_length())
