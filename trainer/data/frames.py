"""Frames in memory as the network sees them: cropped to the field of view, blanked, stretched, uint8."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from trainer.data.folders import Pair, read_pair
from trainer.pixels.field_of_view import FieldOfView, find_field_of_view
from trainer.pixels.geometry import network_input
from trainer.pixels.metrics import IGNORE


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """`images`: `(n, s, s, 3)` uint8 RGB; `labels`: `(n, s, s)` uint8 of 0, 1 and 255; `weights`: `(n,)` float32."""

    keys: tuple[str, ...]
    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    weights: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.keys)

    def subset(self, chosen: Sequence[int]) -> Frames:
        """Some of the frames, in the order given."""
        index = np.asarray(chosen, np.intp)
        keys = tuple(self.keys[number] for number in chosen)
        return Frames(keys, self.images[index], self.labels[index], self.weights[index])


def label_input(label: NDArray[np.uint8], field: FieldOfView, *, size: int) -> NDArray[np.uint8]:
    """A frame's LabelMap on the network's grid: `(size, size)` uint8 of 0 background, 1 lesion, 255 ignored."""
    box = field.box
    crop = label[box.top : box.bottom, box.left : box.right]
    lesion = ((crop > 0) & (crop < IGNORE)).astype(np.float32)
    small = (cv2.resize(lesion, (size, size), interpolation=cv2.INTER_AREA) >= 0.5).astype(np.uint8)
    ignored = cv2.resize(crop, (size, size), interpolation=cv2.INTER_NEAREST) == IGNORE
    small[ignored & (small == 0)] = IGNORE
    return small


def load_frames(pairs: Sequence[Pair], *, size: int, told: Callable[[int], None] | None = None) -> Frames:
    """Read all pairs into memory at `size` x `size`; `told` hears how many are done. Raises DataError on a bad one."""
    images = np.zeros((len(pairs), size, size, 3), np.uint8)
    labels = np.zeros((len(pairs), size, size), np.uint8)
    for number, pair in enumerate(pairs):
        image, label = read_pair(pair)
        field = find_field_of_view(image)
        images[number] = network_input(image, field, height=size, width=size)
        labels[number] = label_input(label, field, size=size)
        if told is not None:
            told(number + 1)
    return Frames(tuple(pair.key for pair in pairs), images, labels, np.ones(len(pairs), np.float32))
