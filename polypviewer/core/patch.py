"""The XOR patch: do and undo of a change of pixels are the same operation.

A step changes pixels in few ways (most often one: background to a lesion slot), so the XOR is kept as planes of bits,
and then zlib: an eighth of the bytes to pack and to apply on the window's thread.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from polypviewer.core.errors import EditError
from polypviewer.core.geometry import EMPTY_RECT, Rect, whole
from polypviewer.core.label_map import LabelMap, Mask

_BAND_PIXELS: Final = 1 << 17
"""So many pixels are changed at once: what is needed in between stays in the processor's cache."""

Planes = NDArray[np.uint8]
"""`(height, bytes of a row)` uint8: bits of rows that begin at a whole byte; or several of them, one after another."""


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


def filling_patch(inside: Mask, rect: Rect, *, value: int, height: int, width: int) -> MaskPatch:
    """The patch that sets background pixels of a label map of `(height, width)` to `value`, 1-255.

    `inside`: `(rect.height, rect.width)` bool, the pixels in `rect`; all of them background. It is what
    `patch_between` makes of the label maps before and after, without either of them.
    """
    tight = _tight(inside)
    if tight.is_empty:
        return MaskPatch(height, width, EMPTY_RECT, b"")
    plane = np.packbits(inside[tight.slices], axis=1)
    return MaskPatch(height, width, tight.moved(rect.x, rect.y), _joined([value], [plane]))


def apply_patch(label_map: LabelMap, patch: MaskPatch) -> Rect:
    """XOR the patch into `label_map` in place and return what changed. Applying it twice changes nothing."""
    if patch.is_empty:
        return EMPTY_RECT
    if label_map.shape != (patch.height, patch.width):
        raise EditError("edit.patch_mismatch", reason="the frame has another size")
    try:
        bits, planes = _parted(patch.packed, height=patch.rect.height, width=patch.rect.width)
    except (zlib.error, ValueError, IndexError) as error:
        raise EditError("edit.patch_mismatch", reason="its pixels are damaged") from error
    _xor(label_map[patch.rect.slices], bits, planes)
    return patch.rect


def pack_xor(difference: NDArray[np.uint8]) -> bytes:
    """`(height, width)` uint8, C-contiguous, not all zero, as bytes.

    Each of the eight bits that is set anywhere is a plane of the frame; bits with equal planes share one. First the
    number of planes, then for each the bits that it stands for, then zlib of the planes, whose rows begin at a whole
    byte. So one value XORed into a region is one plane, whatever the value.
    """
    used = int(np.bitwise_or.reduce(difference, axis=None))
    planes: list[Planes] = []
    bits: list[int] = []
    for bit in (1 << place for place in range(8) if used & 1 << place):
        alone = difference if used == bit else difference & np.uint8(bit)
        plane = np.packbits(alone, axis=1)
        same = next((number for number, known in enumerate(planes) if np.array_equal(known, plane)), None)
        if same is None:
            planes.append(plane)
            bits.append(bit)
        else:
            bits[same] |= bit
    return _joined(bits, planes)


def unpack_xor(packed: bytes, *, height: int, width: int) -> NDArray[np.uint8]:
    """The difference of `pack_xor`, `(height, width)` uint8. Raises `zlib.error`, `ValueError` or `IndexError`."""
    bits, planes = _parted(packed, height=height, width=width)
    difference = np.zeros((height, width), np.uint8)
    _xor(difference, bits, planes)
    return difference


def _tight(inside: Mask) -> Rect:
    """The bounding box of the True pixels; a mask that reaches its four sides is not searched."""
    if all(side.any() for side in (inside[:1], inside[-1:], inside[:, :1], inside[:, -1:])):
        return whole(*inside.shape)
    return Rect(*(int(side) for side in cv2.boundingRect(np.ascontiguousarray(inside).view(np.uint8))))


def _joined(bits: list[int], planes: list[Planes]) -> bytes:
    packed = planes[0] if len(planes) == 1 else np.stack(planes)
    return bytes((len(bits), *bits)) + zlib.compress(packed.data, 1)


def _parted(packed: bytes, *, height: int, width: int) -> tuple[bytes, Planes]:
    """The bits that each plane stands for, and the planes. Raises where they do not belong together."""
    count = packed[0]
    bits = packed[1 : 1 + count]
    if len(bits) != count:
        raise ValueError("some planes have no bits")
    planes = np.frombuffer(zlib.decompress(packed[1 + count :]), np.uint8)
    return bits, planes.reshape(count, height, (width + 7) // 8)


def _xor(pixels: NDArray[np.uint8], bits: bytes, planes: Planes) -> None:
    """XOR the planes into `(height, width)` uint8, in place and some rows at a time."""
    height, width = pixels.shape
    rows = max(1, _BAND_PIXELS // width)
    for first in range(0, height, rows):
        band = slice(first, first + rows)
        for value, plane in zip(bits, planes, strict=True):
            changed = np.unpackbits(plane[band], axis=1, count=width)
            pixels[band] ^= changed if value == 1 else np.multiply(changed, np.uint8(value), out=changed)
