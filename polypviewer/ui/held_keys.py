"""Keys that work while they are down: Space pans, X peeks; and brackets by their place on the keyboard."""

from __future__ import annotations

import sys
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from polypviewer.ui.action_set import ActionSet
from polypviewer.ui.canvas.gestures import Canvas

BRACKETS: Final[dict[str, dict[int, int]]] = {"linux": {34: -1, 35: 1}, "win32": {26: -1, 27: 1}}
"""Native scan codes of the two keys right of P, and what they do to the brush: not all have brackets there."""


class HeldKeys:
    """Gets the keys that nobody else wanted."""

    def __init__(self, canvas: Canvas, actions: ActionSet) -> None:
        self._canvas, self._actions = canvas, actions

    def press(self, event: QKeyEvent) -> bool:
        """True if the key was ours."""
        steps = BRACKETS.get(sys.platform, {}).get(event.nativeScanCode())
        if event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
            return steps is not None and self._shape(event, steps)
        if steps is not None:
            self._canvas.hand.step_radius(steps)
        elif event.key() == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self._canvas.hold_space()
        elif event.key() == Qt.Key.Key_X:
            self._canvas.set_peeking(True)
        else:
            return False
        return True

    def _shape(self, event: QKeyEvent, steps: int) -> bool:
        """With Ctrl the brackets shape the lesion."""
        if event.modifiers() != Qt.KeyboardModifier.ControlModifier:
            return False
        self._actions["grow" if steps > 0 else "shrink"].trigger()
        return True

    def release(self, event: QKeyEvent) -> bool:
        """True if the key was ours."""
        if event.isAutoRepeat():
            return event.key() in (Qt.Key.Key_Space, Qt.Key.Key_X)
        if event.key() == Qt.Key.Key_Space:
            self._canvas.release_space()
        elif event.key() == Qt.Key.Key_X:
            self._canvas.set_peeking(False)
        else:
            return False
        return True
