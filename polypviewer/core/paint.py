"""Painting into a label map, in place. Each function returns the rectangle that changed."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from polypviewer.core.geometry import EMPTY_RECT, Point, Rect, between
from polypviewer.core.label_map import LabelMap, Mask
from polypviewer.core.nib import Nib

_FINEST = 0.5
"""Pixels: no tip is finer than this."""


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


def paint_nib_segment(
    label_map: LabelMap,
    a: Point,
    b: Point,
    nib_a: Nib,
    nib_b: Nib,
    *,
    value: int,
    limit: Mask | None = None,
    only: Mask | None = None,
) -> Rect:
    """Set to `value` every pixel whose centre the nib covers on its way from `a` to `b`.

    Its radius goes evenly from that of `nib_a` to that of `nib_b`; its shape and tilt are those of `nib_b`. Round,
    untilted and of one radius it paints what `paint_segment` paints. `limit`, `only`: `(height, width)` bool; pixels
    where either is False stay as they are. Returns the clipped bounding rectangle of what was painted.
    """
    height, width = label_map.shape
    rect = _nib_rect(a, b, nib_a, nib_b).clipped(height, width)
    if rect.is_empty:
        return EMPTY_RECT
    inside = _covered(rect, a, b, nib_a, nib_b)
    for allowed in (limit, only):
        if allowed is not None:
            inside &= allowed[rect.slices]
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
        along = x * np.float32(dx) + y * np.float32(dy)
        along *= np.float32(1.0 / length)
        np.minimum(np.maximum(along, 0.0, out=along), 1.0, out=along)
        distance = along * np.float32(dx)
        np.square(np.subtract(x, distance, out=distance), out=distance)
        along *= np.float32(dy)
        distance += np.square(np.subtract(y, along, out=along), out=along)
    else:
        distance = x * x + y * y
    inside: NDArray[np.bool_] = distance <= np.float32(radius * radius)
    return _with_ends(inside, rect, a, b)


def _nib_rect(a: Point, b: Point, nib_a: Nib, nib_b: Nib) -> Rect:
    stretch = nib_b.stretch if nib_b.shape == "round" else 1.0
    return segment_rect(a, b, max(nib_a.radius, nib_b.radius, _FINEST) * max(stretch, 1.0))


def _covered(rect: Rect, a: Point, b: Point, nib_a: Nib, nib_b: Nib) -> NDArray[np.bool_]:
    """Which pixel centres of `rect` the nib covers on its way, or are the pixel under one of its ends."""
    radius_a, radius_b = max(nib_a.radius, _FINEST), max(nib_b.radius, _FINEST)
    if nib_b.shape == "square":
        inside = _swept_square(rect, a, b, radius_a, radius_b)
    elif nib_b.stretch == 1.0 and radius_a == radius_b:
        return _within(rect, a, b, radius_a)
    else:
        inside = _swept_disc(rect, a, b, radius_a, radius_b, nib_b)
    return _with_ends(inside, rect, a, b)


def _swept_square(rect: Rect, a: Point, b: Point, radius_a: float, radius_b: float) -> NDArray[np.bool_]:
    """A square covers a centre from one share of the way to another, in each direction by itself: both must meet."""
    grows = radius_b - radius_a
    x = np.arange(rect.x, rect.right, dtype=np.float64) + np.float64(0.5 - a.x)
    y = np.arange(rect.y, rect.bottom, dtype=np.float64) + np.float64(0.5 - a.y)
    enters_x, leaves_x = _shares(x, b.x - a.x, radius_a, grows)
    enters_y, leaves_y = _shares(y, b.y - a.y, radius_a, grows)
    enters = np.maximum(enters_x[None, :], enters_y[:, None])
    inside: NDArray[np.bool_] = enters <= np.minimum(leaves_x[None, :], leaves_y[:, None])
    return inside


def _shares(
    x: NDArray[np.float64], move: float, radius: float, grows: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """From which share of the way, 0 to 1, to which `|x - share * move| <= radius + share * grows`; crossed: never."""
    enters, leaves = np.zeros_like(x), np.ones_like(x)
    for needed, speed in ((x - radius, move + grows), (-x - radius, grows - move)):
        if speed > 0:
            enters = np.maximum(enters, needed / speed)
        elif speed < 0:
            leaves = np.minimum(leaves, needed / speed)
        else:
            leaves = np.where(needed <= 0, leaves, -1.0)
    return enters, leaves


def _swept_disc(rect: Rect, a: Point, b: Point, radius_a: float, radius_b: float, tilt: Nib) -> NDArray[np.bool_]:
    """Seen so that the way lies along x, and the ellipse, if it is one, as a disc."""
    x, y, way = _straightened(rect, a, b, tilt)
    grows = radius_b - radius_a
    if abs(grows) >= way * 0.9999:  # The larger end holds all the others.
        end = np.float32(way if grows > 0 else 0.0)
        larger: NDArray[np.bool_] = (x - end) ** 2 + y * y <= np.float32(max(radius_a, radius_b) ** 2)
        return larger
    slope = grows / way
    at = np.clip(x + np.abs(y) * np.float32(slope / math.sqrt(1 - slope * slope)), 0, np.float32(way))
    inside: NDArray[np.bool_] = (x - at) ** 2 + y * y <= (at * np.float32(slope) + np.float32(radius_a)) ** 2
    return inside


def _straightened(rect: Rect, a: Point, b: Point, tilt: Nib) -> tuple[NDArray[np.float32], NDArray[np.float32], float]:
    """Pixel centres of `rect` along and across the way from `a`, and its length, where the tilted nib is a disc."""
    cos, sin = math.cos(tilt.angle), math.sin(tilt.angle)
    untilted = np.array(((cos / tilt.stretch, sin / tilt.stretch), (-sin, cos)))
    along, across = untilted @ (b.x - a.x, b.y - a.y)
    way = math.hypot(along, across)
    turned = np.array(((along, across), (-across, along))) / way @ untilted if way > 1e-6 else untilted
    x = (np.arange(rect.x, rect.right) + (0.5 - a.x))[None, :]
    y = (np.arange(rect.y, rect.bottom) + (0.5 - a.y))[:, None]
    seen = [(x * row[0]).astype(np.float32) + (y * row[1]).astype(np.float32) for row in turned]
    return seen[0], seen[1], way


def _with_ends(inside: NDArray[np.bool_], rect: Rect, a: Point, b: Point) -> NDArray[np.bool_]:
    for end in (a, b):
        column, row = math.floor(end.x) - rect.x, math.floor(end.y) - rect.y
        if 0 <= row < rect.height and 0 <= column < rect.width:
            inside[row, column] = True
    return inside
