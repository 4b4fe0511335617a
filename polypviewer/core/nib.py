"""The nib: the tip of a brush."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Nib:
    """`radius` in image pixels; `stretch` and `angle` (radians): a tilted pen's ellipse."""

    radius: float
    shape: Literal["round", "square"] = "round"
    stretch: float = 1.0
    angle: float = 0.0
