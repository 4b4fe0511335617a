"""The inner wall of an invented colon as tables over (depth, angle): height, colour, polyps. No patient data.

Depth is in units of the wall's mean radius along the axis, the angle wraps around. Rows are depth, columns angle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.float32]

LENGTH: Final = 12.0
ROWS: Final = 1200
COLUMNS: Final = 640
TURN: Final = 2 * np.pi


@dataclass(frozen=True, slots=True)
class Polyp:
    """A lesion on the wall: place (`depth`, `angle` in radians), `radius` and `height` in wall radii; `tint` multiplies
    the colour of the mucosa (RGB); `ripple`: how irregular the outline is, 0 to 0.3.
    """

    depth: float
    angle: float
    radius: float
    height: float
    tint: tuple[float, float, float]
    ripple: float
    phase: float


@dataclass(frozen=True, slots=True, eq=False)
class Wall:
    """Tables of `(ROWS, COLUMNS)`.

    `height`: inwards, wall radii. `slope`: `(.., 2)`, its change per radius along the axis and per radian around it.
    `albedo`: `(.., 3)` RGB factors. `wet`: 0..1 where highlights form. `inside`: above 0 inside a polyp. `slot`: number
    of the polyp there, from 1.
    """

    height: Table
    slope: Table
    albedo: Table
    wet: Table
    inside: Table
    slot: NDArray[np.uint8]
    polyps: tuple[Polyp, ...]


def smooth_noise(rng: np.random.Generator, rows: int, columns: int) -> Table:
    """Noise of about -1 to 1 with `rows` x `columns` features over the whole wall, without a seam at the angle 0."""
    coarse = rng.standard_normal((rows, columns)).astype(np.float32)
    wrapped = np.concatenate([coarse[:, -2:], coarse, coarse[:, :2]], axis=1)
    step = COLUMNS // columns
    fine = cv2.resize(wrapped, (step * (columns + 4), ROWS), interpolation=cv2.INTER_CUBIC)
    return np.ascontiguousarray(fine[:, 2 * step : 2 * step + COLUMNS], np.float32)


def make_wall(
    rng: np.random.Generator, polyps: tuple[Polyp, ...], *, vessel: tuple[float, float, float] = (0.14, 0.46, 0.40)
) -> Wall:
    """A wall with folds, vessels, texture and the given polyps; the same for the same state of `rng`.

    `vessel`: share of red, green and blue light that a vessel swallows.
    """
    inside, slot, bump = _polyp_tables(polyps)
    height = _folds(rng) + 0.030 * smooth_noise(rng, 60, 10) + 0.006 * smooth_noise(rng, 200, 40) + bump
    height += 0.004 * smooth_noise(rng, 600, 160) * (inside > 0)
    wet = np.clip(0.5 + 0.6 * smooth_noise(rng, 240, 80), 0, 1)
    return Wall(height, _slope(height), _albedo(rng, polyps, inside, slot, vessel=vessel), wet, inside, slot, polyps)


def _slope(height: Table) -> Table:
    smooth = cv2.GaussianBlur(height, (0, 0), 1.5)
    along = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=ROWS / LENGTH / 8)
    around = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=COLUMNS / TURN / 8)
    return np.stack([along, around], axis=2).astype(np.float32)


def _folds(rng: np.random.Generator) -> Table:
    """Haustral folds: ridges across the tube every 0.6 to 1.2 radii, higher on parts of the circumference."""
    depth = np.linspace(0, LENGTH, ROWS, dtype=np.float32)[:, None]
    angle = np.linspace(0, TURN, COLUMNS, endpoint=False, dtype=np.float32)[None]
    total = np.zeros((ROWS, COLUMNS), np.float32)
    at = 0.3
    while at < LENGTH:
        lean = 0.22 * np.sin(angle + rng.uniform(0, TURN)) + 0.06 * np.sin(3 * angle + rng.uniform(0, TURN))
        lobes = 0.55 + 0.45 * np.cos(rng.integers(1, 4) * angle + rng.uniform(0, TURN))
        width = rng.uniform(0.10, 0.19)
        total = np.maximum(total, rng.uniform(0.18, 0.42) * lobes * np.exp(-(((depth - at - lean) / width) ** 2)))
        at += rng.uniform(0.6, 1.2)
    return total.astype(np.float32)


def _polyp_tables(polyps: tuple[Polyp, ...]) -> tuple[Table, NDArray[np.uint8], Table]:
    inside = np.full((ROWS, COLUMNS), -1, np.float32)
    slot = np.zeros((ROWS, COLUMNS), np.uint8)
    bump = np.zeros((ROWS, COLUMNS), np.float32)
    depth = np.linspace(0, LENGTH, ROWS, dtype=np.float32)[:, None]
    angle = np.linspace(0, TURN, COLUMNS, endpoint=False, dtype=np.float32)[None]
    for number, polyp in enumerate(polyps, 1):
        across = (angle - polyp.angle + np.pi) % TURN - np.pi
        along = depth - polyp.depth
        heading = np.arctan2(along, across)
        outline = 1 + polyp.ripple * (np.sin(2 * heading + polyp.phase) + 0.5 * np.sin(3 * heading + 2 * polyp.phase))
        near = 1 - np.hypot(across, along) / (polyp.radius * outline)
        better = near > inside
        slot[better] = number
        inside = np.maximum(inside, near)
        dome = np.clip(1 - np.clip(1 - near, 0, None) ** 2, 0, 1)
        bump = np.maximum(bump, polyp.height * np.sqrt(dome))
    return inside, slot, np.asarray(cv2.GaussianBlur(bump, (0, 0), 2.0), np.float32)


def _albedo(
    rng: np.random.Generator,
    polyps: tuple[Polyp, ...],
    inside: Table,
    slot: NDArray[np.uint8],
    *,
    vessel: tuple[float, float, float],
) -> Table:
    patches = 1 + 0.05 * smooth_noise(rng, 40, 10) + 0.035 * smooth_noise(rng, 300, 128)
    vessels = np.maximum(_vessels(rng, 40, 10, 0.045), 0.7 * _vessels(rng, 120, 32, 0.06))
    vessels *= 1 - 0.85 * np.clip(inside * 6, 0, 1)
    albedo = np.stack([patches * (1 - part * vessels) for part in vessel], axis=2)
    soft = np.clip(inside * 5, 0, 1)[:, :, None]
    pits = 1 + 0.06 * smooth_noise(rng, 600, 160)[:, :, None]
    tints = np.array([(1, 1, 1), *(polyp.tint for polyp in polyps)], np.float32)[slot]
    return np.asarray(albedo * (1 - soft + soft * tints * pits), np.float32)


def _vessels(rng: np.random.Generator, rows: int, columns: int, width: float) -> Table:
    """Thin winding lines, 0..1: where a smooth noise crosses zero, fading out where another one is low."""
    line = np.exp(-((smooth_noise(rng, rows, columns) / width) ** 2))
    return np.asarray(line * np.clip(0.3 + smooth_noise(rng, rows // 2, columns // 2), 0, 1), np.float32)
