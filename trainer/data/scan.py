"""One look at every frame and mask: what splits, leak reports and plans need to know of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from trainer.data.duplicates import perceptual_hash
from trainer.data.folders import Pair, read_pair
from trainer.data.frames import in_threads
from trainer.pixels.field_of_view import find_field_of_view
from trainer.pixels.metrics import IGNORE

GREY_WITHIN = 4.0
"""Mean difference of the channels, of 255, up to which a frame counts as grey."""

SPECK: Final = 12
"""Pixels under which a component is a speck at the rim of a JPEG mask and no lesion of its own, unless it is all."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One frame. `bits`: perceptual hash, 16 hex digits. `pixels`: digest of the decoded pixels.

    `lesions`: shares of the seen field that each lesion (8-connected) covers, largest first. `ignored`: share of the
    frame. `field`: share of the frame inside the field of view. `insets`: rectangles painted over it.
    """

    key: str
    bits: str
    pixels: str
    height: int
    width: int
    lesions: tuple[float, ...]
    ignored: float
    field: float
    insets: int
    is_grey: bool

    @property
    def is_empty(self) -> bool:
        """No pixel of a lesion."""
        return not self.lesions


def look_at(pairs: Sequence[Pair], *, told: Callable[[int], None] | None = None, threads: int = 0) -> list[Seen]:
    """Every frame and its mask, in order. Raises DataError when some cannot be used."""
    seen = []
    for one in in_threads(look_at_one, pairs, threads=threads):
        seen.append(one)
        if told is not None:
            told(len(seen))
    return seen


def look_at_one(pair: Pair) -> Seen:
    """One frame and its mask. Raises DataError when it cannot be used."""
    image, label = read_pair(pair)
    field = find_field_of_view(image)
    height, width = label.shape
    lesion = ((label > 0) & (label < IGNORE)).astype(np.uint8)
    area = max(1, int(np.count_nonzero(field.seen())))
    return Seen(
        pair.key, packed(perceptual_hash(image, field)), hashlib.blake2b(image.tobytes(), digest_size=8).hexdigest(),
        height, width, _shares(lesion, area), float((label == IGNORE).mean()), float(field.mask.mean()),
        len(field.insets), _is_grey(image),
    )  # fmt: skip


def packed(bits: NDArray[np.uint8]) -> str:
    """`(64,)` of 0 and 1 as 16 hex digits."""
    return np.packbits(bits).tobytes().hex()


def unpacked(texts: Sequence[str]) -> NDArray[np.uint8]:
    """`(n, 64)` uint8 of 0 and 1 from hex digits. Raises ValueError when they are none."""
    rows = np.frombuffer(b"".join(bytes.fromhex(text) for text in texts), np.uint8).reshape(-1, 8)
    return np.unpackbits(rows, axis=1)


def _shares(lesion: NDArray[np.uint8], area: int) -> tuple[float, ...]:
    if not lesion.any():
        return ()
    _, _, stats, _ = cv2.connectedComponentsWithStats(lesion, connectivity=8)
    parts = sorted((int(part) for part in stats[1:, cv2.CC_STAT_AREA]), reverse=True)
    return tuple(part / area for part in parts if part >= min(SPECK, parts[0]))


def _is_grey(image: NDArray[np.uint8]) -> bool:
    few = image[::8, ::8].astype(np.int16)
    return bool((few.max(axis=-1) - few.min(axis=-1)).mean() <= GREY_WITHIN)
