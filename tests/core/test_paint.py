"""What is painted is what the geometry says: half-pixel conventions, gaps, clipping."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from polypviewer.core.geometry import Point, Rect
from polypviewer.core.label_map import empty_label_map
from polypviewer.core.paint import paint_segment

coordinate = st.floats(-30, 90, allow_nan=False)


def slow_disc_sweep(height: int, width: int, a: Point, b: Point, radius: float) -> NDArray[np.float64]:
    rows, columns = np.mgrid[0:height, 0:width] + 0.5
    d = np.array([b.x - a.x, b.y - a.y])
    t = np.clip(((columns - a.x) * d[0] + (rows - a.y) * d[1]) / max(float(d @ d), 1e-12), 0, 1)
    return np.asarray(np.hypot(columns - a.x - t * d[0], rows - a.y - t * d[1]))


@settings(max_examples=150, deadline=None)
@given(coordinate, coordinate, coordinate, coordinate, st.floats(0.5, 25))
def test_a_segment_paints_exactly_the_centres_within_the_radius(
    ax: float, ay: float, bx: float, by: float, r: float
) -> None:
    a, b = Point(ax, ay), Point(bx, by)
    painted = empty_label_map(61, 53)
    rect = paint_segment(painted, a, b, r, value=9)
    distance = slow_disc_sweep(61, 53, a, b, r)
    assert (painted[distance < r - 1e-3] == 9).all()
    ends = {(int(np.floor(p.y)), int(np.floor(p.x))) for p in (a, b)}
    outside = distance > r + 1e-3
    for row, column in np.argwhere((painted == 9) & outside):
        assert (int(row), int(column)) in ends
    painted[rect.slices] = 0
    assert not painted.any()


@pytest.mark.parametrize(("x", "y"), [(0.0, 0.0), (4.99, 3.01), (52.999, 60.999)])
def test_the_smallest_brush_paints_the_pixel_under_the_cursor(x: float, y: float) -> None:
    label_map = empty_label_map(61, 53)
    paint_segment(label_map, Point(x, y), Point(x, y), 0.5, value=1)
    assert label_map[int(y), int(x)] == 1
    assert label_map.sum() == 1


def test_a_stroke_outside_the_frame_changes_nothing() -> None:
    label_map = empty_label_map(20, 20)
    assert paint_segment(label_map, Point(-50, -50), Point(-40, -60), 5, value=1) == Rect(0, 0, 0, 0)
    assert not label_map.any()


def test_paint_stays_inside_the_limit() -> None:
    label_map = empty_label_map(20, 20)
    limit = np.zeros((20, 20), bool)
    limit[:, :10] = True
    paint_segment(label_map, Point(0, 10), Point(20, 10), 3, value=1, limit=limit)
    assert label_map[:, :10].any()
    assert not label_map[:, 10:].any()
