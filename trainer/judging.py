"""What a model is worth on frames with known masks: every number by name, with intervals and strata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.pixels.metrics import IGNORE, Counts, count, dice, iou, per_image_dice, per_image_iou, pooled
from trainer.proposing import Proposed

STRATA = (("under 2 %", 0.0, 0.02), ("2 to 10 %", 0.02, 0.10), ("over 10 %", 0.10, 1.01))
"""Lesion area as a share of the field of view."""
BOOTSTRAPS = 2000

DEFINITIONS: Mapping[str, str] = {
    "per_image_dice": "mean over frames with a polyp of 2TP/(2TP+FP+FN) at the bundle's threshold",
    "per_image_iou": "mean over frames with a polyp of TP/(TP+FP+FN) at the bundle's threshold",
    "pooled_dice": "2TP/(2TP+FP+FN) of counts summed over all frames (micro F1)",
    "pooled_iou": "TP/(TP+FP+FN) of counts summed over all frames",
    "two_class_pooled_iou": "mean of the pooled IoU of polyp and of background (Keras MeanIoU(2))",
    "two_class_per_image_iou": "mean over frames of the mean IoU of polyp and background",
    "pranet_mean_dice": "per-image min-max normalised, mean Dice over 256 thresholds, mean over frames with a polyp",
    "accuracy": "(TP+TN)/N over all pixels",
    "precision": "TP/(TP+FP), pooled",
    "recall": "TP/(TP+FN), pooled (sensitivity)",
    "specificity": "TN/(TN+FP), pooled",
    "roc_auc": "area under the pooled ROC curve of pixels, from 256 levels",
    "ece": "expected calibration error of pixels, 15 equal bins",
    "false_proposals": "share of frames without a polyp that got a proposal",
}


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """One frame: counts, area of the lesion as a share of the field, and pixels by probability level.

    `positive` and `negative`: `(256,)` int64, known pixels of polyp and of background at each uint8 probability.
    """

    key: str
    counts: Counts
    area: float
    confidence: float
    positive: NDArray[np.int64]
    negative: NDArray[np.int64]
    milliseconds: float = 0.0


def judge_frame(key: str, proposed: Proposed, label: NDArray[np.uint8], *, milliseconds: float = 0.0) -> Judged:
    """Compare a proposal with its LabelMap `(H, W)` uint8; pixels labelled 255 do not count."""
    known = label != IGNORE
    truth = (label > 0) & known
    field = max(1, int(np.count_nonzero(proposed.field.mask)))
    return Judged(
        key,
        count(proposed.mask, label),
        np.count_nonzero(truth) / field,
        proposed.confidence,
        np.bincount(proposed.soft[truth], minlength=256),
        np.bincount(proposed.soft[known & ~truth], minlength=256),
        milliseconds,
    )


def metrics_of(frames: Sequence[Judged]) -> dict[str, float | None]:
    """Every metric of `DEFINITIONS` by name; None where the frames cannot tell (no polyp, or no empty frame)."""
    with_polyp = [frame for frame in frames if frame.counts.has_polyp]
    empty = [frame for frame in frames if not frame.counts.has_polyp]
    total = pooled(frame.counts for frame in frames)
    found: dict[str, float | None] = {
        "per_image_dice": per_image_dice(frame.counts for frame in frames),
        "per_image_iou": per_image_iou(frame.counts for frame in frames),
        "pooled_dice": dice(total),
        "pooled_iou": iou(total),
        "two_class_pooled_iou": two_class_iou(total),
        "two_class_per_image_iou": _mean([two_class_iou(frame.counts) for frame in frames]),
        "pranet_mean_dice": _mean([pranet_dice(frame) for frame in with_polyp]),
        "accuracy": _share(total.tp + total.tn, total.tp + total.tn + total.fp + total.fn),
        "precision": _share(total.tp, total.tp + total.fp),
        "recall": _share(total.tp, total.tp + total.fn),
        "specificity": _share(total.tn, total.tn + total.fp),
        "roc_auc": roc_auc(frames),
        "ece": calibration_error(frames),
        "false_proposals": _share(sum(frame.counts.fp > 0 for frame in empty), len(empty)),
    }
    return {name: None if value is None or np.isnan(value) else round(value, 5) for name, value in found.items()}


def two_class_iou(counts: Counts) -> float:
    """Mean of the IoU of polyp and of background; a class that neither side has counts as 1."""
    background = Counts(tp=counts.tn, fp=counts.fn, fn=counts.fp, tn=counts.tp)
    return (iou(counts) + iou(background)) / 2


def pranet_dice(frame: Judged) -> float:
    """Dice as PraNet's evaluation computes it: min-max normalised, mean over 256 thresholds."""
    levels = np.flatnonzero(frame.positive + frame.negative)
    low, high = int(levels[0]), int(levels[-1])
    scaled = np.round((np.arange(256) - low) / max(1, high - low) * 255).clip(0, 255).astype(int)
    positive = np.bincount(scaled, weights=frame.positive, minlength=256)
    negative = np.bincount(scaled, weights=frame.negative, minlength=256)
    tp, fp = positive[::-1].cumsum()[::-1], negative[::-1].cumsum()[::-1]
    return float(np.mean(2 * tp / np.maximum(1, tp + fp + frame.positive.sum())))


def roc_auc(frames: Sequence[Judged]) -> float | None:
    """Area under the ROC curve of all pixels together, by trapezoids over 256 levels; None without both classes."""
    positive, negative = _levels(frames)
    if not positive.sum() or not negative.sum():
        return None
    hit = np.concatenate([[0], positive[::-1].cumsum()]) / positive.sum()
    alarm = np.concatenate([[0], negative[::-1].cumsum()]) / negative.sum()
    return float(np.trapezoid(hit, alarm))


def calibration_error(frames: Sequence[Judged], *, bins: int = 15) -> float | None:
    """Mean over bins, by their pixels, of |share of polyp - mean probability|; None without pixels."""
    positive, negative = _levels(frames)
    both = positive + negative
    if not both.sum():
        return None
    levels = np.arange(256) / 255
    which = np.minimum((levels * bins).astype(int), bins - 1)
    claimed = np.bincount(which, weights=both * levels, minlength=bins)
    true = np.bincount(which, weights=positive, minlength=bins)
    return float(np.abs(claimed - true).sum() / both.sum())


def bootstrap(values: Sequence[float], *, seed: int) -> tuple[float, float] | None:
    """95 % percentile interval of the mean of `values` over resamples of them; None for fewer than two values."""
    if len(values) < 2:
        return None
    drawn = np.random.default_rng(seed).integers(0, len(values), (BOOTSTRAPS, len(values)))
    low, high = np.percentile(np.asarray(values, np.float64)[drawn].mean(axis=1), [2.5, 97.5])
    return round(float(low), 5), round(float(high), 5)


def intervals_of(frames: Sequence[Judged], *, seed: int = 0) -> dict[str, tuple[float, float] | None]:
    """Bootstrap intervals of the per-image metrics, over frames (patients are not told apart: optimistic)."""
    with_polyp = [frame.counts for frame in frames if frame.counts.has_polyp]
    return {
        "per_image_dice": bootstrap([dice(counts) for counts in with_polyp], seed=seed),
        "per_image_iou": bootstrap([iou(counts) for counts in with_polyp], seed=seed),
    }


def strata_of(frames: Sequence[Judged]) -> list[dict[str, object]]:
    """Per-image Dice by area of the lesion."""
    rows: list[dict[str, object]] = []
    for name, low, high in STRATA:
        inside = [frame.counts for frame in frames if frame.counts.has_polyp and low <= frame.area < high]
        value = round(per_image_dice(inside), 5) if inside else None
        rows.append({"area": name, "frames": len(inside), "per_image_dice": value})
    return rows


def _levels(frames: Sequence[Judged]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    none = np.zeros(256, np.int64)
    return sum((f.positive for f in frames), none), sum((f.negative for f in frames), none)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None
