"""Groups of near-duplicate frames by perceptual hash, and a hold-out that cuts none of them.

A perceptual hash finds duplicates, not patients: a split made with it is optimistic, and cards say so.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from trainer.pixels.field_of_view import find_field_of_view
from trainer.pixels.geometry import network_input
from trainer.pixels.split import stable_fraction

NEAR = 6
"""Largest number of differing bits, of 64, between two frames of one group."""


def perceptual_hash(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """64 bits as `(64,)` uint8 of 0 and 1: signs of the low DCT terms of the field of view at 32x32 (pHash)."""
    small = network_input(image, find_field_of_view(image), height=32, width=32)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    low = cv2.dct(grey)[:8, :8].ravel()
    return np.asarray(low > np.median(low[1:]), np.uint8)


def group_near(keys: Sequence[str], hashes: NDArray[np.uint8], *, near: int = NEAR) -> list[str]:
    """The group of each frame: the smallest key that a chain of near hashes reaches. `hashes`: `(n, 64)` of 0 and 1."""
    signs = hashes.astype(np.float32) * 2 - 1
    distance = (hashes.shape[1] - signs @ signs.T) / 2
    parent = list(range(len(keys)))

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    for a, b in zip(*np.nonzero(np.triu(distance <= near, k=1)), strict=True):
        parent[root(int(a))] = root(int(b))
    smallest: dict[int, str] = {}
    for number in sorted(range(len(keys)), key=lambda n: keys[n]):
        smallest.setdefault(root(number), keys[number])
    return [smallest[root(number)] for number in range(len(keys))]


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
