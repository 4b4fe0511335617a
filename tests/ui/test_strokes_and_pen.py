"""Brushes, nudge and pen tablets: real events in, strokes out."""

import math
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QInputDevice, QPointingDevice, QPointingDeviceUniqueId, QTabletEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from polypviewer.ui.canvas.gestures import Canvas
from tests.mouse import glide
from tests.ui.tool_watch import LEFT, NONE, RIGHT, Watch, at, click, drag, near


def test_the_ignore_brush_paints_255_and_its_inverse_erases(canvas: Canvas, watch: Watch) -> None:
    canvas.choose_tool("ignore")
    click(canvas, 0.5, 0.5)
    click(canvas, 0.5, 0.5, RIGHT)
    assert watch.begun == [(255, False), (0, False)]


def test_a_fast_turn_is_a_curve_through_every_point_that_the_mouse_was_at(canvas: Canvas, watch: Watch) -> None:
    canvas.choose_tool("brush")
    turn = [(0.5 + 0.3 * math.cos(angle), 0.5 + 0.3 * math.sin(angle)) for angle in (0.0, 0.7, 1.4, 2.1)]
    drag(canvas, *turn)
    reached = [point for point, _ in watch.reached]
    assert len(reached) > 3 * len(turn)
    assert watch.touches <= 2 * len(turn), "each move of the mouse is one wish, however many steps it makes"
    assert all(any(near(point, *place) for point in reached) for place in turn)


def test_edge_aware_holds_for_brush_and_eraser_only_and_makes_the_tip_round(canvas: Canvas, watch: Watch) -> None:
    canvas.hand.toggle("edge_aware")
    canvas.hand.toggle("square")
    for name in ("brush", "eraser", "ignore"):
        canvas.choose_tool(name)
        click(canvas, 0.5, 0.5)
    assert [keeps for _, keeps in watch.begun] == [True, True, False]
    assert [nib.shape for _, nib in watch.reached] == ["round", "round", "square"]


def test_the_nudge_pushes_the_painted_lesion_and_is_never_inverted(canvas: Canvas, watch: Watch) -> None:
    canvas.choose_tool("nudge")
    canvas.hand.change_slot(3)
    drag(canvas, (0.4, 0.4), (0.5, 0.4), button=RIGHT)
    assert (watch.pushed, watch.begun, watch.ended) == ([3], [], 1)


# --- pen tablets -----------------------------------------------------------------------------------------------------


class Pen:
    """A pen at the canvas: sends what Qt sends for a real one."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._devices = {kind: self._device(kind) for kind in (QPointingDevice.PointerType.Pen, ERASER)}

    def send(
        self,
        kind: QEvent.Type,
        place: QPoint,
        *,
        pressure: float = 1.0,
        tilt: tuple[float, float] = (0.0, 0.0),
        rubber: bool = False,
    ) -> bool:
        device = self._devices[ERASER if rubber else QPointingDevice.PointerType.Pen]
        button = LEFT if kind in (QEvent.Type.TabletPress, QEvent.Type.TabletRelease) else Qt.MouseButton.NoButton
        event = QTabletEvent(
            kind, device, QPointF(place), self._canvas.mapToGlobal(QPointF(place)), pressure, tilt[0], tilt[1],
            0.0, 0.0, 0.0, NONE, button, LEFT,
        )  # fmt: skip
        QApplication.sendEvent(self._canvas, event)
        return event.isAccepted()

    def leave(self) -> None:
        """The pen is lifted out of the tablet's reach: Qt tells the application only."""
        device = self._devices[QPointingDevice.PointerType.Pen]
        event = QTabletEvent(
            QEvent.Type.TabletLeaveProximity, device, QPointF(), QPointF(), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, NONE,
            Qt.MouseButton.NoButton, Qt.MouseButton.NoButton,
        )  # fmt: skip
        application = QApplication.instance()
        assert application is not None
        QApplication.sendEvent(application, event)

    def _device(self, kind: QPointingDevice.PointerType) -> QPointingDevice:
        able = QInputDevice.Capability.Pressure | QInputDevice.Capability.Position
        return QPointingDevice(
            "pen", 7, QInputDevice.DeviceType.Stylus, kind, able, 1, 2, "", QPointingDeviceUniqueId()
        )


ERASER = QPointingDevice.PointerType.Eraser
PRESS, MOVE, LIFT = QEvent.Type.TabletPress, QEvent.Type.TabletMove, QEvent.Type.TabletRelease


@pytest.fixture
def pen(canvas: Canvas) -> Iterator[Pen]:
    canvas.choose_tool("brush")
    made = Pen(canvas)
    yield made
    made.leave()


def test_pressure_sets_the_size_unless_the_reader_does_not_want_it(canvas: Canvas, watch: Watch, pen: Pen) -> None:
    canvas.hand.change_radius(20.0)
    for pressure in (1.0, 0.5, 0.0):
        pen.send(PRESS, at(canvas, 0.5, 0.5), pressure=pressure)
        pen.send(LIFT, at(canvas, 0.5, 0.5), pressure=0.0)
    assert [nib.radius for _, nib in watch.reached] == pytest.approx([20.0, 10.0, 2.0])
    canvas.hand.toggle("pen_pressure")
    pen.send(PRESS, at(canvas, 0.5, 0.5), pressure=0.5)
    assert watch.reached[-1][1].radius == 20.0


def test_tilt_stretches_the_tip_towards_where_the_pen_leans(canvas: Canvas, watch: Watch, pen: Pen) -> None:
    pen.send(PRESS, at(canvas, 0.5, 0.5), tilt=(0.0, 60.0))
    nib = watch.reached[-1][1]
    assert nib.stretch == pytest.approx(2.0)
    assert nib.angle == pytest.approx(math.pi / 2)


def test_the_eraser_end_of_a_pen_erases_with_the_brush_too(canvas: Canvas, watch: Watch, pen: Pen) -> None:
    pen.send(PRESS, at(canvas, 0.5, 0.5), rubber=True)
    pen.send(LIFT, at(canvas, 0.5, 0.5), rubber=True)
    assert watch.begun == [(0, False)]


def test_a_pen_that_leaves_the_tablet_keeps_its_stroke(canvas: Canvas, watch: Watch, pen: Pen) -> None:
    pen.send(PRESS, at(canvas, 0.3, 0.5))
    pen.send(MOVE, at(canvas, 0.5, 0.5))
    pen.leave()
    assert (watch.ended, watch.cancelled) == (1, 0)
    pen.send(PRESS, at(canvas, 0.3, 0.6))
    pen.send(LIFT, at(canvas, 0.3, 0.6))
    assert watch.ended == 2


def test_a_pen_does_not_paint_again_as_a_mouse(canvas: Canvas, watch: Watch, pen: Pen) -> None:
    assert pen.send(PRESS, at(canvas, 0.3, 0.5))
    QTest.mousePress(canvas, LEFT, NONE, at(canvas, 0.3, 0.5))
    glide(canvas, at(canvas, 0.4, 0.5))
    QTest.mouseRelease(canvas, LEFT, NONE, at(canvas, 0.4, 0.5))
    assert pen.send(MOVE, at(canvas, 0.6, 0.5))
    assert pen.send(LIFT, at(canvas, 0.6, 0.5))
    assert len(watch.begun) == watch.ended == 1
    assert len(watch.reached) == 2


def test_the_radius_changes_evenly_between_two_pressures(canvas: Canvas, watch: Watch, pen: Pen) -> None:
    canvas.hand.change_radius(20.0)
    pen.send(PRESS, at(canvas, 0.2, 0.2), pressure=0.2)
    pen.send(MOVE, at(canvas, 0.4, 0.25), pressure=0.4)
    pen.send(MOVE, at(canvas, 0.5, 0.5), pressure=0.8)
    radii = [nib.radius for _, nib in watch.reached]
    assert radii == sorted(radii)
    assert len(radii) > 3
    assert max(np.diff(radii)) <= 4.0 + 1e-9
