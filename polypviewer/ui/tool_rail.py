"""The tool rail: 40 px buttons with icon and key; the active tool is filled. What does not fit stands behind "more"."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QAction, QActionGroup, QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from polypviewer.ui.action_set import ActionSet
from polypviewer.ui.actions import BY_ID, TOOL_GROUPS, TOOL_IDS, key_text
from polypviewer.ui.controls import rule
from polypviewer.ui.icons import ICON_PX, icon
from polypviewer.ui.text import translate
from polypviewer.ui.theme import RAIL, active, text_font

_GLYPHS: Final = {"Space": "␣"}
SIDE: Final = 40
_SMALL: Final = QSize(20, 30)
FOLDS: Final = ("livewire", "box", "nudge", "ignore", "fill", "seeds", "wand", "lasso")
"""The tools that go behind "more" on a low canvas, first the one that is missed least."""


class ToolButton(QToolButton):
    """An icon with its key small in the corner."""

    def __init__(self, action: QAction, key: str, *, size: QSize | None = None) -> None:
        super().__init__()
        self.key = _GLYPHS.get(key, key)
        self.setProperty("role", "tool" if size is None else "half")
        self.setDefaultAction(action)
        self.setIconSize(QSize(ICON_PX, ICON_PX) if size is None else QSize(16, 16))
        self.setFixedSize(size or QSize(SIDE, SIDE))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        self.setAccessibleName(action.text())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.key:
            return
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
        self._more = _more_button()
        column = QVBoxLayout(self)
        column.setContentsMargins(5, 5, 5, 5)
        column.setSpacing(2)
        for names in TOOL_GROUPS:
            for name in names:
                column.addWidget(self._tool_button(name))
            column.addWidget(rule())
        column.addWidget(self._more)
        column.addWidget(self._steps())
        for name in ("correct_field", "keep_island", "move_island"):
            self._group.addAction(actions[name])
        actions.preset_changed.connect(self._show_keys)

    def fit(self, room: int) -> None:
        """Be no higher than `room` logical pixels."""
        for name in FOLDS:
            self.buttons[name].show()
        folded: list[str] = []
        self._more.hide()
        for name in FOLDS:
            if self.sizeHint().height() <= room:
                break
            self._more.show()
            self.buttons[name].hide()
            folded.append(name)
        self._fill_more(folded)
        self.adjustSize()

    def show_tool(self, name: str) -> None:
        """Which tool is in the hand."""
        self._actions[name].setChecked(True)

    def restyle(self) -> None:
        """Another theme: what has no action draws its icon again."""
        self._more.setIcon(icon("more"))

    def _tool_button(self, name: str) -> ToolButton:
        button = ToolButton(self._actions[name], key_text(BY_ID[name], self._actions.keys))
        self.buttons[name] = button
        self._group.addAction(self._actions[name])
        return button

    def _steps(self) -> QWidget:
        """Undo and redo, side by side."""
        pair = QWidget()
        row = QHBoxLayout(pair)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for name in ("undo", "redo"):
            self.buttons[name] = ToolButton(self._actions[name], "", size=_SMALL)
            row.addWidget(self.buttons[name])
        return pair

    def _fill_more(self, folded: list[str]) -> None:
        menu = self._more.menu()
        menu.clear()
        for name in TOOL_IDS:
            if name in folded:
                menu.addAction(self._actions[name])

    def _show_keys(self) -> None:
        for name in TOOL_IDS:
            key = key_text(BY_ID[name], self._actions.keys)
            self.buttons[name].key = _GLYPHS.get(key, key)
            self.buttons[name].update()


def _more_button() -> QToolButton:
    button = QToolButton()
    button.setProperty("role", "tool")
    button.setIcon(icon("more"))
    button.setIconSize(QSize(ICON_PX, ICON_PX))
    button.setFixedSize(SIDE, 28)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setAccessibleName(translate("More tools"))
    button.setToolTip(translate("Tools that do not fit here"))
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setMenu(QMenu(button))
    return button
