import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from polypviewer.ui.action_set import ActionSet
from polypviewer.ui.actions import ACTIONS, BY_ID, ActionSpec, Layout, Preset, conflicts, key_text, keys_of, tooltip
from polypviewer.ui.cheat_sheet import CheatSheet
from polypviewer.ui.command_palette import CommandPalette, matches
from polypviewer.ui.icons import icon


@pytest.fixture
def home(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(1200, 900)
    made.show()
    return made


@pytest.mark.parametrize("preset", Preset)
def test_no_two_actions_share_a_key(preset: Preset) -> None:
    assert conflicts(preset) == ()


def test_every_action_has_one_id_and_a_text() -> None:
    assert len(BY_ID) == len(ACTIONS)
    assert all(spec.text and spec.text[0].isupper() for spec in ACTIONS)


@pytest.mark.parametrize("spec", ACTIONS, ids=lambda spec: spec.id)
def test_every_key_is_one_that_qt_knows(spec: ActionSpec) -> None:
    for preset in Preset:
        for key in keys_of(spec, preset):
            assert QKeySequence(key).toString(), key


@pytest.mark.parametrize("spec", [s for s in ACTIONS if s.icon], ids=lambda spec: spec.id)
def test_every_icon_has_a_drawing(spec: ActionSpec) -> None:
    assert not icon(spec.icon).isNull()


@pytest.mark.parametrize("spec", ACTIONS, ids=lambda spec: spec.id)
def test_the_palette_finds_every_action_by_its_name(spec: ActionSpec) -> None:
    assert spec in matches(spec.text, ACTIONS)[:3]


def test_the_palette_offers_every_action_or_it_has_a_key_that_is_held(home: QWidget) -> None:
    palette = CommandPalette(ActionSet(home), home)
    palette.open()
    missing = {spec.id for spec in ACTIONS} - set(palette.shown_ids)
    assert all(keys_of(BY_ID[action_id], Preset.DEFAULT) for action_id in missing)
    assert missing == {"palette", "peek"}


def test_the_palette_does_what_enter_chooses(home: QWidget, qtbot: QtBot) -> None:
    palette = CommandPalette(ActionSet(home), home)
    palette.open()
    field = home.focusWidget()
    QTest.keyClicks(field, "switch th")
    assert palette.shown_ids[0] == "switch_theme"
    with qtbot.waitSignal(palette.chosen) as chosen:
        QTest.keyClick(field, Qt.Key.Key_Return)
    assert chosen.args == ["switch_theme"]
    assert palette.isHidden()


def test_escape_closes_the_palette_and_nothing_is_chosen(home: QWidget, qtbot: QtBot) -> None:
    palette = CommandPalette(ActionSet(home), home)
    palette.open()
    with qtbot.assertNotEmitted(palette.chosen):
        QTest.keyClick(home.focusWidget(), Qt.Key.Key_Escape)
    assert palette.isHidden()


def test_the_palette_refuses_what_cannot_be_done_now(home: QWidget, qtbot: QtBot) -> None:
    actions = ActionSet(home)
    actions.use_layout(Layout.TRAIN)
    palette = CommandPalette(actions, home)
    palette.open()
    QTest.keyClicks(home.focusWidget(), "accept and next")
    with qtbot.assertNotEmitted(palette.chosen):
        QTest.keyClick(home.focusWidget(), Qt.Key.Key_Return)


def test_the_cheat_sheet_shows_the_keys_of_the_preset(home: QWidget) -> None:
    actions = ActionSet(home)
    sheet = CheatSheet(actions, home)
    sheet.open()
    names = {child.accessibleName() for child in sheet.findChildren(QWidget)}
    assert "Accept and next: Enter" in names
    assert "Next frame: D, Right" in names
    actions.use_preset(Preset.CVAT)
    sheet.open()
    assert "Next frame: F, Right" in {child.accessibleName() for child in sheet.findChildren(QWidget)}


def test_a_tooltip_is_one_line_that_ends_with_the_key() -> None:
    for spec in ACTIONS:
        text = tooltip(spec, Preset.DEFAULT)
        assert "\n" not in text
        key = key_text(spec, Preset.DEFAULT)
        assert text.endswith(key)


def test_what_decides_ignores_auto_repeat(home: QWidget) -> None:
    actions = ActionSet(home)
    assert not any(
        actions[name].autoRepeat() for name in ("accept", "accept_stay", "dismiss", "no_polyp", "needs_work")
    )
    assert all(actions[name].autoRepeat() for name in ("next_frame", "previous_frame", "undo", "redo"))
