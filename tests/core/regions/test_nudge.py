"""The border goes with the hand, however slowly, and nothing else moves."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polypviewer.core.geometry import EMPTY_RECT, Point, Rect, whole
from polypviewer.core.label_map import Mask
from polypviewer.core.regions.nudge import Nudge

HEIGHT, WIDTH = 120, 160
FRAME = whole(HEIGHT, WIDTH)


def disc(x: float = 70.0, y: float = 60.0, radius: float = 30.0) -> Mask:
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH] + 0.5
    inside: Mask = np.hypot(columns - x, rows - y) <= radius
    return inside


def pushed(mask: Mask, *path: tuple[float, float], radius: float = 20.0) -> Mask:
    nudge = Nudge(mask)
    for (ax, ay), (bx, by) in pairwise(path):
        nudge.push(Point(ax, ay), Point(bx, by), radius)
    return nudge.mask_in(FRAME)


def test_pushing_outwards_carries_the_border_along_with_the_tip() -> None:
    before = disc()
    after = pushed(before, (100, 60), (110, 60))
    assert after.sum() > before.sum()
    assert not (before & ~after).any()
    assert abs(np.flatnonzero(after[60]).max() - np.flatnonzero(before[60]).max() - 10) <= 1


def test_pushing_inwards_takes_away() -> None:
    before = disc()
    after = pushed(before, (102, 60), (92, 60))
    assert after.sum() < before.sum()
    assert not (after & ~before).any()
    assert abs(np.flatnonzero(before[60]).max() - np.flatnonzero(after[60]).max() - 10) <= 1


def test_a_slow_hand_gets_as_far_as_a_quick_one() -> None:
    slow = pushed(disc(), *((100 + step * 0.01, 60) for step in range(1001)))
    quick = pushed(disc(), (100, 60), (110, 60))
    assert (slow != quick).sum() <= 12


def test_what_no_tip_came_near_stays_bit_for_bit() -> None:
    before = np.random.default_rng(3).random((HEIGHT, WIDTH)) < 0.5
    nudge = Nudge(before)
    rect = nudge.push(Point(60, 60), Point(66.5, 58.25), 15)
    after = nudge.mask_in(FRAME)
    after[rect.slices] = before[rect.slices]
    assert np.array_equal(after, before)
    assert Rect(40, 40, 45, 40).united(rect) == Rect(40, 40, 45, 40)


def test_the_way_back_brings_the_border_back() -> None:
    before = disc()
    after = pushed(before, (100, 60), (104, 60), (100, 60))
    assert (before != after).sum() <= 6


def test_a_push_inside_the_lesion_away_from_its_border_changes_nothing() -> None:
    assert np.array_equal(pushed(disc(), (65, 60), (75, 60), radius=15), disc())


def test_what_was_pushed_out_far_remains_one_piece_without_holes() -> None:
    after = pushed(disc(), (95, 60), (150, 60))
    line = after[60, 60:140]
    assert line.all()


@pytest.mark.parametrize("filled", [False, True])
def test_an_empty_and_a_full_mask_have_no_border_to_push(filled: bool) -> None:  # noqa: FBT001 - the case of the test
    before = np.full((HEIGHT, WIDTH), filled)
    assert np.array_equal(pushed(before, (5, 5), (40, 60), (300, 60)), before)


def test_a_tip_that_does_not_move_or_is_outside_touches_nothing() -> None:
    nudge = Nudge(disc())
    assert nudge.push(Point(100, 60), Point(100, 60), 20) == EMPTY_RECT
    assert nudge.push(Point(-100, -60), Point(-90, -60), 20) == EMPTY_RECT


def test_the_mask_that_was_given_is_not_painted_and_the_copy_is_a_copy() -> None:
    given_mask = disc()
    nudge = Nudge(given_mask)
    nudge.push(Point(100, 60), Point(110, 60), 20)
    nudge.mask_in(FRAME)[:] = False
    assert np.array_equal(given_mask, disc())
    assert nudge.mask_in(FRAME).any()


coordinate = st.floats(-40, 200, allow_nan=False)


@settings(max_examples=60, deadline=None)
@given(coordinate, coordinate, coordinate, coordinate, st.floats(0.1, 90))
def test_any_push_stays_in_the_frame_and_in_its_rectangle(ax: float, ay: float, bx: float, by: float, r: float) -> None:
    nudge = Nudge(disc(x=20, y=110))
    rect = nudge.push(Point(ax, ay), Point(bx, by), r)
    assert rect.clipped(HEIGHT, WIDTH) == rect
    changed = nudge.mask_in(FRAME) != disc(x=20, y=110)
    changed[rect.slices] = False
    assert not changed.any()
