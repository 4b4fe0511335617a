"""Split files (`polyp-trainer/split/1`, docs/formats.md section 5): written, read back, and what they say in words."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from trainer.data.folders import read_list
from trainer.data.scan import unpacked
from trainer.data.splits import SIDES, Candidate, Placed, Rule, Split, leaks_of
from trainer.errors import DataError
from trainer.files import write_json

SCHEMA: Final = "polyp-trainer/split/1"
LEAKS_SHOWN: Final = 20


def write_split(path: Path, split: Split) -> None:
    """Write the split whole. Raises SurroundingsError when the disk refuses."""
    leaks = leaks_of(split)
    write_json(
        path,
        {
            "schema": SCHEMA,
            "rule": dataclasses.asdict(split.rule),
            "counts": {side: len(split.keys_on(side)) for side in SIDES},
            "groups": group_counts(split),
            "near_duplicates_across_sides": len(leaks),
            "leaks": [dataclasses.asdict(leak) for leak in leaks[:LEAKS_SHOWN]],
            "notes": notes_of(split),
            "left_out": dict(sorted(split.left_out.items())),
            "frames": {key: _row(placed) for key, placed in sorted(split.frames.items())},
        },
    )


def read_split(path: Path) -> Split:
    """The split that `write_split` wrote. Raises DataError when it is missing, damaged or of another kind."""
    cure = "Write it with `polyp-trainer split`."
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise DataError("split.unreadable", f"There is no readable split at {path}.", cure) from error
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise DataError("split.schema", f"{path} is no split of the kind {SCHEMA}.", cure)
    try:
        rule = Rule(**{item.name: content["rule"][item.name] for item in dataclasses.fields(Rule)})
        frames = {str(key): _placed(row) for key, row in content["frames"].items()}
        unpacked([placed.bits for placed in frames.values()])
        return Split(rule, frames, {str(key): str(why) for key, why in content["left_out"].items()})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError("split.damaged", f"The split {path} is damaged: {error}.", cure) from error


def split_of_list(path: Path, candidates: Sequence[Candidate], rule: Rule) -> Split:
    """The memory of an older list of held-out stems: those frames stand on the test side, no other frame anywhere.

    Raises DataError when there is no list, or none of the frames is on it.
    """
    stems = read_list(path)
    listed = [one for one in candidates if one.key.split("/", 1)[1] in stems]
    if not listed:
        raise DataError("split.list", f"No frame of {path} is in the data.", "Check the list and the folders.")
    frames = {
        one.key: Placed("test", f"hash:{one.key}", one.unit, one.bits, one.pixels, one.is_empty) for one in listed
    }
    return Split(rule, frames)


def group_counts(split: Split) -> dict[str, int]:
    """How many groups are exams, sequences, centres, and how many are only found by hash."""
    groups = {placed.group: placed.source for placed in split.frames.values()}
    return dict(sorted(Counter(groups.values()).items()))


def notes_of(split: Split) -> list[str]:
    """What a person should know before using the split."""
    notes = []
    groups = group_counts(split)
    if groups.get("hash"):
        notes.append(
            f"{groups['hash']} groups were found by perceptual hash: that finds duplicates, not patients. "
            "Numbers on this split are optimistic."
        )
    wanted = {"train": True, "validation": split.rule.validation > 0, "test": split.rule.test > 0}
    for side in SIDES:
        placed = [one for one in split.frames.values() if one.side == side]
        if wanted[side] and not placed:
            notes.append(
                f"Nothing stands on the {side} side: {sum(groups.values())} groups are too few for these shares. "
                "Take larger shares, or folds."
            )
        if placed and side != "train" and not any(one.is_empty for one in placed):
            notes.append(f"The {side} side has no frame without a polyp: false proposals cannot be judged on it.")
    return notes


def _row(placed: Placed) -> dict[str, object]:
    row: dict[str, object] = {"side": placed.side, "group": placed.group, "source": placed.source}
    optional = {"unit": placed.unit, "fold": placed.fold}
    row |= {name: value for name, value in optional.items() if value is not None}
    return row | {"hash": placed.bits, "pixels": placed.pixels, "empty": placed.is_empty}


def _placed(row: Mapping[str, Any]) -> Placed:
    if row["side"] not in SIDES:
        raise ValueError(f"there is no side {row['side']}")
    return Placed(
        row["side"], str(row["group"]), row.get("unit"), str(row["hash"]), str(row["pixels"]), bool(row["empty"]),
        row.get("fold"),
    )  # fmt: skip
