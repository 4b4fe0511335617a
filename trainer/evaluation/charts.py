"""The charts of a report, from its JSON values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from trainer.evaluation.curves import HISTOGRAM_BINS
from trainer.evaluation.plots import Chart, Series, upper
from trainer.evaluation.runs import Points, Run

Values = Mapping[str, object]
Curves = Mapping[str, Mapping[str, Sequence[float]]]


def charts_of(values: Values) -> list[Chart]:
    """Every chart that these values can tell."""
    curves = cast("Curves", values["curves"])
    found = [_histogram(curves["dice_histogram"])]
    if "roc" not in curves:
        return found
    return [
        *found,
        _by_threshold(curves["by_threshold"], values),
        _roc(curves["roc"], values),
        _precision_recall(curves["precision_recall"], values),
        _reliability(curves),
        _lesions(curves["lesions"], values),
    ]


def training_charts(run: Run) -> list[Chart]:
    """Loss and scores of a run."""
    found = []
    if run.losses:
        steps, losses = zip(*_thinned(run.losses), strict=True)
        series = [Series("loss", steps, losses)]
        found.append(Chart("Loss in training", "step", "loss", series, (0.0, max(steps)), (0.0, upper(losses))))
    if run.scores:
        series = [_score(name, points, number) for number, (name, points) in enumerate(run.scores.items())]
        last = max(x for one in series for x in one.x)
        lowest = min(y for one in series for y in one.y)
        found.append(Chart("Dice in training", "step", "Dice", series, (0.0, last), (_below(lowest), 1.0)))
    return found


def _score(name: str, points: Points, colour: int) -> Series:
    steps, dice = zip(*points, strict=True)
    return Series(name, steps, dice, kind="both" if len(points) < 40 else "line", colour=colour)


def _histogram(curve: Mapping[str, Sequence[float]]) -> Chart:
    series = Series("frames", curve["from"], curve["frames"], kind="bars", width=1 / HISTOGRAM_BINS)
    return Chart("Dice of frames with a polyp", "Dice", "frames", [series], y_range=(0.0, upper(curve["frames"])))


def _by_threshold(curve: Mapping[str, Sequence[float]], values: Values) -> Chart:
    at = curve["threshold"]
    series = [
        Series("IoU, per image", at, curve["per_image_iou"]),
        Series("Dice, per image", at, curve["per_image_dice"], colour=1),
        Series("IoU, pooled", at, curve["pooled_iou"], colour=2),
    ]
    threshold = _threshold(values)
    here = curve["per_image_iou"][min(range(len(at)), key=lambda n: abs(at[n] - threshold))]
    return Chart(
        "IoU against threshold", "threshold", "IoU, Dice", series, marks=[(threshold, here, f"in use: {threshold:g}")]
    )


def _roc(curve: Mapping[str, Sequence[float]], values: Values) -> Chart:
    confusion = cast("Mapping[str, Mapping[str, int]]", values["confusion"])["frame"]
    here = (
        confusion["fp"] / max(1, confusion["fp"] + confusion["tn"]),
        confusion["tp"] / max(1, confusion["tp"] + confusion["fn"]),
        f"AUC {_metric(values, 'roc_auc'):.4f}",
    )
    series = Series("ROC", curve["false_positive_rate"], curve["sensitivity"])
    return Chart("ROC of pixels", "1 - specificity", "sensitivity", [series], diagonal=True, marks=[here])


def _precision_recall(curve: Mapping[str, Sequence[float]], values: Values) -> Chart:
    here = (
        _metric(values, "recall"),
        _metric(values, "precision"),
        f"average precision {_metric(values, 'average_precision'):.4f}",
    )
    series = Series("precision", curve["recall"], curve["precision"])
    return Chart("Precision and recall of pixels", "recall", "precision", [series], marks=[here])


def _reliability(curves: Curves) -> Chart:
    series = [
        Series(name, curves[key]["claimed"], curves[key]["true"], kind="both", colour=number)
        for number, (key, name) in enumerate(
            (("reliability", "all pixels"), ("reliability_unsure", "unsure or near the border"))
        )
    ]
    return Chart("Reliability", "probability claimed", "share that is polyp", series, diagonal=True)


def _lesions(curve: Mapping[str, Sequence[float]], values: Values) -> Chart:
    series = Series("thresholds", curve["false_per_frame"], curve["sensitivity"], kind="both")
    here = (_metric(values, "false_proposals_per_frame"), _metric(values, "lesion_sensitivity"), "in use")
    end = upper([*curve["false_per_frame"], 0.1])
    return Chart(
        "Lesions found", "false proposals a frame", "lesion sensitivity", [series], x_range=(0.0, end), marks=[here]
    )


def _metric(values: Values, name: str) -> float:
    metrics = cast("Mapping[str, Mapping[str, object]]", values["metrics"])
    value = metrics[name]["value"]
    return float(value) if isinstance(value, int | float) else 0.0


def _threshold(values: Values) -> float:
    return float(cast("float", cast("Values", values["model"])["threshold"]))


def _thinned(points: Points, *, most: int = 300) -> list[tuple[float, float]]:
    """Means of neighbouring points, so that a long run stays a light picture."""
    size = -(-len(points) // most)
    parts = [points[first : first + size] for first in range(0, len(points), size)]
    return [(part[-1][0], sum(value for _, value in part) / len(part)) for part in parts]


def _below(lowest: float) -> float:
    return max(0.0, min(0.9, int(lowest * 10) / 10))
