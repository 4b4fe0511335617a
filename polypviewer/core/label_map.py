"""The LabelMap: the truth of one frame as one reader sees it.

`(height, width)` uint8, C-contiguous: 0 background, 1-254 a lesion slot of this frame, 255 ignore (neither trains nor
counts). The grid is that of the decoded pixels after EXIF or container rotation.
"""

from __future__ import annotations

import struct
import zlib
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from polypviewer.core.errors import EditError
from polypviewer.core.geometry import Rect

LabelMap = NDArray[np.uint8]
Mask = NDArray[np.bool_]

BACKGROUND: Final = 0
IGNORE: Final = 255
MAX_SLOT: Final = 254
_HEADER: Final = struct.Struct("<4sII")
_MAGIC: Final = b"LM1\0"


def empty_label_map(height: int, width: int) -> LabelMap:
    """All background, `(height, width)` uint8.

    Its memory is written here, most often on a lane, and not by the first stroke on the window's thread.
    """
    return np.full((height, width), BACKGROUND, np.uint8)


def polyp_mask(label_map: LabelMap) -> Mask:
    """Where any lesion is: `(label_map > 0) & (label_map < 255)`, `(height, width)` bool."""
    mask: Mask = (label_map > BACKGROUND) & (label_map < IGNORE)
    return mask


def lesion_mask(label_map: LabelMap, slot: int) -> Mask:
    """Where the lesion of `slot` (1-254) is, `(height, width)` bool."""
    mask: Mask = label_map == slot
    return mask


def has_polyp(label_map: LabelMap) -> bool:
    """True if at least one pixel belongs to a lesion."""
    largest = int(label_map.max(initial=BACKGROUND))
    return largest > BACKGROUND and (largest < IGNORE or cv2.countNonZero(cv2.inRange(label_map, 1, MAX_SLOT)) > 0)


def labelled_rect(label_map: LabelMap) -> Rect:
    """The tight rectangle of all pixels that are not background; empty if there are none."""
    return Rect(*(int(side) for side in cv2.boundingRect(np.ascontiguousarray(label_map))))


def slot_areas(label_map: LabelMap) -> dict[int, int]:
    """Pixels of each lesion slot in use, ascending, without 0 and 255; exact up to 2**24 pixels of one slot."""
    if not cv2.countNonZero(label_map):  # numpy's any() takes ten times as long over bytes
        return {}
    # OpenCV counts bytes as they are; numpy's bincount widens each to 64 bits first (4K: 22 ms against 3).
    counts = cv2.calcHist([np.ascontiguousarray(label_map)], [0], None, [256], [0, 256]).reshape(-1)
    return {int(slot): int(counts[slot]) for slot in np.flatnonzero(counts[1:IGNORE]) + 1}


def slots_present(label_map: LabelMap) -> tuple[int, ...]:
    """The lesion slots in use, ascending, without 0 and 255."""
    return tuple(slot_areas(label_map))


def free_slot(label_map: LabelMap) -> int:
    """The lowest lesion slot not in use. Raises `EditError` ("edit.no_slot") if all 254 are taken."""
    used = set(slots_present(label_map))
    for slot in range(1, MAX_SLOT + 1):
        if slot not in used:
            return slot
    raise EditError("edit.no_slot")


def encode_label_map(label_map: LabelMap) -> bytes:
    """Bytes that `decode_label_map` turns back bit for bit: magic, height, width, zlib of the rows."""
    height, width = label_map.shape
    return _HEADER.pack(_MAGIC, height, width) + zlib.compress(np.ascontiguousarray(label_map).tobytes(), 1)


def decode_label_map(data: bytes) -> LabelMap:
    """The label map of `encode_label_map`, writable. Raises `EditError` if the bytes are damaged."""
    try:
        magic, height, width = _HEADER.unpack_from(data)
        pixels = zlib.decompress(data[_HEADER.size :])
    except (struct.error, zlib.error) as error:
        raise EditError("edit.label_map_damaged", reason=str(error)) from error
    if magic != _MAGIC or len(pixels) != height * width:
        raise EditError("edit.label_map_damaged", reason="header and pixels disagree")
    return np.frombuffer(pixels, np.uint8).reshape(height, width).copy()
