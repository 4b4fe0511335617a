"""What a box around a lesion holds: GrabCut (Rother, Kolmogorov and Blake 2004) on a close-up."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from polypviewer.core.geometry import Rect
from polypviewer.core.label_map import Mask
from polypviewer.core.region import EMPTY_REGION, Region, Scene
from polypviewer.core.regions.close_up import CloseUp, biggest_part, close_up

_MOST_PIXELS: Final = 20_000
_ROUNDS: Final = 4
_MARGIN: Final = 0.25
"""Of the box: what is seen of its surroundings on each side; it is background."""
_CORE: Final = 0.7
_ROUND: Final = 0.9
_CORNER: Final = 1.3
"""Half axes, of the box's: inside the first ellipse all is lesion; outside the second it begins as background, and
outside the third, in the corners, it stays so.
"""
_SEED: Final = 4


def grabcut_region(
    scene: Scene, box: Rect, *, foreground: Mask | None = None, background: Mask | None = None
) -> Region:
    """The lesion that a box was drawn around, in one piece, inside the box and the scene's limit.

    `foreground`, `background`: `(height, width)` bool, pixels that the hand has marked as the lesion or as not; they
    count more than the box, whose middle is taken as the lesion as long as `foreground` is None. The same input always
    gives the same region. Empty for a box outside the frame, too small to hold two colours, or of one colour.
    """
    box = box.clipped(scene.height, scene.width)
    if min(box.width, box.height) < 3:
        return EMPTY_REGION
    wide = box.grown(8 + round(_MARGIN * max(box.width, box.height)))
    seen = close_up(scene.image, wide.clipped(scene.height, scene.width), most_pixels=_MOST_PIXELS, sigma=0.8)
    guess = _guess(seen, box, core=_CORE if foreground is None else 0.0)
    if foreground is not None:
        guess[(seen.shrunk(foreground) > 0.2) & (guess != cv2.GC_BGD)] = cv2.GC_FGD
    if background is not None:
        guess[seen.shrunk(background) > 0.2] = cv2.GC_BGD
    image = seen.image
    if scene.limit is not None:
        image = _beyond(seen, guess, within=seen.shrunk(scene.limit) > 0.5)
    lesion = _cut(image, guess)
    allowed = np.zeros((scene.height, scene.width), np.bool_)
    allowed[box.slices] = True if scene.limit is None else scene.limit[box.slices]
    return seen.region(biggest_part(lesion).astype(np.float32), inside=allowed)


def _guess(seen: CloseUp, box: Rect, *, core: float) -> NDArray[np.uint8]:
    """OpenCV's four classes over the close-up: an ellipse in the box is where a lesion would be."""
    rows, columns = np.ogrid[: seen.image.shape[0], : seen.image.shape[1]]
    across, down = seen.scale
    x = ((columns + 0.5) * across + seen.rect.x - box.x - box.width / 2) / (box.width / 2)
    y = ((rows + 0.5) * down + seen.rect.y - box.y - box.height / 2) / (box.height / 2)
    away = np.hypot(x, y)
    guess = np.where(away < _ROUND, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    guess[away < core] = cv2.GC_FGD
    guess[(away > _CORNER) | (np.abs(x) > 1) | (np.abs(y) > 1)] = cv2.GC_BGD
    return guess


def _beyond(seen: CloseUp, guess: NDArray[np.uint8], *, within: Mask) -> NDArray[np.uint8]:
    """The close-up with what lies beyond the limit made background, in the mean colour of the background.

    Black is no colour of tissue: left as it is, it would be all that the background learns.
    """
    guess[~within] = cv2.GC_BGD
    outside = within & (guess == cv2.GC_BGD)
    image = seen.image.copy()
    if outside.any():
        image[~within] = image[outside].mean(axis=0).astype(np.uint8)
    return image


def _cut(image: NDArray[np.uint8], guess: NDArray[np.uint8]) -> Mask:
    """Where GrabCut sees the lesion; nowhere if there are not both classes or not two colours."""
    likely = (guess == cv2.GC_FGD) | (guess == cv2.GC_PR_FGD)
    spread = np.ptp(image.reshape(-1, 3), axis=0).max(initial=0)
    if spread < 2 or likely.all() or not likely.any():
        return np.zeros(guess.shape, np.bool_)
    cv2.setRNGSeed(_SEED)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    try:
        cv2.grabCut(image, guess, (0, 0, 0, 0), *models, _ROUNDS, cv2.GC_INIT_WITH_MASK)
    except cv2.error:
        return np.zeros(guess.shape, np.bool_)
    lesion: Mask = (guess == cv2.GC_FGD) | (guess == cv2.GC_PR_FGD)
    return lesion
