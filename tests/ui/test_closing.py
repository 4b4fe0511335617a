"""The window does not close over edits that are not on disk unless a person says so."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from polypviewer.session import leaving
from polypviewer.session.session import Session
from polypviewer.ui.risk_dialog import RiskDialog
from tests.mouse import glide
from tests.session.projects import make_project, opened, until_saved
from tests.session.test_leaving import full_disk
from tests.ui.test_wiring import Seat


@pytest.fixture
def seat(qtbot: QtBot, tmp_path: Path) -> Iterator[Seat]:
    made = Seat(qtbot)
    made.open(make_project(tmp_path))
    made.key(Qt.Key.Key_B)
    yield made
    made.wiring.close()


def asked(seat: Seat) -> RiskDialog:
    """The dialog that is open."""
    found = seat.window.findChildren(RiskDialog)
    dialogs = [dialog for dialog in found if dialog.isVisible()]
    assert len(dialogs) == 1
    return dialogs[0]


def is_asking(seat: Seat) -> bool:
    QApplication.processEvents()
    return any(dialog.isVisible() for dialog in seat.window.findChildren(RiskDialog))


def is_open(session: Session) -> bool:
    return session.project is not None


def test_the_window_stays_while_the_disk_is_full_and_closes_once_there_is_room(seat: Seat) -> None:
    with full_disk():
        seat.drag((0.4, 0.4), (0.6, 0.6))
        assert not seat.window.close()
        assert seat.window.isVisible()
        QTest.keyClick(asked(seat), Qt.Key.Key_Return)
        assert not is_asking(seat)
        assert seat.window.isVisible()
        assert seat.labels.any()
        assert not seat.window.close()
        asked(seat).again_button.click()
        assert is_asking(seat)
    asked(seat).again_button.click()
    assert not seat.window.isVisible()
    assert not is_open(seat.session)


def test_a_stroke_in_the_air_is_kept_when_the_window_closes(seat: Seat, tmp_path: Path) -> None:
    canvas = seat.window.canvas
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, seat.at(0.4, 0.4))
    glide(canvas, seat.at(0.6, 0.6))
    painted = seat.labels.copy()
    assert painted.any()
    assert seat.window.close()
    again = opened(seat.qtbot, tmp_path / "project")
    try:
        assert again.draft is not None
        assert np.array_equal(again.draft.label_map, painted)
    finally:
        again.close()


def test_closing_without_the_edits_names_them_and_has_to_be_chosen(seat: Seat) -> None:
    with full_disk():
        seat.drag((0.4, 0.4), (0.6, 0.6))
        seat.window.close()
        assert "1" in asked(seat).loss_button.text()
        asked(seat).loss_button.click()
        assert not seat.window.isVisible()
        assert not is_open(seat.session)


def test_another_reader_does_not_take_over_while_edits_are_at_risk(seat: Seat) -> None:
    session = seat.session
    with full_disk():
        seat.drag((0.4, 0.4), (0.6, 0.6))
        session.settings.reader = "R-2"
        seat.wiring.project.open_again()
        QTest.keyClick(asked(seat), Qt.Key.Key_Escape)
        assert is_open(session)
        assert session.settings.reader == "R-1"
    session.save()
    until_saved(seat.qtbot, session)


def test_a_slow_disk_does_not_hold_the_window_which_closes_once_all_is_written(
    seat: Seat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving, "PATIENCE_S", 0.01)
    may_write = threading.Event()
    seat.session._desk.lanes.disk.submit(may_write.wait, 20)
    seat.drag((0.4, 0.4), (0.6, 0.6))
    assert not seat.window.close()
    assert seat.window.isVisible()
    may_write.set()
    seat.qtbot.waitUntil(lambda: not seat.window.isVisible(), timeout=10_000)
    assert not is_asking(seat)
    assert not is_open(seat.session)
