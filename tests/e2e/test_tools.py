"""Each tool once in the real window: real events, the label map held against the core, one step for undo, a look."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from polypviewer.core.label_map import IGNORE, polyp_mask
from polypviewer.core.nib import Nib
from polypviewer.core.region import applied
from polypviewer.core.regions.fill import fill_region
from polypviewer.core.regions.grabcut import grabcut_region
from polypviewer.core.regions.polygon import polygon_region
from polypviewer.core.regions.wand import wand_region
from polypviewer.core.review import ReviewStatus
from polypviewer.ui import tool_work
from polypviewer.ui.canvas.wishes import Grow
from tests.e2e.bench import CONTROL, Bench, Key, lasso, stroke, with_region
from tests.e2e.frames import look
from tests.e2e.hand import LEFT, PLAIN
from tests.mouse import glide

RIGHT, SHIFT = Qt.MouseButton.RightButton, Qt.KeyboardModifier.ShiftModifier


# --- strokes ---------------------------------------------------------------------------------------------------------


def test_the_brush_paints_and_its_right_button_erases(bench: Bench) -> None:
    bench.hand.key(Key.Key_B)
    places = [(0.2, 0.4), (0.35, 0.45), (0.45, 0.6)]
    expected = stroke(bench, places, value=1, nib=Nib(6.0))
    assert np.array_equal(bench.step(lambda: bench.hand.drag(places)), expected)
    look(bench.hand, "brush")
    expected = stroke(bench, places[1:], value=0, nib=Nib(6.0))
    assert np.array_equal(bench.step(lambda: bench.hand.drag(places[1:], button=RIGHT)), expected)


def test_the_square_nib_paints_squares(bench: Bench) -> None:
    bench.hand.key(Key.Key_B)
    bench.hand.key(Key.Key_B, SHIFT)
    places = [(0.3, 0.4), (0.5, 0.45)]
    expected = stroke(bench, places, value=1, nib=Nib(6.0, "square"))
    assert np.array_equal(bench.step(lambda: bench.hand.drag(places)), expected)
    look(bench.hand, "square")


def test_the_eraser_erases(bench: Bench) -> None:
    bench.hand.key(Key.Key_B)
    bench.hand.drag([(0.3, 0.5), (0.6, 0.5)])
    bench.hand.key(Key.Key_E)
    places = [(0.45, 0.4), (0.45, 0.6)]
    expected = stroke(bench, places, value=0, nib=Nib(6.0))
    assert np.array_equal(bench.step(lambda: bench.hand.drag(places)), expected)
    look(bench.hand, "eraser")


def test_the_ignore_brush_paints_255(bench: Bench) -> None:
    bench.hand.key(Key.Key_I)
    places = [(0.4, 0.3), (0.5, 0.35)]
    expected = stroke(bench, places, value=IGNORE, nib=Nib(6.0))
    assert np.array_equal(bench.step(lambda: bench.hand.drag(places)), expected)
    assert set(np.unique(bench.labels)) == {0, IGNORE}
    look(bench.hand, "ignore")


def test_the_edge_aware_brush_stays_on_the_lesion_that_a_plain_one_leaves(bench: Bench) -> None:
    bench.hand.key(Key.Key_B)
    bench.hand.canvas.hand.change_radius(14.0)
    x, y = bench.middle
    edge = bench.right
    places = [(x, y), (edge - 0.05, y), (edge - 0.03, y)]
    plain = stroke(bench, places, value=1, nib=Nib(14.0))
    bench.hand.key(Key.Key_S)
    after = bench.step(lambda: bench.hand.drag(places))
    assert polyp_mask(after).sum() > 100
    assert (polyp_mask(after) & ~bench.truth).sum() < 0.6 * (polyp_mask(plain) & ~bench.truth).sum()
    look(bench.hand, "edge_aware")


def test_the_nudge_pushes_the_border_out_and_leaves_the_far_side_alone(bench: Bench) -> None:
    lasso(bench, bench.ellipse())
    before = bench.labels.copy()
    bench.hand.key(Key.Key_U)
    bench.hand.canvas.hand.change_radius(16.0)
    y = bench.middle[1]
    places = [(bench.right - 0.02, y), (bench.right + 0.02, y), (bench.right + 0.04, y)]
    after = bench.step(lambda: bench.hand.drag(places))
    changed = np.nonzero(after != before)
    assert after.sum() > before.sum() + 40
    assert changed[1].min() > (bench.left + bench.right) / 2 * after.shape[1]
    look(bench.hand, "nudge")


# --- outlines ---


def test_the_lasso_takes_what_lies_inside_and_takes_it_away_again(bench: Bench) -> None:
    scene, places = bench.scene, bench.ellipse()
    region = polygon_region([bench.point(place) for place in places], height=scene.height, width=scene.width)
    assert np.array_equal(lasso(bench, places), with_region(scene, region))
    assert bench.overlap(bench.labels) > 0.7
    look(bench.hand, "lasso")
    inner, scene = bench.ellipse(0.5), bench.scene
    region = polygon_region([bench.point(place) for place in inner], height=scene.height, width=scene.width)
    assert np.array_equal(lasso(bench, inner, button=RIGHT), with_region(scene, region, value=0))


@pytest.mark.parametrize("closing", ["enter", "double click", "first point"])
def test_a_polygon_is_clicked_corner_by_corner(bench: Bench, closing: str) -> None:
    scene, corners = bench.scene, bench.ellipse(count=6)
    region = polygon_region([bench.point(place) for place in corners], height=scene.height, width=scene.width)
    bench.hand.key(Key.Key_P)
    for corner in corners[:-1]:
        bench.click(corner)
    bench.click((0.9, 0.9))
    bench.hand.key(Key.Key_Backspace)
    bench.click(corners[-1])
    look(bench.hand, "polygon")

    def close() -> None:
        if closing == "enter":
            bench.hand.key(Key.Key_Return)
        elif closing == "double click":
            QTest.mouseDClick(bench.hand.canvas, LEFT, PLAIN, bench.hand.at(*corners[-1]))
        else:
            bench.click(corners[0])

    assert np.array_equal(bench.step(close), with_region(scene, region))
    assert bench.session.statuses[bench.session.frames[0]] is ReviewStatus.EDITED


def test_undo_in_the_middle_of_a_polygon_takes_a_corner_back_and_no_stroke(bench: Bench) -> None:
    bench.hand.key(Key.Key_B)
    bench.hand.drag([(0.7, 0.7), (0.8, 0.7)])
    bench.hand.key(Key.Key_P)
    bench.click((0.3, 0.3))
    bench.click((0.5, 0.3))
    bench.hand.key(Key.Key_Z, CONTROL)
    bench.hand.key(Key.Key_Z, CONTROL)
    assert bench.labels.any()
    bench.hand.key(Key.Key_Z, CONTROL)
    assert not bench.labels.any()


def test_the_live_wire_follows_the_border_of_the_lesion(bench: Bench) -> None:
    bench.hand.key(Key.Key_L)
    rows, columns = np.nonzero(bench.truth)
    height, width = bench.truth.shape
    x, y = bench.middle
    outermost = [
        (bench.left + 0.005, float(rows[columns == columns.min()].mean() + 0.5) / height),
        (float(columns[rows == rows.min()].mean() + 0.5) / width, bench.top + 0.005),
        (bench.right - 0.005, float(rows[columns == columns.max()].mean() + 0.5) / height),
        (float(columns[rows == rows.max()].mean() + 0.5) / width, bench.bottom - 0.005),
    ]
    for place in outermost:
        bench.click(place)
        bench.hand.rest(0.1)
    look(bench.hand, "livewire")
    after = bench.step(lambda: bench.hand.key(Key.Key_Return))
    assert bench.overlap(after) > 0.6
    assert after[int(y * height), int(x * width)] == 1


# --- tools that look at the picture ----------------------------------------------------------------------------------


def test_the_bucket_fills_a_closed_ring_and_refuses_an_open_one(bench: Bench) -> None:
    bench.hand.key(Key.Key_B)
    ring = bench.ellipse()
    bench.hand.drag(ring[:-5])
    bench.hand.key(Key.Key_F)
    bench.click(bench.middle)
    bench.hand.until(lambda: any(m.code == "edit.fill_open" for m in bench.hand.messages), what="the refusal")
    bench.hand.key(Key.Key_B)
    bench.hand.drag([*ring[-6:], ring[0]])
    bench.hand.key(Key.Key_F)
    scene = bench.scene
    expected = with_region(scene, fill_region(scene, bench.point(bench.middle)))
    assert np.array_equal(bench.step(lambda: bench.click(bench.middle)), expected)
    look(bench.hand, "fill")


def test_the_wand_previews_while_it_is_dragged_and_takes_at_the_release(bench: Bench) -> None:
    bench.hand.key(Key.Key_W)
    canvas, start, scene = bench.hand.canvas, bench.hand.at(*bench.middle), bench.scene
    at = bench.point(bench.middle)

    def take() -> None:
        QTest.mousePress(canvas, LEFT, PLAIN, start)
        bench.previewed()
        glide(canvas, start - QPoint(30, 0))
        bench.hand.rest(0.2)
        assert not bench.labels.any()
        look(bench.hand, "wand")
        QTest.mouseRelease(canvas, LEFT, PLAIN, start - QPoint(30, 0))

    after = bench.step(take)
    tolerance = canvas.hand.options.tolerance
    assert tolerance < 8.0
    assert np.array_equal(after, with_region(scene, wand_region(scene, at, tolerance=tolerance)))


def test_seeds_grow_a_lesion_that_enter_takes_without_accepting_the_frame(bench: Bench) -> None:
    bench.hand.key(Key.Key_Q)
    scene, around = bench.scene, (bench.right + 0.06, bench.middle[1])
    bench.click(bench.middle)
    bench.previewed()
    bench.click(around, RIGHT)
    bench.hand.rest(0.3)
    assert not bench.labels.any()
    look(bench.hand, "seeds")
    wish = Grow(((bench.point(bench.middle),),), ((bench.point(around),),))
    expected = applied(scene.labels, tool_work.grow(scene, wish=wish, value=1))
    assert np.array_equal(bench.step(lambda: bench.hand.key(Key.Key_Return)), expected)
    assert bench.overlap(bench.labels) > 0.3
    assert bench.session.current == bench.session.frames[0]
    assert bench.session.statuses[bench.session.frames[0]] is ReviewStatus.EDITED


def test_a_box_is_cut_out_and_escape_drops_it(bench: Bench) -> None:
    bench.hand.key(Key.Key_G)
    places = [(bench.left - 0.03, bench.top - 0.03), bench.middle, (bench.right + 0.03, bench.bottom + 0.03)]
    bench.hand.drag(places)
    bench.previewed()
    bench.hand.key(Key.Key_Escape)
    assert bench.session.preview is None
    scene = bench.scene
    bench.hand.drag(places)
    bench.previewed()
    look(bench.hand, "box")
    box = tool_work.box_of(bench.point(places[0]), bench.point(places[-1]))
    expected = with_region(scene, grabcut_region(scene, box))
    assert np.array_equal(bench.step(lambda: bench.hand.key(Key.Key_Return)), expected)


def test_an_edit_of_the_frame_drops_a_preview_and_its_marks(bench: Bench) -> None:
    bench.hand.key(Key.Key_B)
    bench.hand.drag([(0.7, 0.7), (0.8, 0.7)])
    bench.hand.key(Key.Key_Q)
    bench.click(bench.middle)
    bench.previewed()
    bench.session.undo()
    bench.hand.until(lambda: bench.session.preview is None, what="no preview")
    assert bench.hand.canvas.tool.sketch.points == []


def test_a_hand_that_is_quicker_than_the_tool_loses_nothing(bench: Bench) -> None:
    """Enter before the preview is there, and a wand that is only clicked: each is one step, no frame is accepted."""
    bench.hand.key(Key.Key_Q)
    scene, at = bench.scene, bench.point(bench.middle)

    def click_and_enter() -> None:
        bench.click(bench.middle)
        QTest.keyClick(bench.hand.canvas, Key.Key_Return)

    expected = applied(scene.labels, tool_work.grow(scene, wish=Grow(((at,),), ()), value=1))
    assert np.array_equal(bench.step(click_and_enter), expected)
    bench.hand.key(Key.Key_W)
    bench.hand.key(Key.Key_2)
    scene = bench.scene
    region = wand_region(scene, at, tolerance=bench.hand.canvas.hand.options.tolerance)
    assert np.array_equal(bench.step(lambda: bench.click(bench.middle)), with_region(scene, region, value=2))
    assert bench.session.statuses[bench.session.frames[0]] is ReviewStatus.EDITED
    assert bench.session.preview is None


def test_escape_drops_what_is_still_being_worked_on(bench: Bench) -> None:
    bench.hand.key(Key.Key_Q)
    bench.click(bench.middle)
    bench.hand.key(Key.Key_Escape)
    bench.hand.rest(0.5)
    assert bench.session.preview is None
    assert bench.session.history.done == ()
    assert bench.hand.canvas.tool.sketch.points == []
