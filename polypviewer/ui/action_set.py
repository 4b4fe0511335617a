"""The actions as Qt knows them: shortcuts, enabled and checked states, icons. One signal says what is wished."""

from __future__ import annotations

from typing import Final, cast

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from polypviewer.ui.actions import ACTIONS, BY_ID, Group, Keys, Layout, Preset, key_text, keys_of, tooltip
from polypviewer.ui.icons import icon
from polypviewer.ui.key_bindings import ON_PICTURE, OwnKeys, key_table
from polypviewer.ui.text import translate
from polypviewer.ui.theme import active

NEED_FRAME: Final = frozenset({Group.DECIDE, Group.DRAW, Group.SHAPE, Group.GO, Group.SEE})


class ActionSet(QObject):
    """All actions of a window."""

    wished = Signal(str)  # id of the action that a key, a button or the palette asks for
    preset_changed = Signal()

    def __init__(self, window: QWidget, *, preset: Preset = Preset.DEFAULT) -> None:
        super().__init__(window)
        self._actions: dict[str, QAction] = {}
        self.preset, self.own_keys = preset, OwnKeys()
        self.keys: Keys = preset
        self.layout = Layout.REVIEW
        self._has_frame = False
        self._blocked: set[str] = set()
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
        self.preset, self.keys = preset, key_table(preset, self.own_keys)
        for action_id, action in self._actions.items():
            spec = BY_ID[action_id]
            keys = () if spec.held else keys_of(spec, self.keys)
            action.setShortcuts([QKeySequence(key) for key in keys])
            action.setProperty("key", key_text(spec, self.keys))
            action.setToolTip(tooltip(spec, self.keys))
        self.preset_changed.emit()

    def use_own_keys(self, own: OwnKeys) -> None:
        """What the reader changed, on top of the preset."""
        self.own_keys = own
        self.use_preset(self.preset)

    def keep_to(self, picture: QWidget) -> None:
        """Tab is a key of the picture alone: elsewhere it moves the focus."""
        for action_id in ON_PICTURE:
            action = self._actions[action_id]
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            picture.window().removeAction(action)
            picture.addAction(action)

    def use_layout(self, layout: Layout) -> None:
        """Only the actions of a layout can be asked for."""
        self.layout = layout
        self._enable_all()

    def use_frame(self, *, shown: bool) -> None:
        """What needs a frame can be asked for only while one is shown."""
        self._has_frame = shown
        self._enable_all()

    def block(self, action_id: str, *, blocked: bool) -> None:
        """An action that would do nothing now."""
        if blocked == (action_id in self._blocked):
            return
        if blocked:
            self._blocked.add(action_id)
        else:
            self._blocked.discard(action_id)
        self._enable(action_id)

    def _enable_all(self) -> None:
        for action_id in self._actions:
            self._enable(action_id)

    def _enable(self, action_id: str) -> None:
        spec = BY_ID[action_id]
        fits = self.layout in spec.layouts and (self._has_frame or spec.group not in NEED_FRAME)
        self._actions[action_id].setEnabled(fits and action_id not in self._blocked)

    def retint(self) -> None:
        """Draw the icons again in the colours of the theme."""
        for action_id, action in self._actions.items():
            name = BY_ID[action_id].icon
            if name:
                action.setIcon(icon(name, checked_colour=active().on_accent))

    def _triggered(self) -> None:
        self.wished.emit(cast(QAction, self.sender()).objectName())
