"""Sides of a split and pseudonyms."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from polypviewer.core.errors import DatasetError
from polypviewer.core.record import UNKNOWN_EXAM, ExamKey
from polypviewer.datasets.pseudonyms import deidentify
from polypviewer.datasets.splits import side_of_exam, training_sides
from tests.datasets.made_records import saved


def exams(count: int) -> list[ExamKey]:
    return [ExamKey(f"E-{number:04}", "given") for number in range(count)]


def test_sides_do_not_depend_on_order() -> None:
    shuffled = exams(40)
    random.Random(1).shuffle(shuffled)
    assert training_sides(shuffled, holdout_fraction=0.3) == training_sides(exams(40), holdout_fraction=0.3)


def test_new_exams_never_move_the_old_ones() -> None:
    before, after = training_sides(exams(40)), training_sides(exams(80))
    assert all(after[key] == side for key, side in before.items())
    assert 8 <= sum(side == "holdout" for side in after.values()) <= 24


@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize("fraction", [0.01, 0.2, 0.99, 1.0])
def test_with_two_exams_or_more_both_sides_have_one(count: int, fraction: float) -> None:
    assert set(training_sides(exams(count), holdout_fraction=fraction).values()) == {"train", "holdout"}


def test_a_single_exam_trains() -> None:
    assert training_sides(exams(1), holdout_fraction=0.9) == {"E-0000": "train"}


def test_unknown_exams_are_never_held_out() -> None:
    sides = training_sides([UNKNOWN_EXAM, *exams(4), UNKNOWN_EXAM], holdout_fraction=0.9)
    assert set(sides) == {"E-0000", "E-0001", "E-0002", "E-0003"}
    assert side_of_exam(UNKNOWN_EXAM, sides) == "train"


def test_nothing_is_held_out_when_nobody_wants_it() -> None:
    assert set(training_sides(exams(10), holdout_fraction=0).values()) == {"train"}


def test_another_seed_gives_another_split() -> None:
    assert training_sides(exams(40), seed=0) != training_sides(exams(40), seed=1)


@pytest.mark.parametrize("fraction", [-0.1, 1.5])
def test_an_impossible_share_is_refused(fraction: float) -> None:
    with pytest.raises(DatasetError, match="hold-out share"):
        training_sides(exams(3), holdout_fraction=fraction)


def test_a_name_is_split_from_what_travels_on(tmp_path: Path) -> None:
    pseudonym = deidentify(saved(tmp_path / "Doe" / "jane 1961.png"), used=("M-0001", "M-0003"))
    assert pseudonym.name == "M-0004"
    assert (pseudonym.identity.name, pseudonym.identity.folder) == ("jane 1961.png", str(tmp_path / "Doe"))
    assert pseudonym.identity.modified.endswith("Z")
    assert deidentify(tmp_path / "gone.png").identity.modified == ""
