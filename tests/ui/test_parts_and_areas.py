"""Tab from lesion to lesion on the picture, and F6 from area to area away from it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from polypviewer.app import make_window
from polypviewer.core.geometry import Point
from polypviewer.session.messages import Message
from polypviewer.session.session import Session
from polypviewer.ui.actions import Layout
from polypviewer.ui.areas import areas
from polypviewer.ui.main_window import MainWindow
from tests.session.projects import make_project

SHIFT, PLAIN = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.NoModifier


@dataclass
class Seat:
    window: MainWindow
    session: Session
    qtbot: QtBot
    said: list[Message] = field(default_factory=list)

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = PLAIN) -> None:
        QTest.keyClick(self.focus, key, modifiers)

    @property
    def focus(self) -> QWidget:
        widget = QApplication.focusWidget()
        assert widget is not None
        return widget

    def paint(self, slot: int, x: float, y: float) -> None:
        assert self.session.begin_stroke(slot)
        self.session.stroke_to(Point(x, y), 4.0)
        self.session.end_stroke()

    def middle(self) -> Point:
        """The image position that comes to rest in the middle of the room of the picture."""
        canvas = self.window.canvas
        self.qtbot.waitUntil(lambda: not canvas._glide.is_under_way)
        return canvas.view.to_image(QPointF(canvas._room().center()))


@pytest.fixture
def seat(qtbot: QtBot, tmp_path: Path) -> Iterator[Seat]:
    session = Session()
    session.settings.reader = "R-1"
    session.settings.set("propose_on_show", False)
    window, wiring = make_window(session)
    qtbot.addWidget(window)
    window.resize(1366, 768)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    with qtbot.waitSignal(session.frame_changed, timeout=20_000):
        wiring.project.open(make_project(tmp_path))
    made = Seat(window, session, qtbot)
    session.message.connect(made.said.append)
    window.stage.take_focus()
    yield made
    wiring.close()


def test_tab_brings_one_island_after_the_other_to_the_middle_and_chooses_its_lesion(seat: Seat) -> None:
    seat.paint(2, 100.0, 20.0)
    seat.paint(1, 30.0, 60.0)
    seat.paint(1, 70.0, 80.0)
    fitting = seat.window.canvas.view.scale
    found = []
    for _ in range(4):
        seat.key(Qt.Key.Key_Tab)
        at = seat.middle()
        found.append((seat.window.canvas.hand.slot, round(at.x), round(at.y)))
    assert found == [(2, 100, 20), (1, 30, 60), (1, 70, 80), (2, 100, 20)]
    assert seat.window.canvas.view.scale > fitting
    seat.key(Qt.Key.Key_Backtab, SHIFT)
    assert seat.window.canvas.hand.slot == 1
    assert seat.focus is seat.window.canvas
    assert seat.window.canvas.accessibleDescription() == "lesion 1, 3 of 3"


def test_tab_with_nothing_there_says_so(seat: Seat) -> None:
    view = seat.window.canvas.view
    seat.key(Qt.Key.Key_Tab)
    assert [message.code for message in seat.said] == ["component.none"]
    assert seat.window.canvas.view == view


def test_another_frame_begins_with_its_first_part(seat: Seat) -> None:
    seat.paint(1, 30.0, 60.0)
    seat.paint(2, 70.0, 80.0)
    seat.key(Qt.Key.Key_Tab)
    with seat.qtbot.waitSignal(seat.session.frame_changed):
        seat.session.next()
    with seat.qtbot.waitSignal(seat.session.frame_changed):
        seat.session.previous()
    seat.key(Qt.Key.Key_Tab)
    assert seat.window.canvas.hand.slot == 1


def test_a_part_that_fills_the_frame_is_shown_whole_and_a_speck_is_not_blown_up(seat: Seat) -> None:
    assert seat.session.begin_stroke(1)
    seat.session.stroke_to(Point(64.0, 48.0), 200.0)
    seat.session.end_stroke()
    seat.key(Qt.Key.Key_Tab)
    seat.middle()
    assert seat.window.canvas.view.scale == pytest.approx(seat.window.canvas._fitted().scale)
    seat.session.clear_frame()
    seat.qtbot.waitUntil(lambda: seat.session.draft is not None and not seat.session.draft.label_map.any())
    seat.paint(1, 30.0, 60.0)
    seat.key(Qt.Key.Key_Tab)
    seat.middle()
    assert seat.window.canvas.view.scale == pytest.approx(max(8.0, seat.window.canvas._fitted().scale))


def test_tab_moves_the_focus_as_ever_where_the_picture_has_it_not(seat: Seat) -> None:
    seat.paint(1, 30.0, 60.0)
    view = seat.window.canvas.view
    button = seat.window.stage.rail.buttons["brush"]
    button.setFocus()
    seat.key(Qt.Key.Key_Tab)
    assert seat.focus is not button
    assert seat.window.canvas.view == view


@pytest.mark.parametrize("layout", Layout)
def test_f6_reaches_every_area_that_is_in_sight_and_comes_back(seat: Seat, layout: Layout) -> None:
    seat.window.use_layout(layout)
    places = [area for area in areas(seat.window) if area.isVisible()]
    visited: list[int] = []
    start = seat.window.canvas if layout is not Layout.TRAIN else seat.focus
    for _ in range(len(places)):
        seat.key(Qt.Key.Key_F6)
        here = seat.focus
        visited.extend(n for n, area in enumerate(places) if area is here or area.isAncestorOf(here))
        if here is start:
            break
    assert len(set(visited)) == len(visited) >= (5 if layout is not Layout.TRAIN else 2)
    first = seat.focus
    seat.key(Qt.Key.Key_F6)
    assert seat.focus is not first
    seat.key(Qt.Key.Key_F6, SHIFT)
    assert any(a is seat.focus or a.isAncestorOf(seat.focus) for a in places if a is first or a.isAncestorOf(first))


def test_a_folded_panel_is_passed_over(seat: Seat) -> None:
    seat.window.actions_["only_picture"].trigger()
    seat.window.stage.take_focus()
    for _ in range(4):
        seat.key(Qt.Key.Key_F6)
        assert seat.focus.isVisible()
        assert not seat.window.panel.isAncestorOf(seat.focus)
