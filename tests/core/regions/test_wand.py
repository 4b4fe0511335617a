"""The wand takes what has the colour of the clicked place, as the eye measures colour."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from polypviewer.core.geometry import Point
from polypviewer.core.label_map import Mask
from polypviewer.core.region import Scene, frame_mask
from polypviewer.core.regions.wand import colour_distance, wand_from_distance, wand_region

shapes = array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=11)
masks = shapes.flatmap(lambda shape: arrays(np.bool_, shape))


def scene_of(image: NDArray[np.uint8], limit: Mask | None = None) -> Scene:
    image.flags.writeable = False
    return Scene(image, np.zeros(image.shape[:2], np.uint8), limit)


def two_colours(mask: Mask) -> NDArray[np.uint8]:
    return np.where(mask[..., None], np.array((200, 120, 90), np.uint8), np.array((60, 150, 200), np.uint8))


def lab_of(rgb: tuple[int, int, int]) -> NDArray[np.float64]:
    """CIE Lab under D65, from its definition."""
    linear = np.array(rgb) / 255
    linear = np.where(linear > 0.04045, ((linear + 0.055) / 1.055) ** 2.4, linear / 12.92)
    xyz = np.array(
        ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.072175), (0.0193339, 0.119192, 0.9503041))
    )
    x, y, z = (xyz @ linear) / (0.950456, 1.0, 1.088754)
    f = [share ** (1 / 3) if share > 216 / 24389 else (24389 / 27 * share + 16) / 116 for share in (x, y, z)]
    return np.array((116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])))


def slow_part(alike: Mask, x: int, y: int) -> Mask:
    found, waiting = np.zeros(alike.shape, np.bool_), [(x, y)]
    while waiting:
        x, y = waiting.pop()
        if 0 <= x < alike.shape[1] and 0 <= y < alike.shape[0] and alike[y, x] and not found[y, x]:
            found[y, x] = True
            waiting += [(x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)]
    return found


def slow_specks(part: Mask, largest: int) -> Mask:
    """Holes are what is left of the rest once it has been entered from outside, corners too."""
    rest, filled = np.pad(~part, 1, constant_values=True), part.copy()
    for top, left in np.ndindex(rest.shape):
        hole, waiting = set(), [(top, left)] if rest[top, left] else []
        while waiting:
            y, x = waiting.pop()
            if (y, x) not in hole and 0 <= y < rest.shape[0] and 0 <= x < rest.shape[1] and rest[y, x]:
                hole.add((y, x))
                waiting += [(y + v, x + u) for v in (-1, 0, 1) for u in (-1, 0, 1)]
        if (0, 0) not in hole and len(hole) <= largest:
            for y, x in hole:
                filled[y - 1, x - 1] = True
    return filled


@settings(max_examples=50, deadline=None)
@given(st.tuples(*[st.integers(0, 255)] * 3), st.tuples(*[st.integers(0, 255)] * 3))
def test_the_distance_is_delta_e_in_real_lab_units(one: tuple[int, int, int], other: tuple[int, int, int]) -> None:
    image = np.zeros((5, 9, 3), np.uint8)
    image[:, :5], image[:, 5:] = one, other
    distance = colour_distance(scene_of(image), Point(1.5, 2.5))
    assert distance[2, 8] == pytest.approx(np.linalg.norm(lab_of(one) - lab_of(other)), abs=0.5)
    assert distance[2, 1] == pytest.approx(0, abs=1e-3)


def test_the_colour_is_the_mean_about_the_point() -> None:
    image = np.full((7, 7, 3), 100, np.uint8)
    image[3, 3] = 190
    noisy = colour_distance(scene_of(image), Point(3.5, 3.5))
    mean = (8 * lab_of((100, 100, 100)) + lab_of((190, 190, 190))) / 9
    assert noisy[0, 0] == pytest.approx(np.linalg.norm(mean - lab_of((100, 100, 100))), abs=0.1)


@settings(max_examples=120, deadline=None)
@given(mask=masks, x=st.integers(0, 10), y=st.integers(0, 10), specks=st.integers(0, 6), contiguous=st.booleans())
def test_it_takes_the_like_pixels_about_the_point(mask: Mask, x: int, y: int, specks: int, *, contiguous: bool) -> None:
    x, y = min(x, mask.shape[1] - 1), min(y, mask.shape[0] - 1)
    distance = np.where(mask == mask[y, x], np.float32(3), np.float32(30))
    taken = wand_from_distance(distance, Point(x + 0.5, y + 0.5), 10, contiguous=contiguous, fill_specks=specks)
    alike = mask == mask[y, x]
    expected = slow_specks(slow_part(alike, x, y) if contiguous else alike, specks)
    np.testing.assert_array_equal(frame_mask(taken, height=mask.shape[0], width=mask.shape[1]), expected)


@settings(max_examples=40, deadline=None)
@given(masks, st.integers(0, 99))
def test_it_stays_inside_the_limit(mask: Mask, seed: int) -> None:
    limit = np.random.default_rng(seed).random(mask.shape) < 0.8
    scene = scene_of(two_colours(mask), limit)
    region = wand_region(scene, Point(0.5, 0.5), tolerance=200, contiguous=False)
    inside = frame_mask(region, height=mask.shape[0], width=mask.shape[1])
    np.testing.assert_array_equal(inside, limit & limit[0, 0])


def test_a_wider_tolerance_never_takes_less() -> None:
    image = np.random.default_rng(4).integers(90, 130, (40, 50, 3), dtype=np.uint8)
    scene, point = scene_of(image), Point(20, 20)
    distance = colour_distance(scene, point)
    areas = [wand_from_distance(distance, point, tolerance).area for tolerance in (0, 2, 4, 8, 16, 32)]
    assert areas == sorted(areas)
    assert areas[0] >= 1
    assert areas[3] == wand_region(scene, point, tolerance=8).area


def test_a_specular_spot_is_filled_and_a_large_hole_is_not() -> None:
    image = np.full((60, 60, 3), (180, 90, 80), np.uint8)
    image[10:14, 10:14] = 255
    image[30:55, 30:55] = 20
    region = wand_region(scene_of(image), Point(3, 3), tolerance=10)
    inside = frame_mask(region, height=60, width=60)
    assert inside[11, 11]
    assert not inside[40, 40]


@pytest.mark.parametrize("point", [Point(-1, 3), Point(3, 60), Point(1e9, 1e9)])
def test_a_point_outside_the_frame_takes_nothing(point: Point) -> None:
    assert wand_region(scene_of(np.zeros((60, 60, 3), np.uint8)), point, tolerance=50).is_empty
