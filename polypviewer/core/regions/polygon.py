"""Polygon and lasso: the pixels inside a closed line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from polypviewer.core.geometry import Point, Rect, between
from polypviewer.core.region import EMPTY_REGION, Region

Line = NDArray[np.float64]

_FARTHEST: Final = 1e7
_THINNEST: Final = 1e-6
"""Pixels: a line that is nowhere farther from straight than this encloses nothing."""


def polygon_region(points: Sequence[Point], *, height: int, width: int) -> Region:
    """The pixels of a frame whose centre lies inside the closed polygon through `points` (image coordinates).

    Non-zero rule: where a lasso crosses itself or overlaps its own start, what it goes around is inside all the same;
    no holes come of a shaky hand. A centre exactly on the line is inside on a left or upper border and outside on a
    right or lower one, so that polygons that share a border share no pixel. Points may lie outside the frame. Empty
    with fewer than 3 points, or where all lie on one straight line.
    """
    corners = _corners(points)
    if _is_thin(corners):
        return EMPTY_REGION
    rect = _reach(corners).clipped(height, width)
    if rect.is_empty:
        return EMPTY_REGION
    winding = _steps(corners, rect).reshape(rect.height, rect.width + 1)[:, :-1].cumsum(axis=1, dtype=np.int16)
    return _tight(rect, winding != 0)


def _corners(points: Sequence[Point]) -> Line:
    """`(count, 2)` x, y."""
    corners = np.array([(point.x, point.y) for point in points], np.float64).reshape(-1, 2)
    finite: Line = np.clip(corners[np.isfinite(corners).all(axis=1)], -_FARTHEST, _FARTHEST)
    return finite


def _is_thin(corners: Line) -> bool:
    if len(corners) < 3:
        return True
    away = corners - corners[0]
    farthest = away[np.argmax(np.einsum("ij,ij->i", away, away))]
    across = away[:, 0] * farthest[1] - away[:, 1] * farthest[0]
    return bool(np.abs(across).max() <= _THINNEST * max(float(np.hypot(*farthest)), 1e-12))


def _reach(corners: Line) -> Rect:
    (left, top), (right, bottom) = np.floor(corners.min(axis=0)), np.ceil(corners.max(axis=0))
    return between(int(left), int(top), int(right), int(bottom))


def _steps(corners: Line, rect: Rect) -> NDArray[np.int16]:
    """How the winding number changes at each pixel of `rect`, one column more than it has, flattened row by row."""
    x0, y0 = corners.T
    x1, y1 = np.roll(corners, -1, axis=0).T
    upper, lower = np.minimum(y0, y1), np.maximum(y0, y1)
    first = np.clip(np.ceil(upper - 0.5), rect.y, rect.bottom).astype(np.intp)
    counts = np.clip(np.ceil(lower - 0.5), rect.y, rect.bottom).astype(np.intp) - first
    side = np.repeat(np.arange(len(corners)), counts)
    row = np.arange(side.size) - np.repeat(np.cumsum(counts) - counts, counts) + first[side]
    crossing = x0[side] + (row + 0.5 - y0[side]) * (x1 - x0)[side] / (y1 - y0)[side]
    column = np.clip(np.ceil(crossing - 0.5), rect.x, rect.right).astype(np.intp) - rect.x
    steps = np.zeros(rect.height * (rect.width + 1), np.int16)
    np.add.at(steps, (row - rect.y) * (rect.width + 1) + column, np.where(y1 > y0, 1, -1)[side].astype(np.int16))
    return steps


def _tight(rect: Rect, inside: NDArray[np.bool_]) -> Region:
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    if rows.size == 0:
        return EMPTY_REGION
    top, left, bottom, right = int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1
    tight = between(rect.x + left, rect.y + top, rect.x + right, rect.y + bottom)
    return Region(tight, np.ascontiguousarray(inside[top:bottom, left:right]))
