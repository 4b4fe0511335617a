"""Groups of near-duplicate frames by perceptual hash, and a hold-out that cuts none of them.

A perceptual hash finds duplicates, not patients: a split made with it is optimistic, and cards say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from trainer.pixels.field_of_view import FieldOfView, find_field_of_view
from trainer.pixels.geometry import network_input
from trainer.pixels.split import stable_fraction

NEAR = 6
"""Largest number of differing bits, of 64, between two frames of one group."""
ROWS = 1024


def perceptual_hash(image: NDArray[np.uint8], field: FieldOfView | None = None) -> NDArray[np.uint8]:
    """64 bits as `(64,)` uint8 of 0 and 1: signs of the low DCT terms of the field of view at 32x32 (pHash).

    `field`: where it is known already.
    """
    small = network_input(image, field or find_field_of_view(image), height=32, width=32)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    low = cv2.dct(grey)[:8, :8].ravel()
    return np.asarray(low > np.median(low[1:]), np.uint8)


def group_near(keys: Sequence[str], hashes: NDArray[np.uint8], *, near: int = NEAR) -> list[str]:
    """The group of each frame: the smallest key that a chain of near hashes reaches. `hashes`: `(n, 64)` of 0 and 1."""
    groups = connected(len(keys), near_pairs(hashes, hashes, near=near))
    smallest: dict[int, str] = {}
    for number in sorted(range(len(keys)), key=lambda n: keys[n]):
        smallest.setdefault(groups[number], keys[number])
    return [smallest[group] for group in groups]


def near_pairs(hashes: NDArray[np.uint8], others: NDArray[np.uint8], *, near: int = NEAR) -> Iterator[tuple[int, int]]:
    """Rows of `hashes` `(n, 64)` and of `others` `(m, 64)`, of 0 and 1, that differ in at most `near` bits.

    Some rows at a time, so that tens of thousands of frames need no table of all pairs.
    """
    theirs = others.astype(np.float32).T * 2 - 1
    for first in range(0, len(hashes), ROWS):
        ours = hashes[first : first + ROWS].astype(np.float32) * 2 - 1
        distance = (hashes.shape[1] - ours @ theirs) / 2
        for row, column in zip(*np.nonzero(distance <= near), strict=True):
            yield first + int(row), int(column)


def connected(count: int, edges: Iterable[tuple[int, int]]) -> list[int]:
    """For each of `count` numbers one of those that a chain of `edges` reaches from it, the same for all of them."""
    parent = list(range(count))

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    for a, b in edges:
        parent[root(a)] = root(b)
    return [root(number) for number in range(count)]


def choose_holdout(keys: Sequence[str], groups: Sequence[str], *, dataset: str, frames: int, salt: str) -> list[str]:
    """`frames` keys of `dataset`, in whole groups, by stable hash; groups that reach into other data stay out."""
    members: dict[str, list[str]] = {}
    for key, group in zip(keys, groups, strict=True):
        members.setdefault(group, []).append(key)
    inside = {group: held for group, held in members.items() if all(key.startswith(f"{dataset}/") for key in held)}
    chosen: list[str] = []
    for group in sorted(inside, key=lambda name: stable_fraction(name, salt=salt)):
        if len(chosen) + len(inside[group]) <= frames:
            chosen += inside[group]
    return sorted(chosen)
