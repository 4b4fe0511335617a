"""Frames whose polyp is painted over with mucosa of the same frame: whole empty frames, where there are hardly any.

A turned, mirrored and shifted copy of the frame is laid under the polyp where it shows mucosa, and its gradients are
blended in (Perez et al. 2003, Poisson image editing), so that light and colour go on over the border. Of many copies
the one is taken that fits best around the polyp.

A network could learn to see the patch instead of mucosa. So as many frames that keep their polyp get a patch elsewhere
(`decoyed`): a patch then says nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from trainer.data.frames import Frames, in_threads
from trainer.errors import DataError
from trainer.pixels.split import stable_fraction

SUFFIX: Final = "#erased"
"""What follows a frame's key in that of its twin without a polyp."""
MARGIN: Final = 0.025
"""Distance from the lesion that is painted over as well, in sides: its rim and its shadow would tell."""
LARGEST: Final = 0.35
"""Share of the grid above which there is not enough mucosa left to paint with."""
RING: Final = 9
"""Width in pixels of the ring around a patch in which copies are compared."""
KNOWN_RING: Final = 0.5
"""Share of the ring that a copy must show, at least."""
TRIES: Final = 96
AROUND: Final = 12
"""Pixels added on each side while blending: a patch may not touch the picture's edge."""
ERODED: Final = 7
"""Side of the square by which OpenCV 4 and 5 erode the mask of `seamlessClone` before they blend."""
DARK: Final = 3
"""Brightest channel up to which a pixel is one that was blanked."""

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]


class Maker(Protocol):
    """Another image of a frame, or None where it cannot be made."""

    def __call__(self, image: Image, label: NDArray[np.uint8], *, key: str) -> Image | None: ...


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """A frame on the network's grid: `image` `(s, s, 3)` uint8 RGB, `seen` and `lesion` `(s, s)` bool.

    `lesion`: pixels that no patch may come from, rim included. `filled`: the image without black where nothing is seen.
    """

    image: Image
    seen: Mask
    lesion: Mask
    filled: Image


def canvas_of(image: Image, label: NDArray[np.uint8]) -> Canvas:
    """A prepared frame and its label of 0, 1 and 255 as a Canvas."""
    side = image.shape[0]
    reach = 2 * round(MARGIN * side) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    lesion = cv2.dilate((label > 0).astype(np.uint8), kernel) > 0
    bright = (image.max(axis=2) > DARK).astype(np.uint8)
    seen = cv2.morphologyEx(bright, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8)) > 0
    return Canvas(image, seen, lesion, _filled(image, seen))


def _filled(image: Image, seen: Mask) -> Image:
    """The image with the nearest seen pixel wherever none is seen, so that black does not bleed into a patch."""
    if seen.all() or not seen.any():
        return image
    nearest = distance_transform_edt(~seen, return_distances=False, return_indices=True)
    return np.asarray(image[tuple(nearest)], np.uint8)


def erased(image: Image, label: NDArray[np.uint8], *, key: str) -> Image | None:
    """The frame without its lesions; None where it has none, or no mucosa fits over them. `key` decides the tries."""
    canvas = canvas_of(image, label)
    if not (label == 1).any() or canvas.lesion.mean() > LARGEST:
        return None
    return _painted(canvas, canvas.lesion, _rng(key, "erased"))


def decoyed(image: Image, label: NDArray[np.uint8], *, key: str) -> Image | None:
    """The frame with a patch of its lesions' shape on its mucosa, lesions as they were; None where none fits."""
    canvas, rng = canvas_of(image, label), _rng(key, "decoyed")
    if not (label == 1).any() or canvas.lesion.mean() > LARGEST:
        return None
    for move in _moves(image.shape[0], rng):
        patch = move(canvas.lesion.astype(np.uint8)) > 0
        whole = patch.sum() >= 0.9 * canvas.lesion.sum()
        if whole and not (patch & canvas.lesion).any() and canvas.seen[patch].mean() > 1 - MARGIN:
            return _painted(canvas, patch, rng)
    return None


def _painted(canvas: Canvas, patch: Mask, rng: np.random.Generator) -> Image | None:
    """The frame with `patch` blended over by the copy of it that fits best around; None where none fits."""
    ring = (cv2.dilate(patch.astype(np.uint8), np.ones((RING, RING), np.uint8)) > 0) & ~patch & canvas.seen
    odd = (canvas.lesion | ~canvas.seen | patch).astype(np.uint8)
    inside = patch & canvas.seen
    best, cost = None, np.inf
    for move in _moves(canvas.image.shape[0], rng):
        clean = (move(odd) == 0) & (move(np.ones_like(odd)) > 0)
        shown = ring & clean
        if not clean[inside].all() or shown.sum() < max(1, KNOWN_RING * ring.sum()):
            continue
        found = _misfit(move(canvas.image)[shown], canvas.image[shown])
        if found < cost:
            best, cost = move, found
    return None if best is None else _blended(canvas, patch, best(canvas.filled))


def _misfit(copy: Image, frame: Image) -> float:
    """How far two rows of pixels differ, in levels: in mean colour, and in what each does around it."""
    ours, theirs = copy.astype(np.float64), frame.astype(np.float64)
    means = np.abs(ours.mean(axis=0) - theirs.mean(axis=0)).sum()
    return float(means + 1.5 * np.abs((ours - ours.mean(axis=0)) - (theirs - theirs.mean(axis=0))).mean())


@dataclass(frozen=True, slots=True)
class _Move:
    """A quarter turn, a mirror, a shift in pixels; what comes from outside is 0."""

    turns: int
    mirrors: bool
    right: int
    down: int

    def __call__(self, values: NDArray[np.uint8]) -> NDArray[np.uint8]:
        turned = np.rot90(values, self.turns)
        turned = np.ascontiguousarray(turned[:, ::-1] if self.mirrors else turned)
        by = np.array([[1, 0, self.right], [0, 1, self.down]], np.float32)
        side = values.shape[0]
        return np.asarray(cv2.warpAffine(turned, by, (side, side), flags=cv2.INTER_NEAREST), np.uint8)


def _moves(side: int, rng: np.random.Generator) -> Iterator[_Move]:
    for _ in range(TRIES):
        turn, (right, down) = int(rng.integers(8)), rng.integers(-(side // 2), side // 2 + 1, 2).tolist()
        yield _Move(turn % 4, turn >= 4, right, down)


def _blended(canvas: Canvas, patch: Mask, copy: Image) -> Image:
    """The gradients of `copy` within the patch, the frame around it; what was not seen stays as it was."""

    def wider(values: NDArray[np.uint8], border: int) -> NDArray[np.uint8]:
        return np.asarray(cv2.copyMakeBorder(values, AROUND, AROUND, AROUND, AROUND, border), np.uint8)

    mask = wider(patch.astype(np.uint8) * 255, cv2.BORDER_CONSTANT)
    mask = np.asarray(cv2.dilate(mask, np.ones((ERODED, ERODED), np.uint8)), np.uint8)
    left, top, width, height = cv2.boundingRect(mask)
    middle = (left + width // 2, top + height // 2)
    whole = cv2.seamlessClone(
        wider(copy, cv2.BORDER_REFLECT), wider(canvas.filled, cv2.BORDER_REFLECT), mask, middle, cv2.NORMAL_CLONE
    )
    out = whole[AROUND:-AROUND, AROUND:-AROUND]
    return np.where((patch & canvas.seen)[..., None], out, canvas.image).astype(np.uint8)


def _rng(key: str, salt: str) -> np.random.Generator:
    digest = hashlib.blake2b(f"{salt} {key}".encode(), digest_size=8).digest()
    return np.random.default_rng(int.from_bytes(digest, "big"))


def with_erased(frames: Frames, *, share: float, threads: int = 0) -> tuple[Frames, dict[str, str]]:
    """The frames and, of `share` (0..1) of those with a polyp, a twin without it; as many others get a decoy.

    Which ones: by the hash of their keys. Also what was done, by key: "erased" or "decoyed". Raises DataError when the
    share is none.
    """
    if not 0 <= share <= 1:
        raise DataError("data.erased", f"A share of {share} of the frames cannot be erased.", "Give 0 to 1.")
    with_polyp = [number for number, label in enumerate(frames.labels) if (label == 1).any()]
    twins = _made(frames, with_polyp, erased, share=share, salt="erased", threads=threads)
    decoys = _made(frames, with_polyp, decoyed, share=share, salt="decoyed", threads=threads)
    if not twins:
        return frames, {}
    images = np.concatenate([frames.images, np.stack(list(twins.values()))])
    for number, image in decoys.items():
        images[number] = image
    both = Frames(
        (*frames.keys, *(f"{frames.keys[number]}{SUFFIX}" for number in twins)),
        images,
        np.concatenate([frames.labels, np.zeros((len(twins), *frames.labels.shape[1:]), np.uint8)]),
        np.concatenate([frames.weights, frames.weights[list(twins)]]),
    )
    done = {frames.keys[number]: "decoyed" for number in decoys}
    return both, done | {f"{frames.keys[number]}{SUFFIX}": "erased" for number in twins}


def _made(
    frames: Frames, numbers: Sequence[int], maker: Maker, *, share: float, salt: str, threads: int
) -> dict[int, Image]:
    """What `maker` makes of those of the frames whose key's hash is below the share; without those it can not."""
    chosen = [number for number in numbers if stable_fraction(frames.keys[number], salt=salt) < share]

    def make(number: int) -> Image | None:
        return maker(frames.images[number], frames.labels[number], key=frames.keys[number])

    made = zip(chosen, in_threads(make, chosen, threads=threads), strict=True)
    return {number: image for number, image in made if image is not None}
