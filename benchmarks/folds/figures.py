"""What a study has found so far, as figures beside the floor and the goal that were set before it began."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.folds.painting import PAINTS
from benchmarks.folds.plan import CENTRES, CLINICDB, FOLDS, POLYPGEN, TENTH, Place, Study
from benchmarks.report import Better, Figure
from benchmarks.shipped.bars import barred
from trainer.evaluation.choosing import read_chosen
from trainer.evaluation.intervals import Interval, interval_of, resampled_groups
from trainer.evaluation.statistics import averaged

Values = Mapping[str, Any]

MACRO: Final = f"{POLYPGEN}_dice"
VARIANT: Final = "polypgen-only"
"""Told of beside the others once it was begun; no bar was set for it."""
METRICS: Final[tuple[tuple[str, str, Better], ...]] = (
    ("dice", "per_image_dice", "higher"), ("iou", "per_image_iou", "higher"),
    ("lesion_sensitivity", "lesion_sensitivity", "higher"), ("ece_unsure_pixels", "ece_between", "lower"),
    ("ece_presence", "presence_ece", "lower"),
)  # fmt: skip
"""Name of a figure, and of what `judged.json` has it from."""
CHOOSING: Final[tuple[tuple[str, Better], ...]] = (
    ("per_image_dice", "higher"), ("lesion_sensitivity", "higher"), ("false_proposals", "lower"),
)  # fmt: skip
"""What `choose.json` measured."""


@dataclass(frozen=True, slots=True)
class Found:
    """One figure of a fold: its value, or why there is none. `kind`: the name under which its bar stands."""

    value: float | None
    why: str
    better: Better = "higher"
    kind: str = ""
    interval: Interval | None = None


def figures_of_study(study: Study, *, quick: str = "") -> dict[str, Figure]:
    """Every figure of a study; what its folds have not judged yet is None. `quick`: why its figures keep to no bar."""
    found = {name: one for centre in CENTRES for name, one in _of_centre(study, centre)}
    found = {MACRO: _macro(study), **found, **dict(_of_both(study, "all"))}
    if Place(study.folder / VARIANT).order.is_file():
        found |= {f"{VARIANT.replace('-', '_')}_{name}": one for name, one in _of_both(study, VARIANT)}
    found |= {name: one for fold in FOLDS for name, one in _of_choosing(study, fold)}
    return {
        name: barred(
            study.recipe.name, name, one.value, better=one.better, kind=one.kind, interval=one.interval,
            why=f"{quick}; {one.why}" if quick else one.why, is_sample=bool(quick),
        )
        for name, one in found.items()
    }  # fmt: skip


def judged_of(study: Study, fold: str) -> Values | str:
    """`judged.json` of a fold, or how far the fold has come."""
    place = Place(study.folder / fold)
    if place.judged.is_file():
        values: Values = json.loads(place.judged.read_text("utf-8"))
        return values
    if place.made.is_file():
        return f"the fold {fold} has chosen and is not judged yet"
    if place.fitted.is_file():
        return f"the fold {fold} is trained and has not chosen yet"
    return f"the fold {fold} is {'being trained' if place.order.is_file() else 'not begun'}"


def _of_centre(study: Study, centre: str) -> Iterator[tuple[str, Found]]:
    """A hospital that was left out."""
    judged = judged_of(study, f"no-{centre}")
    prefix = f"{POLYPGEN}_{centre.lower()}"
    for name, metric, better in METRICS:
        kind = name if name.startswith("ece") else ""
        yield f"{prefix}_{name}", _metric(judged, centre, metric, better=better, kind=kind)
    kind = "empty_with_proposal" if centre == "C4" else ""
    yield f"{prefix}_empty_with_proposal", _empty(judged, centre, kind=kind)
    yield from _painted(judged, centre, prefix)


def _of_both(study: Study, fold: str) -> Iterator[tuple[str, Found]]:
    """Kvasir's tenth and ClinicDB, judged by a fold that trains on all hospitals it has."""
    judged = judged_of(study, fold)
    tenth, sequences = TENTH.replace("-", "_"), f"{CLINICDB}_sequences"
    for name, metric, better in METRICS:
        yield f"{tenth}_{name}", _metric(judged, TENTH, metric, better=better)
    for what in ("dice", "iou"):
        yield f"{sequences}_{what}", _sequences(judged, what)
    yield from _painted(judged, TENTH, tenth)
    yield from _painted(judged, CLINICDB, sequences)


def _of_choosing(study: Study, fold: str) -> Iterator[tuple[str, Found]]:
    """What variants of a recipe are compared by, so that nothing has to be opened; of folds that have chosen."""
    place = Place(study.folder / fold)
    if not place.made.is_file():
        return
    chosen = read_chosen(place.chosen)
    words = f"on what chose, no unseen hospital: {chosen.on}; threshold {chosen.threshold}"
    for name, better in CHOOSING:
        yield f"{fold.replace('-', '_')}_choosing_{name}", Found(chosen.measured[name], words, better)


def _metric(judged: Values | str, name: str, metric: str, *, better: Better, kind: str = "") -> Found:
    if isinstance(judged, str):
        return Found(None, judged, better, kind)
    inside = judged["sets"][name]
    told = inside[metric]
    if told["value"] is None:
        return Found(None, f"the frames of {name} cannot tell", better, kind)
    words = (
        f"{inside['frames']} frames in {inside['groups']} groups; threshold {judged['threshold']}; {_opened(judged)}"
    )
    return Found(told["value"], words, better, kind, _pair(told["interval_by_group"]))


def _sequences(judged: Values | str, what: str) -> Found:
    if isinstance(judged, str):
        return Found(None, judged)
    told = judged["sets"][CLINICDB]["sequences"]
    words = f"mean over {told['number']} sequences; threshold {judged['threshold']}; {_opened(judged)}"
    return Found(told[what]["value"], words, interval=_pair(told[what]["interval"]))


def _empty(judged: Values | str, name: str, *, kind: str) -> Found:
    if isinstance(judged, str):
        return Found(None, judged, "lower", kind)
    told = judged["sets"][name]["empty"]
    if told["share"] is None:
        return Found(None, f"{name} has no frame without a polyp", "lower", kind)
    words = f"{told['with_proposal']} of {told['frames']} frames; threshold {judged['threshold']}; {_opened(judged)}"
    return Found(told["share"], words, "lower", kind, _pair(told["interval"]))


def _painted(judged: Values | str, name: str, prefix: str) -> Iterator[tuple[str, Found]]:
    for what in PAINTS:
        yield f"{prefix}_{what}_dice_change", _change(judged, name, what)


def _change(judged: Values | str, name: str, what: str) -> Found:
    kind = f"{what}_dice_change"
    if isinstance(judged, str):
        return Found(None, judged, "lower", kind)
    told = judged["sets"][name]["painted"][what]
    if told["dice_change"] is None:
        return Found(None, f"no frame of {name} with a polyp is without an inset", "lower", kind)
    words = (
        f"{told['dice_change']:+.4f} on {told['frames_with_polyp']} frames, mean size of a change "
        f"{told['mean_size_of_change']}; of {told['empty_frames']} empty frames "
        f"{told['empty_with_proposal_before']} had a proposal before, {told['empty_with_proposal_after']} after"
    )
    return Found(abs(told["dice_change"]), words, "lower", kind)


def _macro(study: Study) -> Found:
    """Mean over hospitals of their mean Dice; its interval resamples the groups of each hospital."""
    judged = {centre: judged_of(study, f"no-{centre}") for centre in CENTRES}
    missing = [f"no-{centre}" for centre, values in judged.items() if isinstance(values, str)]
    if missing:
        return Found(None, f"not judged yet: {', '.join(missing)}")
    sets = [values["sets"][centre] for centre, values in judged.items() if not isinstance(values, str)]
    resampled = [_resampled(one["per_frame"], seed=number) for number, one in enumerate(sets)]
    mean = float(np.mean([one["per_image_dice"]["value"] for one in sets]))
    interval = interval_of(np.mean(resampled, axis=0))
    return Found(mean, "mean over the hospitals, each left out in turn", interval=interval)


def _resampled(rows: Sequence[Values], *, seed: int) -> NDArray[np.float64]:
    """`(BOOTSTRAPS,)` mean Dice of resamples of whole groups."""
    statistic = averaged([np.nan if row["dice"] is None else row["dice"] for row in rows])
    return np.concatenate([statistic(some) for some in resampled_groups([row["group"] for row in rows], seed=seed)])


def _opened(judged: Values) -> str:
    return "opened once" if judged["opened"] == 1 else f"opened {judged['opened']} times"


def _pair(interval: list[float] | None) -> Interval | None:
    return None if interval is None else (interval[0], interval[1])
