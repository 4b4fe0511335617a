"""The three stages of a fold, one after the other: fit, choose, judge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from benchmarks.folds.averaging import average_fold
from benchmarks.folds.choosing import choose_fold
from benchmarks.folds.fitting import Deadline, fit_fold
from benchmarks.folds.judging import judge_fold
from benchmarks.folds.plan import Fold, Place, Study, place_of
from benchmarks.folds.sides import Looks
from benchmarks.report import note
from trainer.errors import DataError

STAGES: Final = ("fit", "choose", "judge")


def go_on(folds: Sequence[Fold], study: Study, *, stage: str | None, again: bool, stop: Deadline) -> bool:
    """Do what is left of each fold, or of one `stage` of it; False where the time was over before.

    Raises TrainerError, among others where a fold that was judged is asked to choose, or to be judged, once more.
    """
    looks: Looks = {}
    for fold in folds:
        for name in (stage,) if stage else left_of(place_of(fold, study), fold, again=again):
            if stop.is_over:
                note("the minutes are over")
                return False
            note(f"{study.folder.name} {fold.name}: {name}")
            if not _do(name, fold, study, again=again, stop=stop, looks=looks):
                return False
    return True


def left_of(place: Place, fold: Fold, *, again: bool) -> list[str]:
    """The stages that a fold still has before it; `again`: judging is one of them though it was done."""
    left = ["fit"] if not place.fitted.is_file() else []
    if left or not place.made.is_file():
        left.append("choose")
    if fold.judges and (again or not place.judged.is_file()):
        left.append("judge")
    return left


def _do(stage: str, fold: Fold, study: Study, *, again: bool, stop: Deadline, looks: Looks) -> bool:
    if stage == "fit" and study.members:
        return average_fold(fold, study, looks=looks)
    if stage == "fit":
        return fit_fold(fold, study, stop=stop, looks=looks)
    if stage == "judge":
        judge_fold(fold, study, again=again, looks=looks)
        return True
    if place_of(fold, study).judged.is_file():
        raise DataError(
            "folds.judged", f"The fold {fold.name} of {study.folder.name} was judged already.",
            "What was judged chooses no more: make another study with --name.",
        )  # fmt: skip
    choose_fold(fold, study, looks=looks)
    return True
