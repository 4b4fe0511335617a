"""The message bar: what happened and what to do, with Undo or Details. It never takes the focus."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from polypviewer.session.messages import Message
from polypviewer.ui.controls import wrapped
from polypviewer.ui.icons import icon
from polypviewer.ui.text import translate

LONGEST: Final = 640
EDGE: Final = 16
SHOWN_MS: Final = {"info": 5000, "good": 4000, "warning": 12_000, "error": 0}
"""How long a message stays; 0: until somebody closes it."""


class MessageBar(QFrame):
    """One message at a time; an error stays until it is closed or another error comes."""

    undo_wished = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("messageBar")
        self.setAccessibleName(translate("Message"))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._message: Message | None = None
        self._text = wrapped(tone="")
        self._undo, self._details_button = _link(translate("Undo")), _link(translate("Details"))
        self._close = QToolButton()
        self._close.setProperty("role", "flat")
        self._close.setAccessibleName(translate("Close the message"))
        self._close.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._close.setIconSize(QSize(14, 14))
        self._details = QPlainTextEdit(readOnly=True)
        self._details.setAccessibleName(translate("Details"))
        self._details.setFixedHeight(160)
        self._lay_out()
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.dismiss)
        self._undo.clicked.connect(self._undo_clicked)
        self._details_button.clicked.connect(self._toggle_details)
        self._close.clicked.connect(self.dismiss)
        self.hide()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self._text, 1)
        row.addSpacing(8)
        for part in (self._undo, self._details_button, self._close):
            row.addWidget(part, 0, Qt.AlignmentFlag.AlignVCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 5, 6, 5)
        column.addLayout(row)
        column.addWidget(self._details)

    @property
    def message(self) -> Message | None:
        """What is shown now."""
        return self._message

    def show_message(self, message: Message) -> None:
        """Say it. A quiet message does not push an error away."""
        standing = self._message
        if standing is not None and standing.level == "error" and message.level in ("info", "good"):
            return
        self._message = message
        if self.property("level") != message.level:
            self.setProperty("level", message.level)
            self.style().unpolish(self)
            self.style().polish(self)
        self._close.setIcon(icon("close"))
        self._text.setText(message.sentence)
        self._undo.setVisible(message.offers_undo)
        self._details_button.setVisible(bool(message.details))
        self._details.setPlainText(message.details)
        self._details.hide()
        self._timer.stop()
        if SHOWN_MS[message.level]:
            self._timer.start(SHOWN_MS[message.level])
        self._take_room()
        self.show()
        self.raise_()

    def live_in(self, host: QWidget) -> None:
        """Lie at the lower edge of another part of the window; what is said stays said."""
        before = self.parentWidget()
        if before is not None:
            before.removeEventFilter(self)
        self.setParent(host)
        host.installEventFilter(self)
        if self._message is not None:
            self._take_room()
            self.show()
            self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self._message is not None:
            self._take_room()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        host = self.parentWidget()
        if host is not None:
            self.move((host.width() - self.width()) // 2, host.height() - self.height() - EDGE)

    def dismiss(self) -> None:
        """Away with it."""
        self._timer.stop()
        self._message = None
        self.hide()

    def _take_room(self) -> None:
        buttons = sum(
            b.sizeHint().width() + 4 for b in (self._undo, self._details_button, self._close) if not b.isHidden()
        )
        parent = self.parentWidget()
        room = LONGEST if parent is None else min(LONGEST, parent.width() - 32)
        text = self.fontMetrics().horizontalAdvance(self._text.text()) + 4
        width = min(room - buttons - 32, text)
        if not self._details.isHidden():
            width = max(width, room - buttons - 32)
        self._text.setFixedWidth(max(width, 120))
        self.adjustSize()
        self._place()

    def _undo_clicked(self) -> None:
        self.dismiss()
        self.undo_wished.emit()

    def _toggle_details(self) -> None:
        self._details.setVisible(self._details.isHidden())
        self._timer.stop()
        self._take_room()


def _link(text: str) -> QPushButton:
    button = QPushButton(text)
    button.setProperty("role", "link")
    button.setAccessibleName(text)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
