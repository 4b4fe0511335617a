"""What an edit costs a hand: the keystroke-level model of Card, Moran and Newell (1980, CACM 23(7), table 1).

Their operators, in seconds: a key of an average typist, pointing with a mouse, drawing n straight segments of together
l centimetres, mental preparation. A button press or release is the B of Kieras (2001), "Using the keystroke-level model
to estimate execution times". Not in the model: looking, doubting and being interrupted.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from polypviewer.core.geometry import Point

KEY_S: Final = 0.28
POINT_S: Final = 1.1
BUTTON_S: Final = 0.1
SEGMENT_S: Final = 0.9
DRAW_S_PER_CM: Final = 0.16
MENTAL_S: Final = 1.35
SCREEN_PX_PER_CM: Final = 96 / 2.54
CORNER_PX: Final = 12.0
"""A drawn path counts as many straight segments as remain when it is simplified to so many screen pixels."""


@dataclass(frozen=True, slots=True)
class Effort:
    """`path_cm`: how far the pressed mouse travelled on the screen."""

    strokes: int = 0
    path_cm: float = 0.0
    seconds: float = 0.0

    def plus(self, other: Effort) -> Effort:
        """Both, one after the other."""
        return Effort(self.strokes + other.strokes, self.path_cm + other.path_cm, self.seconds + other.seconds)


def key() -> Effort:
    """One key."""
    return Effort(seconds=KEY_S)


def click() -> Effort:
    """Aim and click; deciding where is counted apart."""
    return Effort(1, 0.0, POINT_S + 2 * BUTTON_S)


def thought() -> Effort:
    """Look and decide what comes next."""
    return Effort(seconds=MENTAL_S)


def drag(path: Sequence[Point], *, zoom: float) -> Effort:
    """Aim, press, draw along a path in image coordinates, release. `zoom`: screen pixels for one image pixel."""
    length = sum(math.dist((a.x, a.y), (b.x, b.y)) for a, b in itertools.pairwise(path)) * zoom
    centimetres = length / SCREEN_PX_PER_CM
    drawing = SEGMENT_S * segments(path, zoom=zoom) + DRAW_S_PER_CM * centimetres if length else 0.0
    return Effort(1, centimetres, POINT_S + 2 * BUTTON_S + drawing)


def segments(path: Sequence[Point], *, zoom: float) -> int:
    """How many straight segments the path has for a hand."""
    if len(path) < 2:
        return 0
    points = np.array([(point.x, point.y) for point in path], np.float32) * zoom
    return max(1, len(cv2.approxPolyDP(points.reshape(-1, 1, 2), CORNER_PX, closed=False)) - 1)
