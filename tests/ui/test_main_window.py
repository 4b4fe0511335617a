from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollBar,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from polypviewer.session.messages import Message
from polypviewer.ui.actions import Layout, Preset
from polypviewer.ui.areas import go_to_area
from polypviewer.ui.controls import ElidedLabel
from polypviewer.ui.frame_page import LesionLine
from polypviewer.ui.main_window import MainWindow
from polypviewer.ui.theme import active
from tests.ui.pictures import grey_frame

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def show_frame(window: MainWindow) -> None:
    window.canvas.show_frame(grey_frame(576, 720), np.zeros((576, 720), np.uint8))
    window.stage.show_empty(empty=False)
    window.stage.take_focus()


def masks_shown(window: MainWindow) -> bool:
    return window.canvas.shows_masks


def share_of_canvas(window: MainWindow) -> float:
    return window.canvas.width() * window.canvas.height() / (window.width() * window.height())


def test_the_canvas_takes_seventy_percent_of_the_window_in_review(window: MainWindow) -> None:
    assert (window.width(), window.height()) == (1920, 1080)
    assert window.panel.isVisible()
    assert window.workspace.strip.isVisible()
    assert share_of_canvas(window) >= 0.70


def test_a_small_window_begins_without_its_panel(qtbot: QtBot) -> None:
    window = MainWindow()
    qtbot.addWidget(window)
    window.resize(1366, 768)
    window.workspace.fold_for(1366)
    window.show()
    assert not window.panel.isVisible()
    assert share_of_canvas(window) >= 0.70
    window.do("toggle_panel")
    assert window.panel.isVisible()


def cut_texts(window: QWidget) -> list[str]:
    """Texts of visible labels and buttons that have less room than they need."""
    found = []
    for child in window.findChildren(QWidget):
        if not child.isVisible() or isinstance(child, ElidedLabel):
            continue
        if isinstance(child, QLabel) and child.text() and not child.wordWrap():
            needed = child.fontMetrics().horizontalAdvance(child.text())
            if child.width() < needed:
                found.append(f"{child.text()!r}: {child.width()} < {needed}")
        elif isinstance(child, QAbstractButton) and child.text() and child.width() < child.minimumSizeHint().width():
            if isinstance(child, QToolButton) and child.property("role") in ("tool", "flat", "half"):
                continue
            found.append(f"{child.text()!r}: {child.width()} < {child.minimumSizeHint().width()}")
    return found


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080)])
@pytest.mark.parametrize("layout", Layout)
def test_no_text_is_cut(window: MainWindow, size: tuple[int, int], layout: Layout, qtbot: QtBot) -> None:
    window.resize(*size)
    show_frame(window)
    window.panel.frame.show_lesions((LesionLine(1, 0.042), LesionLine(2, 0.3)), active_slot=1)
    window.panel.frame.show_proposal(threshold=0.5, confidence=0.91, dice=0.94)
    window.top.show_place(project="Colon-2026", exam="E-0147")
    window.top.show_device("CPU 21 ms · polyp-fast 1.0", tip="")
    window.top.show_reader("Anna Berg")
    window.status.frame.setText("frame 215 · M-00215 · E-0147 · 1920×1080")
    window.status.queue.setText("37 of 212 in queue “to review” · 4.1 s per frame · about 12 min left")
    window.status.show_saved()
    window.use_layout(layout)
    for page in (
        window.panel.frame,
        window.panel.lesions,
        window.panel.history,
        window.panel.model,
        window.panel.media,
    ):
        if layout is not Layout.TRAIN:
            window.show_page(page)
        qtbot.wait(10)
        assert cut_texts(window) == []


def controls(window: QWidget) -> list[QWidget]:
    kinds = (QAbstractButton, QAbstractSlider, QComboBox, QLineEdit)
    return [w for w in window.findChildren(QWidget) if isinstance(w, kinds) and not isinstance(w, QScrollBar)]


def test_every_control_has_a_name_for_screen_readers(window: MainWindow) -> None:
    show_frame(window)
    nameless = []
    for control in controls(window):
        text = control.text() if isinstance(control, QAbstractButton) else ""
        if not (control.accessibleName() or text) and control.objectName() != "qt_spinbox_lineedit":
            nameless.append(repr(control))
    assert nameless == []


@pytest.mark.parametrize("layout", Layout)
def test_every_control_can_be_hit_on_28_pixels(window: MainWindow, layout: Layout) -> None:
    show_frame(window)
    window.use_layout(layout)
    small = [
        f"{c!r} {c.width()}x{c.height()}"
        for c in controls(window)
        if c.isVisible() and (c.height() < 28 or c.width() < 12)
    ]
    assert small == []


def test_tab_reaches_every_control_of_review(window: MainWindow) -> None:
    show_frame(window)
    wanted = {
        c for c in controls(window) if c.isVisible() and c.isEnabled() and c.focusPolicy() & Qt.FocusPolicy.TabFocus
    }
    reached: set[QWidget] = set()
    for _ in range(120):
        focus = QApplication.focusWidget()
        assert focus is not None
        reached.add(focus)
        if focus is window.canvas:
            go_to_area(window, 1)
        else:
            QTest.keyClick(focus, Qt.Key.Key_Tab)
    assert wanted - reached == set()
    assert window.canvas in reached


def test_clicking_a_button_leaves_the_focus_on_the_canvas(window: MainWindow, qtbot: QtBot) -> None:
    show_frame(window)
    assert window.canvas.hasFocus()
    with qtbot.waitSignal(window.wished) as wished:
        QTest.mouseClick(window.panel.frame.buttons["accept"], Qt.MouseButton.LeftButton)
    assert wished.args == ["accept"]
    QTest.mouseClick(window.stage.rail.buttons["brush"], Qt.MouseButton.LeftButton)
    assert window.canvas.tool.name == "brush"
    assert window.canvas.hasFocus()


@pytest.mark.parametrize(
    ("key", "modifiers", "action"),
    [
        (Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, "accept"),
        (Qt.Key.Key_Enter, Qt.KeyboardModifier.KeypadModifier, "accept"),
        (Qt.Key.Key_Return, SHIFT, "accept_stay"),
        (Qt.Key.Key_R, Qt.KeyboardModifier.NoModifier, "no_polyp"),
        (Qt.Key.Key_N, Qt.KeyboardModifier.NoModifier, "needs_work"),
        (Qt.Key.Key_Delete, Qt.KeyboardModifier.NoModifier, "dismiss"),
        (Qt.Key.Key_Backspace, Qt.KeyboardModifier.NoModifier, "dismiss"),
        (Qt.Key.Key_D, Qt.KeyboardModifier.NoModifier, "next_frame"),
        (Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier, "next_frame"),
        (Qt.Key.Key_A, Qt.KeyboardModifier.NoModifier, "previous_frame"),
        (Qt.Key.Key_Right, SHIFT, "forward_10"),
        (Qt.Key.Key_Right, CONTROL, "next_in_queue"),
        (Qt.Key.Key_Z, CONTROL, "undo"),
        (Qt.Key.Key_Z, CONTROL | SHIFT, "redo"),
        (Qt.Key.Key_Y, CONTROL, "redo"),
        (Qt.Key.Key_T, CONTROL, "fine_tune"),
        (Qt.Key.Key_S, CONTROL, "save"),
        (Qt.Key.Key_Home, Qt.KeyboardModifier.NoModifier, "first_frame"),
        (Qt.Key.Key_0, Qt.KeyboardModifier.NoModifier, "new_lesion"),
    ],
)
def test_a_key_wishes_its_action(
    window: MainWindow, qtbot: QtBot, key: Qt.Key, modifiers: Qt.KeyboardModifier, action: str
) -> None:
    show_frame(window)
    with qtbot.waitSignal(window.wished) as wished:
        QTest.keyClick(window.canvas, key, modifiers)
    assert wished.args == [action]


def test_keys_of_the_window_itself(window: MainWindow, qtbot: QtBot) -> None:
    show_frame(window)
    QTest.keyClick(window.canvas, Qt.Key.Key_B)
    assert window.canvas.tool.name == "brush"
    QTest.keyClick(window.canvas, Qt.Key.Key_E)
    assert window.canvas.tool.name == "eraser"
    radius = window.canvas.hand.radius
    QTest.keyClick(window.canvas, Qt.Key.Key_BracketRight)
    assert window.canvas.hand.radius > radius
    QTest.keyClick(window.canvas, Qt.Key.Key_3)
    assert window.canvas.hand.slot == 3
    QTest.keyClick(window.canvas, Qt.Key.Key_H)
    assert not masks_shown(window)
    QTest.keyClick(window.canvas, Qt.Key.Key_H)
    assert masks_shown(window)
    QTest.keyClick(window.canvas, Qt.Key.Key_O)
    assert window.canvas.style_of_masks.outlined
    QTest.keyClick(window.canvas, Qt.Key.Key_1, CONTROL)
    qtbot.waitUntil(lambda: window.canvas.zoom == pytest.approx(1.0))


def test_x_peeks_only_while_it_is_held(window: MainWindow) -> None:
    show_frame(window)
    QTest.keyPress(window.canvas, Qt.Key.Key_X)
    assert not window.canvas.shows_masks
    QTest.keyRelease(window.canvas, Qt.Key.Key_X)
    assert window.canvas.shows_masks


def test_space_taps_play_in_video_and_nothing_in_review(window: MainWindow, qtbot: QtBot) -> None:
    show_frame(window)
    with qtbot.assertNotEmitted(window.wished):
        QTest.keyClick(window.canvas, Qt.Key.Key_Space)
    window.use_layout(Layout.VIDEO)
    with qtbot.waitSignal(window.wished) as wished:
        QTest.keyClick(window.canvas, Qt.Key.Key_Space)
    assert wished.args == ["play"]


def test_single_keys_are_dead_while_a_comment_is_typed(window: MainWindow, qtbot: QtBot) -> None:
    show_frame(window)
    QTest.keyClick(window.canvas, Qt.Key.Key_C)
    field = window.panel.frame.comment
    assert field.hasFocus()
    with qtbot.assertNotEmitted(window.wished):
        QTest.keyClicks(field, "near a fold, d b e r n 1")
    assert field.text() == "near a fold, d b e r n 1"
    with qtbot.waitSignal(window.panel.frame.comment_written) as written:
        QTest.keyClick(field, Qt.Key.Key_Return)
    assert written.args == ["near a fold, d b e r n 1"]
    assert window.canvas.hasFocus()


def test_a_repeated_enter_decides_once(window: MainWindow) -> None:
    show_frame(window)
    wished: list[str] = []
    window.wished.connect(wished.append)
    QTest.keyPress(window.canvas, Qt.Key.Key_R)
    for _ in range(3):
        event = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_R, Qt.KeyboardModifier.NoModifier, "r", True)
        QApplication.sendEvent(window.canvas, event)
        event = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_R, Qt.KeyboardModifier.NoModifier, "r", True)
        QApplication.sendEvent(window.canvas, event)
    QTest.keyRelease(window.canvas, Qt.Key.Key_R)
    assert wished == ["no_polyp"]


def test_f9_f10_and_f11_fold_strip_panel_and_everything(window: MainWindow, qtbot: QtBot) -> None:
    show_frame(window)
    QTest.keyClick(window.canvas, Qt.Key.Key_F9)
    assert not window.workspace.strip.isVisible()
    QTest.keyClick(window.canvas, Qt.Key.Key_F9)
    QTest.keyClick(window.canvas, Qt.Key.Key_F10)
    assert window.workspace.strip.isVisible()
    assert not window.panel.isVisible()
    QTest.keyClick(window.canvas, Qt.Key.Key_F11)
    qtbot.waitUntil(lambda: share_of_canvas(window) == 1.0)
    assert not window.top.isVisible()
    QTest.keyClick(window.canvas, Qt.Key.Key_F11)
    assert window.top.isVisible()
    assert window.workspace.strip.isVisible()
    assert not window.panel.isVisible()


def test_the_cvat_preset_moves_next_and_previous(window: MainWindow, qtbot: QtBot) -> None:
    show_frame(window)
    window.use_preset(Preset.CVAT)
    with qtbot.waitSignal(window.wished) as wished:
        QTest.keyClick(window.canvas, Qt.Key.Key_F)
    assert wished.args == ["next_frame"]
    with qtbot.waitSignal(window.wished) as wished:
        QTest.keyClick(window.canvas, Qt.Key.Key_D)
    assert wished.args == ["previous_frame"]


def test_without_a_frame_nothing_can_be_decided(window: MainWindow, qtbot: QtBot) -> None:
    assert not window.panel.frame.buttons["accept"].isEnabled()
    with qtbot.assertNotEmitted(window.wished):
        QTest.keyClick(window.canvas, Qt.Key.Key_Return)


def test_the_theme_can_be_switched_and_back(window: MainWindow) -> None:
    show_frame(window)
    QTest.keyClick(window.canvas, Qt.Key.Key_L, CONTROL | SHIFT)
    assert active().name == "light"
    assert window.grab().toImage().pixelColor(5, 5).lightness() > 200
    QTest.keyClick(window.canvas, Qt.Key.Key_L, CONTROL | SHIFT)
    assert window.grab().toImage().pixelColor(5, 5).lightness() < 60


def test_dropped_files_are_wished_for(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "été 1.png"))])
    drop = QDropEvent(
        QPointF(500, 500), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    with qtbot.waitSignal(window.paths_dropped) as dropped:
        window.dropEvent(drop)
    assert dropped.args == [(tmp_path / "été 1.png",)]


def test_an_error_stays_with_its_cure_and_details_until_it_is_closed(window: MainWindow, qtbot: QtBot) -> None:
    show_frame(window)
    bar = window.stage.message
    bar.show_message(Message("x", "error", "The disk is full.", "Free some space.", details="OSError 28"))
    bar.show_message(Message("y", "good", "Accepted."))
    assert bar.message is not None
    assert bar.message.sentence == "The disk is full. Free some space."
    assert bar.geometry().bottom() < window.stage.height()
    buttons = {b.accessibleName(): b for b in bar.findChildren(QPushButton)}
    QTest.mouseClick(buttons["Details"], Qt.MouseButton.LeftButton)
    assert bar.height() > 150
    closer = next(b for b in bar.findChildren(QToolButton))
    QTest.mouseClick(closer, Qt.MouseButton.LeftButton)
    assert bar.isHidden()


def test_a_message_is_seen_in_the_train_layout_too(window: MainWindow) -> None:
    show_frame(window)
    window.do("train")
    window.stage.message.show_message(Message("x", "error", "The trainer ended.", "Try again."))
    assert window.stage.message.isVisible()
    window.do("review")
    assert window.stage.message.isVisible()
    bar = window.stage.message
    assert window.stage.rect().contains(bar.geometry())


def test_undo_in_the_message_bar_wishes_undo(window: MainWindow, qtbot: QtBot) -> None:
    show_frame(window)
    window.stage.message.show_message(Message("y", "good", "Stated: no polyp.", offers_undo=True))
    button = next(b for b in window.stage.message.findChildren(QPushButton) if b.text() == "Undo")
    with qtbot.waitSignal(window.wished) as wished:
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert wished.args == ["undo"]


def test_sliders_are_moved_by_the_mouse_and_say_so(window: MainWindow, qtbot: QtBot) -> None:
    show_frame(window)
    page = window.panel.frame
    page.show_proposal(threshold=0.5, confidence=0.9, dice=None)
    slider = next(c for c in controls(page) if c.accessibleName() == "Threshold of the proposal")
    with qtbot.waitSignal(page.threshold_wished) as wished:
        QTest.mouseClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() // 4, slider.height() // 2))
    assert wished.args is not None
    assert wished.args[0] == pytest.approx(0.25, abs=0.05)
    assert window.canvas.hasFocus()
