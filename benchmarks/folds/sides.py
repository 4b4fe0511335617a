"""The split of a fold: what judges stands apart first, then whole groups choose or train."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks.folds.plan import CLINICDB, KVASIR, POLYPGEN, TENTH, Fold, Place, Sources
from trainer.data.folders import Pair
from trainer.data.groups import leak_report, unit_name
from trainer.data.scan import Seen, look_at
from trainer.data.split_file import read_split, split_of_list, write_split
from trainer.data.splits import Candidate, Rule, Split, leaks_of, make_split, sides_of
from trainer.errors import DataError
from trainer.files import write_whole

CHOOSING: Final = 0.1
"""Share of the groups that choose."""

Looks = dict[str, Seen]
"""What was seen of each frame by key, so that several folds look once."""


def split_of(fold: Fold, sources: Sources, place: Place, looks: Looks) -> Split:
    """The split of a fold, from its file where there is one. Raises DataError when near-duplicates stand apart.

    Writes `split.json` and the list of each judged set.
    """
    if place.split.is_file():
        split = read_split(place.split)
    else:
        split = made_split(fold, sources, looks)
        write_split(place.split, split)
    require_apart(split, place.split)
    for name in fold.judges:
        _write_stems(place.judged_list(name), judged_pairs(name, sources, split))
    return split


def made_split(fold: Fold, sources: Sources, looks: Looks) -> Split:
    """The tenth and every judged frame on the test side; groups that none of them is near choose or train.

    What nearly repeats a frame of the tenth joins it, what nearly repeats another judged frame is left out: neither is
    trained on, and neither judges.
    """
    apart = [name for name in fold.judges if name != TENTH]
    rule = Rule(validation=CHOOSING, test=0.0, leave_out=_left_out(fold))
    tenth = sources.pairs(TENTH) if fold.without_tenth else []
    forced = {pair.key for name in apart for pair in sources.pairs(name)}
    pairs = {pair.key: pair for name in (*fold.trains, *apart) for pair in sources.pairs(name)}
    pairs |= {pair.key: pair for pair in tenth}
    seen = _seen(list(pairs.values()), looks)
    candidates = [_candidate(pair, seen, must_test=pair.key in forced) for pair in pairs.values()]
    known = {pair.key for pair in tenth}
    previous = None
    if tenth:
        previous = split_of_list(sources.tenth, [one for one in candidates if one.key in known], rule)
    return make_split(sorted(candidates, key=lambda one: not one.must_test), rule, previous=previous)


def _left_out(fold: Fold) -> str:
    if fold.centre:
        return f"centre={fold.centre}"
    others = [name for name in fold.judges if name != TENTH]
    return f"dataset={','.join(others)}" if others else ""


def _seen(pairs: Sequence[Pair], looks: Looks) -> Mapping[str, Seen]:
    new = [pair for pair in pairs if pair.key not in looks]
    looks.update(zip((pair.key for pair in new), look_at(new), strict=True))
    return looks


def _candidate(pair: Pair, seen: Mapping[str, Seen], *, must_test: bool) -> Candidate:
    one = seen[pair.key]
    return Candidate(pair.key, unit_name(pair, by="auto"), one.bits, one.pixels, one.is_empty, must_test)


def require_apart(split: Split, path: Path) -> None:
    """Raises DataError when near-duplicates stand on different sides of a split."""
    leaks = leaks_of(split)
    if leaks:
        raise DataError(
            "folds.leak",
            f"{len(leaks)} pairs of frames in {path} nearly repeat each other on two sides, such as {leaks[0].train} "
            f"and {leaks[0].test}.",
            "Take the fold's folder away and let it be made anew.",
        )


def training_pairs(fold: Fold, sources: Sources, split: Split) -> tuple[list[Pair], list[Pair]]:
    """The frames that train and those that choose."""
    sides = sides_of([pair for name in fold.trains for pair in sources.pairs(name)], split)
    return sides["train"], sides["validation"]


def judged_pairs(name: str, sources: Sources, split: Split) -> list[Pair]:
    """The frames of a judged set, those left out as copies of others not among them."""
    return [pair for pair in sources.pairs(name) if pair.key in split.frames and split.frames[pair.key].side == "test"]


def require_unseen(learned: Sequence[Pair], judged: Sequence[Pair]) -> None:
    """Raises DataError when a judged frame is, or nearly repeats, one that taught or chose: by their pixels of now."""
    leaks = leak_report(learned, judged)
    if leaks:
        first = leaks[0]
        raise DataError(
            "folds.leak",
            f"{len(leaks)} judged frames nearly repeat frames that taught or chose, such as {first.test} and "
            f"{first.train} ({first.bits} of 64 bits differ).",
            "The fold cannot be judged: take its folder away and train it again.",
        )


def _write_stems(path: Path, pairs: Sequence[Pair]) -> None:
    text = "".join(f"{pair.stem}\n" for pair in pairs)
    write_whole(path, lambda beside: beside.write_text(text, "utf-8"))


def data_folder_of(name: str, sources: Sources) -> tuple[str, Path]:
    """The data set that a judged set is of, and its folder."""
    dataset = POLYPGEN if name not in (TENTH, CLINICDB) else (KVASIR if name == TENTH else CLINICDB)
    return dataset, sources.folders[dataset]
