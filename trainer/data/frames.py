"""Frames in memory as the network sees them: cropped to the field of view, blanked, stretched, uint8."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from trainer.data.cache import Arrays, keep, kept, set_digest
from trainer.data.folders import Pair, Picture, read_image, read_pair
from trainer.errors import DataError
from trainer.pixels.field_of_view import Box, FieldOfView, find_field_of_view
from trainer.pixels.geometry import network_input
from trainer.pixels.metrics import IGNORE

Item = TypeVar("Item")
Done = TypeVar("Done")


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """`images`: `(n, s, s, 3)` uint8 RGB; `labels`: `(n, s, s)` uint8 of 0, 1 and 255; `weights`: `(n,)` float32."""

    keys: tuple[str, ...]
    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    weights: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def size_bytes(self) -> int:
        """Memory of images and labels."""
        return self.images.nbytes + self.labels.nbytes

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


def load_frames(
    pairs: Sequence[Pair], *, size: int, told: Callable[[int], None] | None = None, cache: Path | None = None,
    say: Callable[[str], None] = lambda _: None, threads: int = 0, crop: bool = True,
) -> Frames:  # fmt: skip
    """All pairs in memory at `size` x `size`, read by several threads; `told` hears how many are done.

    `cache`: a folder in which the prepared set is looked for and kept; then its arrays are memory-mapped. `say` hears a
    sentence on what the set weighs and whether the cache was used. `crop`: to the field of view, insets blanked; false
    stretches whole frames, for comparing with published numbers. Raises DataError when frames cannot be used, naming
    the first of them and how many there are.
    """
    threads = threads or default_threads()
    say(f"{len(pairs)} frames of {size}x{size} pixels take {len(pairs) * size * size * 4 / 1e6:.0f} MB.")
    digest = None if cache is None else set_digest(pairs, size=size, crop=crop, threads=threads)
    arrays = None
    if cache is not None and digest is not None:
        arrays = kept(cache, digest, count=len(pairs), size=size, say=say)
    if arrays is None:
        arrays = _prepared(pairs, size=size, crop=crop, told=told, threads=threads)
        if cache is not None and digest is not None:
            keep(cache, digest, arrays, say=say)
    return Frames(tuple(pair.key for pair in pairs), *arrays, np.ones(len(pairs), np.float32))


def load_pictures(pictures: Sequence[Picture], *, size: int, threads: int = 0) -> Frames:
    """Frames without masks: as `load_frames`, nothing being known of any pixel (labels are 255)."""
    images = np.zeros((len(pictures), size, size, 3), np.uint8)

    def prepare(item: tuple[int, Picture]) -> None:
        image = read_image(item[1].image)
        images[item[0]] = network_input(image, find_field_of_view(image), height=size, width=size)

    for _ in in_threads(prepare, list(enumerate(pictures)), threads=threads):
        pass
    labels = np.full(images.shape[:3], IGNORE, np.uint8)
    return Frames(tuple(picture.key for picture in pictures), images, labels, np.ones(len(pictures), np.float32))


def whole_frame(image: NDArray[np.uint8]) -> FieldOfView:
    """A field of view that takes everything."""
    height, width = image.shape[:2]
    return FieldOfView(Box(0, 0, width, height), np.ones((height, width), np.bool_), ())


def default_threads() -> int:
    """As many as the machine has processors, at most 8: beyond that the disk waits."""
    return min(8, os.cpu_count() or 1)


def _prepared(
    pairs: Sequence[Pair], *, size: int, crop: bool, told: Callable[[int], None] | None, threads: int
) -> Arrays:
    images = np.zeros((len(pairs), size, size, 3), np.uint8)
    labels = np.zeros((len(pairs), size, size), np.uint8)

    def prepare(item: tuple[int, Pair]) -> None:
        number, pair = item
        image, label = read_pair(pair)
        field = find_field_of_view(image) if crop else whole_frame(image)
        images[number] = network_input(image, field, height=size, width=size)
        labels[number] = label_input(label, field, size=size)

    for done, _ in enumerate(in_threads(prepare, list(enumerate(pairs)), threads=threads), 1):
        if told is not None:
            told(done)
    return images, labels


def in_threads(work: Callable[[Item], Done], items: Sequence[Item], *, threads: int = 0) -> Iterator[Done]:
    """`work` of each item, in order, by several threads. All are tried; one DataError tells of all that failed."""
    failed: list[DataError] = []
    pool = ThreadPoolExecutor(threads or default_threads())
    try:
        for future in [pool.submit(work, item) for item in items]:
            try:
                yield future.result()
            except DataError as error:
                failed.append(error)
    finally:
        pool.shutdown(cancel_futures=True)
    if len(failed) == 1:
        raise failed[0]
    if failed:
        first = failed[0]
        raise DataError(
            first.code, f"{len(failed)} of {len(items)} frames cannot be used; the first: {first.message}", first.cure
        ) from first
