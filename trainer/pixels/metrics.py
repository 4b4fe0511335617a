"""Overlap of a mask with the truth, by name: per image and pooled, ignore-aware.

The trainer's copy (twice on purpose). Specification: docs/formats.md, "From frame to mask";
golden vectors in tests/contract/golden_pixels.json.
Definitions: per-image Dice = mean of 2TP/(2TP+FP+FN) over frames that hold a polyp; pooled = the same on summed counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

IGNORE = 255


@dataclass(frozen=True, slots=True)
class Counts:
    """Pixels of one frame, or of many summed: true and false positives, false and true negatives."""

    tp: int = 0
    fp: int = 0
    fn: int = 0
    tn: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn, self.tn + other.tn)

    @property
    def has_polyp(self) -> bool:
        return self.tp + self.fn > 0


def count(mask: NDArray[np.bool_], label: NDArray[np.uint8]) -> Counts:
    """Compare a mask `(height, width)` bool with a LabelMap of that size (0 background, 1-254 lesion, 255 ignored)."""
    known = label != IGNORE
    truth = (label > 0) & known
    tp = int(np.count_nonzero(mask & truth))
    fn = int(np.count_nonzero(truth)) - tp
    fp = int(np.count_nonzero(mask & known)) - tp
    return Counts(tp, fp, fn, int(np.count_nonzero(known)) - tp - fn - fp)


def dice(counts: Counts) -> float:
    """2TP/(2TP+FP+FN), in 0..1; 1 when mask and truth are both empty."""
    whole = 2 * counts.tp + counts.fp + counts.fn
    return 2 * counts.tp / whole if whole else 1.0


def iou(counts: Counts) -> float:
    """TP/(TP+FP+FN), in 0..1; 1 when mask and truth are both empty."""
    whole = counts.tp + counts.fp + counts.fn
    return counts.tp / whole if whole else 1.0


def pooled(frames: Iterable[Counts]) -> Counts:
    """The counts of all frames summed."""
    return sum(frames, Counts())


def per_image_dice(frames: Iterable[Counts]) -> float:
    """Mean Dice over the frames that hold a polyp; nan when none does. Empty frames are judged by false proposals."""
    values = [dice(counts) for counts in frames if counts.has_polyp]
    return float(np.mean(values)) if values else float("nan")


def per_image_iou(frames: Iterable[Counts]) -> float:
    """Mean IoU over the frames that hold a polyp; nan when none does."""
    values = [iou(counts) for counts in frames if counts.has_polyp]
    return float(np.mean(values)) if values else float("nan")
