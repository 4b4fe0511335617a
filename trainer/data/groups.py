"""Groups of frames that stand together on one side of a split, and what leaks where they do not.

A group is all that is connected: frames of one exam (or sequence, or centre), and near-duplicates by perceptual hash. A
hash finds duplicates, not patients: where the exam is unknown, numbers are optimistic and reports say so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from trainer.data.duplicates import NEAR, connected, near_pairs, perceptual_hash
from trainer.data.folders import Pair, read_image
from trainer.data.frames import in_threads
from trainer.errors import DataError

Source = Literal["exam", "sequence", "centre", "hash"]
KINDS: Final[dict[str, tuple[Source, ...]]] = {
    "auto": ("exam", "sequence"), "exam": ("exam",), "sequence": ("sequence",), "centre": ("centre",), "hash": (),
}  # fmt: skip
"""What `--by` looks for in a frame, the first found counts. A centre is never taken unasked: with a few hospitals whole
sides would stand and fall with one of them."""


@dataclass(frozen=True, slots=True)
class Groups:
    """`of`: the group of each key. `source`: what its group is: an exam, sequence or centre, or only a hash."""

    of: Mapping[str, str]
    source: Mapping[str, Source]


@dataclass(frozen=True, slots=True)
class Leak:
    """Two frames on different sides that look alike; `bits`: how many of 64 differ."""

    train: str
    test: str
    bits: int


def unit_name(pair: Pair, *, by: str) -> str | None:
    """`exam:dataset/key`, or sequence or centre; None where the frame says nothing about it."""
    if by not in KINDS:
        raise DataError("split.by", f"Groups are not made by '{by}'.", f"Choose {', '.join(KINDS)}.")
    found = next(((kind, key) for kind in KINDS[by] if (key := pair.unit(kind)) is not None), None)
    return None if found is None else f"{found[0]}:{pair.dataset}/{found[1]}"


def source_of(group: str) -> Source:
    """What a group is, by its name."""
    kind = group.partition(":")[0]
    sources: tuple[Source, ...] = ("exam", "sequence", "centre")
    return next((source for source in sources if source == kind), "hash")


def edges_between(units: Sequence[str | None], hashes: NDArray[np.uint8]) -> Iterator[tuple[int, int]]:
    """Numbers of frames that belong together: of one unit, or near by `hashes` `(n, 64)` of 0 and 1."""
    first: dict[str, int] = {}
    for number, unit in enumerate(units):
        if unit is not None:
            yield first.setdefault(unit, number), number
    yield from near_pairs(hashes, hashes)


def group_name(keys: Sequence[str], units: Sequence[str | None]) -> str:
    """The name of a new group: its smallest unit; where no exam is known, its smallest frame."""
    known = [unit for unit in units if unit is not None]
    return min(known) if known else f"hash:{min(keys)}"


def groups_of(pairs: Sequence[Pair], *, by: str = "auto", hashes: NDArray[np.uint8] | None = None) -> Groups:
    """Groups of frames by exam or sequence where those are known, and by near-duplicates.

    `hashes`: `(n, 64)` where they are known already. Raises DataError for an unknown `by` or an unreadable image.
    """
    units = [unit_name(pair, by=by) for pair in pairs]
    roots = connected(len(pairs), edges_between(units, hashes_of(pairs) if hashes is None else hashes))
    members: dict[int, list[int]] = {}
    for number, root in enumerate(roots):
        members.setdefault(root, []).append(number)
    names = {
        root: group_name([pairs[number].key for number in inside], [units[number] for number in inside])
        for root, inside in members.items()
    }
    of = {pair.key: names[root] for pair, root in zip(pairs, roots, strict=True)}
    return Groups(of, {key: source_of(group) for key, group in of.items()})


def hashes_of(pairs: Sequence[Pair]) -> NDArray[np.uint8]:
    """`(n, 64)` perceptual hashes of 0 and 1. Raises DataError when an image cannot be read."""
    rows = list(in_threads(lambda pair: perceptual_hash(read_image(pair.image)), pairs))
    return np.stack(rows) if rows else np.zeros((0, 64), np.uint8)


def leak_report(train_pairs: Sequence[Pair], test_pairs: Sequence[Pair]) -> list[Leak]:
    """Near-duplicates across the two sides, the nearest first; a frame that stands on both is one with 0 bits."""
    train, test = hashes_of(train_pairs), hashes_of(test_pairs)
    found = [
        Leak(train_pairs[a].key, test_pairs[b].key, int((train[a] != test[b]).sum()))
        for a, b in near_pairs(train, test, near=NEAR)
    ]
    return sorted(found, key=lambda leak: (leak.bits, leak.train, leak.test))
