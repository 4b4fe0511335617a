"""The bucket fills what hangs together with the point, and does not leak."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from polypviewer.core.errors import EditError
from polypviewer.core.geometry import Point
from polypviewer.core.label_map import LabelMap, Mask
from polypviewer.core.region import Scene, frame_mask
from polypviewer.core.regions.fill import fill_region

shapes = array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=11)
label_maps = shapes.flatmap(lambda shape: arrays(np.uint8, shape, elements=st.sampled_from((0, 0, 0, 1, 2, 255))))


def scene_of(labels: LabelMap, limit: Mask | None = None) -> Scene:
    labels.flags.writeable = False
    return Scene(np.zeros((*labels.shape, 3), np.uint8), labels, limit)


def slow_fill(labels: LabelMap, x: int, y: int, limit: Mask) -> tuple[Mask, bool]:
    """The pixels, and whether they reach the border."""
    found, waiting, is_open = np.zeros(labels.shape, np.bool_), [(x, y)], False
    while waiting:
        x, y = waiting.pop()
        found[y, x] = True
        for u, v in ((x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)):
            if not (0 <= u < labels.shape[1] and 0 <= v < labels.shape[0]) or not limit[v, u]:
                is_open = True
            elif labels[v, u] == labels[y, x] and not found[v, u]:
                waiting.append((u, v))
    return found, is_open


@settings(max_examples=150, deadline=None)
@given(label_maps, st.integers(0, 10), st.integers(0, 10), st.none() | st.integers(0, 99))
def test_it_fills_what_hangs_together_with_the_point(labels: LabelMap, x: int, y: int, seed: int | None) -> None:
    x, y = min(x, labels.shape[1] - 1), min(y, labels.shape[0] - 1)
    limit = None if seed is None else np.random.default_rng(seed).random(labels.shape) < 0.8
    bounds = np.ones(labels.shape, np.bool_) if limit is None or labels[y, x] else limit
    scene = scene_of(labels, limit)
    if not bounds[y, x]:
        assert fill_region(scene, Point(x + 0.5, y + 0.5)).is_empty
        return
    expected, is_open = slow_fill(labels, x, y, bounds)
    region = fill_region(scene, Point(x + 0.1, y + 0.9), outside=True)
    np.testing.assert_array_equal(frame_mask(region, height=labels.shape[0], width=labels.shape[1]), expected)
    most = 2 * expected.sum() > (bounds & (labels == 0)).sum()
    if is_open and most and labels[y, x] == 0:
        with pytest.raises(EditError, match="not enclosed"):
            fill_region(scene, Point(x + 0.5, y + 0.5))
    else:
        assert fill_region(scene, Point(x + 0.5, y + 0.5)).area == expected.sum()


def test_an_outline_may_lean_on_the_border_of_the_field() -> None:
    labels = np.zeros((20, 30), np.uint8)
    labels[5, :8] = labels[12, :8] = labels[5:13, 8] = 1
    limit = np.ones(labels.shape, np.bool_)
    limit[:, :2] = False
    assert fill_region(scene_of(labels, limit), Point(4.5, 8.5)).area == 6 * 6
    with pytest.raises(EditError, match="not enclosed"):
        fill_region(scene_of(labels, limit), Point(20.5, 8.5))


def test_an_outline_that_touches_only_at_corners_holds() -> None:
    labels = np.zeros((7, 7), np.uint8)
    for x, y in ((3, 1), (4, 2), (5, 3), (4, 4), (3, 5), (2, 4), (1, 3), (2, 2)):
        labels[y, x] = 1
    assert fill_region(scene_of(labels), Point(3.5, 3.5)).area == 5


@pytest.mark.parametrize("point", [Point(-0.1, 3), Point(3, 7), Point(7, 3), Point(-99, 1e6)])
def test_a_point_outside_the_frame_fills_nothing(point: Point) -> None:
    assert fill_region(scene_of(np.zeros((7, 7), np.uint8)), point).is_empty
