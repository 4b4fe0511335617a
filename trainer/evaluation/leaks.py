"""Near-duplicates by perceptual hash: inside the judged frames, and between them and the frames of a training.

A hash finds duplicates, not patients: a report without a leak is no proof that no patient stands on both sides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trainer.data.duplicates import NEAR, perceptual_hash
from trainer.data.folders import Pair, find_pairs, read_image

WORKERS = 2


@dataclass(frozen=True, slots=True)
class Near:
    """Two frames that look alike; `bits`: how many of 64 differ."""

    judged: str
    other: str
    bits: int


def hashes_of(pairs: Sequence[Pair], *, told: Callable[[int], None] | None = None) -> NDArray[np.uint8]:
    """`(n, 64)` uint8 of 0 and 1, one row a frame."""
    rows = np.zeros((len(pairs), 64), np.uint8)
    with ThreadPoolExecutor(WORKERS) as workers:
        for number, row in enumerate(workers.map(_hash, pairs)):
            rows[number] = row
            if told is not None:
                told(number + 1)
    return rows


def near_pairs(
    keys: Sequence[str], hashes: NDArray[np.uint8], other_keys: Sequence[str], others: NDArray[np.uint8],
) -> list[Near]:  # fmt: skip
    """Frames of the two sets at most `NEAR` bits apart; a frame is not near itself, and a pair comes once."""
    if not len(keys) or not len(other_keys):
        return []
    ours, theirs = (side.astype(np.float32) * 2 - 1 for side in (hashes, others))
    bits = ((hashes.shape[1] - ours @ theirs.T) / 2).round().astype(int)
    found = {}
    for a, b in zip(*np.nonzero(bits <= NEAR), strict=True):
        one, other = keys[int(a)], other_keys[int(b)]
        if one != other and (other, one) not in found:
            found[(one, other)] = Near(one, other, int(bits[a, b]))
    return sorted(found.values(), key=lambda near: (near.bits, near.judged, near.other))


def training_leaks(
    keys: Sequence[str], hashes: NDArray[np.uint8], folders: Mapping[str, Path], *, told: Callable[[int], None]
) -> tuple[int, list[Near]]:
    """How many training frames there are apart from the judged ones, and which of them nearly repeat a judged one.

    A frame of the folders whose key is judged is held out of them, so it is no leak.
    """
    pairs = [pair for name, folder in folders.items() for pair in find_pairs(folder, name=name)]
    apart = [pair for pair in pairs if pair.key not in set(keys)]
    return len(apart), near_pairs(keys, hashes, [pair.key for pair in apart], hashes_of(apart, told=told))


def _hash(pair: Pair) -> NDArray[np.uint8]:
    return perceptual_hash(read_image(pair.image))
