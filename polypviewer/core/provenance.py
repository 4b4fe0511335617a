"""Provenance: for each pixel, whether the model proposed it and what a hand made of that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from polypviewer.core.label_map import IGNORE, LabelMap, Mask
from polypviewer.core.metrics import count, dice, iou

NOTHING: Final = 0
KEPT: Final = 1
ADDED: Final = 2
REMOVED: Final = 3
IGNORED: Final = 4


@dataclass(frozen=True, slots=True)
class Difference:
    """A mask against a proposal, ignored pixels left out. `kept`, `added` and `removed` are pixels; the rest is 0-1."""

    kept: int
    added: int
    removed: int
    dice: float
    iou: float


def provenance(labels: LabelMap, base: Mask | None) -> NDArray[np.uint8]:
    """A code for each pixel of `labels`, `(height, width)` uint8.

    `base`: the proposed mask that the pixels come from, of the same size; None: everything was drawn by hand.
    """
    codes = np.empty(labels.shape, np.uint8)
    if labels.size:  # OpenCV's table is quicker than numpy's, but takes no empty array
        cv2.LUT(labels, _WITHOUT_BASE, dst=codes)
        if base is not None:
            np.copyto(codes, cv2.LUT(labels, _WITH_BASE), where=base)
    return codes


def difference(labels: LabelMap, proposed: Mask) -> Difference:
    """How a label map and a proposed mask of the same size differ."""
    counts = count(proposed, labels)
    return Difference(counts.tp, counts.fn, counts.fp, dice(counts), iou(counts))


def _codes(*, background: int, lesion: int) -> NDArray[np.uint8]:
    codes = np.full(256, lesion, np.uint8)
    codes[0], codes[IGNORE] = background, IGNORED
    return codes


_WITHOUT_BASE: Final = _codes(background=NOTHING, lesion=ADDED)
_WITH_BASE: Final = _codes(background=REMOVED, lesion=KEPT)
