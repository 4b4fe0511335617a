from collections.abc import Sequence

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QPaintEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from polypviewer.core.geometry import Point, Rect
from polypviewer.core.nib import Step
from polypviewer.ui.canvas.gestures import Canvas
from polypviewer.ui.canvas.tools_paint import PaintTool
from tests.mouse import glide
from tests.ui.pictures import checkered_labels, grey_frame

LEFT, RIGHT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton
NONE, SHIFT, ALT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier


class Strokes:
    """Writes down what the tools wish."""

    def __init__(self, canvas: Canvas) -> None:
        self.begun: list[int] = []
        self.points: list[tuple[float, float, float]] = []
        self.ended = self.cancelled = 0
        for tool in canvas.tools.values():
            if isinstance(tool, PaintTool):
                tool.stroke_begun.connect(self._begun)
                tool.stroke_reached.connect(self._reached)
                tool.stroke_ended.connect(self._ended)
                tool.stroke_cancelled.connect(self._cancelled)

    def _begun(self, value: int, _keeps_edges: bool) -> None:  # noqa: FBT001 - argument of a signal
        self.begun.append(value)

    def _reached(self, steps: Sequence[Step]) -> None:
        self.points += [(point.x, point.y, nib.radius) for point, nib in steps]

    def _ended(self) -> None:
        self.ended += 1

    def _cancelled(self) -> None:
        self.cancelled += 1


@pytest.fixture
def canvas(qtbot: QtBot) -> Canvas:
    made = Canvas()
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show_frame(grey_frame(480, 640), np.zeros((480, 640), np.uint8))
    made.show()
    assert QTest.qWaitForWindowExposed(made)
    return made


def at(canvas: Canvas, across: float, down: float) -> QPoint:
    """Where a fraction of the image lies in the widget."""
    return canvas.view.to_widget(Point(640 * across, 480 * down)).toPoint()


def wheel(canvas: Canvas, steps: float, position: QPoint, modifiers: Qt.KeyboardModifier = NONE) -> None:
    event = QWheelEvent(
        QPointF(position), canvas.mapToGlobal(QPointF(position)), QPoint(), QPoint(0, round(120 * steps)),
        Qt.MouseButton.NoButton, modifiers, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas, event)


@pytest.mark.parametrize("zoom", [0.5, 1.0, 3.7, 16.0])
def test_a_click_at_a_fraction_of_the_image_reaches_that_fraction(canvas: Canvas, zoom: float) -> None:
    canvas.choose_tool("brush")
    canvas.zoom_by(zoom / canvas.view.scale)
    strokes = Strokes(canvas)
    middle = canvas.view.to_image(QPointF(450, 350))
    QTest.mouseClick(canvas, LEFT, NONE, QPoint(450, 350))
    assert strokes.points[0][0] == pytest.approx(middle.x, abs=0.51 / zoom)
    assert strokes.points[0][1] == pytest.approx(middle.y, abs=0.51 / zoom)
    assert strokes.begun == [1]
    assert strokes.ended == 1


def test_a_drag_is_one_stroke_in_image_coordinates(canvas: Canvas) -> None:
    canvas.choose_tool("brush")
    strokes = Strokes(canvas)
    QTest.mousePress(canvas, LEFT, NONE, at(canvas, 0.2, 0.5))
    for step in range(1, 6):
        glide(canvas, at(canvas, 0.2 + 0.1 * step, 0.5))
    QTest.mouseRelease(canvas, LEFT, NONE, at(canvas, 0.7, 0.5))
    assert (strokes.begun, strokes.ended, strokes.cancelled) == ([1], 1, 0)
    assert len(strokes.points) == 6
    assert strokes.points[-1][0] == pytest.approx(0.7 * 640, abs=1)


@pytest.mark.parametrize(
    ("tool", "button", "modifiers", "value"),
    [
        ("brush", LEFT, NONE, 1), ("brush", RIGHT, NONE, 0), ("brush", LEFT, ALT, 0), ("brush", RIGHT, ALT, 1),
        ("eraser", LEFT, NONE, 0), ("eraser", RIGHT, NONE, 1), ("eraser", LEFT, ALT, 1),
    ],
)  # fmt: skip
def test_the_right_button_or_alt_inverts_the_tool(
    canvas: Canvas, tool: str, button: Qt.MouseButton, modifiers: Qt.KeyboardModifier, value: int
) -> None:
    canvas.choose_tool(tool)
    strokes = Strokes(canvas)
    QTest.mouseClick(canvas, button, modifiers, at(canvas, 0.5, 0.5))
    assert strokes.begun == [value]


def test_escape_during_a_stroke_cancels_it_and_the_release_does_nothing_more(canvas: Canvas) -> None:
    canvas.choose_tool("brush")
    strokes = Strokes(canvas)
    QTest.mousePress(canvas, LEFT, NONE, at(canvas, 0.3, 0.3))
    glide(canvas, at(canvas, 0.4, 0.4))
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    glide(canvas, at(canvas, 0.6, 0.6))
    QTest.mouseRelease(canvas, LEFT, NONE, at(canvas, 0.6, 0.6))
    assert (strokes.cancelled, strokes.ended) == (1, 0)
    assert len(strokes.points) == 2


def test_finishing_a_drag_ends_the_stroke_where_the_hand_is(canvas: Canvas) -> None:
    canvas.choose_tool("brush")
    strokes = Strokes(canvas)
    QTest.mousePress(canvas, LEFT, NONE, at(canvas, 0.3, 0.3))
    canvas.finish_drag()
    glide(canvas, at(canvas, 0.6, 0.6))
    QTest.mouseRelease(canvas, LEFT, NONE, at(canvas, 0.6, 0.6))
    assert (strokes.ended, len(strokes.points)) == (1, 1)


def test_the_wheel_zooms_at_the_cursor(canvas: Canvas) -> None:
    position = at(canvas, 0.8, 0.25)
    before, zoom = canvas.view.to_image(QPointF(position)), canvas.zoom
    wheel(canvas, 3, position)
    after = canvas.view.to_image(QPointF(position))
    assert canvas.zoom == pytest.approx(zoom * 1.2**3)
    assert after.x == pytest.approx(before.x)
    assert after.y == pytest.approx(before.y)


def test_shift_and_wheel_change_the_size_of_the_brush_and_not_the_zoom(canvas: Canvas) -> None:
    radius, zoom = canvas.hand.radius, canvas.zoom
    wheel(canvas, 1, at(canvas, 0.5, 0.5), SHIFT)
    assert canvas.hand.radius > radius
    wheel(canvas, -2, at(canvas, 0.5, 0.5), SHIFT)
    assert canvas.hand.radius < radius
    assert canvas.zoom == zoom


def test_shift_and_right_drag_change_the_size_of_the_brush(canvas: Canvas) -> None:
    canvas.choose_tool("brush")
    strokes, radius = Strokes(canvas), canvas.hand.radius
    QTest.mousePress(canvas, RIGHT, SHIFT, at(canvas, 0.5, 0.5))
    glide(canvas, at(canvas, 0.6, 0.5))
    QTest.mouseRelease(canvas, RIGHT, SHIFT, at(canvas, 0.6, 0.5))
    assert canvas.hand.radius > radius
    assert strokes.begun == []


def test_the_middle_button_moves_the_picture_with_any_tool(canvas: Canvas) -> None:
    canvas.choose_tool("brush")
    strokes, left = Strokes(canvas), canvas.view.left
    QTest.mousePress(canvas, MIDDLE, NONE, QPoint(400, 300))
    glide(canvas, QPoint(430, 310))
    QTest.mouseRelease(canvas, MIDDLE, NONE, QPoint(430, 310))
    assert canvas.view.left == left + 30
    assert strokes.begun == []


def test_holding_space_moves_the_picture_and_a_tap_is_a_tap(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.choose_tool("brush")
    strokes, left = Strokes(canvas), canvas.view.left
    taps: list[bool] = []
    canvas.space_tapped.connect(lambda: taps.append(True))
    canvas.hold_space()
    QTest.mousePress(canvas, LEFT, NONE, QPoint(400, 300))
    glide(canvas, QPoint(380, 300))
    QTest.mouseRelease(canvas, LEFT, NONE, QPoint(380, 300))
    canvas.release_space()
    assert canvas.view.left == left - 20
    assert (strokes.begun, taps) == ([], [])
    canvas.hold_space()
    canvas.release_space()
    assert taps == [True]


def test_zoom_and_pan_stay_between_frames_of_equal_size(canvas: Canvas) -> None:
    wheel(canvas, 4, at(canvas, 0.2, 0.8))
    view = canvas.view
    canvas.show_frame(grey_frame(480, 640, value=30), np.zeros((480, 640), np.uint8))
    assert canvas.view == view
    canvas.show_frame(grey_frame(100, 640), np.zeros((100, 640), np.uint8))
    assert canvas.view != view


def test_one_to_one_shows_one_pixel_for_one_pixel(canvas: Canvas) -> None:
    canvas.one_to_one()
    assert canvas.zoom == pytest.approx(1.0)


class PaintedRegions(QObject):
    """Writes down which part of a widget is painted."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self.rects: list[QRect] = []
        self.counts: list[int] = []
        canvas.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QPaintEvent):
            self.rects.append(QRect(event.rect()))
            self.counts.append(event.region().rectCount())
        return False


def test_a_brush_step_paints_only_where_the_label_map_changed(canvas: Canvas, qtbot: QtBot) -> None:
    qtbot.wait(150)
    painted = PaintedRegions(canvas)
    canvas.refresh_pixels(Rect(100, 100, 20, 20))
    qtbot.waitUntil(lambda: bool(painted.rects))
    expected = canvas.view.covering(Rect(100, 100, 20, 20), margin=8)
    assert all(expected.contains(rect) for rect in painted.rects)


def test_a_step_of_the_brush_is_painted_as_one_rectangle(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.choose_tool("brush")
    glide(canvas, at(canvas, 0.5, 0.5))
    qtbot.wait(150)
    painted = PaintedRegions(canvas)
    glide(canvas, at(canvas, 0.51, 0.51))
    qtbot.waitUntil(lambda: bool(painted.rects))
    assert painted.counts == [1]


def test_the_screen_shows_the_mask_where_it_is(canvas: Canvas, qtbot: QtBot) -> None:
    labels = np.zeros((480, 640), np.uint8)
    labels[200:280, 300:400] = 1
    canvas.show_frame(grey_frame(480, 640), labels)
    shown = canvas.grab().toImage()
    inside = shown.pixelColor(canvas.view.to_widget(Point(350.5, 240.5)).toPoint())
    outside = shown.pixelColor(canvas.view.to_widget(Point(250.5, 240.5)).toPoint())
    assert outside.red() == outside.green() == 90
    assert inside.green() > inside.red() + 10


def test_peeking_and_hiding_show_the_picture_alone(canvas: Canvas) -> None:
    labels = np.full((480, 640), 1, np.uint8)
    canvas.show_frame(grey_frame(480, 640), labels)
    middle = canvas.rect().center()

    def colour() -> int:
        return canvas.grab().toImage().pixelColor(middle).green()

    assert colour() != 90
    canvas.set_peeking(True)
    assert colour() == 90
    canvas.set_peeking(False)
    canvas.set_hidden(True)
    assert colour() == 90


def test_a_proposal_is_drawn_beside_the_mask_and_changes_no_label(canvas: Canvas) -> None:
    labels = np.zeros((480, 640), np.uint8)
    canvas.show_frame(grey_frame(480, 640), labels)
    plain = canvas.grab().toImage()
    canvas.show_proposal([np.array([[100, 100], [300, 100], [300, 300], [100, 300]], np.float32)])
    assert canvas.grab().toImage() != plain
    assert not labels.any()


def test_a_moving_view_and_a_still_one_show_the_mask_at_the_same_place(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.show_frame(grey_frame(480, 640), checkered_labels(480, 640, side=60))
    wheel(canvas, 6, canvas.rect().center())
    moving = canvas.grab().toImage()
    qtbot.wait(200)
    still = canvas.grab().toImage()
    same = [moving.pixelColor(x, y) == still.pixelColor(x, y) for x in range(5, 900, 37) for y in range(5, 700, 31)]
    assert np.mean(same) > 0.85


def test_without_a_frame_the_mouse_does_nothing(qtbot: QtBot) -> None:
    made = Canvas()
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show()
    made.choose_tool("brush")
    strokes = Strokes(made)
    QTest.mouseClick(made, LEFT, NONE, QPoint(100, 100))
    wheel(made, 1, QPoint(100, 100))
    assert strokes.begun == []


def test_a_read_only_project_lets_the_brush_do_nothing(canvas: Canvas) -> None:
    canvas.choose_tool("brush")
    canvas.set_editable(False)
    strokes = Strokes(canvas)
    QTest.mouseClick(canvas, LEFT, NONE, at(canvas, 0.5, 0.5))
    assert strokes.begun == []
