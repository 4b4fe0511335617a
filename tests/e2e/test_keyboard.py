"""A reader who touches no mouse: own keys, Tab from lesion to lesion, the cover, and away from the picture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from polypviewer.core.geometry import Point
from polypviewer.core.review import ReviewStatus
from polypviewer.session.settings import Settings
from polypviewer.ui.keys_dialog import KeysDialog
from tests.e2e.frames import SmallFrames, make_small_project
from tests.e2e.hand import Hand

Key = Qt.Key
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def hand(qapp: object, tmp_path: Path, frames: SmallFrames) -> Iterator[Hand]:
    made = Hand()
    made.open(make_small_project(tmp_path, frames))
    made.until_proposed()
    yield made
    made.close()


def change_key(hand: Hand, action: str, key: Qt.Key) -> None:
    """From F1 to the dialog and back, all by keyboard."""
    hand.key(Key.Key_F1)
    hand.until(hand.window.sheet.isVisible, what="the cheat sheet")
    hand.key(Key.Key_K, CONTROL)
    QTest.keyClicks(QApplication.focusWidget() or hand.canvas, "change keys")
    hand.key(Key.Key_Return)
    dialog = hand.dialog()
    assert isinstance(dialog, KeysDialog)
    QTest.keyClicks(QApplication.focusWidget() or hand.canvas, action)
    hand.key(Key.Key_Return)
    hand.key(key)
    if "is a key of" in dialog.sentence:
        hand.key(Key.Key_Space)
    assert "now" in dialog.sentence
    while QApplication.focusWidget() is not dialog.accept_button:
        hand.key(Key.Key_Tab)
    hand.key(Key.Key_Return)
    hand.until(lambda: QApplication.activeModalWidget() is None, what="the dialog to close")
    hand.come_back()


def test_a_readers_own_keys_decide_and_are_there_at_the_next_start(hand: Hand) -> None:
    first = hand.session.current
    assert first is not None
    change_key(hand, "no polyp", Key.Key_B)
    assert hand.window.stage.rail.buttons["brush"].key == ""
    hand.key(Key.Key_R)
    assert hand.session.current == first
    hand.step_to(lambda: hand.key(Key.Key_B))
    hand.until_kept()
    assert hand.session.statuses[first] is ReviewStatus.NO_POLYP
    hand.close()
    settings = Settings()
    settings.reader = "AB"
    assert settings.text("own_keys") == '{"schema": 1, "keys": {"no_polyp": ["B"]}}'
    again = Hand()
    assert again.window.actions_["no_polyp"].shortcuts()[0].toString() == "B"
    again.close()


def test_tab_goes_to_what_is_painted_then_to_what_is_proposed_until_it_is_dismissed(hand: Hand) -> None:
    shown = hand.session.proposal
    assert shown is not None
    proposed = len(shown.kept)
    assert proposed >= 1
    hand.window.canvas.hand.change_slot(3)
    hand.key(Key.Key_B)
    hand.drag([(0.15, 0.5), (0.18, 0.5)])
    hand.window.canvas.hand.change_slot(1)
    hand.key(Key.Key_Tab)
    assert hand.canvas.hand.slot == 3
    assert hand.canvas.accessibleDescription() == f"lesion 3, 1 of {1 + proposed}"
    hand.key(Key.Key_Tab)
    assert hand.canvas.accessibleDescription().startswith("proposed region")
    for _ in range(proposed):
        region = hand.session.proposal.kept[0] if hand.session.proposal is not None else None
        assert region is not None
        rows, columns = np.nonzero(shown.labels == region.number)
        hand.session.dismiss_at(Point(float(columns[0]) + 0.5, float(rows[0]) + 0.5))
    hand.key(Key.Key_Tab)
    assert hand.canvas.accessibleDescription() == "lesion 3, 1 of 1"


def test_f6_leaves_the_picture_and_tab_is_itself_again(hand: Hand) -> None:
    hand.key(Key.Key_F6)
    away = QApplication.focusWidget()
    assert away is not hand.canvas
    hand.key(Key.Key_Tab)
    assert QApplication.focusWidget() not in (away, hand.canvas)
    hand.key(Key.Key_F6, SHIFT)
    assert QApplication.focusWidget() is hand.canvas


def test_the_cover_follows_from_frame_to_frame_and_changes_no_pixel_that_is_stored(hand: Hand) -> None:
    assert hand.session.image is not None
    image = hand.session.image.copy()
    hand.key(Key.Key_H, CONTROL | SHIFT)
    assert hand.window.stage.view_bar.cover.isVisible()
    hand.step_to(lambda: hand.key(Key.Key_D))
    assert hand.session.field is not None
    assert hand.canvas._cover._seen is hand.session.field.mask
    hand.step_to(lambda: hand.key(Key.Key_A))
    assert np.array_equal(hand.session.image, image)
    hand.key(Key.Key_H, CONTROL | SHIFT)
    assert not hand.window.seeing.options.cover
