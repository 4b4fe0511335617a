"""Mucosa without a polyp, cut out of frames that hold one: empty frames for data that has hardly any.

A frame gives at most one crop, and always the same one: its key decides. What is cut is part of the field of view's
box, rim and dark corners included where they fall into it, since a crop without them would be told from a whole frame
by that alone. It holds no pixel of a lesion, none that is ignored, none near either, and no inset.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from trainer.data.folders import Pair, read_pair
from trainer.data.frames import Frames, in_threads, whole_frame
from trainer.errors import DataError
from trainer.pixels.field_of_view import Box, FieldOfView, find_field_of_view
from trainer.pixels.geometry import network_input
from trainer.pixels.metrics import IGNORE
from trainer.pixels.split import stable_fraction

SMALLEST: Final = 0.4
"""Sides of a crop as shares of the field's, at least: below that mucosa is magnified as no endoscope shows it."""
LARGEST: Final = 0.9
STRETCH: Final = 1.25
"""How far height and width of a crop may differ, as shares of the field's."""
MARGIN: Final = 0.02
"""Distance from a lesion, in shorter sides of the field: masks are drawn by hand, and a polyp's rim is no mucosa."""
SEEN: Final = 0.75
"""Share of a crop that the endoscope sees, at least."""
TRIES: Final = 256


@dataclass(frozen=True, slots=True)
class Crop:
    """Mucosa of a frame. `key`: of that frame. `box`: in its pixels. `share`: of the box of its field of view, 0..1."""

    key: str
    box: Box
    share: float


@dataclass(frozen=True, slots=True, eq=False)
class Mucosa:
    """A crop with what it is cut from: `image` `(h, w, 3)` uint8 RGB, the whole frame; `field`: its box is the crop's.

    `network_input(image, field, ...)` is therefore the crop as a network sees it.
    """

    crop: Crop
    image: NDArray[np.uint8]
    field: FieldOfView


def mucosa_box(label: NDArray[np.uint8], field: FieldOfView, *, key: str) -> Box | None:
    """The largest of `TRIES` boxes in the field that hold no pixel of a lesion; None where all of them do.

    `label`: `(h, w)` uint8 LabelMap. `key` decides which boxes are tried.
    """
    tried = _tried(field.box, key)
    left, top, right, bottom = tried.T
    sizes = (right - left) * (bottom - top)
    free = _sums(_forbidden(label, field), tried) == 0
    seen = _sums(field.mask.astype(np.uint8), tried) >= SEEN * sizes
    fitting = np.flatnonzero(free & seen)
    if not len(fitting):
        return None
    return Box(*(int(edge) for edge in tried[fitting[np.argmax(sizes[fitting])]]))


def _forbidden(label: NDArray[np.uint8], field: FieldOfView) -> NDArray[np.uint8]:
    """1 near a lesion or an ignored pixel, and under insets."""
    reach = 2 * round(MARGIN * min(field.box.width, field.box.height)) + 1
    near = cv2.dilate((label > 0).astype(np.uint8), np.ones((reach, reach), np.uint8))
    for inset in field.insets:
        near[inset.top : inset.bottom, inset.left : inset.right] = 1
    return np.asarray(near, np.uint8)


def _tried(box: Box, key: str) -> NDArray[np.int64]:
    """`(TRIES, 4)` boxes as left, top, right, bottom."""
    seed = int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big")
    rng = np.random.default_rng(seed)
    share = rng.uniform(SMALLEST, LARGEST, TRIES)
    stretch = np.exp(rng.uniform(-np.log(STRETCH), np.log(STRETCH), TRIES) / 2)
    width = np.ceil(np.clip(share * stretch, SMALLEST, LARGEST) * box.width)
    height = np.ceil(np.clip(share / stretch, SMALLEST, LARGEST) * box.height)
    left = box.left + np.floor(rng.random(TRIES) * (box.width - width + 1))
    top = box.top + np.floor(rng.random(TRIES) * (box.height - height + 1))
    return np.stack([left, top, left + width, top + height], axis=1).astype(np.int64)


def _sums(values: NDArray[np.uint8], boxes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The sum of `values` `(h, w)` in each of the boxes."""
    whole = cv2.integral(values).astype(np.int64)
    left, top, right, bottom = boxes.T
    return np.asarray(whole[bottom, right] - whole[top, right] - whole[bottom, left] + whole[top, left], np.int64)


def mucosa_of(pair: Pair, *, crop: bool = True) -> Mucosa | None:
    """The crop of a frame that holds a polyp; None where it holds none, or has no room for a crop.

    `crop`: as in a recipe; without it the field is the whole frame. Raises DataError for a frame that cannot be read.
    """
    image, label = read_pair(pair)
    if not ((label > 0) & (label < IGNORE)).any():
        return None
    field = find_field_of_view(image) if crop else whole_frame(image)
    box = mucosa_box(label, field, key=pair.key)
    if box is None:
        return None
    share = box.width * box.height / (field.box.width * field.box.height)
    return Mucosa(Crop(pair.key, box, share), image, dataclasses.replace(field, box=box))


def chosen_frames(pairs: Sequence[Pair], *, share: float) -> list[Pair]:
    """The pairs that are to give a crop: by the hash of their key, so that other frames change nothing."""
    return [pair for pair in pairs if stable_fraction(pair.key, salt="mucosa") < share]


def with_mucosa(
    frames: Frames, pairs: Sequence[Pair], *, share: float, crop: bool = True, threads: int = 0
) -> tuple[Frames, list[Crop]]:
    """The frames and the crops of mucosa from `share` (0..1) of `pairs`, as empty frames of the key `FRAME#0`.

    `pairs`: those that `frames` were made of, on disk: crops are cut at their own size. Raises DataError when the share
    is none.
    """
    if not 0 <= share <= 1:
        raise DataError("data.negatives", f"A share of {share} of the frames cannot give mucosa.", "Give 0 to 1.")
    side = frames.images.shape[1]

    def cut(pair: Pair) -> tuple[Crop, NDArray[np.uint8]] | None:
        found = mucosa_of(pair, crop=crop)
        if found is None:
            return None
        return found.crop, network_input(found.image, found.field, height=side, width=side)

    cuts = [one for one in in_threads(cut, chosen_frames(pairs, share=share), threads=threads) if one is not None]
    if not cuts:
        return frames, []
    images = np.stack([image for _, image in cuts])
    both = Frames(
        (*frames.keys, *(f"{taken.key}#0" for taken, _ in cuts)),
        np.concatenate([frames.images, images]),
        np.concatenate([frames.labels, np.zeros(images.shape[:3], np.uint8)]),
        np.concatenate([frames.weights, np.ones(len(cuts), np.float32)]),
    )
    return both, [taken for taken, _ in cuts]
