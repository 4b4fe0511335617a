"""Rail, options bar and keys of the tools in the window, without a session."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from polypviewer.ui.actions import BY_ID, SHAPE_MENU, TOOL_IDS, Layout, Preset, key_text
from polypviewer.ui.lesion_list import TALL_ROW_PX
from polypviewer.ui.lesions_page import LesionTotal
from polypviewer.ui.main_window import MainWindow
from polypviewer.ui.options_bar import PARTS
from tests.ui.pictures import grey_frame

SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton
KEYS = {
    "brush": Qt.Key.Key_B, "eraser": Qt.Key.Key_E, "ignore": Qt.Key.Key_I, "lasso": Qt.Key.Key_P, "fill": Qt.Key.Key_F,
    "wand": Qt.Key.Key_W, "seeds": Qt.Key.Key_Q, "box": Qt.Key.Key_G, "livewire": Qt.Key.Key_L, "nudge": Qt.Key.Key_U,
}  # fmt: skip


@pytest.fixture
def shown(window: MainWindow) -> MainWindow:
    window.canvas.show_frame(grey_frame(576, 720), np.zeros((576, 720), np.uint8))
    window.stage.show_empty(empty=False)
    window.stage.take_focus()
    return window


def parts(window: MainWindow) -> set[str]:
    """What stands in the options bar."""
    return {name for name, group in window.stage.options._groups.items() if not group.isHidden()}


@pytest.mark.parametrize("name", KEYS)
def test_a_key_takes_its_tool_and_the_rail_shows_it(shown: MainWindow, name: str) -> None:
    QTest.keyClick(shown.canvas, KEYS[name])
    assert shown.canvas.tool.name == name
    assert shown.stage.rail.buttons[name].isChecked()
    assert sum(shown.stage.rail.buttons[other].isChecked() for other in TOOL_IDS) == 1


def test_in_cvats_keys_f_is_next_and_another_key_fills(shown: MainWindow, qtbot: QtBot) -> None:
    shown.use_preset(Preset.CVAT)
    with qtbot.waitSignal(shown.wished) as wished:
        QTest.keyClick(shown.canvas, Qt.Key.Key_F)
    assert wished.args == ["next_frame"]
    QTest.keyClick(shown.canvas, Qt.Key.Key_K)
    assert shown.canvas.tool.name == "fill"
    assert shown.stage.rail.buttons["fill"].key == key_text(BY_ID["fill"], Preset.CVAT) == "K"


@pytest.mark.parametrize("name", TOOL_IDS)
def test_every_tool_has_a_tip_with_its_key_and_only_its_own_options(shown: MainWindow, name: str) -> None:
    shown.use_tool(name)
    assert shown.stage.rail.buttons[name].toolTip().endswith(key_text(BY_ID[name], Preset.DEFAULT))
    assert parts(shown) - {"hint", "pressure"} == {*PARTS.get(name, ()), "opacity", "outline", "shapes"} - {"pressure"}


@pytest.mark.parametrize("size", [(1366, 768), (960, 600)])
@pytest.mark.parametrize("layout", [Layout.REVIEW, Layout.VIDEO])
def test_rail_and_options_bar_stay_on_the_canvas(shown: MainWindow, size: tuple[int, int], layout: Layout) -> None:
    shown.use_layout(layout)
    shown.resize(*size)
    shown.stage.options.show_pen()
    shown.canvas.hand.toggle("edge_aware")
    stage = shown.stage
    for name in (*TOOL_IDS, "correct_field"):
        shown.use_tool(name)
        for stands in (False, True):
            stage.options.show_preview(stands=stands)
            assert stage.rail.geometry().bottom() < stage.canvas.height()
            assert stage.options.geometry().right() < stage.view_bar.geometry().left()
    folded = [name for name in TOOL_IDS if stage.rail.buttons[name].isHidden()]
    assert (folded == []) == (size[1] == 768)


def test_tools_that_do_not_fit_stand_behind_more(shown: MainWindow) -> None:
    shown.resize(960, 600)
    rail = shown.stage.rail
    folded = {name for name in TOOL_IDS if rail.buttons[name].isHidden()}
    (more,) = [button for button in rail.findChildren(QToolButton) if button.accessibleName() == "More tools"]
    assert more.isVisible()
    assert {action.objectName() for action in more.menu().actions()} == folded
    more.menu().actions()[0].trigger()
    assert shown.canvas.tool.name in folded


def test_s_and_the_options_bar_switch_edge_aware(shown: MainWindow) -> None:
    shown.use_tool("brush")
    QTest.keyClick(shown.canvas, Qt.Key.Key_S)
    assert shown.canvas.hand.options.edge_aware
    assert "strictness" in parts(shown)
    link = shown.stage.options.findChild(QPushButton, "edge_aware")
    assert isinstance(link, QPushButton)
    assert link.text() == "on"
    QTest.mouseClick(link, LEFT)
    assert link.text() == "off"
    assert not shown.actions_["edge_aware"].isChecked()


def test_the_nib_is_round_or_square(shown: MainWindow) -> None:
    shown.use_tool("brush")
    QTest.keyClick(shown.canvas, Qt.Key.Key_B, SHIFT)
    assert shown.canvas.hand.options.square
    link = shown.stage.options.findChild(QPushButton, "square_nib")
    assert isinstance(link, QPushButton)
    assert link.text() == "Square"


def test_while_a_preview_stands_the_bar_says_what_enter_and_escape_do(shown: MainWindow, qtbot: QtBot) -> None:
    options = shown.stage.options
    assert "preview" not in parts(shown)
    options.show_preview(stands=True)
    links = {button.text(): button for button in options.findChildren(QPushButton) if button.isVisible()}
    with qtbot.waitSignal(options.apply_wished):
        QTest.mouseClick(links["Enter applies"], LEFT)
    with qtbot.waitSignal(options.drop_wished):
        QTest.mouseClick(links["Esc drops"], LEFT)


def test_the_bar_tells_how_a_polygon_goes_on(shown: MainWindow) -> None:
    shown.use_tool("lasso")
    assert shown.stage.options._hint.text() == "Drag, or click corner by corner"
    QTest.mouseClick(shown.canvas, LEFT, pos=shown.canvas.rect().center())
    assert shown.stage.options._hint.text().startswith("Enter closes")


def test_the_shape_menu_holds_every_shape_and_wishes_it(shown: MainWindow, qtbot: QtBot) -> None:
    menu = shown.stage.options._shapes.menu()
    ids = [action.objectName() for action in menu.actions() if not action.isSeparator()]
    assert ids == [name for group in SHAPE_MENU for name in group]
    with qtbot.waitSignal(shown.wished) as wished:
        menu.actions()[0].trigger()
    assert wished.args == ["grow"]


@pytest.mark.parametrize(
    ("key", "action"),
    [
        (Qt.Key.Key_BracketRight, "grow"),
        (Qt.Key.Key_BracketLeft, "shrink"),
        (Qt.Key.Key_C, "copy_mask"),
        (Qt.Key.Key_V, "paste_mask"),
    ],
)
def test_a_key_with_control_wishes_its_action(shown: MainWindow, qtbot: QtBot, key: Qt.Key, action: str) -> None:
    with qtbot.waitSignal(shown.wished) as wished:
        QTest.keyClick(shown.canvas, key, CONTROL)
    assert wished.args == [action]


def test_control_c_in_a_comment_copies_text_and_no_mask(shown: MainWindow, qtbot: QtBot) -> None:
    QTest.keyClick(shown.canvas, Qt.Key.Key_C)
    field = shown.panel.frame.comment
    QTest.keyClicks(field, "flat")
    field.selectAll()
    with qtbot.assertNotEmitted(shown.wished):
        QTest.keyClick(field, Qt.Key.Key_C, CONTROL)
        QTest.keyClick(field, Qt.Key.Key_End)
        QTest.keyClick(field, Qt.Key.Key_V, CONTROL)
    assert field.text() == "flatflat"


def test_the_lesions_page_splits_the_painted_lesion_and_merges_the_others(shown: MainWindow, qtbot: QtBot) -> None:
    page = shown.panel.lesions
    page.show_lesions((LesionTotal(1, 500, 0.1, is_active=True), LesionTotal(3, 300, 0.05, is_active=False)))
    shown.show_page(page)
    rows = [page.list.model().index(row, 0) for row in (0, 1)]
    with qtbot.waitSignal(page.split_wished) as split:
        QTest.mouseClick(page.list.viewport(), LEFT, pos=page.list.deed_rect(rows[0]).center())
    with qtbot.waitSignal(page.merge_wished) as merged:
        QTest.mouseClick(page.list.viewport(), LEFT, pos=page.list.deed_rect(rows[1]).center())
    assert (split.args, merged.args) == ([1], [3])
    with qtbot.waitSignal(page.slot_wished) as wished:
        QTest.mouseClick(page.list.viewport(), LEFT, pos=page.list.visualRect(rows[1]).center())
    assert wished.args == [3]


def test_lesions_are_chosen_and_split_by_keyboard_and_told_to_a_screen_reader(shown: MainWindow, qtbot: QtBot) -> None:
    page = shown.panel.lesions
    page.show_lesions((LesionTotal(1, 500, 0.1, is_active=True), LesionTotal(3, 300, 0.05, is_active=False)))
    shown.show_page(page)
    page.list.setFocus(Qt.FocusReason.TabFocusReason)
    page.list.setCurrentIndex(page.list.model().index(1, 0))
    with qtbot.waitSignal(page.slot_wished) as wished:
        QTest.keyClick(page.list, Qt.Key.Key_Select)
    with qtbot.waitSignal(page.merge_wished) as merged:
        QTest.keyClick(page.list, Qt.Key.Key_Select, Qt.KeyboardModifier.ShiftModifier)
    assert (wished.args, merged.args) == ([3], [3])
    said = page.list.model().index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert said == "Lesion 1, 500 pixels, 10.0 %, painted now"


def test_a_frame_of_two_hundred_lesions_makes_no_widget_more(shown: MainWindow) -> None:
    page = shown.panel.lesions
    page.show_lesions(tuple(LesionTotal(slot, 9, 0.001, is_active=slot == 1) for slot in range(1, 3)))
    shown.show_page(page)
    before = len(page.findChildren(QWidget))
    page.show_lesions(tuple(LesionTotal(slot, 9, 0.001, is_active=slot == 1) for slot in range(1, 201)))
    assert page.list.height() == 200 * TALL_ROW_PX
    assert len(page.findChildren(QWidget)) == before
    page.show_lesions(())
    assert page.list.height() == 0


def test_the_tolerance_slider_and_the_wand_show_the_same(shown: MainWindow) -> None:
    shown.use_tool("wand")
    shown.canvas.hand.change_tolerance(40.0)
    assert shown.stage.options._tolerance.value() == 40
    assert shown.stage.options._tolerance_text.text() == "Tolerance 40"
    shown.stage.options._tolerance.setValue(25)
    assert shown.canvas.hand.options.tolerance == 25.0
