"""Which frames are judged: data folders, a list or a side of a split, and each frame once.

Kvasir-SEG and the segmented images of HyperKvasir are the same frames under the same names (Borgli et al. 2020): they
are one source, and count once.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from trainer.data.folders import Pair, find_pairs, only, read_list
from trainer.data.splits import SIDES
from trainer.errors import DataError

ONE_SOURCE = re.compile(r"^(hyper)?kvasir(seg|segmented(images)?)?$")
"""Names of data sets, as letters alone, that are Kvasir-SEG."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A frame that is not judged because another one stands for it."""

    key: str
    same_as: str
    why: str


@dataclass(frozen=True, slots=True)
class Selection:
    """The frames to judge, and in words how they were chosen."""

    pairs: tuple[Pair, ...]
    dropped: tuple[Dropped, ...]
    words: str


def select(
    data: Mapping[str, Path], *, listed: Path | None = None, sides: Mapping[str, str] | None = None, side: str = "test"
) -> Selection:
    """All frames of the folders, or those that a list names, or those on one side of a split; each frame once.

    `sides`: key to side, as a split file has them. Raises DataError when nothing is left, or a listed frame is missing.
    """
    pairs = [pair for name, folder in data.items() for pair in find_pairs(folder, name=name)]
    words = f"all {len(pairs)} frames of {', '.join(data)}"
    if listed is not None:
        pairs = only(pairs, read_list(listed))
        words = f"{len(pairs)} frames that the list {listed.name} names, of {', '.join(data)}"
    if sides is not None:
        pairs = on_side(pairs, sides, side)
        words = f"{len(pairs)} frames on the side '{side}' of the split, of {', '.join(data)}"
    if not pairs:
        raise DataError("data.empty", f"No frames of {', '.join(data)} are listed.", "Check the list or the split.")
    kept, dropped = each_once(pairs)
    return Selection(tuple(kept), tuple(dropped), words)


def on_side(pairs: Sequence[Pair], sides: Mapping[str, str], side: str) -> list[Pair]:
    """The pairs that a split puts on this side. Raises DataError when it knows none of them, or no such side."""
    if side not in SIDES:
        raise DataError("data.side", f"A split has no side '{side}'.", f"Choose {', '.join(SIDES)}.")
    if not any(pair.key in sides for pair in pairs):
        raise DataError(
            "data.split",
            f"The split knows no frame of {', '.join(sorted({pair.dataset for pair in pairs}))}.",
            "Give the data by the names in the split: --data NAME=FOLDER.",
        )
    return [pair for pair in pairs if sides.get(pair.key) == side]


def each_once(pairs: Sequence[Pair]) -> tuple[list[Pair], list[Dropped]]:
    """The pairs without those whose frame came before: the same source and name, or the same bytes."""
    seen: dict[str, str] = {}
    kept, dropped = [], []
    for pair in pairs:
        marks = {f"source:{source_id(pair)}": "one source", f"bytes:{_digest(pair.image)}": "the same file"}
        known = next(((seen[mark], why) for mark, why in marks.items() if mark in seen), None)
        if known is None:
            seen |= dict.fromkeys(marks, pair.key)
            kept.append(pair)
        else:
            dropped.append(Dropped(pair.key, *known))
    return kept, dropped


def source_id(pair: Pair) -> str:
    """`source/stem`: where a frame comes from, whatever its data set is called."""
    letters = re.sub("[^a-z]", "", pair.dataset.lower())
    return f"{'kvasir' if ONE_SOURCE.match(letters) else pair.dataset}/{pair.stem}"


def frame_digest(pair: Pair) -> str:
    """16 hex digits of the bytes of image and mask: two reports judge the same frames only if these agree."""
    files = pair.files if pair.regions is None else (pair.image,)
    said = "".join(_digest(path) for path in files)
    return hashlib.sha256(f"{said}{pair.regions}".encode()).hexdigest()[:16]


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise DataError("data.read", f"{path} cannot be read: {error.strerror}.", "Check the path.") from error
