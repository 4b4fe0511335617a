"""Where the window stands: its size, place and screen are found again at the next start, if that screen is there."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QWidget

LARGEST: Final = (1920, 1080)
"""How large a window is at its first start, where the screen has room."""


def place_text(window: QWidget) -> str:
    """For the settings: size, place, screen, and whether it is maximised or fills the screen."""
    return window.saveGeometry().toBase64().toStdString()


def put_in_place(window: QWidget, text: str) -> None:
    """Where `place_text` said, moved onto a screen that is there; without a text, as large as the screen allows."""
    if text and window.restoreGeometry(QByteArray.fromBase64(text.encode("ascii", "ignore"))):
        return
    room = window.screen().availableGeometry()
    window.resize(min(LARGEST[0], room.width()), min(LARGEST[1], room.height()))
