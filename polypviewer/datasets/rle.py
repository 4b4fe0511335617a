"""Run-length encoding of masks as COCO has it: columns first, beginning with the run of background, compressed.

Format after pycocotools' `maskApi.c` (rleEncode, rleToString), written anew; tests hold both equal.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polypviewer.core.label_map import Mask


def run_lengths(mask: Mask) -> NDArray[np.int64]:
    """Lengths of the runs of `(height, width)` bool in column order, background first (0 if the first pixel is set)."""
    pixels = np.asarray(mask, np.bool_).ravel(order="F")
    changes = np.flatnonzero(pixels[1:] != pixels[:-1]) + 1
    edges = np.concatenate([[0], changes, [pixels.size]])
    lengths = np.diff(edges)
    return np.concatenate([[0], lengths]) if pixels.size and pixels[0] else lengths


def compressed_counts(mask: Mask) -> str:
    """The `counts` string of a compressed COCO RLE: differences to the run before last, 5 bits a character from "0"."""
    lengths = [int(length) for length in run_lengths(mask)]
    characters = []
    for place, length in enumerate(lengths):
        characters.append(_characters(length - lengths[place - 2] if place > 2 else length))
    return "".join(characters)


def _characters(value: int) -> str:
    text = ""
    while True:
        bits = value & 0x1F
        value >>= 5
        is_last = value == (-1 if bits & 0x10 else 0)
        text += chr(48 + (bits if is_last else bits | 0x20))
        if is_last:
            return text


def coco_rle(mask: Mask) -> dict[str, object]:
    """`{"size": [height, width], "counts": ...}` as pycocotools reads it."""
    return {"size": [int(mask.shape[0]), int(mask.shape[1])], "counts": compressed_counts(mask)}
