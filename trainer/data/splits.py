"""Which side of a split each frame stands on: decided by a hash of its group's name, remembered, never changed.

The file that a split was written to is its memory. Frames in it keep their side whatever is added; a new frame joins
the side of the frames that it belongs to (of one exam, or nearly the same), and a new group is placed by the hash of
its name. A new frame that nearly repeats frames of two sides would be a leak wherever it stood: it is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from trainer.data.duplicates import NEAR, connected, near_pairs
from trainer.data.folders import Pair
from trainer.data.groups import Leak, Source, edges_between, group_name, source_of
from trainer.data.scan import unpacked
from trainer.errors import DataError
from trainer.pixels.split import stable_fraction

Side = Literal["train", "validation", "test"]
SIDES: Final[tuple[Side, ...]] = ("train", "validation", "test")
Place = tuple[Side, int | None]
"""Side and fold; None where there are no folds, and on the test side."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A frame to be placed. `unit`: see `groups.unit_name`; `bits`, `pixels`: see `scan.Seen`.

    `must_test`: it is of the part that the split leaves out for testing.
    """

    key: str
    unit: str | None
    bits: str
    pixels: str
    is_empty: bool = False
    must_test: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """A frame on its side; `fold` is None without folds and on the test side."""

    side: Side
    group: str
    unit: str | None
    bits: str
    pixels: str
    is_empty: bool
    fold: int | None = None

    @property
    def place(self) -> Place:
        return self.side, self.fold

    @property
    def source(self) -> Source:
        """What its group is."""
        return source_of(self.group)


@dataclass(frozen=True, slots=True)
class Rule:
    """How new groups are placed: shares of the groups, 0..1; `folds`: 0 for none, at least 2."""

    validation: float = 0.1
    test: float = 0.1
    folds: int = 0
    salt: str = "polypviewer"
    by: str = "auto"
    leave_out: str = ""


@dataclass(frozen=True, slots=True)
class Split:
    """`frames`: every placed frame by key, those of earlier data included; `left_out`: key and why."""

    rule: Rule
    frames: Mapping[str, Placed]
    left_out: Mapping[str, str] = field(default_factory=dict)

    def keys_on(self, side: Side) -> list[str]:
        """Keys of one side, sorted."""
        return sorted(key for key, placed in self.frames.items() if placed.side == side)

    def sides(self) -> dict[str, Side]:
        """Side of each key."""
        return {key: placed.side for key, placed in self.frames.items()}


def make_split(candidates: Sequence[Candidate], rule: Rule, *, previous: Split | None = None) -> Split:
    """Place every candidate that `previous` does not know. Raises DataError for numbers that make no sense."""
    _check(candidates, rule, previous)
    frames = dict(previous.frames) if previous is not None else {}
    left_out: dict[str, str] = {}
    new = list(_first_of_each(candidates, frames, left_out))
    forced = [one for one in new if one.must_test]
    free = [one for one in new if not one.must_test]
    if forced:
        why = f"nearly repeats a frame of {rule.leave_out}"
        free = _apart_from(free, forced, left_out, why=why)
        elsewhere = [placed for placed in frames.values() if placed.side != "test"]
        forced = _apart_from(forced, elsewhere, left_out, why="nearly repeats a frame that trains or validates")
    for one in forced:
        frames[one.key] = _placed(one, ("test", None), rule.leave_out.replace("=", ":", 1))
    _join_units(free, frames, left_out)
    _place_rest([one for one in free if one.key not in frames and one.key not in left_out], frames, left_out, rule)
    return Split(rule, frames, left_out)


def _check(candidates: Sequence[Candidate], rule: Rule, previous: Split | None) -> None:
    if rule.validation < 0 or rule.test < 0 or rule.validation + rule.test >= 1:
        raise DataError("split.shares", "Validation and test together leave nothing to train on.", "Take less.")
    if rule.folds == 1 or rule.folds < 0:
        raise DataError("split.folds", f"{rule.folds} folds cannot be told apart.", "Take 2 or more, or none.")
    if previous is not None and previous.rule.folds != rule.folds:
        raise DataError(
            "split.folds",
            f"The previous split has {previous.rule.folds or 'no'} folds, not {rule.folds or 'none'}.",
            "Take the same number, or make a new split without --previous.",
        )
    if previous is None:
        return
    moved = sorted(
        one.key for one in candidates if one.must_test and one.key in previous.frames
        and previous.frames[one.key].side != "test"
    )  # fmt: skip
    if moved:
        raise DataError(
            "split.moves",
            f"{len(moved)} frames of {rule.leave_out} are not on the test side of the previous split.",
            "A frame never changes sides: leave something out in a new split, without --previous.",
        )


def _first_of_each(
    candidates: Sequence[Candidate], frames: Mapping[str, Placed], left_out: dict[str, str]
) -> Iterator[Candidate]:
    """The new candidates, each picture once: the same pixels, or one source's picture of the same name."""
    pictures = {placed.pixels: key for key, placed in frames.items()}
    named = {_source_name(key): (key, placed.bits) for key, placed in frames.items()}
    for one in candidates:
        if one.key in frames:
            continue
        twin = pictures.get(one.pixels)
        alias = named.get(_source_name(one.key))
        if twin is None and alias is not None and _distance(alias[1], one.bits) <= NEAR:
            twin = alias[0]
        if twin is not None:
            left_out[one.key] = f"the same picture as {twin}"
            continue
        pictures[one.pixels], named[_source_name(one.key)] = one.key, (one.key, one.bits)
        yield one


def _source_name(key: str) -> str:
    """Key under the name of where the pictures are from: HyperKvasir's segmented images are Kvasir-SEG's again."""
    dataset, _, stem = key.partition("/")
    return f"{'kvasir' if 'kvasir' in dataset.lower() else dataset}/{stem}"


def _distance(a: str, b: str) -> int:
    return (int(a, 16) ^ int(b, 16)).bit_count()


def _apart_from(
    free: Sequence[Candidate], others: Sequence[Candidate] | Sequence[Placed], left_out: dict[str, str], *, why: str
) -> list[Candidate]:
    """The frames of `free` that are of no unit of the others, and near none of them."""
    units = {one.unit for one in others if one.unit is not None}
    near = {row for row, _ in near_pairs(_hashes(free), _hashes(others))}
    near |= {number for number, one in enumerate(free) if one.unit in units}
    left_out.update({free[number].key: why for number in near})
    return [one for number, one in enumerate(free) if number not in near]


def _hashes(frames: Sequence[Candidate] | Sequence[Placed]) -> NDArray[np.uint8]:
    return unpacked([one.bits for one in frames])


def _join_units(free: Sequence[Candidate], frames: dict[str, Placed], left_out: dict[str, str]) -> None:
    """Place frames whose unit stands somewhere already; what nearly repeats frames of another place goes."""
    homes: dict[str, tuple[str, Place]] = {}
    for placed in frames.values():
        if placed.unit is not None:
            homes.setdefault(placed.unit, (placed.group, placed.place))
    joining = [one for one in free if one.unit in homes]
    settled = [_placed(one, homes[str(one.unit)][1], homes[str(one.unit)][0]) for one in joining]
    others = [*frames.values(), *settled]
    gone: set[int] = set()
    for row, at in near_pairs(_hashes(settled), _hashes(others)):
        later = at - len(frames)
        if settled[row].place != others[at].place and row not in gone and (later < row and later not in gone):
            gone.add(row)
            left_out[joining[row].key] = _bridge({settled[row].place, others[at].place})
    for number, (one, placed) in enumerate(zip(joining, settled, strict=True)):
        if number not in gone:
            frames[one.key] = placed


def _place_rest(free: Sequence[Candidate], frames: dict[str, Placed], left_out: dict[str, str], rule: Rule) -> None:
    """Place whole new groups: with the frames that they nearly repeat, or by the hash of their name."""
    old = list(frames.values())
    touched = _touched(free, old)
    kept = _without_bridges(free, touched, old, left_out)
    for group in _components([free[number] for number in kept]):
        numbers = [kept[inside] for inside in group]
        homes = sorted({(old[at].group, old[at].place) for number in numbers for at in touched[number]}, key=str)
        if homes:
            name, place = homes[0]
        else:
            name = group_name([free[n].key for n in numbers], [free[n].unit for n in numbers])
            place = _place_of(name, rule)
        for number in numbers:
            frames[free[number].key] = _placed(free[number], place, name)


def _touched(free: Sequence[Candidate], old: Sequence[Placed]) -> list[set[int]]:
    """For each new frame the numbers of the placed ones near it."""
    touched: list[set[int]] = [set() for _ in free]
    for row, at in near_pairs(_hashes(free), _hashes(old)):
        touched[row].add(at)
    return touched


def _without_bridges(
    free: Sequence[Candidate], touched: Sequence[set[int]], old: Sequence[Placed], left_out: dict[str, str]
) -> list[int]:
    """Numbers of the frames that can be placed: of a group that touches two places, those near the lesser one go."""
    kept: list[int] = []
    for group in _components(free):
        places = {number: {old[at].place for at in touched[number]} for number in group}
        counts = Counter(place for found in places.values() for place in found)
        home = min(counts, key=lambda place: (-counts[place], str(place)), default=None)
        for number in group:
            if places[number] <= {home}:
                kept.append(number)
            else:
                left_out[free[number].key] = _bridge(set(counts))
    return sorted(kept)


def _bridge(places: set[Place]) -> str:
    sides = sorted({side for side, _ in places})
    return f"nearly repeats frames of {' and '.join(sides) if len(sides) > 1 else 'two folds'}"


def _components(frames: Sequence[Candidate]) -> list[list[int]]:
    edges = edges_between([one.unit for one in frames], _hashes(frames))
    members: dict[int, list[int]] = {}
    for number, root in enumerate(connected(len(frames), edges)):
        members.setdefault(root, []).append(number)
    return list(members.values())


def _place_of(group: str, rule: Rule) -> Place:
    fraction = stable_fraction(group, salt=rule.salt)
    test = 0.0 if rule.leave_out else rule.test
    side: Side = "test" if fraction < test else "validation" if fraction < test + rule.validation else "train"
    if side == "test" or not rule.folds:
        return side, None
    return side, int(stable_fraction(group, salt=f"{rule.salt} fold") * rule.folds)


def _placed(one: Candidate, place: Place, group: str) -> Placed:
    return Placed(place[0], group, one.unit, one.bits, one.pixels, one.is_empty, place[1])


def leaks_of(split: Split) -> list[Leak]:
    """Near-duplicates on different sides (of folds as well), the nearest first; none unless `previous` had them."""
    rows = list(split.frames.items())
    hashes = _hashes([placed for _, placed in rows])
    found = [
        Leak(rows[a][0], rows[b][0], _distance(rows[a][1].bits, rows[b][1].bits))
        for a, b in near_pairs(hashes, hashes)
        if a < b and rows[a][1].place != rows[b][1].place
    ]
    return sorted(found, key=lambda leak: (leak.bits, leak.train, leak.test))


def sides_of(pairs: Sequence[Pair], split: Split, *, fold: int | None = None) -> dict[Side, list[Pair]]:
    """The pairs of each side. `fold`: this fold validates and all others train, instead of the sides of the file.

    Frames that were left out stand nowhere. Raises DataError when the split does not know a frame, or has no such fold.
    """
    if fold is not None and not 0 <= fold < split.rule.folds:
        raise DataError("split.fold", f"There is no fold {fold}.", f"The split has {split.rule.folds or 'no'} folds.")
    unknown = sorted(pair.key for pair in pairs if pair.key not in split.frames and pair.key not in split.left_out)
    if unknown:
        raise DataError(
            "split.unknown",
            f"{len(unknown)} frames are not in the split, such as '{unknown[0]}'.",
            "Bring it up to date: polyp-trainer split DATA... --previous FILE --out FILE.",
        )
    found: dict[Side, list[Pair]] = {side: [] for side in SIDES}
    for pair in pairs:
        placed = split.frames.get(pair.key)
        if placed is None:
            continue
        side = placed.side
        if fold is not None and side != "test":
            side = "validation" if placed.fold == fold else "train"
        found[side].append(pair)
    return found
