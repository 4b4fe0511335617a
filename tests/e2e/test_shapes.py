"""Shapes, lesions, copies and the field of view in the real window, each one step for undo."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from polypviewer.core.region import applied
from polypviewer.core.regions.morphology import MORPHOLOGY
from polypviewer.core.review import ReviewStatus
from tests.e2e.bench import CONTROL, Bench, Key
from tests.e2e.frames import look

SHIFT = Qt.KeyboardModifier.ShiftModifier


def draw_two_lesions(bench: Bench) -> None:
    """Lesion 1, and lesion 2 in two parts, one of them with a hole; lesion 2 is in the hand."""
    hand = bench.hand
    hand.key(Key.Key_B)
    hand.drag([(0.25, 0.35), (0.4, 0.35)])
    hand.key(Key.Key_2)
    hand.drag([(0.5, 0.5), (0.7, 0.5), (0.7, 0.7), (0.5, 0.7), (0.5, 0.5)])
    hand.drag([(0.3, 0.7), (0.36, 0.72)])
    assert set(np.unique(bench.labels)) == {0, 1, 2}


@pytest.mark.parametrize("name", ["grow", "shrink", "smooth", "fill_holes", "remove_islands", "convex_hull"])
def test_a_shape_changes_the_painted_lesion_and_no_other(bench: Bench, name: str) -> None:
    draw_two_lesions(bench)
    scene = bench.scene
    numbers = {"radius": 1.0} if name in ("grow", "shrink") else {}
    expected = applied(scene.labels, MORPHOLOGY[name](scene, slot=2, **numbers))
    keys = {"grow": Key.Key_BracketRight, "shrink": Key.Key_BracketLeft}
    if name in keys:
        after = bench.step(lambda: bench.hand.key(keys[name], CONTROL))
    else:
        after = bench.step(bench.hand.window.actions_[name].trigger)
    assert np.array_equal(after, expected)
    assert np.array_equal(after == 1, scene.labels == 1)


def test_a_held_key_grows_step_by_step(bench: Bench) -> None:
    draw_two_lesions(bench)
    before, steps = bench.labels.copy(), len(bench.session.history.done)
    for _ in range(3):
        bench.hand.key(Key.Key_BracketRight, CONTROL)
    bench.hand.until(lambda: len(bench.session.history.done) == steps + 3, what="three steps")
    for _ in range(3):
        bench.hand.key(Key.Key_Z, CONTROL)
    assert np.array_equal(bench.labels, before)


@pytest.mark.parametrize("way", ["key", "menu"])
def test_the_island_under_the_cursor_or_the_next_clicked_one_is_kept(bench: Bench, way: str) -> None:
    hand = bench.hand
    hand.key(Key.Key_B)
    hand.drag([(0.3, 0.5), (0.35, 0.5)])
    hand.drag([(0.6, 0.5), (0.75, 0.5)])

    def keep() -> None:
        if way == "key":
            bench.move((0.32, 0.5))
            hand.key(Key.Key_K, SHIFT)
        else:
            bench.move((0.9, 0.9))
            hand.window.actions_["keep_island"].trigger()
            bench.click((0.32, 0.5))

    after = bench.step(keep)
    assert after[128, 102] == 1
    assert not after[:, 160:].any()
    assert hand.canvas.tool.name == "brush"
    assert hand.window.actions_["brush"].isChecked()


def test_a_part_goes_to_the_painted_lesion(bench: Bench) -> None:
    draw_two_lesions(bench)
    before = bench.labels.copy()

    def give() -> None:
        bench.move((0.3, 0.35))
        bench.hand.key(Key.Key_J, SHIFT)

    after = bench.step(give)
    assert np.array_equal(after == 2, before > 0)


def test_lesions_are_merged_and_split_again(bench: Bench) -> None:
    draw_two_lesions(bench)
    before = bench.labels.copy()
    merged = bench.step(bench.hand.window.actions_["merge_lesions"].trigger)
    assert set(np.unique(merged)) == {0, 2}
    assert np.array_equal(merged > 0, before > 0)
    split = bench.step(bench.hand.window.actions_["split_lesion"].trigger)
    assert len(np.unique(split)) > 2
    assert np.array_equal(split > 0, before > 0)


def test_a_mask_is_copied_to_another_frame(bench: Bench) -> None:
    draw_two_lesions(bench)
    copied = bench.labels.copy()
    bench.hand.key(Key.Key_C, CONTROL)
    bench.hand.step_to(lambda: bench.hand.key(Key.Key_D))
    assert np.array_equal(bench.step(lambda: bench.hand.key(Key.Key_V, CONTROL)), copied)


def test_paint_stays_in_the_corrected_field_unless_it_may_leave_it(bench: Bench) -> None:
    hand = bench.hand
    hand.command("Correct the field of view")
    hand.drag([(0.1, 0.1), (0.5, 0.1), (0.5, 0.9), (0.1, 0.9)])
    hand.until(lambda: bench.session.field is not None and bench.session.field.origin == "corrected", what="the field")
    look(hand, "field")
    hand.key(Key.Key_B)
    hand.drag([(0.3, 0.5), (0.8, 0.5)])
    assert bench.labels[128, 100] == 1
    assert not bench.labels[:, 165:].any()
    hand.window.actions_["paint_outside"].trigger()
    hand.drag([(0.3, 0.6), (0.8, 0.6)])
    assert bench.labels[:, 165:].any()
    hand.window.actions_["find_field"].trigger()
    hand.until(lambda: bench.session.field is not None and bench.session.field.origin == "found", what="the field")


def test_enter_right_after_the_lasso_accepts_what_the_lasso_took(bench: Bench) -> None:
    places = bench.ellipse()
    first = bench.session.frames[0]
    bench.hand.key(Key.Key_P)
    bench.hand.drag(places)
    QTest.keyClick(bench.hand.canvas, Key.Key_Return, SHIFT)
    bench.hand.until(lambda: bench.session.statuses[first] is ReviewStatus.CORRECTED, what="the decision")
    assert bench.overlap(bench.labels) > 0.7
