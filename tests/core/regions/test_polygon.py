"""A polygon selects the pixels whose centre it goes around, exactly."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from polypviewer.core.geometry import Point
from polypviewer.core.label_map import Mask
from polypviewer.core.region import frame_mask
from polypviewer.core.regions.polygon import polygon_region

HEIGHT, WIDTH = 23, 31
quarters = st.integers(-40, 160).map(lambda number: number / 4)
corners = st.builds(Point, quarters, quarters)


def slow_polygon(points: list[Point]) -> Mask:
    inside = np.zeros((HEIGHT, WIDTH), np.bool_)
    for row in range(HEIGHT):
        for column in range(WIDTH):
            inside[row, column] = winding(points, Fraction(2 * column + 1, 2), Fraction(2 * row + 1, 2)) != 0
    return inside


def winding(points: list[Point], x: Fraction, y: Fraction) -> int:
    turns = 0
    for a, b in zip(points, [*points[1:], *points[:1]], strict=True):
        if (a.y <= y) != (b.y <= y):
            crossing = Fraction(a.x) + (y - Fraction(a.y)) * (Fraction(b.x) - Fraction(a.x)) / Fraction(b.y - a.y)
            turns += (1 if b.y > a.y else -1) * (crossing <= x)
    return turns


def fast_polygon(points: list[Point]) -> Mask:
    return frame_mask(polygon_region(points, height=HEIGHT, width=WIDTH), height=HEIGHT, width=WIDTH)


@settings(max_examples=80, deadline=None)
@given(st.lists(corners, min_size=3, max_size=9))
@example([Point(2.5, 2.5), Point(9.5, 2.5), Point(9.5, 8.5), Point(2.5, 8.5)])
@example([Point(-10, -10), Point(40, -10), Point(40, 40), Point(-10, 40)])
def test_it_selects_exactly_the_centres_that_it_goes_around(points: list[Point]) -> None:
    np.testing.assert_array_equal(fast_polygon(points), slow_polygon(points))


def test_the_outline_of_whole_pixels_selects_those_pixels() -> None:
    region = polygon_region([Point(3, 4), Point(7, 4), Point(7, 9), Point(3, 9)], height=HEIGHT, width=WIDTH)
    assert (region.rect.x, region.rect.y, region.rect.width, region.rect.height) == (3, 4, 4, 5)
    assert region.mask.all()


def test_a_lasso_that_crosses_itself_leaves_no_hole() -> None:
    twice = [Point(2, 2), Point(20, 2), Point(20, 20), Point(2, 20)] * 2
    assert fast_polygon(twice)[2:20, 2:20].all()
    eight = [Point(2, 2), Point(20, 20), Point(20, 2), Point(2, 20)]
    assert fast_polygon(eight)[10, 4]
    assert fast_polygon(eight)[10, 18]


def test_polygons_that_share_a_border_share_no_pixel() -> None:
    left = [Point(1.5, 1.5), Point(12.5, 3.5), Point(9.5, 20.5), Point(2.5, 17.5)]
    right = [Point(12.5, 3.5), Point(25.5, 5.5), Point(22.5, 19.5), Point(9.5, 20.5)]
    assert not (fast_polygon(left) & fast_polygon(right)).any()


@pytest.mark.parametrize(
    "points",
    [
        [],
        [Point(3, 3)],
        [Point(3, 3), Point(9, 9)],
        [Point(0.1, 0.2), Point(10.1, 10.2), Point(3.1, 3.2), Point(7.3, 7.4)],
        [Point(5, 5)] * 4,
        [Point(2.6, 2.6), Point(3.4, 2.6), Point(3.4, 3.4)],
        [Point(40, 2), Point(60, 2), Point(60, 20)],
        [Point(float("nan"), 2), Point(60, 2), Point(6, 20)],
    ],
)
def test_what_encloses_no_centre_is_empty(points: list[Point]) -> None:
    assert polygon_region(points, height=HEIGHT, width=WIDTH).is_empty


def test_points_far_outside_still_count() -> None:
    assert fast_polygon([Point(-1e12, -1e12), Point(1e12, -1e12), Point(1e12, 1e12), Point(-1e12, 1e12)]).all()
