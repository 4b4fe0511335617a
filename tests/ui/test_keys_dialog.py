"""Changing keys by keyboard alone, and what the window makes of them."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from polypviewer.app import make_window
from polypviewer.session.session import Session
from polypviewer.session.settings import Settings
from polypviewer.ui.actions import ACTIONS, Preset
from polypviewer.ui.key_bindings import OwnKeys, own_keys_text
from polypviewer.ui.keys_dialog import KeysDialog
from polypviewer.ui.main_window import MainWindow

Key = Qt.Key
CONTROL, SHIFT, NUMBERS = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.KeypadModifier,
)
PLAIN = Qt.KeyboardModifier.NoModifier


class Sheet:
    """The dialog, and hands that touch no mouse."""

    def __init__(self, qtbot: QtBot, preset: Preset = Preset.DEFAULT, own: OwnKeys | None = None) -> None:
        self.dialog = KeysDialog(preset, own or OwnKeys())
        self.dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)  # looked at after it was answered
        qtbot.addWidget(self.dialog)
        self.dialog.show()
        self.dialog.activateWindow()
        qtbot.waitUntil(self.dialog.isActiveWindow)

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = PLAIN) -> None:
        QTest.keyClick(self.focus, key, modifiers)

    def find(self, text: str) -> None:
        field = self.dialog._field
        field.setFocus()
        field.clear()
        QTest.keyClicks(field, text)

    def click(self, text: str) -> None:
        QTest.mouseClick(self.button(text), Qt.MouseButton.LeftButton)

    def button(self, text: str) -> QPushButton:
        return next(b for b in self.dialog.findChildren(QPushButton) if b.text() == text)

    @property
    def focus(self) -> QWidget:
        widget = QApplication.focusWidget()
        assert widget is not None
        return widget

    @property
    def own(self) -> dict[str, tuple[str, ...]]:
        return dict(self.dialog.own.keys)


@pytest.fixture
def sheet(qtbot: QtBot) -> Sheet:
    return Sheet(qtbot)


def test_every_action_is_listed_in_the_groups_of_the_cheat_sheet(sheet: Sheet) -> None:
    groups = {name: place for place, name in enumerate(dict.fromkeys(spec.group for spec in ACTIONS))}
    assert len(groups) == 8
    assert set(sheet.dialog.list.shown_ids) == {spec.id for spec in ACTIONS}
    assert sheet.dialog.list.keys_shown("accept") == ("Enter",)


def test_type_to_find_enter_and_the_new_key(sheet: Sheet) -> None:
    sheet.find("eraser")
    assert sheet.dialog.list.shown_ids[0] == "eraser"
    sheet.key(Key.Key_Return)
    assert "Press the new key" in sheet.dialog.sentence
    sheet.key(Key.Key_J)
    assert sheet.own == {"eraser": ("J",)}
    assert sheet.dialog.list.keys_shown("eraser") == ("J",)
    assert "J" in sheet.dialog.sentence


def test_an_action_is_found_by_its_key(sheet: Sheet) -> None:
    sheet.find("ctrl+k")
    assert sheet.dialog.list.chosen is not None
    assert sheet.dialog.list.chosen.id == "palette"


def test_a_key_that_is_taken_names_its_action_and_can_be_taken_from_there(sheet: Sheet) -> None:
    sheet.find("eraser")
    sheet.key(Key.Key_Return)
    sheet.key(Key.Key_B)
    assert sheet.dialog.sentence == "B is a key of “Brush”."
    assert sheet.own == {}
    assert sheet.focus is sheet.button("Take it from there")
    sheet.key(Key.Key_Space)
    assert sheet.own == {"eraser": ("B",)}
    assert sheet.dialog.list.keys_shown("brush") == ()


def test_a_key_that_is_taken_can_be_left_there(sheet: Sheet) -> None:
    sheet.find("eraser")
    sheet.key(Key.Key_Return)
    sheet.key(Key.Key_B)
    sheet.key(Key.Key_Escape)
    assert sheet.own == {}
    assert sheet.dialog.isVisible()
    assert sheet.focus is sheet.dialog.list


def test_escape_gives_up_waiting_for_a_key_and_the_dialog_stays(sheet: Sheet) -> None:
    sheet.find("eraser")
    sheet.key(Key.Key_Return)
    sheet.key(Key.Key_Escape)
    assert sheet.dialog.isVisible()
    assert sheet.own == {}
    sheet.key(Key.Key_Escape)
    assert not sheet.dialog.isVisible()


@pytest.mark.parametrize(("key", "modifiers", "word"), [
    (Key.Key_Space, PLAIN, "Space"), (Key.Key_Tab, PLAIN, "Tab"), (Key.Key_Backtab, SHIFT, "Tab"),
])  # fmt: skip
def test_keys_that_the_window_needs_are_refused_with_the_reason(
    sheet: Sheet, key: Qt.Key, modifiers: Qt.KeyboardModifier, word: str
) -> None:
    sheet.find("eraser")
    sheet.key(Key.Key_Return)
    sheet.key(key, modifiers)
    assert word in sheet.dialog.sentence
    assert sheet.own == {}


def test_a_fixed_key_says_so_and_cannot_be_changed(sheet: Sheet) -> None:
    sheet.find("move the picture")
    assert sheet.dialog.list.chosen is not None
    assert sheet.dialog.list.chosen.id == "pan"
    assert "this key stays" in sheet.dialog.sentence
    assert not sheet.button("Change").isEnabled()
    sheet.key(Key.Key_Return)
    assert "this key stays" in sheet.dialog.sentence


def test_modifiers_enter_and_the_number_block(sheet: Sheet) -> None:
    sheet.find("eraser")
    sheet.key(Key.Key_Return)
    sheet.key(Key.Key_Shift)
    sheet.key(Key.Key_Control)
    sheet.key(Key.Key_J, CONTROL | SHIFT)
    assert sheet.own == {"eraser": ("Ctrl+Shift+J",)}
    sheet.key(Key.Key_Return)
    QTest.keyClick(sheet.focus, Key.Key_Enter, CONTROL | NUMBERS)
    assert sheet.own == {"eraser": ("Ctrl+Return", "Ctrl+Enter")}
    sheet.key(Key.Key_Return)
    QTest.keyClicks(sheet.focus, "!", SHIFT)
    assert sheet.own == {"eraser": ("!",)}


def test_a_second_key_no_key_and_the_preset_again(sheet: Sheet) -> None:
    sheet.find("eraser")
    sheet.click("Add a key")
    sheet.key(Key.Key_J)
    assert sheet.own == {"eraser": ("E", "J")}
    sheet.key(Key.Key_Delete)
    assert sheet.own == {"eraser": ()}
    sheet.click("Reset")
    assert sheet.own == {}
    assert sheet.dialog.list.keys_shown("eraser") == ("E",)


def test_what_stays_with_another_action_after_a_reset_is_said(qtbot: QtBot) -> None:
    sheet = Sheet(qtbot, own=OwnKeys({"eraser": ("B",), "brush": ("J",)}))
    sheet.find("paint the lesion; the right")
    sheet.click("Reset")
    assert sheet.dialog.sentence == "B stays with “Eraser”."
    sheet.click("Reset all")
    assert sheet.own == {}
    assert not sheet.button("Reset all").isEnabled()


def test_a_key_given_back_by_hand_is_no_change(qtbot: QtBot) -> None:
    sheet = Sheet(qtbot, own=OwnKeys({"eraser": ("J",)}))
    sheet.find("eraser")
    sheet.key(Key.Key_Return)
    sheet.key(Key.Key_E)
    assert sheet.own == {}


def test_the_arrows_choose_and_a_click_asks(sheet: Sheet) -> None:
    sheet.find("brush")
    first = sheet.dialog.list.chosen
    sheet.key(Key.Key_Down)
    assert sheet.dialog.list.chosen not in (None, first)
    rect = sheet.dialog.list.visualItemRect(sheet.dialog.list.currentItem())
    QTest.mouseClick(sheet.dialog.list.viewport(), Qt.MouseButton.LeftButton, PLAIN, rect.center())
    assert "Press the new key" in sheet.dialog.sentence


def test_nothing_found_is_said(sheet: Sheet) -> None:
    sheet.find("xyzzy")
    assert "No action" in sheet.dialog.sentence
    sheet.key(Key.Key_Return)
    assert sheet.dialog.isVisible()


# --- in the window ---


def window_of(qtbot: QtBot, reader: str) -> tuple[MainWindow, Session]:
    session = Session()
    session.settings.reader = reader
    window, wiring = make_window(session)
    qtbot.addWidget(window, before_close_func=lambda _window: wiring.close())
    window.resize(1366, 768)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    return window, session


def open_dialog(window: MainWindow) -> KeysDialog:
    window.actions_["change_keys"].trigger()
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, KeysDialog)
    return dialog


def test_rail_tooltip_palette_and_sheet_show_the_changed_key_and_it_works(qtbot: QtBot) -> None:
    window, session = window_of(qtbot, "R-1")
    dialog = open_dialog(window)
    dialog.own = OwnKeys({"eraser": ("J",), "accept": ("Z",), "fine_tune": ("Ctrl+J",)})
    dialog.accept()
    assert window.stage.rail.buttons["eraser"].key == "J"
    assert window.stage.rail.buttons["eraser"].toolTip().endswith("J")
    assert window.train.findChildren(QPushButton, "")
    assert window.actions_["accept"].shortcuts()[0].toString() == "Z"
    assert any(b._key == "Ctrl+J" for b in window.train.findChildren(QPushButton) if hasattr(b, "_key"))
    window.sheet.open()
    assert "Eraser: J" in {child.accessibleName() for child in window.sheet.findChildren(QWidget)}
    window.sheet.close_sheet()
    window.stage.show_empty(empty=False)
    window.stage.take_focus()
    QTest.keyClick(window.canvas, Key.Key_E)
    assert window.canvas.tool.name == "pan"
    QTest.keyClick(window.canvas, Key.Key_J)
    assert window.canvas.tool.name == "eraser"
    assert session.settings.text("own_keys") == own_keys_text(window.actions_.own_keys)


def test_cancelling_changes_nothing(qtbot: QtBot) -> None:
    window, session = window_of(qtbot, "R-1")
    dialog = open_dialog(window)
    dialog.own = OwnKeys({"eraser": ("J",)})
    dialog.reject()
    assert session.settings.text("own_keys") == ""
    assert window.stage.rail.buttons["eraser"].key == "E"


def test_keys_are_the_readers_own_at_the_next_start_and_no_other_readers(qtbot: QtBot) -> None:
    settings = Settings()
    settings.reader = "R-1"
    settings.set("own_keys", own_keys_text(OwnKeys({"eraser": ("J",), "unheard_of": ("K",)})))
    assert window_of(qtbot, "R-1")[0].stage.rail.buttons["eraser"].key == "J"
    assert window_of(qtbot, "R-2")[0].stage.rail.buttons["eraser"].key == "E"


def test_a_text_that_nobody_can_read_leaves_the_preset(qtbot: QtBot) -> None:
    settings = Settings()
    settings.reader = "R-1"
    settings.set("own_keys", "{broken")
    assert window_of(qtbot, "R-1")[0].stage.rail.buttons["eraser"].key == "E"


def test_the_peek_key_is_held_also_when_it_is_another_one(window: MainWindow) -> None:
    window.actions_.use_own_keys(OwnKeys({"peek": ("J",)}))
    window.stage.show_empty(empty=False)
    window.canvas.setFocus()
    seen = []
    for event, key in (("press", Key.Key_X), ("press", Key.Key_J), ("release", Key.Key_J)):
        (QTest.keyPress if event == "press" else QTest.keyRelease)(window.canvas, key)
        seen.append(window.canvas.shows_masks)
    assert seen == [True, False, True]


def test_the_presets_change_under_the_own_keys(window: MainWindow) -> None:
    window.actions_.use_own_keys(OwnKeys({"eraser": ("F",)}))
    window.use_preset(Preset.CVAT)
    assert window.stage.rail.buttons["eraser"].key == "F"
    assert window.actions_["next_frame"].shortcuts()[0].toString() == "Right"


def test_settings_live_in_the_home_of_the_test(tmp_path: Path) -> None:
    assert Settings(tmp_path).text("own_keys") == ""


@pytest.mark.parametrize("percent", [100, 150])
def test_the_dialog_fits_on_a_low_screen_also_with_large_text(window: MainWindow, qtbot: QtBot, percent: int) -> None:
    window.dressing.use_text(percent)
    sheet = Sheet(qtbot)
    assert sheet.dialog.height() <= sheet.dialog.screen().availableGeometry().height()
    window.dressing.use_text(100)


def test_enter_still_closes_what_a_tool_has_under_way_when_it_decides_nothing(window: MainWindow, qtbot: QtBot) -> None:
    window.actions_.use_own_keys(OwnKeys({"accept": ("Z",)}))
    window.stage.show_empty(empty=False)
    window.canvas.setFocus()
    with qtbot.waitSignal(window.canvas.entered):
        QTest.keyClick(window.canvas, Key.Key_Return)
    with qtbot.waitSignal(window.wished) as wished:
        QTest.keyClick(window.canvas, Key.Key_Z)
    assert wished.args == ["accept"]


def test_the_cheat_sheet_leads_to_the_dialog_and_gives_way(qtbot: QtBot) -> None:
    window, _ = window_of(qtbot, "R-1")
    window.sheet.open()
    button = next(b for b in window.sheet.findChildren(QPushButton) if b.text() == "Change keys")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, KeysDialog)
    assert window.sheet.isHidden()
    dialog.reject()


@pytest.mark.parametrize("answer", ["accept", "reject"])
def test_a_dialog_that_was_answered_is_gone(qtbot: QtBot, answer: str) -> None:
    """An hour of opening and closing dialogs had left hundreds, each to be dressed anew with every size of text."""
    window, _ = window_of(qtbot, "R-1")
    for _ in range(3):
        dialog = open_dialog(window)
        getattr(dialog, answer)()
        qtbot.waitUntil(lambda: QApplication.activeModalWidget() is None)
    qtbot.waitUntil(lambda: not window.findChildren(QDialog))
