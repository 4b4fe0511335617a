"""The endoscope's field of view (`fov-1`): where the frame shows tissue, and which insets lie over it.

The trainer's copy (twice on purpose). Specification: docs/formats.md, "From frame to mask";
golden vectors in tests/contract/golden_pixels.json.

The rule is plain on purpose. On a copy of 200 to 400 lines: near-black is outside; flat rectangles in a colour that
mucosa does not have (the green position inset, a blue message banner) are insets; an opening removes burnt-in text;
the convex hull of the largest bright component is the field of view, so a dark lumen inside stays inside.
Limits: white text written over tissue is not found, and a frame that is almost black is taken whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

WORKING_LINES = 200
NEAR_BLACK = 30
"""Brightest channel up to which a pixel counts as border: consoles paint borders up to a grey of about 20."""
SMALLEST_FIELD = 0.10
"""Share of the frame below which the largest bright component is not believed and the whole frame is taken."""
INSET_EXCESS = 30
INSET_SMALLEST = 0.004
INSET_LARGEST = 0.25
INSET_FILL = 0.80
INSET_FLATNESS = 24
INSET_FLAT_SHARE = 0.80


class Box(NamedTuple):
    """A rectangle in frame pixels, half-open: columns `left <= x < right`, rows `top <= y < bottom`."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top


@dataclass(frozen=True, slots=True, eq=False)
class FieldOfView:
    """What the endoscope sees in one frame.

    `box`: bounding box of `mask`. `mask`: `(height, width)` bool at frame size, convex, insets not cut out.
    `insets`: rectangles painted over the frame by the console.
    """

    box: Box
    mask: NDArray[np.bool_]
    insets: tuple[Box, ...]

    def seen(self) -> NDArray[np.bool_]:
        """`(height, width)` bool: inside the field of view and not under an inset."""
        seen = self.mask.copy()
        for inset in self.insets:
            seen[inset.top : inset.bottom, inset.left : inset.right] = False
        return seen


def find_field_of_view(image: NDArray[np.uint8]) -> FieldOfView:
    """The field of view of one frame; the whole frame when nothing better is found.

    `image`: `(height, width, 3)` uint8 RGB.
    """
    height, width = image.shape[:2]
    step = max(1, min(height, width) // WORKING_LINES)
    small = np.ascontiguousarray(image[::step, ::step])
    insets = _find_insets(small)
    bright = _bright(small)
    for inset in insets:
        bright[inset.top : inset.bottom, inset.left : inset.right] = 0
    frame_insets = tuple(_scaled(inset, step, height=height, width=width) for inset in insets)
    hull = _hull_of_largest(bright, step, height=height, width=width)
    if hull is None:
        return FieldOfView(Box(0, 0, width, height), np.ones((height, width), np.bool_), frame_insets)
    mask = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(mask, hull, 1)
    left, top = hull.min(axis=0)
    right, bottom = hull.max(axis=0) + 1
    return FieldOfView(Box(int(left), int(top), int(right), int(bottom)), mask.view(np.bool_), frame_insets)


def _bright(small: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """1 where the brightest channel is above near-black, text and specks opened away."""
    red, green, blue = cv2.split(small)
    brightest = cv2.max(cv2.max(red, green), blue)
    bright = (cv2.medianBlur(brightest, 3) > NEAR_BLACK).astype(np.uint8)
    return np.asarray(cv2.morphologyEx(bright, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8)), np.uint8)


def _hull_of_largest(bright: NDArray[np.uint8], step: int, *, height: int, width: int) -> NDArray[np.int32] | None:
    """Corner points `(n, 2)` as x, y in frame pixels, both ends included; None if nothing large enough is bright."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(bright, connectivity=8)
    if count < 2:
        return None
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    if stats[largest, cv2.CC_STAT_AREA] < SMALLEST_FIELD * bright.size:
        return None
    contours, _ = cv2.findContours((labels == largest).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    corners = np.concatenate([contour.reshape(-1, 2) for contour in contours]).astype(np.int32) * step
    far = step - 1
    reach = np.array([(0, 0), (far, 0), (0, far), (far, far)], np.int32)
    spread = (corners[np.newaxis] + reach[:, np.newaxis]).reshape(-1, 2)
    spread[:, 0] = np.minimum(spread[:, 0], width - 1)
    spread[:, 1] = np.minimum(spread[:, 1], height - 1)
    return np.asarray(cv2.convexHull(spread), np.int32).reshape(-1, 2)


def _find_insets(small: NDArray[np.uint8]) -> list[Box]:
    """Flat rectangles, in pixels of `small`, whose green or blue is clearly above their red."""
    red, green, blue = cv2.split(small)
    strange = (cv2.subtract(cv2.max(green, blue), red) > INSET_EXCESS).astype(np.uint8)
    if int(strange.sum()) < INSET_SMALLEST * strange.size:
        return []
    closed = cv2.morphologyEx(strange, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    closed = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    found = []
    for number in range(1, count):
        left, top, width, height, area = (int(value) for value in stats[number])
        if not INSET_SMALLEST * strange.size <= area <= INSET_LARGEST * strange.size:
            continue
        if area >= INSET_FILL * width * height and _is_flat(small[(labels == number) & (strange > 0)]):
            found.append(Box(left, top, left + width, top + height))
    return found


def _is_flat(colours: NDArray[np.uint8]) -> bool:
    """Whether most of `(n, 3)` colours lie close to their median: painted by a console, not seen by a camera."""
    distance = np.abs(colours.astype(np.int16) - np.median(colours, axis=0)).max(axis=1)
    return bool((distance <= INSET_FLATNESS).mean() >= INSET_FLAT_SHARE)


def _scaled(box: Box, step: int, *, height: int, width: int) -> Box:
    """A box of the working copy in frame pixels, one working pixel larger all round for the blurred rim."""
    return Box(
        max(0, (box.left - 1) * step),
        max(0, (box.top - 1) * step),
        min(width, (box.right + 1) * step),
        min(height, (box.bottom + 1) * step),
    )
