"""Painting into a label map, in place. Each function returns the rectangle that changed."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from polypviewer.core.geometry import EMPTY_RECT, Point, Rect, between
from polypviewer.core.label_map import LabelMap, Mask


def paint_segment(
    label_map: LabelMap, a: Point, b: Point, radius: float, *, value: int, limit: Mask | None = None
) -> Rect:
    """Set to `value` every pixel whose centre lies within `radius` pixels of the segment from `a` to `b`.

    `label_map`: `(height, width)` uint8, painted in place. `a`, `b`: continuous image coordinates, may lie outside.
    `radius` in image pixels, at least 0.5 (the pixel under the cursor is always painted). `limit`: `(height, width)`
    bool; pixels where it is False stay as they are. Returns the clipped bounding rectangle of what was painted.
    """
    height, width = label_map.shape
    rect = segment_rect(a, b, radius).clipped(height, width)
    if rect.is_empty:
        return EMPTY_RECT
    inside = _within(rect, a, b, max(radius, 0.5))
    if limit is not None:
        inside &= limit[rect.slices]
    label_map[rect.slices][inside] = value
    return rect


def segment_rect(a: Point, b: Point, radius: float) -> Rect:
    """Whole pixels that a segment of this radius can touch; may leave the frame."""
    reach = max(radius, 0.5)
    return between(
        math.floor(min(a.x, b.x) - reach),
        math.floor(min(a.y, b.y) - reach),
        math.ceil(max(a.x, b.x) + reach),
        math.ceil(max(a.y, b.y) + reach),
    )


def _within(rect: Rect, a: Point, b: Point, radius: float) -> NDArray[np.bool_]:
    """Which pixel centres of `rect` lie within `radius` of the segment, or are the pixel under one of its ends."""
    x = (np.arange(rect.x, rect.right, dtype=np.float32) + np.float32(0.5 - a.x))[None, :]
    y = (np.arange(rect.y, rect.bottom, dtype=np.float32) + np.float32(0.5 - a.y))[:, None]
    dx, dy = b.x - a.x, b.y - a.y
    length = dx * dx + dy * dy
    if length > 1e-6:
        along = np.clip((x * np.float32(dx) + y * np.float32(dy)) * np.float32(1.0 / length), 0.0, 1.0)
        distance = (x - along * np.float32(dx)) ** 2 + (y - along * np.float32(dy)) ** 2
    else:
        distance = x * x + y * y
    inside: NDArray[np.bool_] = distance <= np.float32(radius * radius)
    for end in (a, b):
        column, row = math.floor(end.x) - rect.x, math.floor(end.y) - rect.y
        if 0 <= row < rect.height and 0 <= column < rect.width:
            inside[row, column] = True
    return inside
