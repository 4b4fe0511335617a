"""Lesions are merged, split, recoloured and cleared, and nothing else changes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from polypviewer.core.errors import EditError
from polypviewer.core.geometry import Point
from polypviewer.core.label_map import LabelMap, Mask
from polypviewer.core.region import Reshape, Scene, applied
from polypviewer.core.regions.lesions import clear_frame, merge_lesions, recolour_island, split_islands

shapes = array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=11)
label_maps = shapes.flatmap(lambda shape: arrays(np.uint8, shape, elements=st.sampled_from((0, 0, 1, 1, 4, 255))))


def scene_of(labels: LabelMap, limit: Mask | None = None) -> Scene:
    labels.flags.writeable = False
    return Scene(np.zeros((*labels.shape, 3), np.uint8), labels, limit)


def slow_island(labels: LabelMap, x: int, y: int) -> frozenset[tuple[int, int]]:
    found: set[tuple[int, int]] = set()
    waiting = [(x, y)]
    while waiting:
        u, v = waiting.pop()
        inside = 0 <= u < labels.shape[1] and 0 <= v < labels.shape[0]
        if inside and labels[v, u] == labels[y, x] and (u, v) not in found:
            found.add((u, v))
            waiting += [(u + i, v + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    return frozenset(found)


def slow_islands(labels: LabelMap, slot: int) -> set[frozenset[tuple[int, int]]]:
    return {slow_island(labels, int(x), int(y)) for y, x in np.argwhere(labels == slot)}


def after(labels: LabelMap, reshape: Reshape) -> LabelMap:
    return applied(labels, reshape)


@given(label_maps)
def test_merging_gives_all_pixels_of_one_lesion_to_another(labels: LabelMap) -> None:
    merged = after(labels, merge_lesions(scene_of(labels), slot=4, into=1))
    np.testing.assert_array_equal(merged, np.where(labels == 4, 1, labels))


@settings(max_examples=100, deadline=None)
@given(label_maps)
def test_splitting_gives_each_further_island_a_number_of_its_own(labels: LabelMap) -> None:
    split = after(labels, split_islands(scene_of(labels), slot=1))
    before = slow_islands(labels, 1)
    now = {slot: slow_islands(split, slot) for slot in np.unique(split).tolist() if slot == 1 or slot not in labels}
    assert {island for islands in now.values() for island in islands} == before
    assert all(len(islands) == 1 for islands in now.values())
    np.testing.assert_array_equal(split[labels != 1], labels[labels != 1])
    islands = [next(iter(now[slot])) for slot in sorted(now)]
    assert islands == sorted(islands, key=lambda island: (-len(island), min((y, x) for x, y in island)))


def test_a_lesion_of_more_islands_than_there_are_numbers_is_not_split() -> None:
    labels = np.zeros((40, 40), np.uint8)
    labels[::2, ::2] = 1
    with pytest.raises(EditError, match="254 lesion slots"):
        split_islands(scene_of(labels), slot=1)


@settings(max_examples=100, deadline=None)
@given(label_maps, st.integers(-2, 12), st.integers(-2, 12))
def test_recolouring_changes_the_clicked_island_only(labels: LabelMap, x: int, y: int) -> None:
    inside = 0 <= x < labels.shape[1] and 0 <= y < labels.shape[0]
    if not inside or labels[y, x] in (0, 255):
        with pytest.raises(EditError, match="No lesion"):
            recolour_island(scene_of(labels), Point(x + 0.5, y + 0.5), slot=9)
        return
    expected = labels.copy()
    for u, v in slow_island(labels, x, y):
        expected[v, u] = 9
    reshape = recolour_island(scene_of(labels), Point(x + 0.5, y + 0.5), slot=9)
    np.testing.assert_array_equal(after(labels, reshape), expected)


@given(label_maps)
def test_a_cleared_frame_is_all_background(labels: LabelMap) -> None:
    assert not after(labels, clear_frame(scene_of(labels))).any()


def test_what_was_painted_outside_the_limit_changes_its_number_too() -> None:
    labels = np.full((3, 3), 4, np.uint8)
    scene = scene_of(labels, np.zeros((3, 3), np.bool_))
    assert (after(labels, merge_lesions(scene, slot=4, into=1)) == 1).all()
    assert (after(labels, recolour_island(scene, Point(1, 1), slot=2)) == 2).all()
