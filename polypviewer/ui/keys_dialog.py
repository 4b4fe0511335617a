"""Change keys: every action with its keys; Enter or a click, then the new key. It changes nothing by itself."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from polypviewer.ui.actions import BY_ID, ActionSpec, Preset, key_text, keys_of
from polypviewer.ui.controls import TextField, set_tone, wrapped
from polypviewer.ui.dialogs import QuietDialog
from polypviewer.ui.key_bindings import OwnKeys, key_table, owner_of, plain, refusal, twins
from polypviewer.ui.key_list import KeyList
from polypviewer.ui.text import translate
from polypviewer.ui.theme import scaled

WIDTH: Final = 680
AROUND: Final = 280
"""Height of the dialog without its list, and a little of the window behind it."""
_ENTER: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_ALONE: Final = (
    Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_AltGr, Qt.Key.Key_Meta, Qt.Key.Key_CapsLock,
    Qt.Key.Key_NumLock, Qt.Key.Key_unknown,
)  # fmt: skip
"""Keys that go with others and are none by themselves."""


class KeysDialog(QuietDialog):
    """Works by keyboard alone: type to find, arrows to choose, Enter and then the key; Del takes a key away."""

    def __init__(self, preset: Preset, own: OwnKeys, *, parent: QWidget | None = None) -> None:
        super().__init__(translate("Change keys"), accept=translate("Use these keys"), parent=parent, width=WIDTH)
        self._preset, self.own = preset, own
        self._catcher = _Catcher(self)
        self._adds = False
        self._offered: tuple[str, str] | None = None
        self._field = TextField()
        self._field.setPlaceholderText(translate("Find an action, or a key as “Ctrl+K”"))
        self._field.setAccessibleName(translate("Find an action or a key"))
        self.list = KeyList()
        self._says = wrapped()
        self._says.setMinimumHeight(2 * self._says.fontMetrics().lineSpacing() + 2)
        self._take, self._leave = _button(translate("Take it from there")), _button(translate("Leave it there"))
        self._change, self._add = _button(translate("Change")), _button(translate("Add a key"))
        self._none, self._reset = _button(translate("No key")), _button(translate("Reset"))
        self._reset_all = _button(translate("Reset all"))
        self._stack_up()
        self._connect()
        self._show()
        self.list.fit(self.screen().availableGeometry().height() - scaled(AROUND))
        self._field.setFocus()

    def _stack_up(self) -> None:
        self.body.addWidget(self._field)
        self.body.addWidget(self.list)
        says = QHBoxLayout()
        says.setSpacing(8)
        says.addWidget(self._says, 1)
        says.addWidget(self._take)
        says.addWidget(self._leave)
        self.body.addLayout(says)
        row = QHBoxLayout()
        row.setSpacing(8)
        for button in (self._change, self._add, self._none, self._reset):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self._reset_all)
        self.body.addLayout(row)

    def _connect(self) -> None:
        self._field.textChanged.connect(self._found)
        self._field.installEventFilter(self)
        self.list.installEventFilter(self)
        self.list.currentRowChanged.connect(self._chosen)
        self.list.itemClicked.connect(self._begin)
        self._catcher.caught.connect(self._caught)
        self._catcher.given_up.connect(self._rest)
        self._change.clicked.connect(self._begin)
        self._add.clicked.connect(self._begin_adding)
        self._none.clicked.connect(self._take_away)
        self._reset.clicked.connect(self._reset_one)
        self._reset_all.clicked.connect(self._forget_all)
        self._take.clicked.connect(self._take_it)
        self._leave.clicked.connect(self._rest)

    # --- what is shown ------------------------------------------------------------------------------------------

    @property
    def sentence(self) -> str:
        """What the dialog says now."""
        return self._says.text()

    def _show(self) -> None:
        self._table = key_table(self._preset, self.own)
        self.list.show_keys(self._table, changed=frozenset(self.own.keys))
        self._reset_all.setEnabled(bool(self.own.keys))
        self._rest()

    def _found(self, query: str) -> None:
        self.list.look_for(query)
        self._rest()

    def _chosen(self, _row: int) -> None:
        self._rest()

    def _rest(self) -> None:
        """Nothing is asked."""
        self._catcher.stop()
        self._offered = None
        spec = self.list.chosen
        fixed = None if spec is None else refusal(spec.id, "")
        for button in (self._change, self._add, self._none):
            button.setEnabled(spec is not None and fixed is None)
        self._reset.setEnabled(spec is not None and spec.id in self.own.keys)
        if spec is None:
            self._say(translate("No action is called that, and none has that key."))
        elif fixed is not None:
            self._say(translate("{reason}: this key stays.", reason=translate(fixed)))
        else:
            self._say(translate("Enter, or a click, and then the new key for “{name}”.", name=translate(spec.text)))

    def _say(self, sentence: str, *, asks: bool = False, warns: bool = False) -> None:
        had_focus = self._take.hasFocus() or self._leave.hasFocus()
        self._says.setText(sentence)
        self._says.setAccessibleName(sentence)
        set_tone(self._says, "warning" if warns else "quiet")
        for button in (self._take, self._leave):
            button.setVisible(asks)
        if asks:
            self._take.setFocus()
        elif had_focus:
            self.list.setFocus()

    # --- another key --------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._catch(adds=False)

    def _begin_adding(self) -> None:
        self._catch(adds=True)

    def _catch(self, *, adds: bool) -> None:
        spec = self.list.chosen
        self._rest()
        if spec is None or not self._change.isEnabled():
            return
        self._adds = adds
        name = translate(spec.text)
        self.list.setFocus()
        self._catcher.start(self.list)
        if spec.held:
            self._say(
                translate("Press the key that is held for “{name}”. Esc leaves it as it is.", name=name), warns=True
            )
        elif adds:
            self._say(translate("Press one more key for “{name}”. Esc leaves it as it is.", name=name), warns=True)
        else:
            self._say(translate("Press the new key for “{name}”. Esc leaves it as it is.", name=name), warns=True)

    def _caught(self, key: str) -> None:
        spec = self.list.chosen
        if spec is None:
            return
        reason = refusal(spec.id, key)
        if reason is not None:
            self._rest()
            self._say(translate("{reason}. Nothing is changed.", reason=translate(reason)), warns=True)
            return
        owner = next(filter(None, (owner_of(one, self._table, for_action=spec.id) for one in twins(key))), None)
        if owner is None:
            self._give(spec, key)
            return
        self._offered = (spec.id, key)
        words = translate("{key} is a key of “{owner}”.", key=shown(key), owner=translate(owner.text))
        self._say(words, asks=True, warns=True)

    def _take_it(self) -> None:
        if self._offered is not None:
            action_id, key = self._offered
            self._give(BY_ID[action_id], key)
        self.list.setFocus()

    def _give(self, spec: ActionSpec, key: str) -> None:
        before = self._table[spec.id] if self._adds else ()
        self._use(spec, (*before, *twins(key)))
        self._say(translate("“{name}” has the key {key} now.", name=translate(spec.text), key=shown(key)))

    def _use(self, spec: ActionSpec, keys: tuple[str, ...]) -> None:
        own = self.own.with_keys(spec.id, keys)
        self.own = own.without(spec.id) if own.keys[spec.id] == keys_of(spec, self._preset) else own
        self._show()

    # --- taking away and back -----------------------------------------------------------------------------------

    def _take_away(self) -> None:
        spec = self.list.chosen
        if spec is not None and self._none.isEnabled():
            self._use(spec, ())
            self._say(translate("“{name}” has no key now.", name=translate(spec.text)))

    def _reset_one(self) -> None:
        spec = self.list.chosen
        if spec is None:
            return
        self.own = self.own.without(spec.id)
        self._show()
        missing = [key for key in keys_of(spec, self._preset) if key not in self._table[spec.id]]
        owner = owner_of(missing[0], self._table, for_action=spec.id) if missing else None
        if owner is not None:
            words = translate("{key} stays with “{owner}”.", key=shown(missing[0]), owner=translate(owner.text))
            self._say(words, warns=True)

    def _forget_all(self) -> None:
        self.own = OwnKeys()
        self._show()
        self._say(translate("Every action has the keys of the preset again."))
        self.list.setFocus()

    # --- keys of the dialog -------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and not self._catcher.is_on:
            key = event.key()
            if key in _ENTER:
                self._begin()
                return True
            if watched is self.list and key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
                self._take_away()
                return True
            if watched is self._field and self.list.moves(key):
                return True
        return super().eventFilter(watched, event)

    def reject(self) -> None:
        """Esc leaves the question first."""
        if self._offered is not None:
            self._rest()
        else:
            super().reject()


class _Catcher(QObject):
    """Takes the next key of a widget for itself, whatever it would do there."""

    caught = Signal(str)
    given_up = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._watched: QWidget | None = None

    @property
    def is_on(self) -> bool:
        """True from `start` to the key."""
        return self._watched is not None

    def start(self, widget: QWidget) -> None:
        """From now on."""
        self.stop()
        self._watched = widget
        widget.installEventFilter(self)

    def stop(self) -> None:
        """The keys are the widget's again."""
        if self._watched is not None:
            self._watched.removeEventFilter(self)
            self._watched = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusOut and self.is_on:
            self.stop()
            self.given_up.emit()
        elif event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        elif isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            self._press(event)
            return True
        return False

    def _press(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.stop()
            self.given_up.emit()
            return
        key = "" if event.isAutoRepeat() else pressed_key(event)
        if key:
            self.stop()
            self.caught.emit(key)


def pressed_key(event: QKeyEvent) -> str:
    """The key of an event as Qt writes it; "" for a key that is none by itself. Shift is a part of the sign "!"."""
    key, modifiers, text = event.key(), event.modifiers(), event.text()
    if key in _ALONE:
        return ""
    modifiers &= ~Qt.KeyboardModifier.KeypadModifier
    if key == Qt.Key.Key_Backtab:
        key, modifiers = int(Qt.Key.Key_Tab), modifiers | Qt.KeyboardModifier.ShiftModifier
    elif text.isprintable() and text.strip() and not text.isalnum():
        modifiers &= ~Qt.KeyboardModifier.ShiftModifier
    return plain(QKeySequence(modifiers.value | key).toString())


def shown(key: str) -> str:
    """A key as it stands on buttons."""
    spec = BY_ID["accept"]
    return key_text(spec, {spec.id: (key,)})


def _button(text: str) -> QPushButton:
    made = QPushButton(text)
    made.setAutoDefault(False)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return made
