"""What judged a bundle, as rows and sentences of its card: reports of `evaluate`, and `judged.json` of folds.

A fold (docs/models.md) judges its own model, taught without the frames that judge it. On the card of another run of the
same recipe such figures say so in words, wherever they stand.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from trainer.cards import report_metrics
from trainer.errors import DataError
from trainer.evaluation.runs import learned_in

METRICS, ROWS = "metrics.json", "per_image.csv"
"""Files of a report folder."""
FOLD_SCHEMA: Final = "polypviewer/fold/1"
RUN: Final = "run"
"""Folder of the run of a fold, beside its `judged.json`."""
SETTINGS: Final = ("threshold", "temperature", "minimum_area")
SHOWS: Final = 0.001
"""Least fall of the mean Dice, by something painted, that a card calls a failure."""
UNSURE: Final = 0.05
"""Least calibration error of the unsure pixels that a card calls a failure."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Account:
    """What was measured on one set of frames.

    `on`: the frames in words, and of which fold model the figures are where they are not of the card's own weights.
    `frames`, `empty`: how many, and how many without a polyp. `metrics`, `strata`: rows of a card, each with its
    interval. `failures`: what it shows of known failures. `untold`: names of what these frames cannot tell. `how`: how
    they were judged. `fold`: name of the fold whose model was judged, "" where the weights are the card's own.
    """

    on: str
    frames: int
    empty: int
    metrics: tuple[Row, ...]
    strata: tuple[Row, ...]
    failures: tuple[str, ...]
    untold: tuple[str, ...]
    how: str
    fold: str = ""


def account_of_report(report: Path, run: Path, settings: Mapping[str, float], *, on: str = "") -> Account:
    """What a report folder of `evaluate` tells of the bundle; `on`: what its frames are called, else its own word.

    `run`: folder of the card's run. `settings`: threshold, temperature and smallest area of the card. Raises DataError
    when it is no report of a bundle at these, or a judged frame taught or chose in the run.
    """
    rows = report_metrics(report)
    content = _read(report / METRICS)
    _require_unseen(report, run)
    try:
        _require_settings(content["model"], settings, report)
        on = on or str(content["on"])
        return _account(
            [{**row, "on": on} for row in rows], content["strata"], on=on, frames=int(content["frames"]),
            empty=int(content["frames"]) - int(content["frames_with_polyp"]), how=_leaks(content["leaks"]),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        raise _broken(report) from error


def accounts_of_fold(
    path: Path, run: Path, summary: Mapping[str, Any], *, names: Mapping[str, str]
) -> list[Account]:  # fmt: skip
    """What `judged.json` of a fold tells, one account a judged set. `names`: what the sets are called in words.

    `run`, `summary`: folder of the card's run and its `run.json`. The figures are of these weights only where the fold
    is the run's own. Raises DataError when the file is none, or the fold had another recipe or seed.
    """
    values = _read(path)
    try:
        if values["schema"] != FOLD_SCHEMA:
            raise ValueError(values["schema"])
        other = [
            what
            for what, ours in (("recipe", summary["recipe"]["name"]), ("seed", summary["seed"]))
            if values[what] != ours
        ]
        if other:
            raise DataError(
                "card.judged", f"The fold of {path} had another {' and '.join(other)} than the run in {run}.",
                "Give folds of the same recipe and seed.",
            )  # fmt: skip
        is_own = (path.parent / RUN).resolve() == run.resolve()
        return [_account_of_set(values, name, names.get(name, name), is_own=is_own) for name in values["sets"]]
    except (KeyError, TypeError, ValueError) as error:
        raise _broken(path) from error


def _account_of_set(values: Row, name: str, said: str, *, is_own: bool) -> Account:
    fold, inside = str(values["fold"]), values["sets"][name]
    on = said if is_own else f"{said}, of the fold model {fold}, not of these weights"
    of = {} if is_own else {"model": values["bundle"]}
    times = int(values["opened"])
    rows = [{"name": name, **told, "on": on, **of} for name, told in _figures_of(inside)]
    strata = [{**row, **of} for row in inside["strata"]]
    return _account(
        rows, strata, on=on, frames=int(inside["frames"]), empty=int(inside["empty"]["frames"]),
        how="opened once" if times == 1 else f"opened {times} times", fold="" if is_own else fold,
        failures=(*_of_empty(inside["empty"], on), *_of_paint(inside["painted"], on)),
    )  # fmt: skip


def _figures_of(inside: Row) -> Iterator[tuple[str, Row]]:
    """Name, value, interval (by group) and frames of each figure of a judged set."""
    frames = inside["frames"]
    for name, told in inside.items():
        if isinstance(told, Mapping) and "value" in told:
            yield name, {"value": told["value"], "interval": told["interval_by_group"], "frames": frames}
    empty = inside["empty"]
    if empty["frames"]:
        told = {"value": empty["share"], "interval": empty["interval"], "frames": empty["frames"]}
        yield "empty_frames_with_proposal", told
    for what in ("dice", "iou") if inside["sequences"] else ():
        yield f"mean_over_sequences_{what}", {**inside["sequences"][what], "frames": frames}


def _account(
    rows: Sequence[Row], strata: Sequence[Row], *, on: str, frames: int, empty: int, how: str, fold: str = "",
    failures: Sequence[str] = (),
) -> Account:  # fmt: skip
    """The rows that have a value and an interval, and the names of the others."""
    told = [row for row in rows if row["value"] is not None and row["interval"] is not None]
    areas = [row for row in strata if row["per_image_dice"] is not None and row["interval"] is not None]
    untold = [
        *(str(row["name"]) for row in rows if row not in told),
        *(f"lesions {row['area']}" for row in strata if row not in areas),
    ]
    value = {row["name"]: float(row["value"]) for row in told}
    return Account(
        on, frames, empty, tuple(told), tuple({"on": on, **row} for row in areas),
        (*failures, *_of_small(areas, value, on), *_of_unsure(value, on)), tuple(untold), how, fold,
    )  # fmt: skip


def _of_empty(empty: Row, on: str) -> list[str]:
    if not empty["with_proposal"]:
        return []
    low, high = empty["interval"]
    return [
        f"Frames without a polyp: {empty['with_proposal']} of {empty['frames']} got a proposal "
        f"({empty['share']:.0%}; Wilson 95 % {low:.0%} to {high:.0%}). {_place(on)}"
    ]


def _of_paint(painted: Mapping[str, Row], on: str) -> list[str]:
    return [
        f"Console {what} painted over frames that carry no inset moves their mean Dice by {told['dice_change']:.3f}. "
        f"{_place(on)}"
        for what, told in painted.items()
        if told["dice_change"] is not None and told["dice_change"] <= -SHOWS
    ]


def _of_small(areas: Sequence[Row], value: Mapping[str, float], on: str) -> list[str]:
    """The weakest stratum, where it is weaker than the whole set."""
    weakest = min(areas, key=lambda row: float(row["per_image_dice"]), default=None)
    if weakest is None or len(areas) == 1 or weakest["per_image_dice"] >= value.get("per_image_dice", 0.0):
        return []
    return [
        f"Lesions of {weakest['area']} of the field of view: Dice {weakest['per_image_dice']:.2f} on the "
        f"{weakest['frames']} such frames. {_place(on)}"
    ]


def _of_unsure(value: Mapping[str, float], on: str) -> list[str]:
    error = value.get("ece_unsure")
    if error is None or error < UNSURE:
        return []
    return [f"Unsure probabilities (ece_unsure): a calibration error of {error:.2f}. {_place(on)}"]


def _place(on: str) -> str:
    return f"Measured on: {on}."


def _leaks(leaks: Row) -> str:
    """What a report says of judged frames that nearly repeat those that taught."""
    near = leaks["near_duplicates_of_training"]
    return f"{near} nearly repeat frames that taught" if near else ""


def _require_unseen(report: Path, run: Path) -> None:
    try:
        with (report / ROWS).open(encoding="utf-8", newline="") as file:
            keys = [row["frame"] for row in csv.DictReader(file)]
    except (OSError, KeyError) as error:
        raise _broken(report) from error
    learned = learned_in(run, keys)
    if learned:
        raise DataError(
            "card.report", f"{len(learned)} frames of {report} taught or chose in {run}, such as {learned[0]}.",
            "A card tells only what was judged on other frames.",
        )  # fmt: skip


def _require_settings(model: Row, settings: Mapping[str, float], report: Path) -> None:
    """Raises DataError unless the report is of a bundle at the card's own settings."""
    other = [name for name in SETTINGS if not math.isclose(float(model.get(name, math.nan)), settings[name])]
    if model["kind"] != "bundle" or other:
        raise DataError(
            "card.report", f"{report} judged something else than the card says: {', '.join(other) or 'masks'}.",
            "Judge the bundle at what was chosen for it, or give the --chosen that the report was made with.",
        )  # fmt: skip


def _read(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise _broken(path) from error
    if not isinstance(values, dict):
        raise _broken(path)
    return values


def _broken(path: Path) -> DataError:
    return DataError("card.judged", f"{path} tells nothing that a card can carry.", "Judge again.")
