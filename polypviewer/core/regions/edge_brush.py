"""A brush that stays in the colours of where it started, and on its side of the edges.

In the tip's window the smoothed colour is compared with the colour under the tip's core (which the hand holds inside
the lesion), strong edges are barriers, and what hangs together with the centre line of the stroke is taken. How far
the core itself may wander from the colour of the press is bounded. Specular spots are no edges: they are bridged.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from polypviewer.core.geometry import Point, Rect
from polypviewer.core.label_map import Mask
from polypviewer.core.paint import segment_rect
from polypviewer.core.region import EMPTY_REGION, Region, region_of

Bytes = NDArray[np.uint8]
Lab = NDArray[np.float32]

_LOOSE: Final = 7.0
_STRICT: Final = 2.5
"""How many standard deviations of the colour under the core are taken, at sensitivity 0 and 1."""
_LEAST_SPREAD: Final = np.array((1.8, 1.2, 1.2), np.float32)
_MOST_SPREAD: Final = 4.0
"""Lab units: tissue is never smoother than the first, and a core that lies across an edge counts as the second."""
_CORE: Final = 0.3
"""Of the radius: the part of the tip that the hand is taken to hold inside the lesion."""
_WIDE: Final = 40.0
_NARROW: Final = 10.0
"""How far a colour may lie from the reference of the stroke, likewise."""
_HUE: Final = np.array((0.5, 1, 1), np.float32)
"""Lightness counts less: light falls off over a polyp, its hue stays."""
_STRONG_EDGE: Final = 40.0
_FAINT_EDGE: Final = 12.0
"""Change in Lab units over the width of the smoothing that is a barrier, likewise."""
_GLARE_LIGHT: Final = 80.0
_GLARE_COLOUR: Final = 30.0
_DRIFT: Final = 0.1
_FARTHEST_DRIFT: Final = 0.5


def warm_up() -> None:
    """OpenCV makes its tables at their first use (some 35 ms): on a lane, before a hand waits for them."""
    tip = EdgeTip(np.zeros((32, 32, 3), np.uint8), Point(16, 16))
    tip.dab(Point(16, 16), Point(18, 16), 4.0, height=32, width=32)


class EdgeTip:
    """The tip of one stroke, made at the press; its reference colour follows the stroke slowly. One thread at a time.

    `image`: `(height, width, 3)` uint8 RGB, not painted. `sensitivity`: 0 (takes much) to 1 (holds at faint edges).
    """

    def __init__(self, image: Bytes, start: Point, *, sensitivity: float = 0.5) -> None:
        height, width = image.shape[:2]
        self._image = image
        self._sigma = max(0.8, min(height, width) / 600)
        self._spreads = _LOOSE + (_STRICT - _LOOSE) * sensitivity
        self._range = _WIDE + (_NARROW - _WIDE) * sensitivity
        self._edge = _STRONG_EDGE + (_FAINT_EDGE - _STRONG_EDGE) * sensitivity
        self._first = self._colour_at(start)
        self._reference = self._first

    def dab(self, a: Point, b: Point, radius: float, *, height: int, width: int) -> Region:
        """What the tip takes on its way from `a` to `b`: see the module.

        Pixels of the frame (`height`, `width`) whose centre lies within `radius` pixels of the segment, and the pixel
        under `b` where its colour fits the stroke. Empty where nothing fits.
        """
        rect = segment_rect(a, b, radius).clipped(height, width)
        if rect.is_empty:
            return EMPTY_REGION
        lab, glare = self._window(rect)
        tip = _tip(rect, a, b, radius)
        fits = self._like_the_stroke(lab) | glare
        core = fits & tip.core & ~glare
        near = fits & tip.near & (self._like_the_core(lab, core) | glare | (tip.line & fits))
        taken = _connected(near & ~self._barriers(lab, glare), tip.line & fits)
        taken = _filled_out(taken, tip.near, reach=math.ceil(2 * self._sigma))
        self._follow(lab, core)
        found = region_of(taken)
        left, top, *size = found.rect.x, found.rect.y, found.rect.width, found.rect.height
        return EMPTY_REGION if found.is_empty else Region(Rect(rect.x + left, rect.y + top, *size), found.mask)

    def _window(self, rect: Rect) -> tuple[Lab, Mask]:
        """Smoothed Lab, `(rect.height, rect.width, 3)`, and where glare is; no other pixels are looked at."""
        height, width = self._image.shape[:2]
        wider = rect.grown(math.ceil(3 * self._sigma)).clipped(height, width)
        colours = self._image[wider.slices].astype(np.float32) / np.float32(255)
        smooth = np.asarray(cv2.GaussianBlur(colours, (0, 0), self._sigma), np.float32)
        inner = smooth[rect.y - wider.y :, rect.x - wider.x :][: rect.height, : rect.width]
        lab = np.asarray(cv2.cvtColor(np.ascontiguousarray(inner), cv2.COLOR_RGB2LAB), np.float32)
        return lab, _glare(lab, grown_by=math.ceil(1.5 * self._sigma))

    def _colour_at(self, start: Point) -> Lab:
        """Median Lab of the pixels about `start` (brought inside the frame) that are no glare; of all, if all are."""
        height, width = self._image.shape[:2]
        x = min(max(math.floor(start.x), 0), width - 1)
        y = min(max(math.floor(start.y), 0), height - 1)
        reach = math.ceil(3 * self._sigma)
        lab, glare = self._window(Rect(x, y, 1, 1).grown(reach).clipped(height, width))
        if glare.all():
            lab, glare = self._window(Rect(x, y, 1, 1).grown(5 * reach).clipped(height, width))
        colours = lab.reshape(-1, 3) if glare.all() else lab[~glare]
        return np.asarray(np.median(colours, axis=0), np.float32)

    def _like_the_stroke(self, lab: Lab) -> Mask:
        """Where the colour lies within the range of the stroke's reference."""
        away = (lab - self._reference) * _HUE
        fits: Mask = np.einsum("yxc,yxc->yx", away, away) <= self._range**2
        return fits

    def _like_the_core(self, lab: Lab, core: Mask) -> Mask:
        """Where the colour lies as near to the mean under the core as its spread there allows."""
        if not core.any():
            return core
        mean, spread = cv2.meanStdDev(lab, mask=core.view(np.uint8))
        unit = np.clip(np.asarray(spread, np.float32).ravel(), _LEAST_SPREAD, _MOST_SPREAD)
        away = (lab - np.asarray(mean, np.float32).ravel()) / unit
        fits: Mask = np.einsum("yxc,yxc->yx", away, away) <= self._spreads**2
        return fits

    def _barriers(self, lab: Lab, glare: Mask) -> Mask:
        """Where the colour changes too quickly for the brush to pass; never in glare."""
        across = np.asarray(cv2.Sobel(lab, cv2.CV_32F, 1, 0, scale=0.125), np.float32)
        down = np.asarray(cv2.Sobel(lab, cv2.CV_32F, 0, 1, scale=0.125), np.float32)
        steepness = np.einsum("yxc,yxc->yx", across, across) + np.einsum("yxc,yxc->yx", down, down)
        barriers: Mask = (steepness > np.float32((self._edge / (5 * self._sigma)) ** 2)) & ~glare
        return barriers

    def _follow(self, lab: Lab, core: Mask) -> None:
        """Let the reference drift towards the core, but never far from where the stroke started."""
        if not core.any():
            return
        mean = np.asarray(cv2.mean(lab, core.view(np.uint8))[:3], np.float32)
        away = self._reference + (mean - self._reference) * np.float32(_DRIFT) - self._first
        reach = float(np.linalg.norm(away * _HUE))
        self._reference = self._first + away * np.float32(min(1.0, _FARTHEST_DRIFT * self._range / max(reach, 1e-6)))


@dataclass(frozen=True, slots=True, eq=False)
class _Tip:
    """Masks in the window of a dab: within the radius of the segment, within the core, on the centre line."""

    near: Mask
    core: Mask
    line: Mask


def _tip(rect: Rect, a: Point, b: Point, radius: float) -> _Tip:
    x = np.arange(rect.x, rect.right, dtype=np.float32)[None, :] + np.float32(0.5 - a.x)
    y = np.arange(rect.y, rect.bottom, dtype=np.float32)[:, None] + np.float32(0.5 - a.y)
    dx, dy = np.float32(b.x - a.x), np.float32(b.y - a.y)
    along = np.clip((x * dx + y * dy) / np.float32(max(float(dx * dx + dy * dy), 1e-6)), 0, 1)
    away = (x - along * dx) ** 2 + (y - along * dy) ** 2
    line = away <= np.float32(0.5)
    for end in (a, b):
        column, row = math.floor(end.x) - rect.x, math.floor(end.y) - rect.y
        if 0 <= row < rect.height and 0 <= column < rect.width:
            line[row, column] = True
    return _Tip((away <= np.float32(radius**2)) | line, (away <= np.float32((_CORE * radius) ** 2)) | line, line)


def _glare(lab: Lab, *, grown_by: int) -> Mask:
    """Specular spots: very bright and without much colour, with their halo."""
    colourless = np.abs(lab[..., 1]) + np.abs(lab[..., 2]) < np.float32(_GLARE_COLOUR)
    spots = ((lab[..., 0] > np.float32(_GLARE_LIGHT)) & colourless).view(np.uint8)
    return _dilated(spots, grown_by).view(np.bool_) if spots.any() else spots.view(np.bool_)


def _connected(free: Mask, seeds: Mask) -> Mask:
    """What of `free` hangs together with `seeds`, and the seeds."""
    _, parts = cv2.connectedComponents((free | seeds).view(np.uint8), connectivity=4, ltype=cv2.CV_32S)
    chosen = np.zeros(int(parts.max(initial=0)) + 1, np.bool_)
    chosen[parts[seeds]] = True
    chosen[0] = False
    connected: Mask = chosen[parts]
    return connected


def _filled_out(taken: Mask, near: Mask, *, reach: int) -> Mask:
    """`taken`, its gaps up to `reach` closed (vessels, pits), and one step onto the flank of the barriers."""
    grown = _dilated(taken.view(np.uint8), reach + 1)
    disc = _disc(reach)
    filled: Mask = (cv2.erode(grown, disc, borderType=cv2.BORDER_REPLICATE) > 0) & near | taken
    return filled


def _dilated(mask: Bytes, reach: int) -> Bytes:
    return np.asarray(cv2.dilate(mask, _disc(reach)), np.uint8)


def _disc(reach: int) -> Bytes:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1)), np.uint8)
