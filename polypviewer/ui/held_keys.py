"""Keys that work while they are down: Space pans, X (or the reader's own) peeks; and brackets by their place."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final, cast

from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from polypviewer.ui.action_set import ActionSet
from polypviewer.ui.actions import BY_ID, keys_of
from polypviewer.ui.canvas.gestures import Canvas

BRACKETS: Final[dict[str, dict[int, int]]] = {"linux": {34: -1, 35: 1}, "win32": {26: -1, 27: 1}}
"""Native scan codes of the two keys right of P, and what they do to the brush: not all have brackets there."""


class HeldKeys:
    """Gets the keys that nobody else wanted."""

    def __init__(self, canvas: Canvas, actions: ActionSet) -> None:
        self._canvas, self._actions = canvas, actions

    def press(self, event: QKeyEvent) -> bool:
        """True if the key was ours."""
        steps = self._bracket(event)
        if event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
            return steps is not None and self._shape(event, steps)
        if steps is not None:
            self._canvas.hand.step_radius(steps)
        elif event.key() == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self._canvas.hold_space()
        elif self._peeks(event):
            self._canvas.set_peeking(True)
        else:
            return self._work(event)
        return True

    def _work(self, event: QKeyEvent) -> bool:
        """Enter and Backspace stay with what a tool has under way, also for a reader who decides with other keys."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not self._canvas.confirm():
                self._canvas.entered.emit()
            return True
        return event.key() == Qt.Key.Key_Backspace and self._canvas.step_back()

    def _peeks(self, event: QKeyEvent) -> bool:
        wanted = keys_of(BY_ID["peek"], self._actions.keys)
        return any(_first(key) == event.key() for key in wanted)

    def _bracket(self, event: QKeyEvent) -> int | None:
        """What the key does by its place on the keyboard, unless the reader gave that deed another key."""
        steps = BRACKETS.get(sys.platform, {}).get(event.nativeScanCode())
        shapes = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        names = ("grow", "shrink") if shapes else ("larger", "smaller")
        changed = steps is not None and names[0 if steps > 0 else 1] in self._actions.own_keys.keys
        return None if changed else steps

    def _shape(self, event: QKeyEvent, steps: int) -> bool:
        """With Ctrl the brackets shape the lesion."""
        if event.modifiers() != Qt.KeyboardModifier.ControlModifier:
            return False
        self._actions["grow" if steps > 0 else "shrink"].trigger()
        return True

    def release(self, event: QKeyEvent) -> bool:
        """True if the key was ours."""
        if event.isAutoRepeat():
            return event.key() == Qt.Key.Key_Space or self._peeks(event)
        if event.key() == Qt.Key.Key_Space:
            self._canvas.release_space()
        elif self._peeks(event):
            self._canvas.set_peeking(False)
        else:
            return False
        return True


def _first(key: str) -> Qt.Key:
    """The key of a sequence without its modifiers; Qt's stubs do not know that a sequence can be indexed."""
    return cast("Sequence[QKeyCombination]", QKeySequence(key))[0].key()
