"""Near-duplicates by perceptual hash: inside the judged frames, and between them and the frames of a training.

A hash finds duplicates, not patients: a report without a leak is no proof that no patient stands on both sides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trainer.data.duplicates import near_pairs
from trainer.data.folders import find_pairs
from trainer.data.groups import hashes_of


@dataclass(frozen=True, slots=True)
class Near:
    """Two frames that look alike; `bits`: how many of 64 differ."""

    judged: str
    other: str
    bits: int


def near_frames(
    keys: Sequence[str], hashes: NDArray[np.uint8], other_keys: Sequence[str], others: NDArray[np.uint8]
) -> list[Near]:
    """Frames of the two sets that look alike, nearest first; a frame is not near itself, and a pair comes once."""
    found: dict[tuple[str, str], Near] = {}
    for a, b in near_pairs(hashes, others):
        one, other = keys[a], other_keys[b]
        if one != other and (other, one) not in found:
            found[(one, other)] = Near(one, other, int((hashes[a] != others[b]).sum()))
    return sorted(found.values(), key=lambda near: (near.bits, near.judged, near.other))


def training_leaks(
    keys: Sequence[str], hashes: NDArray[np.uint8], folders: Mapping[str, Path]
) -> tuple[int, list[Near]]:
    """How many training frames there are apart from the judged ones, and which of them nearly repeat a judged one.

    A frame of the folders whose key is judged is held out of them, so it is no leak.
    """
    pairs = [pair for name, folder in folders.items() for pair in find_pairs(folder, name=name, may_lack_masks=True)]
    apart = [pair for pair in pairs if pair.key not in set(keys)]
    return len(apart), near_frames(keys, hashes, [pair.key for pair in apart], hashes_of(apart))
