"""Splitting what identifies a patient from what travels on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from polypviewer.core.exam_rules import next_pseudonym


@dataclass(frozen=True, slots=True)
class Identity:
    """For `identity.db` only: the file's own name, its folder, and when it was last changed (UTC, ISO 8601)."""

    name: str
    folder: str
    modified: str


@dataclass(frozen=True, slots=True)
class Pseudonym:
    """`name` is safe to show, store and export; `identity` is not."""

    name: str
    identity: Identity


def deidentify(path: Path, *, used: Iterable[str] = ()) -> Pseudonym:
    """The next free name M-0001, M-0002, ... for a medium, and its identity apart. `used`: names already given."""
    try:
        modified = datetime.fromtimestamp(path.stat().st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except OSError:
        modified = ""
    return Pseudonym(next_pseudonym("M", set(used)), Identity(path.name, str(path.parent.absolute()), modified))
