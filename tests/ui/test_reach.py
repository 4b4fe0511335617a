"""Everything can be reached: by name for a screen reader, by keyboard, and by a mouse that is not steady."""

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QScrollBar,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from polypviewer.app import make_window
from polypviewer.session.session import Session
from polypviewer.ui.actions import ACTIONS, Layout, Preset, keys_of
from polypviewer.ui.canvas.mini_map import MiniMap
from polypviewer.ui.controls import ElidedLabel
from polypviewer.ui.main_window import MainWindow
from polypviewer.ui.scale_dialog import ScaleDialog
from polypviewer.ui.theme import text_percent
from tests.ui.pictures import grey_frame

TARGET = 28
CLICKABLE = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit, QAbstractItemView, MiniMap)


@pytest.fixture
def whole(qtbot: QtBot) -> Iterator[MainWindow]:
    """The window as the program makes it, with everything that can float on the canvas in sight."""
    session = Session()
    session.settings.reader = "R-1"
    window, wiring = make_window(session)
    qtbot.addWidget(window)
    window.resize(1600, 1000)
    window.workspace.fold_for(1600)
    window.show()
    assert QTest.qWaitForWindowExposed(window)
    window.canvas.show_frame(grey_frame(576, 720), np.zeros((576, 720), np.uint8))
    window.stage.show_empty(empty=False)
    window.actions_["view_panel"].trigger()
    window.stage.view_bar.show_enhanced(on=True)
    window.stage.legend.show_parts(heat=True, codes="provenance")
    window.stage.show_comparison(shown=True)
    window.canvas.zoom_by(8.0)
    yield window
    wiring.close()


def targets(root: QWidget) -> list[QWidget]:
    """What is visible and takes the focus or a click."""
    found = []
    for widget in root.findChildren(QWidget):
        inner = isinstance(widget.parentWidget(), (QAbstractSpinBox, QComboBox)) or isinstance(widget, QScrollBar)
        used = isinstance(widget, CLICKABLE) or widget.focusPolicy() != Qt.FocusPolicy.NoFocus
        if used and widget.isVisible() and not inner and not widget.objectName().startswith("qt_"):
            found.append(widget)
    return found


def said(widget: QWidget) -> str:
    """What a screen reader says first."""
    return str(QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)).strip()


@pytest.mark.parametrize("layout", Layout)
def test_everything_that_can_be_used_has_a_name_and_is_at_least_28_pixels_large(
    whole: MainWindow, layout: Layout
) -> None:
    whole.use_layout(layout)
    for page in (whole.panel.frame, whole.panel.lesions, whole.panel.history, whole.panel.model, whole.panel.media):
        if layout is not Layout.TRAIN:
            whole.show_page(page)
        QTest.qWait(5)
        found = targets(whole)
        assert len(found) > 5
        assert [repr(widget) for widget in found if not said(widget)] == []
        wanted = [w for w in found if w.property("role") != "half"]
        assert [f"{w!r} {w.size()}" for w in wanted if min(w.width(), w.height()) < TARGET] == []


def test_the_scale_dialog_can_be_used_without_eyes_and_without_a_mouse(qtbot: QtBot) -> None:
    dialog = ScaleDialog(pixels=180.0, mm_per_pixel=0.05)
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.millimetres.value() == pytest.approx(9.0)
    assert [w for w in targets(dialog) if not said(w) or w.height() < TARGET] == []
    QTest.keyClicks(dialog.pixels, "200")
    QTest.keyClick(dialog.pixels, Qt.Key.Key_Return)
    assert dialog.mm_per_pixel == pytest.approx(9.0 / 200)


def test_every_action_has_a_key_or_stands_in_the_palette(whole: MainWindow) -> None:
    whole.palette_.open()
    listed = set(whole.palette_.shown_ids)
    assert [spec.id for spec in ACTIONS if spec.id not in listed and not keys_of(spec, Preset.DEFAULT)] == []


def test_what_no_action_is_called_is_said(whole: MainWindow) -> None:
    whole.palette_.open()
    QTest.keyClicks(whole.focusWidget(), "xyzzy")
    shown = [w.text() for w in whole.palette_.findChildren(QLabel) if w.isVisible()]
    assert shown == ["No action is called that"]
    whole.palette_.open()
    assert not any(w.isVisible() for w in whole.palette_.findChildren(QLabel))


# --- the size of text ---


def cut(root: QWidget) -> list[str]:
    """Labels and buttons that have less room than their text needs."""
    found = []
    for widget in root.findChildren(QWidget):
        if not widget.isVisible() or isinstance(widget, (ElidedLabel, QToolButton)):
            continue
        if isinstance(widget, QLabel) and widget.text() and not widget.wordWrap():
            width, height = widget.fontMetrics().horizontalAdvance(widget.text()), widget.fontMetrics().ascent()
            if widget.width() < width or widget.height() < height:
                found.append(f"{widget.text()!r} {widget.size()} {width}x{height}")
        elif isinstance(widget, QAbstractButton) and widget.text():
            needed = widget.fontMetrics().boundingRect(widget.text())
            if widget.height() < needed.height() or widget.width() < widget.minimumSizeHint().width():
                found.append(f"{widget.text()!r} {widget.size()}")
    return found


@pytest.mark.parametrize("percent", [80, 150])
def test_no_text_is_cut_at_another_size_of_text(whole: MainWindow, percent: int) -> None:
    whole.dressing.use_text(percent)
    for layout in Layout:
        whole.use_layout(layout)
        QTest.qWait(20)
        assert cut(whole) == [], layout


def test_larger_text_and_back_is_nowhere(whole: MainWindow) -> None:
    before = {widget: (widget.minimumWidth(), widget.font().pixelSize()) for widget in whole.findChildren(QLabel)}
    for action_id in ("larger_text", "larger_text", "smaller_text", "larger_text", "normal_text"):
        whole.do(action_id)
    assert {w: (w.minimumWidth(), w.font().pixelSize()) for w in before} == before


def test_another_theme_leaves_large_text_large(whole: MainWindow) -> None:
    whole.dressing.use_text(150)
    before = {widget: widget.font().pixelSize() for widget in whole.findChildren(QLabel)}
    whole.use_theme("light")
    assert {widget: widget.font().pixelSize() for widget in before} == before


def test_text_stays_between_80_and_200_percent(whole: MainWindow) -> None:
    whole.dressing.use_text(190)
    for _ in range(2):
        whole.do("larger_text")
    assert text_percent() == 200
    whole.dressing.use_text(10)
    assert text_percent() == 80


def test_control_alt_and_plus_make_text_larger(whole: MainWindow, qtbot: QtBot) -> None:
    whole.activateWindow()
    qtbot.waitUntil(whole.isActiveWindow)
    whole.stage.take_focus()
    QTest.keyClick(
        whole.canvas, Qt.Key.Key_Equal, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    )
    assert text_percent() == 110
