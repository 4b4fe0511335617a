"""Grouping files into exams: what is not known stays unknown, and names become pseudonyms."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from polypviewer.core.errors import DatasetError
from polypviewer.core.exam_rules import (
    ExamRule,
    assign_exams,
    group_names,
    next_pseudonym,
    parse_exam_rule,
    preview_exams,
)
from polypviewer.core.record import UNKNOWN_EXAM, ExamKey

PATHS = [
    PurePosixPath(name)
    for name in ("doe/p12_a.png", "doe/p12_b.png", "roe/p7_a.png", "other/doe/p12_c.png", "doe/x.png")
]


def keys(text: str, **options: dict[str, str]) -> list[str]:
    return [exam.key for exam in assign_exams(PATHS, parse_exam_rule(text), **options)]


def test_one_exam_for_all_is_given_by_the_person() -> None:
    assert assign_exams(PATHS, ExamRule("one")) == [ExamKey("E-0001", "given")] * 5


def test_one_exam_is_always_a_new_one() -> None:
    assert keys("one", known={"(these files)": "E-0001", "doe": "E-0004"}) == ["E-0005"] * 5


def test_folders_of_one_name_in_different_places_are_different_exams() -> None:
    assert keys("folder") == ["E-0001", "E-0001", "E-0002", "E-0003", "E-0001"]


def test_a_pattern_groups_by_its_group_and_leaves_the_rest_unknown() -> None:
    exams = assign_exams(PATHS, parse_exam_rule(r"pattern:(p\d+)_"))
    assert [exam.key for exam in exams] == ["E-0001", "E-0001", "E-0002", "E-0001", ""]
    assert exams[0].source == "pattern"
    assert exams[4] == UNKNOWN_EXAM


def test_unknown_is_never_invented() -> None:
    assert assign_exams(PATHS, ExamRule("unknown")) == [UNKNOWN_EXAM] * 5


def test_exams_of_earlier_imports_keep_their_pseudonym() -> None:
    assert keys("folder", known={"roe": "E-0007"}) == ["E-0008", "E-0008", "E-0007", "E-0009", "E-0008"]


def test_the_preview_shows_groups_and_what_stays_unknown() -> None:
    preview = preview_exams(PATHS, parse_exam_rule(r"pattern:^(p\d+)"))
    assert preview.groups == (("p12", 3), ("p7", 1))
    assert preview.unknown == 1


def test_a_name_never_becomes_a_key() -> None:
    assert not {"doe", "roe"} & set(keys("folder"))
    assert group_names(PATHS, ExamRule("folder"))[0] == "doe"


@pytest.mark.parametrize("text", ["pattern:(", "pattern:p12", "pattern:", "patient", ""])
def test_a_rule_that_cannot_be_used_is_refused_at_once(text: str) -> None:
    with pytest.raises(DatasetError) as raised:
        parse_exam_rule(text)
    assert raised.value.cure


def test_the_next_pseudonym_follows_the_highest() -> None:
    assert next_pseudonym("M", {"M-0009", "M-0002", "E-0050", "M-x"}) == "M-0010"
    assert next_pseudonym("M", set()) == "M-0001"
