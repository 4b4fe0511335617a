"""A person at the real window: real mouse and key events, and waiting for what they lead to."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog

from polypviewer.app import make_window
from polypviewer.core.geometry import Point
from polypviewer.session.messages import Message
from polypviewer.session.session import Session
from polypviewer.session.settings import Settings
from tests.mouse import glide

PLAIN = Qt.KeyboardModifier.NoModifier
LEFT = Qt.MouseButton.LeftButton


class Hand:
    """One sitting of a reader. `messages` is all that the message bar said."""

    def __init__(self, *, reader: str = "AB", width: int = 1600, height: int = 900) -> None:
        settings = Settings()
        settings.reader = reader
        settings.set("reader", reader)
        settings.set("propose_on_show", True)
        self.session = Session(settings=settings)
        self.messages: list[Message] = []
        self._closed = False
        self.session.message.connect(self.messages.append)
        self.window, self.wiring = make_window(self.session)
        self.window.resize(width, height)
        self.window.show()
        self.canvas = self.window.canvas
        self.come_back()

    def come_back(self) -> None:
        """Make the window the active one, as a window manager does after a dialog; bare Xvfb has none."""
        self.window.activateWindow()
        assert QTest.qWaitForWindowActive(self.window)

    # --- waiting ---

    def until(self, true: Callable[[], bool], *, what: str, seconds: float = 30) -> None:
        """Let events run until something is so; fail with what the program said last."""
        end = time.monotonic() + seconds
        while not true():
            if time.monotonic() > end:
                said = "; ".join(message.sentence for message in self.messages[-3:])
                pytest.fail(f"waited {seconds:.0f} s for {what}. The window said: {said or 'nothing'}")
            QApplication.processEvents()
            time.sleep(0.002)

    def rest(self, seconds: float) -> None:
        """Do nothing while the program runs on."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            QApplication.processEvents()
            time.sleep(0.002)

    def until_kept(self) -> None:
        """Until everything is on disk."""
        self.until(lambda: not self.session.is_dirty, what="everything to be on disk")

    def until_proposed(self) -> None:
        """Until the shown frame has a proposal."""
        self.until(lambda: self.session.proposal is not None, what="a proposal for the shown frame", seconds=60)

    # --- project ---

    def open(self, folder: Path) -> None:
        """Open a project, as by its icon."""
        self.wiring.project.open(folder)
        self.until(lambda: self.session.project is not None, what="the project to open")
        if self.session.frames:
            self.until(lambda: self.session.current is not None, what="the first frame")

    def create(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """New project by the command palette, into a folder that the system's dialog gives."""
        self.answer_folder(folder, monkeypatch)
        self.command("New project")
        self.until(lambda: self.session.project is not None, what="the new project")

    def drop(self, paths: Sequence[Path]) -> None:
        """Drop files on the picture."""
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        at = QPointF(self.window.rect().center())
        action = Qt.DropAction.CopyAction
        QApplication.sendEvent(self.window, QDragEnterEvent(at, action, data, LEFT, PLAIN))
        QApplication.sendEvent(self.window, QDropEvent(at, action, data, LEFT, PLAIN, QEvent.Type.Drop))

    def dialog(self) -> QDialog:
        """The dialog that is open."""
        self.until(lambda: QApplication.activeModalWidget() is not None, what="a dialog")
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, QDialog)
        return dialog

    def answer_folder(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What the system's own folder dialog will give: the only thing that is not real here."""
        monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_args: str(folder))

    def close(self) -> None:
        """Close the window and wait for its workers; closing twice is closing once."""
        if self._closed:
            return
        self._closed = True
        self.window.close()
        self.wiring.close()
        self.window.deleteLater()
        QApplication.processEvents()

    # --- keys and mouse ---

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = PLAIN) -> None:
        """One key, to whatever has the focus."""
        QTest.keyClick(QApplication.focusWidget() or self.canvas, key, modifier)
        QApplication.processEvents()

    def command(self, text: str) -> None:
        """Ctrl+K, type, Enter."""
        self.key(Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
        self.until(self.window.palette_.isVisible, what="the command palette")
        QTest.keyClicks(QApplication.focusWidget() or self.canvas, text)
        self.key(Qt.Key.Key_Return)

    def at(self, x: float, y: float) -> QPoint:
        """The widget position of a fraction of the image's width and height."""
        draft = self.session.draft
        assert draft is not None
        height, width = draft.label_map.shape
        return self.canvas.view.to_widget(Point(x * width, y * height)).toPoint()

    def drag(self, points: Sequence[tuple[float, float]], *, button: Qt.MouseButton = LEFT) -> None:
        """Press, move and release at fractions of the image."""
        places = [self.at(x, y) for x, y in points]
        QTest.mousePress(self.canvas, button, PLAIN, places[0])
        for place in places[1:]:
            glide(self.canvas, place)
        QTest.mouseRelease(self.canvas, button, PLAIN, places[-1])
        QApplication.processEvents()

    def step_to(self, move: Callable[[], None]) -> None:
        """Do what leads to another frame, and wait for it."""
        before = self.session.current
        move()
        self.until(
            lambda: self.session.current != before and not self.session.navigation.is_under_way, what="another frame"
        )
