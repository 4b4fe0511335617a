"""What is painted is what the geometry says: half-pixel conventions, gaps, clipping."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from polypviewer.core.geometry import Point, Rect
from polypviewer.core.label_map import empty_label_map
from polypviewer.core.nib import Nib
from polypviewer.core.paint import paint_nib_segment, paint_segment

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


def slow_nib(height: int, width: int, a: Point, b: Point, first: Nib, last: Nib) -> NDArray[np.float64]:
    """How deep each centre lies in the nib at best, in its own pixels, over many places of the way."""
    rows, columns = np.mgrid[0:height, 0:width] + 0.5
    best = np.full((height, width), -np.inf)
    for share in np.linspace(0, 1, 400):
        x, y = columns - a.x - share * (b.x - a.x), rows - a.y - share * (b.y - a.y)
        if last.shape == "square":
            away = np.maximum(np.abs(x), np.abs(y))
        else:
            along = (x * np.cos(last.angle) + y * np.sin(last.angle)) / last.stretch
            away = np.hypot(along, y * np.cos(last.angle) - x * np.sin(last.angle))
        best = np.maximum(best, first.radius + share * (last.radius - first.radius) - away)
    return best


nibs = st.tuples(
    st.floats(0.5, 20), st.floats(0.5, 20), st.sampled_from(("round", "square")), st.floats(1, 3), st.floats(-4, 4)
)


@settings(max_examples=60, deadline=None)
@given(coordinate, coordinate, coordinate, coordinate, nibs)
def test_a_nib_paints_what_it_covers_on_its_way(
    ax: float, ay: float, bx: float, by: float, nib: tuple[float, float, Literal["round", "square"], float, float]
) -> None:
    a, b = Point(ax, ay), Point(bx, by)
    first, last = Nib(nib[0], *nib[2:]), Nib(nib[1], *nib[2:])
    painted = empty_label_map(61, 53)
    rect = paint_nib_segment(painted, a, b, first, last, value=9)
    depth = slow_nib(61, 53, a, b, first, last)
    assert (painted[depth > 1e-3] == 9).all()
    ends = {(int(np.floor(p.y)), int(np.floor(p.x))) for p in (a, b)}
    for row, column in np.argwhere((painted == 9) & (depth < -0.35)):
        assert (int(row), int(column)) in ends
    painted[rect.slices] = 0
    assert not painted.any()


@settings(max_examples=100, deadline=None)
@given(coordinate, coordinate, coordinate, coordinate, st.floats(0.1, 25))
def test_a_round_nib_of_one_radius_paints_what_a_segment_paints(
    ax: float, ay: float, bx: float, by: float, r: float
) -> None:
    by_segment, by_nib = empty_label_map(61, 53), empty_label_map(61, 53)
    a, b = Point(ax, ay), Point(bx, by)
    rect = paint_segment(by_segment, a, b, r, value=3)
    assert paint_nib_segment(by_nib, a, b, Nib(r), Nib(r), value=3) == rect
    np.testing.assert_array_equal(by_nib, by_segment)


def test_a_square_nib_paints_an_upright_square() -> None:
    label_map = empty_label_map(20, 20)
    paint_nib_segment(label_map, Point(10, 10), Point(10, 10), Nib(3, "square"), Nib(3, "square", 2.0, 1.0), value=1)
    assert label_map[7:13, 7:13].all()
    assert label_map.sum() == 36


def test_a_tilted_pen_paints_an_ellipse_along_its_angle() -> None:
    label_map = empty_label_map(60, 60)
    nib = Nib(5, stretch=3.0, angle=np.pi / 2)
    paint_nib_segment(label_map, Point(30.5, 30.5), Point(30.5, 30.5), nib, nib, value=1)
    rows, columns = np.nonzero(label_map)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (15, 45, 25, 35)


def test_pressure_leaves_no_gaps_and_no_steps() -> None:
    label_map = empty_label_map(60, 200)
    paint_nib_segment(label_map, Point(10, 30.5), Point(190, 30.5), Nib(1), Nib(20), value=1)
    widths = (label_map[:, 10:190] > 0).sum(axis=0).astype(int)
    assert widths.min() >= 1
    assert (np.diff(widths) >= 0).all()
    assert np.diff(widths).max() <= 2


def test_a_nib_paints_only_where_it_may() -> None:
    label_map = empty_label_map(20, 20)
    limit, only = np.zeros((20, 20), bool), np.zeros((20, 20), bool)
    limit[:, :10], only[5:] = True, True
    paint_nib_segment(label_map, Point(0, 6), Point(20, 6), Nib(3), Nib(4), value=1, limit=limit, only=only)
    assert label_map[5:, :10].any()
    assert not label_map[:5].any()
    assert not label_map[:, 10:].any()


def test_a_nib_outside_the_frame_paints_nothing() -> None:
    label_map = empty_label_map(20, 20)
    a, b = Point(-50, -50), Point(-40, -60)
    assert paint_nib_segment(label_map, a, b, Nib(5), Nib(2), value=1).is_empty
