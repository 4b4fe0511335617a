"""A themed application for every test of widgets, and a window to press keys in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtTest import QTest

if TYPE_CHECKING:  # a conftest that needs Qt would end the run on a machine that lacks its libraries
    from PySide6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot

    from polypviewer.ui.canvas.gestures import Canvas
    from polypviewer.ui.main_window import MainWindow
    from tests.ui.tool_watch import Watch


@pytest.fixture(autouse=True)
def themed(qapp: QApplication) -> None:
    from polypviewer.ui.theme import active, apply_theme, text_percent

    # Dressing anew touches every widget that is alive, also those of earlier tests: only where the last one undressed.
    if not qapp.styleSheet() or (active().name, text_percent()) != ("dark", 100):
        qapp.setStyle("Fusion")
        apply_theme(qapp, "dark")


@pytest.fixture
def window(qtbot: QtBot) -> MainWindow:
    """The whole window without a session, 1920x1080, active."""
    from polypviewer.ui.main_window import MainWindow

    made = MainWindow()
    qtbot.addWidget(made)
    made.resize(1920, 1080)
    made.workspace.fold_for(1920)
    made.show()
    assert QTest.qWaitForWindowExposed(made)
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


@pytest.fixture
def canvas(qtbot: QtBot) -> Canvas:
    """A canvas without a window around it, showing an even frame."""
    import numpy as np

    from polypviewer.ui.canvas.gestures import Canvas
    from tests.ui.pictures import grey_frame
    from tests.ui.tool_watch import HEIGHT, WIDTH

    made = Canvas()
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show_frame(grey_frame(HEIGHT, WIDTH), np.zeros((HEIGHT, WIDTH), np.uint8))
    made.show()
    assert QTest.qWaitForWindowExposed(made)
    return made


@pytest.fixture
def watch(canvas: Canvas) -> Watch:
    """All that the tools of the canvas wish."""
    from tests.ui.tool_watch import Watch

    return Watch(canvas)
