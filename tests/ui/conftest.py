"""A themed application for every test of widgets, and a window to press keys in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # a conftest that needs Qt would end the run on a machine that lacks its libraries
    from PySide6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot

    from polypviewer.ui.main_window import MainWindow


@pytest.fixture(autouse=True)
def themed(qapp: QApplication) -> None:
    from polypviewer.ui.theme import apply_theme

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
    qtbot.waitExposed(made)
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made
