"""The tool rail: 40 px buttons with icon and key; the active tool is filled."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QAction, QActionGroup, QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QToolButton, QVBoxLayout

from polypviewer.ui.action_set import ActionSet
from polypviewer.ui.actions import BY_ID, TOOL_IDS, key_text
from polypviewer.ui.controls import rule
from polypviewer.ui.icons import ICON_PX
from polypviewer.ui.text import translate
from polypviewer.ui.theme import RAIL, active, text_font

_GLYPHS: Final = {"Space": "␣"}


class ToolButton(QToolButton):
    """An icon with its key small in the corner."""

    def __init__(self, action: QAction, key: str) -> None:
        super().__init__()
        self.key = _GLYPHS.get(key, key)
        self.setProperty("role", "tool")
        self.setDefaultAction(action)
        self.setIconSize(QSize(ICON_PX, ICON_PX))
        self.setFixedSize(40, 40)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        self.setAccessibleName(action.text())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setFont(text_font(pixels=9))
        painter.setPen(QColor(active().on_accent if self.isChecked() else active().quiet))
        corner = QRect(0, 0, self.width() - 4, self.height() - 2)
        painter.drawText(corner, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom), self.key)
        painter.end()


class ToolRail(QFrame):
    """Floats at the left of the canvas."""

    def __init__(self, actions: ActionSet) -> None:
        super().__init__()
        self.setObjectName("rail")
        self.setAccessibleName(translate("Tools"))
        self.setFixedWidth(RAIL)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._actions = actions
        self._group = QActionGroup(self)
        self.buttons: dict[str, ToolButton] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(5, 5, 5, 5)
        column.setSpacing(4)
        for name in (*TOOL_IDS, "", "undo", "redo"):
            if not name:
                column.addWidget(rule())
                continue
            button = ToolButton(actions[name], key_text(BY_ID[name], actions.preset))
            self.buttons[name] = button
            column.addWidget(button)
            if name in TOOL_IDS:
                self._group.addAction(actions[name])
        for name in ("undo", "redo"):
            self.buttons[name].key = ""
        actions.preset_changed.connect(self._show_keys)

    def show_tool(self, name: str) -> None:
        """Which tool is in the hand."""
        self._actions[name].setChecked(True)

    def _show_keys(self) -> None:
        for name in TOOL_IDS:
            key = key_text(BY_ID[name], self._actions.preset)
            self.buttons[name].key = _GLYPHS.get(key, key)
            self.buttons[name].update()
