"""A lesion grown from a few marked pixels: the random walker (Grady 2006) on a close-up.

Each pixel goes to the marks that a walk from it, shy of steps in colour, reaches first. The direct solver of
scikit-image is used: at this size it is as quick as the iterative ones and, unlike them, always takes as long.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from polypviewer.core.geometry import Rect
from polypviewer.core.label_map import Mask
from polypviewer.core.region import EMPTY_REGION, Region, Scene, region_of
from polypviewer.core.regions.close_up import CloseUp, close_up

Seeds = NDArray[np.uint8]

LESION_SEED: Final = 1
BACKGROUND_SEED: Final = 2
_MOST_PIXELS: Final = 10_000
_VIEW: Final = 0.8
"""Of the frame's shorter side: the window about a single click."""
_ROOM: Final = 2.5
"""Of the extent of the lesion's seeds: the window about many."""
_CLICK: Final = 0.08
_CLICK_COLOUR: Final = 10.0
"""Of the close-up's shorter side, and in Lab: how far a seed stands for what is about it."""
_MORE_MARKS: Final = 1.5
"""The first click stands for a part of the lesion; each further one, which corrects, for less."""
_OWN_SIDE: Final = 0.5
"""Of the distance to the other seeds: no seed stands for more."""
_SHYNESS: Final = 150.0
_ENOUGH_FOR_A_CLICK: Final = 0.35
_ENOUGH: Final = 0.45
"""Share of the walks that must reach the lesion, without and with seeds of the background: below a half, for the rim
outweighs a few seeds.
"""
_LIGHTNESS: Final = np.array((0.5, 1, 1), np.float32)


def grow_from_seeds(scene: Scene, seeds: Seeds) -> Region:
    """The lesion about the seeds, in the pieces that hold a seed of the lesion, inside the scene's limit.

    `seeds`: `(height, width)` uint8, 0 nothing, 1 lesion, 2 background. The rim of the window about the lesion's seeds
    is background too, unless one of them lies there; so one click is enough. Empty without a seed of the lesion and
    on a frame of one colour.
    """
    marked = region_of(seeds == LESION_SEED).rect
    if marked.is_empty:
        return EMPTY_REGION
    rect = _window(marked, scene.height, scene.width)
    seen = close_up(scene.image, rect, most_pixels=_MOST_PIXELS, sigma=0.8)
    lab = _LIGHTNESS * np.asarray(cv2.cvtColor(seen.image.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB))
    starts = _starts(scene, seeds, seen, lab)
    share = _share(lab, starts)
    enough = _ENOUGH if (seeds == BACKGROUND_SEED).any() else _ENOUGH_FOR_A_CLICK
    held = np.where(_pieces(share > enough, starts == LESION_SEED), share, 0)
    return seen.region(held * np.float32(0.5 / enough), inside=scene.limit)


def load_walker() -> None:
    """Import what the first click needs: half a second, better spent while the tool is chosen."""
    import skimage.segmentation  # noqa: F401 - the import is the work


def _window(marked: Rect, height: int, width: int) -> Rect:
    """A square about the seeds of the lesion, inside the frame."""
    side = max(_VIEW * min(height, width), _ROOM * max(marked.width, marked.height))
    x, y = marked.x + marked.width / 2, marked.y + marked.height / 2
    return Rect(round(x - side / 2), round(y - side / 2), round(side), round(side)).clipped(height, width)


def _starts(scene: Scene, seeds: Seeds, seen: CloseUp, lab: NDArray[np.float32]) -> NDArray[np.int32]:
    """Where walks end, `(n, m)` int32: 1 lesion, 2 background, 0 elsewhere."""
    lesion = seen.shrunk(seeds == LESION_SEED) > 0
    background = seen.shrunk(seeds == BACKGROUND_SEED) > 0
    starts = np.zeros(lesion.shape, np.int32)
    starts[:1], starts[-1:], starts[:, :1], starts[:, -1:] = (BACKGROUND_SEED,) * 4
    if scene.limit is not None:
        starts[seen.shrunk(scene.limit) < 0.5] = BACKGROUND_SEED
    starts[_alike(lab, lesion, others=background)] = LESION_SEED
    starts[_alike(lab, background, others=lesion)] = BACKGROUND_SEED
    starts[background] = BACKGROUND_SEED
    starts[lesion] = LESION_SEED
    return starts


def _alike(lab: NDArray[np.float32], seeds: Mask, *, others: Mask) -> Mask:
    """The seeds and what lies near them in place and colour, well on their side of the others."""
    if not seeds.any():
        return seeds
    away, own = _nearest(seeds, lab)
    marks = cv2.connectedComponents(seeds.view(np.uint8))[0] - 1
    near = away <= max(1.0, _CLICK * min(seeds.shape) / marks**_MORE_MARKS)
    if others.any():
        near &= away < _OWN_SIDE * _nearest(others, lab)[0]
    alike: Mask = near & (np.linalg.norm(lab - own, axis=2) < _CLICK_COLOUR)
    return alike


def _nearest(seeds: Mask, lab: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """For each pixel the distance from the nearest seed, and the colour of that seed."""
    away, numbers = cv2.distanceTransformWithLabels(
        (~seeds).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    colours = np.zeros((int(numbers.max()) + 1, 3), np.float32)
    colours[numbers[seeds]] = lab[seeds]
    return np.asarray(away, np.float32), np.asarray(colours[numbers], np.float32)


def _share(lab: NDArray[np.float32], starts: NDArray[np.int32]) -> NDArray[np.float32]:
    """The share of walks from each pixel that reach the lesion, `(n, m)` 0-1."""
    if np.ptp(lab.reshape(-1, 3), axis=0).max() < 1:
        return np.zeros(starts.shape, np.float32)
    if (starts != 0).all() or (starts != BACKGROUND_SEED).all():
        return np.asarray(starts == LESION_SEED, np.float32)
    from skimage.segmentation import random_walker

    found = random_walker(lab, starts, beta=_SHYNESS, mode="bf", channel_axis=2, return_full_prob=True)
    return np.asarray(found[0], np.float32)


def _pieces(mask: Mask, seeds: Mask) -> Mask:
    """The pieces of a mask that hold a seed."""
    number, parts = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    chosen = np.zeros(number, np.bool_)
    chosen[parts[seeds]] = True
    chosen[0] = False
    held: Mask = chosen[parts]
    return held
