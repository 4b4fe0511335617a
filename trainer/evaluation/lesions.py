"""Lesions one by one: which were found, and which parts of a mask touch none, at every threshold at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from trainer.pixels.metrics import IGNORE

FOUND = 0.1
"""Share of a lesion's pixels that a mask must cover to have found it."""
SPECK = 1e-4
"""Share of the frame below which a part of the truth is no lesion: JPEG masks ring, so one in seven of Kvasir-SEG's
masks has parts of a few pixels (none of its 880 has one between a hundred-thousandth and a thousandth)."""


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """One frame at every threshold and smallest area: arrays `(thresholds, areas)` int64.

    `tp`, `fp`: pixels. `found`: lesions of which at least `FOUND` is covered. `alarms`: parts that touch no lesion.
    """

    tp: NDArray[np.int64]
    fp: NDArray[np.int64]
    found: NDArray[np.int64]
    alarms: NDArray[np.int64]


def numbered_lesions(label: NDArray[np.uint8]) -> NDArray[np.int32]:
    """`(h, w)` int32: 0 background, 1.. the lesions of a LabelMap.

    One number a slot; where all share one slot, one an 8-connected part, specks left out.
    """
    slots = [int(slot) for slot in np.unique(label) if 0 < slot < IGNORE]
    if len(slots) != 1:
        numbers = np.zeros(256, np.int32)
        numbers[slots] = np.arange(1, len(slots) + 1)
        return np.asarray(numbers[label], np.int32)
    mask = (label == slots[0]).astype(np.uint8)
    count, parts, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    kept = stats[:, cv2.CC_STAT_AREA] >= SPECK * label.size
    kept[0] = False
    numbers = np.zeros(count, np.int32)
    numbers[kept] = np.arange(1, int(kept.sum()) + 1)
    return np.asarray(numbers[parts], np.int32)


def sweep_thresholds(
    soft: NDArray[np.uint8],
    lesions: NDArray[np.int32],
    known: NDArray[np.bool_],
    *,
    thresholds: Sequence[float],
    areas: Sequence[float],
    field_area: int,
) -> Sweep:
    """Count at each of `thresholds` (0..1) with each of the smallest `areas` (shares of `field_area` pixels)."""
    rows = [
        _count_parts(
            soft >= max(1, math.ceil(255 * threshold)), lesions, known, smallest=np.asarray(areas) * field_area
        )
        for threshold in thresholds
    ]
    return Sweep(*(np.stack(column) for column in zip(*rows, strict=True)))


def _count_parts(
    binary: NDArray[np.bool_], lesions: NDArray[np.int32], known: NDArray[np.bool_], *, smallest: NDArray[np.float64]
) -> tuple[NDArray[np.int64], ...]:
    """`tp`, `fp`, `found` and `alarms` of one binary mask for each smallest area in pixels."""
    count, parts, stats, _ = cv2.connectedComponentsWithStats(binary.view(np.uint8), connectivity=8)
    lesion_count = int(lesions.max(initial=0)) + 1
    inside = binary & known
    pairs = parts[inside].astype(np.int64) * lesion_count + lesions[inside]
    overlap = np.bincount(pairs, minlength=count * lesion_count).reshape(count, lesion_count)
    kept = stats[np.newaxis, :, cv2.CC_STAT_AREA] >= smallest[:, np.newaxis]
    kept[:, 0] = False
    covered = kept.astype(np.int64) @ overlap
    whole = np.bincount(lesions[known], minlength=lesion_count)
    present = whole[1:] > 0
    found = ((covered[:, 1:] >= FOUND * whole[1:]) & present).sum(axis=1)
    stray = (overlap[:, 1:].sum(axis=1) == 0) & (overlap[:, 0] > 0)
    return covered[:, 1:].sum(axis=1), covered[:, 0], found, (kept & stray).sum(axis=1)
