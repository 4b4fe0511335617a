"""What the plots of a report show, as JSON values from the columns of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from trainer.evaluation.definitions import frame_dice, frame_iou
from trainer.evaluation.intervals import intervals_of, resampled_frames, value_of
from trainer.evaluation.judged import THRESHOLDS
from trainer.evaluation.statistics import averaged, ratio, reliability_columns
from trainer.evaluation.table import Grid, Table

STRATA = (("under 2 %", 0.0, 0.02), ("2 to 10 %", 0.02, 0.10), ("over 10 %", 0.10, 1.01))
"""Lesion area as a share of the field of view."""
HISTOGRAM_BINS = 20

Curve = dict[str, list[float]]


def curves_of(table: Table) -> dict[str, object]:
    """All curves at image size; those that need probabilities are left out where there are none."""
    grid = table.frame
    found: dict[str, object] = {"dice_histogram": dice_histogram(grid)}
    if not bool(table.graded):
        return found
    return {
        **found,
        "roc": roc(grid),
        "precision_recall": precision_recall(grid),
        "by_threshold": by_threshold(grid),
        "reliability": reliability(grid.positive, grid.negative),
        "reliability_unsure": reliability(grid.near_positive, grid.near_negative),
        "lesions": lesion_curve(table),
    }


def dice_histogram(grid: Grid) -> Curve:
    """Frames with a polyp by their Dice: lower edges and numbers."""
    values = frame_dice(grid)
    counts, edges = np.histogram(values[np.isfinite(values)], bins=HISTOGRAM_BINS, range=(0.0, 1.0))
    return {"from": _list(edges[:-1]), "frames": _list(counts)}


def roc(grid: Grid) -> Curve:
    """ROC of all pixels, from the highest level down."""
    hits, alarms = _cumulated(grid)
    return {
        "false_positive_rate": _list(alarms / max(1.0, alarms[-1])),
        "sensitivity": _list(hits / max(1.0, hits[-1])),
    }


def precision_recall(grid: Grid) -> Curve:
    """Precision against recall of all pixels, from the highest level down; levels that nothing reaches are left out."""
    hits, alarms = (side[1:] for side in _cumulated(grid))
    claimed = (hits + alarms) > 0
    return {
        "recall": _list(hits[claimed] / max(1.0, hits[-1])),
        "precision": _list(hits[claimed] / (hits + alarms)[claimed]),
    }


def by_threshold(grid: Grid) -> Curve:
    """Mean per-image IoU and Dice and pooled IoU at each threshold k/100, with no part removed."""
    levels = np.ceil(np.arange(1, 100) / 100 * 255).astype(int)
    hits = grid.positive[:, ::-1].cumsum(axis=1, dtype=np.float64)[:, ::-1][:, levels]
    alarms = grid.negative[:, ::-1].cumsum(axis=1, dtype=np.float64)[:, ::-1][:, levels]
    whole = grid.positive.sum(axis=1, dtype=np.float64)[:, np.newaxis]
    union = np.maximum(1.0, whole + alarms)
    polyp = grid.polyp
    rows = (hits / union, 2 * hits / np.maximum(1.0, whole + hits + alarms))
    iou, dice = (row[polyp].mean(axis=0) if polyp.any() else np.zeros(len(levels)) for row in rows)
    pooled = hits.sum(axis=0) / np.maximum(1.0, whole.sum() + alarms.sum(axis=0))
    thresholds = _list(np.arange(1, 100) / 100)
    return {
        "threshold": thresholds,
        "per_image_iou": _list(iou),
        "per_image_dice": _list(dice),
        "pooled_iou": _list(pooled),
    }


def reliability(positive: NDArray[np.uint32], negative: NDArray[np.uint32]) -> Curve:
    """Mean probability, share of polyp and number of pixels of each bin that holds pixels."""
    said, was, whole = (column.sum(axis=0) for column in reliability_columns(positive, negative))
    filled = whole > 0
    return {
        "claimed": _list(said[filled] / whole[filled]),
        "true": _list(was[filled] / whole[filled]),
        "pixels": _list(whole[filled]),
    }


def lesion_curve(table: Table) -> Curve:
    """Lesion sensitivity against false proposals a frame, one point a threshold."""
    lesions = max(1, int(table.lesions.sum()))
    return {
        "threshold": list(THRESHOLDS),
        "false_per_frame": _list(table.sweep_alarms.mean(axis=0)),
        "sensitivity": _list(table.sweep_found.sum(axis=0) / lesions),
    }


def strata_of(table: Table, *, seed: int) -> list[dict[str, object]]:
    """Per-image Dice and IoU and lesion sensitivity by area of the lesion, with 95 % intervals by frame."""
    rows: list[dict[str, object]] = []
    for name, low, high in STRATA:
        inside = np.flatnonzero(table.frame.polyp & (table.area >= low) & (table.area < high))
        row: dict[str, object] = {"area": name, "frames": len(inside)}
        some = table.subset(inside)
        told = _stratum(some, seed=seed) if len(inside) else {}
        rows.append(row | {key: told.get(key) for key in STRATUM_KEYS})
    return rows


STRATUM_KEYS = ("per_image_dice", "interval", "per_image_iou", "lesion_sensitivity", "missed")


def _stratum(table: Table, *, seed: int) -> Mapping[str, object]:
    dice = averaged(frame_dice(table.frame))
    frames = len(table)
    return {
        "per_image_dice": value_of(dice, frames),
        "interval": intervals_of({"dice": dice}, resampled_frames(frames, seed=seed))["dice"] if frames > 1 else None,
        "per_image_iou": value_of(averaged(frame_iou(table.frame)), frames),
        "lesion_sensitivity": value_of(ratio(table.found, table.lesions), frames),
        "missed": int(table.frame.missed.sum()),
    }


def _cumulated(grid: Grid) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    sides = (grid.positive.sum(axis=0, dtype=np.float64), grid.negative.sum(axis=0, dtype=np.float64))
    hits, alarms = (np.concatenate([[0.0], side[::-1].cumsum()]) for side in sides)
    return hits, alarms


def _list(values: NDArray[np.number] | Sequence[float]) -> list[float]:
    return [round(float(value), 6) for value in values]
