"""Lasso, polygon, live wire and the outline of the field: real mouse events in, wishes out."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from polypviewer.core.geometry import Point
from polypviewer.ui.canvas.gestures import Canvas
from polypviewer.ui.canvas.tools_path import LivewireTool
from polypviewer.ui.canvas.wishes import Enclose, Follow, Leg, OutlineField, Trace
from tests.mouse import glide
from tests.ui.pictures import grey_frame
from tests.ui.tool_watch import ALT, CORNERS, HEIGHT, LEFT, NONE, RIGHT, WIDTH, Watch, at, click, drag, near


def test_a_drag_is_a_freehand_lasso(canvas: Canvas, watch: Watch) -> None:
    canvas.choose_tool("lasso")
    drag(canvas, (0.3, 0.3), (0.6, 0.3), (0.6, 0.6), (0.3, 0.6))
    (wish,) = watch.wishes
    assert isinstance(wish, Enclose)
    assert not wish.takes_away
    assert len(wish.outline) == 4
    assert near(wish.outline[0], 0.3, 0.3)
    assert near(wish.outline[-1], 0.3, 0.6)


@pytest.mark.parametrize("closing", ["enter", "double click", "first point"])
def test_clicks_are_corners_until_the_polygon_is_closed(canvas: Canvas, watch: Watch, closing: str) -> None:
    canvas.choose_tool("lasso")
    for corner in CORNERS:
        click(canvas, *corner)
    assert watch.wishes == []
    if closing == "enter":
        assert canvas.confirm()
    elif closing == "double click":
        QTest.mouseDClick(canvas, LEFT, NONE, at(canvas, *CORNERS[-1]))
    else:
        click(canvas, *CORNERS[0])
    (wish,) = watch.wishes
    assert isinstance(wish, Enclose)
    assert len(wish.outline) == 3
    assert all(near(point, *corner) for point, corner in zip(wish.outline, CORNERS, strict=True))
    assert canvas.tool.sketch.points == []


@pytest.mark.parametrize(("button", "held"), [(RIGHT, NONE), (LEFT, ALT)])
def test_a_polygon_that_begins_inverted_takes_away(
    canvas: Canvas, watch: Watch, button: Qt.MouseButton, held: Qt.KeyboardModifier
) -> None:
    canvas.choose_tool("lasso")
    click(canvas, *CORNERS[0], button, held)
    for corner in CORNERS[1:]:
        click(canvas, *corner)
    canvas.confirm()
    (wish,) = watch.wishes
    assert isinstance(wish, Enclose)
    assert wish.takes_away


def test_backspace_takes_corners_back_and_escape_all_of_them(canvas: Canvas, watch: Watch) -> None:
    canvas.choose_tool("lasso")
    for corner in CORNERS:
        click(canvas, *corner)
    assert canvas.step_back()
    assert len(canvas.tool.sketch.path) == 2
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert not canvas.step_back()
    assert not canvas.confirm()
    assert watch.wishes == []


def test_a_step_taken_back_with_the_button_down_ends_that_drag(canvas: Canvas, watch: Watch) -> None:
    canvas.choose_tool("lasso")
    QTest.mousePress(canvas, LEFT, NONE, at(canvas, 0.3, 0.3))
    glide(canvas, at(canvas, 0.6, 0.3))
    assert canvas.step_back()
    glide(canvas, at(canvas, 0.6, 0.6))
    QTest.mouseRelease(canvas, LEFT, NONE, at(canvas, 0.6, 0.6))
    assert canvas.tool.sketch.points == []
    assert watch.wishes == []


def test_enter_with_two_corners_closes_nothing_and_is_no_other_enter_either(canvas: Canvas, watch: Watch) -> None:
    canvas.choose_tool("lasso")
    click(canvas, *CORNERS[0])
    click(canvas, *CORNERS[1])
    assert canvas.confirm()
    assert watch.wishes == []
    assert len(canvas.tool.sketch.path) == 2


def test_a_trembling_click_is_a_corner_and_no_freehand_line(canvas: Canvas, watch: Watch) -> None:
    canvas.choose_tool("lasso")
    place = at(canvas, 0.4, 0.4)
    QTest.mousePress(canvas, LEFT, NONE, place)
    glide(canvas, place + QPoint(2, 1))
    QTest.mouseRelease(canvas, LEFT, NONE, place + QPoint(2, 1))
    assert watch.wishes == []
    assert len(canvas.tool.sketch.path) == 1


def test_a_rubber_line_follows_the_mouse(canvas: Canvas) -> None:
    canvas.choose_tool("lasso")
    click(canvas, *CORNERS[0])
    click(canvas, *CORNERS[1])
    glide(canvas, at(canvas, 0.5, 0.7))
    rubber = canvas.tool.sketch.rubber
    assert near(rubber[1], 0.5, 0.7)
    assert near(rubber[0], *CORNERS[1])
    assert near(rubber[-1], *CORNERS[0])


def test_the_picture_can_be_moved_in_the_middle_of_a_polygon(canvas: Canvas, watch: Watch) -> None:
    canvas.choose_tool("lasso")
    click(canvas, *CORNERS[0])
    QTest.mousePress(canvas, Qt.MouseButton.MiddleButton, NONE, QPoint(400, 300))
    glide(canvas, QPoint(430, 320))
    QTest.mouseRelease(canvas, Qt.MouseButton.MiddleButton, NONE, QPoint(430, 320))
    for corner in CORNERS[1:]:
        click(canvas, *corner)
    canvas.confirm()
    (wish,) = watch.wishes
    assert isinstance(wish, Enclose)
    assert all(near(point, *corner) for point, corner in zip(wish.outline, CORNERS, strict=True))


def test_another_frame_or_tool_drops_the_polygon(canvas: Canvas, watch: Watch) -> None:
    canvas.choose_tool("lasso")
    click(canvas, *CORNERS[0])
    canvas.show_frame(grey_frame(HEIGHT, WIDTH), np.zeros((HEIGHT, WIDTH), np.uint8))
    assert not canvas.confirm()
    click(canvas, *CORNERS[0])
    canvas.choose_tool("brush")
    canvas.choose_tool("lasso")
    assert not canvas.confirm()
    assert watch.wishes == []


def test_the_field_of_view_is_drawn_like_a_lasso(canvas: Canvas, watch: Watch) -> None:
    canvas.choose_tool("correct_field")
    for corner in CORNERS:
        click(canvas, *corner)
    canvas.confirm()
    (wish,) = watch.wishes
    assert isinstance(wish, OutlineField)
    assert len(wish.outline) == 3


# --- live wire -------------------------------------------------------------------------------------------------------


def test_the_live_wire_asks_for_the_way_to_the_mouse_and_for_each_leg(canvas: Canvas, watch: Watch) -> None:
    canvas.choose_tool("livewire")
    click(canvas, *CORNERS[0])
    glide(canvas, at(canvas, 0.5, 0.35))
    click(canvas, *CORNERS[1])
    rubbers = [wish for wish in watch.wishes if isinstance(wish, Trace) and wish.is_rubber]
    legs = [wish for wish in watch.wishes if isinstance(wish, Trace) and not wish.is_rubber]
    assert any(near(wish.leg.b, 0.5, 0.35) for wish in rubbers)
    assert len(legs) == 1
    assert near(legs[0].leg.a, *CORNERS[0])
    assert near(legs[0].leg.b, *CORNERS[1])


def test_a_way_that_comes_home_takes_the_place_of_the_straight_leg(canvas: Canvas, watch: Watch) -> None:
    canvas.choose_tool("livewire")
    tool = canvas.tool
    assert isinstance(tool, LivewireTool)
    click(canvas, *CORNERS[0])
    click(canvas, *CORNERS[1])
    (leg,) = [wish.leg for wish in watch.wishes if isinstance(wish, Trace) and not wish.is_rubber]
    bend = Point(300.0, 50.0)
    tool.show_trace(Leg(leg.a, leg.b, (leg.a, bend, leg.b)))
    assert bend in tool.sketch.path
    click(canvas, *CORNERS[2])
    canvas.confirm()
    (wish,) = [wish for wish in watch.wishes if isinstance(wish, Follow)]
    assert [bool(each.path) for each in wish.legs] == [True, False, False]
    assert wish.legs[-1].b == wish.legs[0].a


def test_backspace_takes_anchors_back_and_the_last_one_ends_the_live_wire(canvas: Canvas) -> None:
    canvas.choose_tool("livewire")
    click(canvas, *CORNERS[0])
    click(canvas, *CORNERS[1])
    assert canvas.step_back()
    assert len(canvas.tool.sketch.anchors) == 1
    assert canvas.step_back()
    assert not canvas.step_back()


def test_a_click_on_the_first_anchor_closes_the_live_wire(canvas: Canvas, watch: Watch) -> None:
    canvas.choose_tool("livewire")
    for corner in (*CORNERS, CORNERS[0]):
        click(canvas, *corner)
    assert isinstance(watch.wishes[-1], Follow)
    assert len(watch.wishes[-1].legs) == 3
