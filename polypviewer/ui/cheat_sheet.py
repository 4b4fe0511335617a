"""The cheat sheet: every key on one page, by group. Escape or F1 closes it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from polypviewer.ui.action_set import ActionSet
from polypviewer.ui.actions import ACTIONS, ActionSpec, Group, keys_of
from polypviewer.ui.controls import ActionButton, cap_height, cap_width, draw_cap, heading, label
from polypviewer.ui.text import translate
from polypviewer.ui.theme import active, scaled, text_font

COLUMNS: Final = (
    (Group.DECIDE, Group.DRAW),
    (Group.SHAPE, Group.GO, Group.SEE),
    (Group.MODEL, Group.PROJECT, Group.WINDOW),
)
MOUSE: Final = (
    ("Wheel", "Zoom at the cursor"),
    ("Shift+Wheel", "Size of the brush"),
    ("Shift+Right drag", "Size of the brush"),
    ("Middle drag", "Move the picture"),
    ("Right drag", "The inverse of the tool"),
    ("Alt+Drag", "The inverse of the tool"),
    ("Double click", "Close the outline"),
    ("Enter", "Close the outline, take the preview"),
    ("Backspace", "Take the last point back"),
    ("Esc", "Drop the stroke, outline or preview"),
)
"""What the mouse does, and what keys do while a tool is under way."""
_SHORT: Final = {"Return": "Enter", "Shift+Return": "Shift+Enter", "Ctrl+Shift+Return": "Ctrl+Shift+Enter"}


class CheatSheet(QFrame):
    """Lies over the window while it is open."""

    closed = Signal()

    def __init__(self, actions: ActionSet, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("sheet")
        self.setAccessibleName(translate("All keys"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._actions, self._window = actions, parent
        self._body = QWidget()
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        head = QHBoxLayout()
        head.addWidget(label(translate("All keys"), bold=True))
        head.addStretch(1)
        head.addWidget(ActionButton(actions["change_keys"], "", role="link"))
        head.addWidget(label(translate("Esc closes"), tone="quiet"))
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.addLayout(head)
        column.addWidget(self._area, 1)
        self.hide()

    def open(self) -> None:
        """Fill it with the keys in use and show it."""
        self._body = QWidget()
        grid = QGridLayout(self._body)
        grid.setContentsMargins(0, 8, 0, 0)
        grid.setHorizontalSpacing(40)
        for place, groups in enumerate(COLUMNS):
            grid.addLayout(self._column(groups, with_mouse=place == 0), 0, place)
            grid.setColumnStretch(place, 1)
        self._area.setWidget(self._body)
        parent = self._window
        width, height = min(scaled(1120), parent.width() - 48), min(860, parent.height() - 64)
        self.setGeometry((parent.width() - width) // 2, (parent.height() - height) // 2, width, height)
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_sheet(self) -> None:
        """Away with it."""
        if self.isVisible():
            self.hide()
            self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_sheet()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def _column(self, groups: tuple[Group, ...], *, with_mouse: bool) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(2)
        for group in groups:
            column.addWidget(heading(translate(group)))
            for spec in ACTIONS:
                keys = self._keys(spec)
                if spec.group is group and keys:
                    column.addWidget(_KeyRow(translate(spec.text), keys))
            column.addSpacing(10)
        if with_mouse:
            column.addWidget(heading(translate("Mouse and tools")))
            for gesture, text in MOUSE:
                column.addWidget(_KeyRow(translate(text), (translate(gesture),)))
        column.addStretch(1)
        return column

    def _keys(self, spec: ActionSpec) -> tuple[str, ...]:
        if spec.id.startswith("lesion_") and spec.id != "lesion_1":
            return ()
        keys = tuple(_SHORT.get(key, key) for key in keys_of(spec, self._actions.keys))
        return tuple(dict.fromkeys(keys)) if spec.id != "lesion_1" else ("1", "…", "9")


class _KeyRow(QWidget):
    """A name and its keys in caps."""

    def __init__(self, text: str, keys: tuple[str, ...]) -> None:
        super().__init__()
        self._text, self._keys = text, keys
        self.setAccessibleName(f"{text}: {', '.join(keys)}")
        self.setFixedHeight(scaled(24))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance(text) + sum(cap_width(k) + 4 for k in keys) + 12)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(text_font())
        painter.setPen(QColor(active().text))
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), self._text)
        right = self.width()
        for key in reversed(self._keys):
            width = cap_width(key)
            cap = QRect(right - width, (self.height() - cap_height()) // 2, width, cap_height())
            draw_cap(painter, cap, key, QColor(active().quiet))
            right = cap.left() - 4
        painter.end()
