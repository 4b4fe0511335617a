"""Fast strokes go through every point of the mouse and have no corners."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polypviewer.core.curve import curve_points
from polypviewer.core.geometry import Point

points = st.builds(Point, st.floats(-500, 500), st.floats(-500, 500))


def direction(a: Point, b: Point) -> float:
    return math.atan2(b.y - a.y, b.x - a.x)


@given(st.none() | points, points, points)
def test_the_way_ends_in_its_point_and_stays_near_it(before: Point | None, a: Point, b: Point) -> None:
    way = curve_points(before, a, b)
    assert way[-1] == b
    length = math.dist((a.x, a.y), (b.x, b.y))
    assert all(math.dist((p.x, p.y), ((a.x + b.x) / 2, (a.y + b.y) / 2)) <= length * 0.75 + 1e-6 for p in way)


def test_without_a_point_before_or_for_a_short_way_it_is_straight() -> None:
    assert curve_points(None, Point(0, 0), Point(50, 3)) == [Point(50, 3)]
    assert curve_points(Point(-9, 9), Point(0, 0), Point(3, 2)) == [Point(3, 2)]


def test_a_hand_that_turns_back_gets_no_loop() -> None:
    assert curve_points(Point(0, 0), Point(100, 0), Point(50, 0)) == [Point(50, 0)]


def test_a_straight_hand_makes_a_straight_way() -> None:
    assert curve_points(Point(0, 0), Point(50, 50), Point(90, 90)) == [Point(90, 90)]
    assert curve_points(Point(5, 5), Point(5, 5), Point(90, 30)) == [Point(90, 30)]


@pytest.mark.parametrize("turn", [math.radians(10), math.radians(30), math.radians(60)])
def test_on_a_circle_piece_follows_piece_without_a_corner(turn: float) -> None:
    mouse = [Point(200 * math.cos(turn * step), 200 * math.sin(turn * step)) for step in range(7)]
    way = [mouse[1]]
    for before, a, b in zip(mouse, mouse[1:], mouse[2:], strict=False):
        way += curve_points(before, a, b)
    directions = [direction(a, b) for a, b in pairwise(way)]
    corners = [abs(math.remainder(b - a, math.tau)) for a, b in pairwise(directions)]
    assert max(corners) < turn / 2 + 1e-9
    assert all(abs(math.hypot(point.x, point.y) - 200) < 200 * (1 - math.cos(turn / 2)) for point in way)
