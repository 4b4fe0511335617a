"""A fold judged on what it never saw: opened once, counted when opened again, kept as `judged.json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from benchmarks.folds.painting import PAINTS, painted_changes, summary_of
from benchmarks.folds.plan import Fold, Place, Study, place_of, read_object
from benchmarks.folds.sides import Looks, data_folder_of, judged_pairs, require_unseen, split_of, training_pairs
from benchmarks.report import note
from trainer.accounts import FOLD_SCHEMA
from trainer.bundle import Bundle, read_bundle
from trainer.data.pairs import Pair
from trainer.errors import DataError
from trainer.evaluation.definitions import frame_dice, frame_iou
from trainer.evaluation.evaluate import Order, evaluate
from trainer.evaluation.intervals import intervals_of, resampled_groups, value_of
from trainer.evaluation.judged import UNSURE
from trainer.evaluation.proposals import bundle_source
from trainer.evaluation.statistics import Statistic, calibration_error, ratio
from trainer.evaluation.table import FP, Table, read_table
from trainer.files import write_json

TOLD: Final = (
    "per_image_dice", "per_image_iou", "lesion_sensitivity", "false_proposals_per_frame", "ece", "ece_unsure",
    "presence_ece",
)  # fmt: skip
"""Metrics of `evaluate` that a fold tells, as they stand in its report."""

Values = dict[str, Any]


def judge_fold(fold: Fold, study: Study, *, again: bool, looks: Looks) -> Values:
    """Judge a fold that has chosen, and write `judged.json`; returns what it holds.

    Raises DataError when the fold was judged before (unless `again`: then the number of openings grows), has not chosen
    yet, judges nothing, or when a judged frame nearly repeats one that taught or chose.
    """
    place = place_of(fold, study)
    opened = _openings(place)
    if opened and not again:
        raise DataError(
            "folds.judged", f"The fold {fold.name} of {study.folder.name} was judged already.",
            "Read its judged.json; --again judges once more, and counts that.",
        )  # fmt: skip
    if not fold.judges:
        raise DataError("folds.stage", f"The fold {fold.name} trains on everything.", "Nothing is left to judge it on.")
    bundle = own_bundle(place, fold)
    split = split_of(fold, study.sources, place, looks)
    sets = {name: judged_pairs(name, study.sources, split) for name in fold.judges}
    learned = [pair for side in training_pairs(fold, study.sources, split) for pair in side]
    require_learned(place.run, learned)
    for pairs in sets.values():
        require_unseen(learned, pairs)
    values: Values = {
        "schema": FOLD_SCHEMA, "fold": fold.name, "study": study.folder.name, "recipe": study.recipe.name,
        "seed": study.seed, "opened": opened + 1, "bundle": bundle.digest, "threshold": bundle.threshold,
        "temperature": bundle.temperature, "minimum_area": bundle.minimum_area,
        "chosen": read_object(place.chosen), "made": read_object(place.made),
        "order": {name: value for name, value in read_object(place.order).items() if name != "recipe"},
        "sets": {name: judged_set(name, place, study, bundle, pairs) for name, pairs in sets.items()},
    }  # fmt: skip
    write_json(place.judged, values)
    return values


def judged_set(name: str, place: Place, study: Study, bundle: Bundle, pairs: Sequence[Pair]) -> Values:
    """One judged set: `evaluate` writes its report, and this takes from it what the study tells."""
    note(f"  judging on {len(pairs)} frames of {name}")
    dataset, folder = data_folder_of(name, study.sources)
    report = place.report(name)
    told = evaluate(
        Order(
            {dataset: folder}, report, model=bundle.folder, listed=place.judged_list(name), run=place.run, on=name,
        ),
        told=lambda _, __: None,
    )  # fmt: skip
    table = read_table(report)
    source = bundle_source(bundle)
    painted = {what: summary_of(painted_changes(source, pairs, paint)) for what, paint in PAINTS.items()}
    return figures_of(told, table, pairs) | {"painted": painted, "per_frame": rows_of(table)}


def figures_of(told: Mapping[str, object], table: Table, pairs: Sequence[Pair]) -> Values:
    """The figures of one judged set: those of its report, and those that only the protocol has."""
    metrics = cast("Mapping[str, Mapping[str, object]]", told["metrics"])
    shown = {name: {key: metrics[name][key] for key in ("value", "interval", "interval_by_group")} for name in TOLD}
    sequences = {pair.key: pair.unit("sequence") for pair in pairs}
    return {
        "frames": told["frames"], "frames_with_polyp": told["frames_with_polyp"], "lesions": told["lesions"],
        "groups": len(set(table.groups.tolist())), "patient_safe": told["patient_safe"], **shown,
        "ece_between": _measured(unsure_error(table.frame.positive, table.frame.negative), table),
        "empty": empty_frames(table),
        "strata": told["strata"],
        "sequences": by_sequence(table, sequences) if all(sequences.values()) else None,
    }  # fmt: skip


def empty_frames(table: Table) -> Values:
    """Frames without a polyp, how many got a proposal, their share, and its 95 % interval (Wilson 1927)."""
    empty = ~table.frame.polyp
    whole, alarms = int(empty.sum()), int((table.frame.counts[empty, FP] > 0).sum())
    if not whole:
        return {"frames": 0, "with_proposal": 0, "share": None, "interval": None}
    interval = binomtest(alarms, whole).proportion_ci(method="wilson")
    return {
        "frames": whole, "with_proposal": alarms, "share": round(alarms / whole, 5),
        "interval": [round(float(interval.low), 5), round(float(interval.high), 5)],
    }  # fmt: skip


def unsure_error(positive: NDArray[np.number], negative: NDArray[np.number]) -> Statistic:
    """Calibration error of the pixels of which the model is not sure; histograms `(n, 256)` of its levels."""
    levels = np.arange(256)
    unsure = (levels > 255 * UNSURE[0]) & (levels < 255 * UNSURE[1])
    return calibration_error(positive * unsure, negative * unsure)


def by_sequence(table: Table, sequences: Mapping[str, str | None]) -> Values:
    """The mean over sequences of their mean per-image Dice and IoU, with intervals by sequence, and each of them."""
    names = np.array([str(sequences[str(key)]) for key in table.keys])
    means: dict[str, Values] = {}
    found: Values = {"number": len(set(names.tolist())), "each": means}
    for what, column in (("dice", frame_dice(table.frame)), ("iou", frame_iou(table.frame))):
        inside = np.isfinite(column)
        frames = {name: int((inside & (names == name)).sum()) for name in sorted(set(names.tolist()))}
        share = np.array([1 / max(1, frames[name]) for name in names]) * inside
        mean = ratio(np.nan_to_num(column) * share, share)
        by = intervals_of({"mean": mean}, resampled_groups(names.tolist(), seed=0))["mean"]
        found[what] = {"value": value_of(mean, len(table)), "interval": by}
        for name, count in frames.items():
            value = float(column[inside & (names == name)].mean()) if count else None
            means.setdefault(name, {"frames": count})[what] = None if value is None else round(value, 5)
    return found


def rows_of(table: Table) -> list[Values]:
    """One row a frame."""
    dice, iou = frame_dice(table.frame), frame_iou(table.frame)
    return [
        {
            "frame": str(table.keys[n]), "group": str(table.groups[n]), "polyp": bool(table.frame.polyp[n]),
            "dice": _number(dice[n]), "iou": _number(iou[n]), "area": _number(table.area[n]),
            "presence": _number(table.presence[n]), "lesions": int(table.lesions[n]), "found": int(table.found[n]),
            "proposal": bool(table.frame.counts[n, :2].sum() > 0),
        }
        for n in range(len(table))
    ]  # fmt: skip


def require_learned(run: Path, learned: Sequence[Pair]) -> None:
    """Raises DataError when the run looked at frames that the split does not give it."""
    summary = read_object(run / "run.json")
    looked = {str(key).partition("#")[0] for side in ("train", "validation") for key in summary[side]}
    odd = sorted(looked - {pair.key for pair in learned})
    if odd:
        raise DataError(
            "folds.leak", f"The run in {run} looked at {len(odd)} frames that its split keeps apart, such as {odd[0]}.",
            "The fold cannot be judged: take its folder away and train it again.",
        )  # fmt: skip


def own_bundle(place: Place, fold: Fold) -> Bundle:
    """The bundle of a fold. Raises DataError when it has not chosen yet, or another bundle stands in its place."""
    if not place.made.is_file():
        raise DataError("folds.stage", f"The fold {fold.name} has not chosen yet.", "Run --stage choose first.")
    bundle = read_bundle(place.bundle)
    if read_object(place.made)["bundle"] != bundle.digest:
        raise DataError(
            "folds.bundle", f"The bundle in {place.bundle} is not the one that the fold made.", "Choose once more."
        )
    return bundle


def _openings(place: Place) -> int:
    return int(read_object(place.judged)["opened"]) if place.judged.is_file() else 0


def _measured(statistic: Statistic, table: Table) -> Values:
    by = intervals_of({"it": statistic}, resampled_groups(table.groups.tolist(), seed=0))["it"]
    return {"value": value_of(statistic, len(table)), "interval_by_group": by}


def _number(value: float) -> float | None:
    return round(float(value), 5) if np.isfinite(value) else None
