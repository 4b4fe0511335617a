"""Which frames a bundle has learned from, as far as its card proves it.

A card holds a digest over the names and bytes of the frames of each data set that taught or chose. Where that is the
digest of a selection known here (all frames, all but the held-out tenth, some centres), the frames are known one by
one; where it is not, nothing of that data set may be called unseen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import cast

from benchmarks.folds.plan import CENTRES, CLINICDB, KVASIR, POLYPGEN, TENTH, Sources
from trainer.cards import data_digest
from trainer.data.folders import Pair
from trainer.evaluation.selection import ONE_SOURCE

__all__ = ["why_not_unseen"]

Row = Mapping[str, object]


def why_not_unseen(card: Mapping[str, object], pairs: Sequence[Pair], sources: Sources) -> str | None:
    """Why the frames cannot be called unseen by the bundle with this card; None where the card proves that they are."""
    datasets = sorted({pair.dataset for pair in pairs})
    rows = [row for row in cast("Sequence[Row]", card.get("data") or ()) if dataset_of(str(row["name"])) in datasets]
    for row in rows:
        learned = _selection_of(row, sources)
        if learned is None:
            return (
                f"the card's digest of {row['name']} is of no selection of frames known here, so they may have taught"
            )
        seen = {pair.key for pair in learned} & {pair.key for pair in pairs}
        if seen:
            return f"{len(seen)} of these {len(pairs)} frames were trained on"
    return None


def dataset_of(name: str) -> str:
    """The data set that a card calls by this name; the name's letters where it is none of ours."""
    letters = re.sub("[^a-z]", "", name.lower())
    if ONE_SOURCE.match(letters):
        return KVASIR
    return next((known for known in (POLYPGEN, CLINICDB) if known in letters), letters)


def _selection_of(row: Row, sources: Sources) -> Sequence[Pair] | None:
    for pairs in _selections(dataset_of(str(row["name"])), sources):
        if len(pairs) == row["frames"] and data_digest(pairs) == row["digest"]:
            return pairs
    return None


def _selections(dataset: str, sources: Sources) -> Iterator[list[Pair]]:
    """Every selection of a data set that a bundle may have been taught with."""
    yield sources.pairs(dataset)
    if dataset == KVASIR:
        tenth = {pair.key for pair in sources.pairs(TENTH)}
        yield [pair for pair in sources.pairs(KVASIR) if pair.key not in tenth]
    if dataset == POLYPGEN:
        for number in range(1, len(CENTRES)):
            for centres in combinations(CENTRES, number):
                yield [pair for pair in sources.pairs(POLYPGEN) if pair.unit("centre") in centres]
