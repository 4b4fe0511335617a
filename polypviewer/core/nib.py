"""The nib: the tip of a brush."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from polypviewer.core.geometry import Point


@dataclass(frozen=True, slots=True)
class Nib:
    """`radius` in image pixels: of a disc, or half the side of an upright square.

    A tilted pen makes an ellipse of the disc: `radius * stretch` along `angle` (radians from x to y), `radius` across
    it. Squares are never tilted.
    """

    radius: float
    shape: Literal["round", "square"] = "round"
    stretch: float = 1.0
    angle: float = 0.0


Step = tuple[Point, Nib]
"""Where a stroke goes on to, and the nib that it has there."""
