"""Lesions grow, shrink and tidy up, and never touch one another or what is ignored."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from polypviewer.core.errors import EditError
from polypviewer.core.geometry import Point
from polypviewer.core.label_map import LabelMap, Mask
from polypviewer.core.region import Reshape, Scene, applied
from polypviewer.core.regions.morphology import (
    MORPHOLOGY,
    convex_hull,
    fill_holes,
    grow,
    keep_island,
    remove_islands,
    shrink,
    smooth,
)

shapes = array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=11)
label_maps = shapes.flatmap(lambda shape: arrays(np.uint8, shape, elements=st.sampled_from((0, 0, 0, 1, 1, 2, 255))))
radii = st.sampled_from((0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 40.0))
Pixels = list[tuple[int, int]]


def scene_of(labels: LabelMap, limit: Mask | None = None) -> Scene:
    labels.flags.writeable = False
    return Scene(np.zeros((*labels.shape, 3), np.uint8), labels, limit)


def limit_of(seed: int | None, shape: tuple[int, ...]) -> Mask | None:
    return None if seed is None else np.random.default_rng(seed).random(shape) < 0.8


def pixels(mask: Mask) -> Pixels:
    return [(int(y), int(x)) for y, x in np.argwhere(mask)]


def nearest(y: int, x: int, others: Pixels) -> float:
    return min((math.hypot(y - v, x - u) for v, u in others), default=math.inf)


def parts(mask: Mask, *, corners: bool) -> list[Pixels]:
    left, found = set(pixels(mask)), []
    steps = [(v, u) for v in (-1, 0, 1) for u in (-1, 0, 1) if corners or not (v and u)]
    while left:
        part, waiting = [], [min(left)]
        while waiting:
            y, x = waiting.pop()
            if (y, x) in left:
                left.remove((y, x))
                part.append((y, x))
                waiting += [(y + v, x + u) for v, u in steps]
        found.append(part)
    return found


def slots_of(labels: LabelMap, slot: int | None) -> list[int]:
    return [one for one in (1, 2) if slot in (None, one) and (labels == one).any()]


@settings(max_examples=120, deadline=None)
@given(label_maps, st.sampled_from((None, 1, 2)), radii, st.none() | st.integers(0, 99))
def test_growing_adds_background_within_the_radius(
    labels: LabelMap, slot: int | None, radius: float, seed: int | None
) -> None:
    limit, expected = limit_of(seed, labels.shape), labels.copy()
    lesions = {one: pixels(labels == one) for one in slots_of(labels, slot)}
    for y, x in pixels(labels == 0):
        distance, one = min(((nearest(y, x, lesion), one) for one, lesion in lesions.items()), default=(math.inf, 0))
        if distance <= radius and (limit is None or limit[y, x]):
            expected[y, x] = one
    grown = applied(labels, grow(scene_of(labels, limit), slot=slot, radius=radius))
    np.testing.assert_array_equal(grown, expected)


@settings(max_examples=120, deadline=None)
@given(label_maps, st.sampled_from((None, 1, 2)), radii, st.none() | st.integers(0, 99))
def test_shrinking_keeps_what_is_farther_than_the_radius_from_all_else_that_is_seen(
    labels: LabelMap, slot: int | None, radius: float, seed: int | None
) -> None:
    limit, expected = limit_of(seed, labels.shape), labels.copy()
    for one in slots_of(labels, slot):
        others = pixels((labels != one) if limit is None else (labels != one) & limit)
        for y, x in pixels(labels == one):
            if nearest(y, x, others) <= radius:
                expected[y, x] = 0
    shrunk = applied(labels, shrink(scene_of(labels, limit), slot=slot, radius=radius))
    np.testing.assert_array_equal(shrunk, expected)


@settings(max_examples=120, deadline=None)
@given(label_maps, st.sampled_from((None, 1, 2)), st.sampled_from((1.0, 2.0, 4.0, math.inf)))
def test_holes_are_filled_where_they_are_background(labels: LabelMap, slot: int | None, area: float) -> None:
    expected = labels.copy()
    for one in slots_of(labels, slot):
        for part in parts(np.pad(labels != one, 1, constant_values=True), corners=False):
            if (0, 0) not in part and len(part) <= area:
                for y, x in part:
                    expected[y - 1, x - 1] = expected[y - 1, x - 1] or one
    filled = applied(labels, fill_holes(scene_of(labels), slot=slot, area=area))
    np.testing.assert_array_equal(filled, expected)


@settings(max_examples=120, deadline=None)
@given(label_maps, st.sampled_from((None, 1, 2)), st.sampled_from((None, 1.0, 2.0, 4.0)))
def test_small_islands_are_removed(labels: LabelMap, slot: int | None, area: float | None) -> None:
    expected = labels.copy()
    for one in slots_of(labels, slot):
        islands = parts(labels == one, corners=True)
        largest = max(islands, key=len)
        for island in islands:
            if (island is not largest) if area is None else len(island) < area:
                for y, x in island:
                    expected[y, x] = 0
    left = applied(labels, remove_islands(scene_of(labels), slot=slot, area=area))
    np.testing.assert_array_equal(left, expected)


def slow_hull(mask: Mask) -> Mask:
    """Inside unless some line through two of the points has all of them on one side and it on the other."""
    points, hull = pixels(mask), np.zeros_like(mask)
    for y, x in np.ndindex(mask.shape):
        hull[y, x] = bool(points) and _in_hull(y, x, points)
    return hull


def _in_hull(y: int, x: int, points: Pixels) -> bool:
    rows = {Fraction(v) for v, _ in points}
    if not min(rows) <= y <= max(rows):
        return False
    crossings = [Fraction(u) for v, u in points if v == y]
    crossings += [u + Fraction((y - v) * (r - u), s - v) for v, u in points for s, r in points if v < y < s]
    return min(crossings) <= x <= max(crossings)


@settings(max_examples=60, deadline=None)
@given(label_maps, st.sampled_from((None, 1, 2)))
def test_the_hull_adds_the_background_between_the_centres(labels: LabelMap, slot: int | None) -> None:
    expected = labels.copy()
    for one in slots_of(labels, slot):
        expected[slow_hull(labels == one) & (expected == 0)] = one
    hulls = applied(labels, convex_hull(scene_of(labels), slot=slot))
    np.testing.assert_array_equal(hulls, expected)


@settings(max_examples=60, deadline=None)
@given(label_maps, st.integers(-2, 12), st.integers(-2, 12))
def test_only_the_clicked_island_of_its_lesion_stays(labels: LabelMap, x: int, y: int) -> None:
    inside = 0 <= x < labels.shape[1] and 0 <= y < labels.shape[0]
    if not inside or labels[y, x] in (0, 255):
        with pytest.raises(EditError, match="No lesion"):
            keep_island(scene_of(labels), Point(x + 0.5, y + 0.5))
        return
    expected = np.where(labels == labels[y, x], 0, labels)
    (island,) = [part for part in parts(labels == labels[y, x], corners=True) if (y, x) in part]
    for v, u in island:
        expected[v, u] = labels[y, x]
    kept = applied(labels, keep_island(scene_of(labels), Point(x + 0.5, y + 0.5)))
    np.testing.assert_array_equal(kept, expected)


def jagged(radius: float, *, centre: tuple[float, float] = (60.5, 60.5), size: int = 121) -> Mask:
    """A disc whose border goes in and out by one or two pixels."""
    rows, columns = np.mgrid[0:size, 0:size] + 0.5
    angle = np.arctan2(rows - centre[0], columns - centre[1])
    mask: Mask = np.hypot(rows - centre[0], columns - centre[1]) <= radius + 1.5 * np.sign(np.sin(angle * radius))
    return mask


def border(mask: Mask) -> int:
    """Sides between a pixel inside and one outside."""
    padded = np.pad(mask, 1).astype(int)
    return int(np.abs(np.diff(padded, axis=0)).sum() + np.abs(np.diff(padded, axis=1)).sum())


@pytest.mark.parametrize("radius", [6.0, 12.0, 40.0])
def test_smoothing_takes_the_jags_and_leaves_the_area(radius: float) -> None:
    labels = jagged(radius).astype(np.uint8) * 7
    smoothed = applied(labels, smooth(scene_of(labels), slot=7, radius=3))
    assert abs(int((smoothed == 7).sum()) - int((labels == 7).sum())) <= 0.03 * (labels == 7).sum()
    of_a_disc = 8 * math.sqrt((labels == 7).sum() / math.pi)
    assert border(smoothed == 7) <= of_a_disc + 4 < border(labels == 7)


def test_smoothing_keeps_small_islands_and_other_lesions() -> None:
    labels = jagged(30).astype(np.uint8)
    labels[5:8, 5:8], labels[60:70, 95:110], labels[100:, 100:] = 1, 2, 255
    smoothed = applied(labels, smooth(scene_of(labels), slot=1, radius=5))
    assert (smoothed[3:10, 3:10] == 1).any()
    np.testing.assert_array_equal(smoothed == 2, labels == 2)
    np.testing.assert_array_equal(smoothed == 255, labels == 255)


def test_smoothing_opens_no_gap_between_lesions_that_touch() -> None:
    labels = np.ones((60, 60), np.uint8)
    labels[:, 30:] = 2
    labels[::6, 27:30], labels[3::6, 30:33] = 2, 1
    smoothed = applied(labels, smooth(scene_of(labels), slot=None, radius=3))
    assert (smoothed == 0).sum() <= 0.01 * labels.size
    assert border(smoothed == 1) < border(labels == 1)


@pytest.mark.parametrize("with_limit", [False, True])
def test_smoothing_does_not_round_off_where_the_view_ends(*, with_limit: bool) -> None:
    labels = np.zeros((60, 80), np.uint8)
    first = 20 if with_limit else 0
    labels[first:40, 10:70] = 1
    limit = np.zeros((60, 80), np.bool_)
    limit[first:] = True
    smoothed = applied(labels, smooth(scene_of(labels, limit if with_limit else None), slot=1, radius=3))
    assert (smoothed[first, 11:69] == 1).all()


@pytest.mark.parametrize("name", sorted(MORPHOLOGY))
@pytest.mark.parametrize("fill", [0, 1, 255])
def test_a_frame_of_one_label_stays_as_it_is(name: str, fill: int) -> None:
    labels = np.full((13, 17), fill, np.uint8)
    change: Callable[..., Reshape] = MORPHOLOGY[name]
    np.testing.assert_array_equal(applied(labels, change(scene_of(labels), slot=None)), labels)


@settings(max_examples=60, deadline=None)
@given(label_maps, st.sampled_from(sorted(MORPHOLOGY)), st.sampled_from((None, 1, 2)))
def test_ignored_pixels_and_other_lesions_never_change(labels: LabelMap, name: str, slot: int | None) -> None:
    result = applied(labels, MORPHOLOGY[name](scene_of(labels), slot=slot))
    np.testing.assert_array_equal(result == 255, labels == 255)
    if slot is not None:
        np.testing.assert_array_equal(result == 3 - slot, labels == 3 - slot)
