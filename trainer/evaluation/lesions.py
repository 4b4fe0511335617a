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
"""Share of the frame below which a part of the truth is no lesion: JPEG masks ring. Of the parts in Kvasir-SEG's 880
masks, 126 are below a hundred-thousandth of the frame and none between that and a thousandth."""


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """One frame at every threshold and smallest area: arrays `(thresholds, areas)` int64.

    `tp`, `fp`: pixels. `found`: lesions of which `FOUND` or more is covered. `alarms`: parts that touch no polyp pixel.
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
    label: NDArray[np.uint8],
    *,
    thresholds: Sequence[float],
    areas: Sequence[float],
    field_area: int,
) -> Sweep:
    """Count at each of `thresholds` (0..1) with each of the smallest `areas` (shares of `field_area` pixels)."""
    lesions, smallest = numbered_lesions(label), np.asarray(areas) * field_area
    rows = [
        _count_parts(soft >= max(1, math.ceil(255 * threshold)), lesions, label, smallest=smallest)
        for threshold in thresholds
    ]
    return Sweep(*(np.stack(column) for column in zip(*rows, strict=True)))


def _count_parts(
    binary: NDArray[np.bool_], lesions: NDArray[np.int32], label: NDArray[np.uint8], *, smallest: NDArray[np.float64]
) -> tuple[NDArray[np.int64], ...]:
    """`tp`, `fp`, `found` and `alarms` of one binary mask for each smallest area in pixels."""
    count, parts, stats, _ = cv2.connectedComponentsWithStats(binary.view(np.uint8), connectivity=8)
    kept = (stats[:, cv2.CC_STAT_AREA] >= smallest[:, np.newaxis]).astype(np.int64)
    kept[:, 0] = 0
    hits = np.bincount(parts[(label > 0) & (label < IGNORE)], minlength=count)
    misses = np.bincount(parts[label == 0], minlength=count)
    lesion_count = int(lesions.max(initial=0)) + 1
    inside = lesions > 0
    pairs = parts[inside].astype(np.int64) * lesion_count + lesions[inside]
    covered = kept @ np.bincount(pairs, minlength=count * lesion_count).reshape(count, lesion_count)
    whole = np.bincount(lesions.ravel(), minlength=lesion_count)
    found = (covered[:, 1:] >= FOUND * whole[1:]).sum(axis=1)
    return kept @ hits, kept @ misses, found, kept @ ((hits == 0) & (misses > 0)).astype(np.int64)
