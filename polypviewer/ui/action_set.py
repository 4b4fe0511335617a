"""The actions as Qt knows them: shortcuts, enabled and checked states, icons. One signal says what is wished."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from polypviewer.ui.actions import ACTIONS, BY_ID, Layout, Preset, keys_of, tooltip
from polypviewer.ui.icons import icon
from polypviewer.ui.text import translate
from polypviewer.ui.theme import active


class ActionSet(QObject):
    """All actions of a window."""

    wished = Signal(str)  # id of the action that a key, a button or the palette asks for
    preset_changed = Signal()

    def __init__(self, window: QWidget, *, preset: Preset = Preset.DEFAULT) -> None:
        super().__init__(window)
        self._actions: dict[str, QAction] = {}
        self.preset = preset
        self.layout = Layout.REVIEW
        for spec in ACTIONS:
            action = QAction(translate(spec.text), self)
            action.setObjectName(spec.id)
            action.setCheckable(spec.checkable)
            action.setAutoRepeat(spec.repeats)
            action.triggered.connect(self._triggered)
            self._actions[spec.id] = action
            window.addAction(action)
        self.use_preset(preset)
        self.retint()

    def __getitem__(self, action_id: str) -> QAction:
        return self._actions[action_id]

    def use_preset(self, preset: Preset) -> None:
        """Listen to other keys."""
        self.preset = preset
        for action_id, action in self._actions.items():
            spec = BY_ID[action_id]
            keys = () if spec.held else keys_of(spec, preset)
            action.setShortcuts([QKeySequence(key) for key in keys])
            action.setToolTip(tooltip(spec, preset))
        self.preset_changed.emit()

    def use_layout(self, layout: Layout) -> None:
        """Only the actions of a layout can be asked for."""
        self.layout = layout
        for action_id, action in self._actions.items():
            action.setEnabled(layout in BY_ID[action_id].layouts)

    def retint(self) -> None:
        """Draw the icons again in the colours of the theme."""
        for action_id, action in self._actions.items():
            name = BY_ID[action_id].icon
            if name:
                action.setIcon(icon(name, checked_colour=active().on_accent))

    def _triggered(self) -> None:
        self.wished.emit(cast(QAction, self.sender()).objectName())
