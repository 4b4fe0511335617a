"""How files are grouped into exams at import: all in one, one a folder, by a pattern in the name, or unknown.

A group's name (a folder, a piece of a file name) may identify a patient. It stays with the caller, who keeps it in
`identity.db`; what travels on is the exam's pseudonym, E-0001 and so on.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final, Literal

from polypviewer.core.errors import DatasetError
from polypviewer.core.record import UNKNOWN_EXAM, ExamKey, ExamSource

ExamRuleKind = Literal["one", "folder", "pattern", "unknown"]

_SOURCES: Final[dict[ExamRuleKind, ExamSource]] = {
    "one": "given",
    "folder": "folder",
    "pattern": "pattern",
    "unknown": "unknown",
}
ONE_GROUP: Final = "(these files)"


@dataclass(frozen=True, slots=True)
class ExamRule:
    """`pattern`: a regular expression with at least one group, searched in the file name; only for "pattern"."""

    kind: ExamRuleKind
    pattern: str = ""

    def __post_init__(self) -> None:
        """Refuse a pattern that cannot group, before any file is looked at."""
        if self.kind != "pattern":
            return
        try:
            groups = re.compile(self.pattern).groups
        except re.error as error:
            raise DatasetError("dataset.pattern", pattern=self.pattern, reason=str(error)) from error
        if not groups:
            raise DatasetError("dataset.pattern", pattern=self.pattern, reason="it has no group in brackets")


@dataclass(frozen=True, slots=True)
class ExamPreview:
    """What a rule would do: (group name, number of files) in order of appearance, and how many stay unknown."""

    groups: tuple[tuple[str, int], ...]
    unknown: int


def parse_exam_rule(text: str) -> ExamRule:
    """The rule in the words of the command line: `one`, `folder`, `unknown` or `pattern:<expression>`."""
    kind, _, pattern = text.partition(":")
    if kind == "pattern":
        return ExamRule("pattern", pattern)
    if kind == "one":
        return ExamRule("one")
    if kind == "folder":
        return ExamRule("folder")
    if kind == "unknown":
        return ExamRule("unknown")
    raise DatasetError("dataset.exam_rule", rule=text)


def group_names(paths: Sequence[PurePath], rule: ExamRule) -> list[str | None]:
    """For each path the name of its group, or None where the rule does not say. Identifying: never store or show it
    outside `identity.db` and the import preview.
    """
    if rule.kind == "one":
        return [ONE_GROUP] * len(paths)
    if rule.kind == "folder":
        return [str(path.parent) for path in paths]
    if rule.kind == "pattern":
        return [_matched(path.name, re.compile(rule.pattern)) for path in paths]
    return [None] * len(paths)


def _matched(name: str, pattern: re.Pattern[str]) -> str | None:
    found = pattern.search(name)
    return None if found is None else next((group for group in found.groups() if group), None)


def preview_exams(paths: Sequence[PurePath], rule: ExamRule) -> ExamPreview:
    """What the rule would do with these files."""
    counts = Counter(group_names(paths, rule))
    unknown = counts.pop(None, 0)
    return ExamPreview(tuple((name, count) for name, count in counts.items() if name is not None), unknown)


def assign_exams(paths: Sequence[PurePath], rule: ExamRule, *, known: Mapping[str, str] | None = None) -> list[ExamKey]:
    """The exam of each path: known groups keep their pseudonym, new ones get the next free number.

    `known`: pseudonym by group name, from earlier imports. Files of the rule "one" are always a new exam. Where the
    rule says nothing the exam is unknown; it is never invented.
    """
    keys = dict(known or {})
    used = set(keys.values())
    if rule.kind == "one":
        keys.pop(ONE_GROUP, None)
    exams = []
    for group in group_names(paths, rule):
        if group is None:
            exams.append(UNKNOWN_EXAM)
            continue
        if group not in keys:
            keys[group] = next_pseudonym("E", used)
            used.add(keys[group])
        exams.append(ExamKey(keys[group], _SOURCES[rule.kind]))
    return exams


def next_pseudonym(prefix: str, used: set[str]) -> str:
    """`PREFIX-0001` and so on: one above the highest number in use."""
    numbers = [int(name[len(prefix) + 1 :]) for name in used if re.fullmatch(rf"{re.escape(prefix)}-\d+", name)]
    return f"{prefix}-{max(numbers, default=0) + 1:04}"
