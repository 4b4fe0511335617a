"""Every metric by name: what it is, and how it comes from the columns of a table.

"Mean IoU" has many definitions, and the same masks give numbers far apart by definition alone: so all are given, side
by side. Frames without a polyp never enter a Dice or IoU by frame; they are judged by false proposals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trainer.evaluation import statistics
from trainer.evaluation.statistics import Statistic, Values, Weights, averaged, from_sums, ratio
from trainer.evaluation.table import FN, FP, TN, TP, Grid, Table

BATCH = 8
"""Frames of a batch of the soft IoU, in the order of their names."""
ALARM_RATES = (0.05, 0.1, 0.25)
"""False proposals a frame at which lesion sensitivity is told."""

Better = Literal["higher", "lower"]
Measure = Callable[[Table, Grid], Statistic]


@dataclass(frozen=True, slots=True)
class Definition:
    """One metric. `graded`: needs probabilities. `every_grid`: depends on the grid; else told once, at image size."""

    text: str
    measure: Measure
    better: Better = "higher"
    graded: bool = False
    every_grid: bool = True


def statistics_of(table: Table, grid: Grid) -> dict[str, Statistic]:
    """The statistics that this table can tell on one of its grids, by name, in the order of `DEFINITIONS`."""
    return {
        name: definition.measure(table, grid)
        for name, definition in DEFINITIONS.items()
        if (definition.every_grid or grid is table.frame) and (bool(table.graded) or not definition.graded)
    }


def frame_dice(grid: Grid) -> Values:
    """`(n,)` 2TP/(2TP+FP+FN); NaN without a polyp."""
    tp, fp, fn, _ = grid.counts.T.astype(np.float64)
    return _where(grid.polyp, 2 * tp, 2 * tp + fp + fn)


def frame_iou(grid: Grid) -> Values:
    """`(n,)` TP/(TP+FP+FN); NaN without a polyp."""
    tp, fp, fn, _ = grid.counts.T.astype(np.float64)
    return _where(grid.polyp, tp, tp + fp + fn)


def frame_two_class_iou(grid: Grid) -> Values:
    """`(n,)` mean of the IoU of polyp and of background; a class that neither side has counts as 1."""
    return _two_class(grid.counts.astype(np.float64))


def frame_pranet_dice(grid: Grid) -> Values:
    """`(n,)` Dice as PraNet's evaluation has it: stretched to 0..1, mean over 256 thresholds; NaN without a polyp.

    Source: Fan et al. 2020, the evaluation of their repository (`Thresholds = 1:-1/255:0`).
    """
    rows = zip(grid.positive, grid.negative, grid.polyp, strict=True)
    return np.array([_pranet_dice(pos, neg) if polyp else np.nan for pos, neg, polyp in rows])


def _pranet_dice(positive: NDArray[np.uint32], negative: NDArray[np.uint32]) -> float:
    levels = np.flatnonzero(positive + negative)
    low, high = int(levels[0]), int(levels[-1])
    scaled = np.round((np.arange(256) - low) / max(1, high - low) * 255).clip(0, 255).astype(int)
    hits = np.bincount(scaled, weights=positive, minlength=256)[::-1].cumsum()
    alarms = np.bincount(scaled, weights=negative, minlength=256)[::-1].cumsum()
    return float(np.mean(2 * hits / np.maximum(1, hits + alarms + positive.sum())))


def _at_half(grid: Grid) -> tuple[Values, Values, Values]:
    """TP, FP and FN at probability .5, with no part removed."""
    tp, fp = grid.positive[:, 128:].sum(axis=1), grid.negative[:, 128:].sum(axis=1)
    return tp.astype(np.float64), fp.astype(np.float64), grid.positive[:, :128].sum(axis=1).astype(np.float64)


def _dice_at_half(_: Table, grid: Grid) -> Statistic:
    tp, fp, fn = _at_half(grid)
    return averaged(_where(grid.polyp, 2 * tp, 2 * tp + fp + fn))


def _iou_at_half(_: Table, grid: Grid) -> Statistic:
    tp, fp, fn = _at_half(grid)
    return averaged(_where(grid.polyp, tp, tp + fp + fn))


def _two_class(counts: Values) -> Values:
    tp, fp, fn, tn = (counts[:, number] for number in (TP, FP, FN, TN))
    return (_full_share(tp, tp + fp + fn) + _full_share(tn, tn + fp + fn)) / 2


def _soft_batch_iou(_: Table, grid: Grid) -> Statistic:
    levels = np.arange(256) / 255
    both, claimed = grid.positive @ levels, (grid.positive.astype(np.float64) + grid.negative) @ levels
    return statistics.over_batches(both, claimed + grid.positive.sum(axis=1) - both, size=BATCH)


def _pooled(parts: Mapping[int, int], wholes: Mapping[int, int]) -> Measure:
    """Ratio of summed counts; the mappings say how often each of TP, FP, FN, TN is taken."""

    def measure(_: Table, grid: Grid) -> Statistic:
        above, below = (sum(grid.counts[:, n] * often for n, often in side.items()) for side in (parts, wholes))
        return ratio(above, below)

    return measure


def _false_proposals(_: Table, grid: Grid) -> Statistic:
    return averaged(np.where(grid.polyp, np.nan, grid.counts[:, FP] > 0))


def _missed(_: Table, grid: Grid) -> Statistic:
    return averaged(np.where(grid.polyp, grid.missed, np.nan))


def _sensitivity_at(rate: float) -> Measure:
    def measure(table: Table, _: Grid) -> Statistic:
        def statistic(weights: Weights) -> Values:
            whole = weights @ table.lesions.astype(np.float64)
            found = (weights @ table.sweep_found) / np.where(whole > 0, whole, np.nan)[:, np.newaxis]
            alarms = (weights @ table.sweep_alarms) / weights.sum(axis=1, keepdims=True)
            best = np.where(alarms <= rate, found, 0.0).max(axis=1)
            return np.where(whole > 0, best, np.nan)

        return statistic

    return measure


def presence_levels(table: Table) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """`(n, 256)` each: 1 at the level of a frame's highest probability, for frames with and without a polyp."""
    at = np.rint(table.presence * 255).astype(int)[:, np.newaxis] == np.arange(256)
    polyp = table.frame.polyp[:, np.newaxis]
    return (at & polyp).astype(np.float64), (at & ~polyp).astype(np.float64)


def _where(counts: NDArray[np.bool_], parts: Values, wholes: Values) -> Values:
    return np.where(counts, parts / np.maximum(wholes, 1.0), np.nan)


def _full_share(parts: Values, wholes: Values) -> Values:
    return np.where(wholes > 0, parts / np.maximum(wholes, 1.0), 1.0)


DEFINITIONS: Mapping[str, Definition] = {
    "per_image_dice": Definition(
        "mean over frames with a polyp of 2TP/(2TP+FP+FN), at the threshold and smallest area in use",
        lambda _, grid: averaged(frame_dice(grid)),
    ),
    "per_image_iou": Definition(
        "mean over frames with a polyp of TP/(TP+FP+FN), at the threshold and smallest area in use",
        lambda _, grid: averaged(frame_iou(grid)),
    ),
    "per_image_dice_at_half": Definition(
        "mean over frames with a polyp of Dice at probability .5, no part removed", _dice_at_half, graded=True
    ),
    "per_image_iou_at_half": Definition(
        "mean over frames with a polyp of IoU at probability .5, no part removed", _iou_at_half, graded=True
    ),
    "pooled_dice": Definition(
        "2TP/(2TP+FP+FN) of counts summed over all frames (micro F1)",
        _pooled({TP: 2}, {TP: 2, FP: 1, FN: 1}),
    ),
    "pooled_iou": Definition(
        "TP/(TP+FP+FN) of counts summed over all frames", _pooled({TP: 1}, {TP: 1, FP: 1, FN: 1})
    ),
    "two_class_pooled_iou": Definition(
        "mean of the pooled IoU of polyp and of background (Keras MeanIoU(2))",
        lambda _, grid: from_sums(grid.counts, _two_class),
    ),
    "two_class_per_image_iou": Definition(
        "mean over all frames of the mean IoU of polyp and of background",
        lambda _, grid: averaged(frame_two_class_iou(grid)),
    ),
    "soft_batch_iou": Definition(
        f"mean over batches of {BATCH} frames of sum(py)/(sum(p)+sum(y)-sum(py)), without a threshold",
        _soft_batch_iou, graded=True,
    ),
    "pranet_mean_dice": Definition(
        "PraNet meanDic: each frame stretched to 0..1, mean of Dice over 256 thresholds, mean over frames with a polyp",
        lambda _, grid: averaged(frame_pranet_dice(grid)), graded=True,
    ),
    "accuracy": Definition(
        "(TP+TN)/N over all pixels", _pooled({TP: 1, TN: 1}, {TP: 1, FP: 1, FN: 1, TN: 1})
    ),
    "precision": Definition("TP/(TP+FP), pooled", _pooled({TP: 1}, {TP: 1, FP: 1})),
    "recall": Definition("TP/(TP+FN), pooled (sensitivity of pixels)", _pooled({TP: 1}, {TP: 1, FN: 1})),
    "specificity": Definition("TN/(TN+FP), pooled", _pooled({TN: 1}, {TN: 1, FP: 1})),
    "roc_auc": Definition(
        "area under the ROC curve of all pixels, from 256 levels",
        lambda _, grid: statistics.area_under_roc(grid.positive, grid.negative), graded=True,
    ),
    "average_precision": Definition(
        "area under the precision-recall curve of all pixels, in steps, from 256 levels",
        lambda _, grid: statistics.average_precision(grid.positive, grid.negative), graded=True,
    ),
    "nsd_2px": Definition(
        "mean over frames with a polyp of the share of both borders within 2 pixels of each other; a miss is 0",
        lambda _, grid: averaged(grid.nsd),
    ),
    "hd95": Definition(
        "mean over frames with a polyp of the 95th percentile of the distance of borders, in pixels; "
        "a miss is the diagonal of the image",
        lambda _, grid: averaged(grid.hd95), better="lower",
    ),
    "missed_frames": Definition(
        "share of frames with a polyp that got no mask at all", _missed, better="lower"
    ),
    "lesion_sensitivity": Definition(
        "share of lesions of which a tenth or more is covered",
        lambda table, _: ratio(table.found, table.lesions), every_grid=False,
    ),
    "false_proposals_per_frame": Definition(
        "parts of masks that touch no polyp pixel, a frame",
        lambda table, _: averaged(table.alarms), better="lower", every_grid=False,
    ),
    **{
        f"lesion_sensitivity_at_{rate:g}": Definition(
            f"highest lesion sensitivity with at most {rate:g} false proposals a frame, over thresholds .05 to 1",
            _sensitivity_at(rate), graded=True, every_grid=False,
        )
        for rate in ALARM_RATES
    },
    "false_proposals": Definition(
        "share of frames without a polyp that got a proposal", _false_proposals, better="lower"
    ),
    "ece": Definition(
        "expected calibration error of all pixels, 15 equal bins",
        lambda _, grid: statistics.calibration_error(grid.positive, grid.negative), better="lower", graded=True,
    ),
    "ece_unsure": Definition(
        "calibration error of pixels with .05 < p < .95 or within 10 pixels of the border of the truth",
        lambda _, grid: statistics.calibration_error(grid.near_positive, grid.near_negative),
        better="lower", graded=True,
    ),
    "presence_ece": Definition(
        "calibration error of the highest probability of a frame as the probability that it holds a polyp",
        lambda table, _: statistics.calibration_error(*presence_levels(table)),
        better="lower", graded=True, every_grid=False,
    ),
    "presence_roc_auc": Definition(
        "area under the ROC curve of the highest probability of a frame, frames with a polyp against frames without",
        lambda table, _: statistics.area_under_roc(*presence_levels(table)), graded=True, every_grid=False,
    ),
}  # fmt: skip
