"""Qt objects in cycles are destroyed on the window's thread, whichever thread makes garbage."""

import gc
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from polypviewer.app import make_window
from polypviewer.session.session import Session
from polypviewer.ui.tidying import STARTED, Tidying


class Knot(QObject):
    """Refers to itself; `died_on` hears the thread that frees it."""

    def __init__(self, died_on: list[str]) -> None:
        super().__init__()
        self.itself = self
        self._died_on = died_on

    def __del__(self) -> None:
        self._died_on.append(threading.current_thread().name)


def make_much_garbage() -> None:
    for _ in range(100_000):
        knot: list[object] = []
        knot.append(knot)


def test_a_lane_that_makes_garbage_frees_no_object_of_the_window(qtbot: QtBot, tmp_path: Path) -> None:
    died_on: list[str] = []
    owner = QObject()
    tidying = Tidying(owner)
    try:
        for _ in range(STARTED):
            tidying.tidy()
        Knot(died_on)
        lane = threading.Thread(target=make_much_garbage, name="lane")
        lane.start()
        lane.join()
        assert died_on == []
        tidying.tidy()
        assert died_on == [threading.main_thread().name]
    finally:
        tidying.close()


def test_while_a_window_stands_the_collector_waits_for_it_and_is_python_s_own_again_afterwards(qtbot: QtBot) -> None:
    session = Session()
    window, wiring = make_window(session)
    qtbot.addWidget(window)
    assert not gc.isenabled()
    wiring.close()
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_the_collector_waits_until_the_lanes_have_ended(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session()
    window, wiring = make_window(session)
    qtbot.addWidget(window)
    close, was_on = session.close, []

    def watched() -> None:
        close()
        was_on.append(gc.isenabled())

    monkeypatch.setattr(session, "close", watched)
    wiring.close()
    assert was_on == [False]
    assert gc.isenabled()
