"""What a study has found so far, as figures beside the floor and the goal that were set before it began."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.folds.plan import CENTRES, CLINICDB, FOLDS, TENTH, Place, Study
from benchmarks.report import Better, Figure

Values = Mapping[str, Any]
Bars = Mapping[str, tuple[float | None, float | None]]

FAST: Final[Bars] = {
    "kvasir_tenth_dice": (0.88, 0.915), "kvasir_tenth_iou": (0.81, 0.86),
    "polypgen_macro_dice": (0.78, 0.81), "C1_dice": (0.84, None), "C3_dice": (0.88, None), "C4_dice": (0.70, None),
    "clinicdb_dice": (0.80, 0.84), "C4_empty_with_proposal": (0.40, 0.15),
    **{f"{centre}_ece_between": (0.08, 0.06) for centre in CENTRES},
    **{f"{centre}_presence_ece": (0.08, 0.06) for centre in CENTRES},
}  # fmt: skip
ACCURATE: Final[Bars] = {
    "kvasir_tenth_dice": (0.90, 0.93), "kvasir_tenth_iou": (0.84, 0.88),
    "polypgen_macro_dice": (0.80, 0.84), "C4_dice": (0.74, None),
    "clinicdb_dice": (0.82, 0.87), "C4_empty_with_proposal": (0.30, 0.10),
    **{f"{centre}_ece_between": (0.08, 0.05) for centre in CENTRES},
    **{f"{centre}_presence_ece": (0.08, 0.05) for centre in CENTRES},
}  # fmt: skip
BARS: Final[Mapping[str, Bars]] = {"polyp-fast": FAST, "polyp-accurate": ACCURATE}
"""Floor and goal of each figure, by the recipe's name; other recipes have none."""
PAINTED: Final = 0.005
"""Largest mean change of Dice by an inset or text painted over frames."""
PUBLISHED: Final[Mapping[str, tuple[float, str]]] = {
    "kvasir_tenth_dice": (0.876, "U-Net R34, published, 880/120 split"),
    "kvasir_tenth_iou": (0.810, "U-Net R34, published, 880/120 split"),
    "clinicdb_dice": (0.701, "U-Net, published, trained on Kvasir, all of ClinicDB"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """One value of a judged fold, or why there is none."""

    value: float | None
    why: str


def figures_of_study(study: Study, *, quick: str = "") -> dict[str, Figure]:
    """Every figure of the table; what its folds have not judged yet is None. `quick`: says why bars do not apply."""
    judged = {name: judged_of(Place(study.folder / name)) for name in FOLDS}
    found: dict[str, tuple[Found, Better]] = {}
    for centre in CENTRES:
        found |= _of_centre(judged[f"no-{centre}"], study, centre)
    for what in ("dice", "iou"):
        found[f"polypgen_macro_{what}"] = (_macro(found, what), "higher")
    for what in ("dice", "iou"):
        found[f"kvasir_tenth_{what}"] = (_metric(judged["all"], study, "all", TENTH, f"per_image_{what}"), "higher")
        found[f"clinicdb_{what}"] = (_sequences(judged["all"], study, what), "higher")
    for name in (TENTH, CLINICDB):
        found |= _painted(judged["all"], study, "all", name)
    bars = {} if quick else BARS.get(study.recipe.name, {})
    rows: dict[str, Figure] = {}
    for name, (one, better) in found.items():
        rows |= _rows(name, one, better, bars=bars, quick=quick)
    return rows


def judged_of(place: Place) -> Values | None:
    """`judged.json` of a fold; None where it was not judged yet."""
    if not place.judged.is_file():
        return None
    values: Values = json.loads(place.judged.read_text("utf-8"))
    return values


def _of_centre(judged: Values | None, study: Study, centre: str) -> dict[str, tuple[Found, Better]]:
    fold = f"no-{centre}"
    told: tuple[tuple[str, str, Better], ...] = (
        ("dice", "per_image_dice", "higher"), ("iou", "per_image_iou", "higher"),
        ("lesion_sensitivity", "lesion_sensitivity", "higher"), ("ece_between", "ece_between", "lower"),
        ("presence_ece", "presence_ece", "lower"),
    )  # fmt: skip
    found = {
        f"{centre}_{name}": (_metric(judged, study, fold, centre, metric), better) for name, metric, better in told
    }
    return found | {f"{centre}_empty_with_proposal": (_empty(judged, study, fold, centre), "lower")} | _painted(
        judged, study, fold, centre
    )  # fmt: skip


def _metric(judged: Values | None, study: Study, fold: str, name: str, metric: str) -> Found:
    if judged is None:
        return Found(None, _not_judged(study, fold))
    inside = judged["sets"][name]
    told = inside[metric]
    if told["value"] is None:
        return Found(None, f"the frames of {name} cannot tell")
    return Found(
        told["value"],
        f"{_interval(told['interval_by_group'], 'group')}; {inside['frames']} frames, {inside['groups']} groups; "
        f"threshold {judged['threshold']}; opened {judged['opened']} time{'s' * (judged['opened'] > 1)}",
    )


def _sequences(judged: Values | None, study: Study, what: str) -> Found:
    if judged is None:
        return Found(None, _not_judged(study, "all"))
    told = judged["sets"][CLINICDB]["sequences"]
    return Found(
        told[what]["value"], f"mean over {told['number']} sequences, {_interval(told[what]['interval'], 'sequence')}"
    )


def _empty(judged: Values | None, study: Study, fold: str, name: str) -> Found:
    if judged is None:
        return Found(None, _not_judged(study, fold))
    told = judged["sets"][name]["empty"]
    if told["share"] is None:
        return Found(None, f"{name} has no frame without a polyp")
    low, high = told["interval"]
    return Found(told["share"], f"{told['with_proposal']} of {told['frames']}, Wilson 95 % {low:.3f} to {high:.3f}")


def _painted(judged: Values | None, study: Study, fold: str, name: str) -> dict[str, tuple[Found, Better]]:
    return {
        f"{name}_{what}_changes_dice".replace("-", "_"): (_change(judged, study, fold, name, what), "lower")
        for what in ("inset", "text")
    }


def _change(judged: Values | None, study: Study, fold: str, name: str, what: str) -> Found:
    if judged is None:
        return Found(None, _not_judged(study, fold))
    told = judged["sets"][name]["painted"][what]
    if told["dice_change"] is None:
        return Found(None, f"no frame of {name} with a polyp is without an inset")
    return Found(
        abs(told["dice_change"]),
        f"mean over {told['frames_with_polyp']} frames; {told['mean_size_of_change']} a frame either way; of "
        f"{told['empty_frames']} empty ones {told['empty_with_proposal_before']} had a proposal before, "
        f"{told['empty_with_proposal_after']} after",
    )


def _macro(found: Mapping[str, tuple[Found, Better]], what: str) -> Found:
    parts = {centre: found[f"{centre}_{what}"][0] for centre in CENTRES}
    values = [part.value for part in parts.values() if part.value is not None]
    if len(values) < len(parts):
        missing = [centre for centre, part in parts.items() if part.value is None]
        return Found(None, f"not judged yet: {', '.join(f'no-{centre}' for centre in missing)}")
    return Found(sum(values) / len(values), "mean over the centres, each left out in turn")


def _rows(name: str, found: Found, better: Better, *, bars: Bars, quick: str) -> dict[str, Figure]:
    floor, goal = bars.get(name, (None, None))
    if name.endswith("_changes_dice") and not quick:
        floor = PAINTED
    peer, peer_name = PUBLISHED.get(name, (None, None))
    why = f"{quick}; {found.why}" if quick else found.why
    rows = {name: Figure(ours=found.value, better=better, bar=floor, peer=peer, peer_name=peer_name, why=why)}
    if goal is not None:
        rows[f"{name}_goal"] = Figure(
            ours=found.value, better=better, bar=goal, why=why if found.value is None else "the same, beside the goal"
        )
    return rows


def _interval(interval: tuple[float, float] | None, by: str) -> str:
    return f"95 % by {by} {interval[0]:.3f} to {interval[1]:.3f}" if interval else f"no interval by {by}"


def _not_judged(study: Study, fold: str) -> str:
    place = Place(study.folder / fold)
    if place.made.is_file():
        return f"the fold {fold} has chosen and is not judged yet"
    if place.fitted.is_file():
        return f"the fold {fold} is trained and has not chosen yet"
    return f"the fold {fold} is {'being trained' if place.order.is_file() else 'not begun'}"
