"""The stage: the canvas, and the few things that float on it: rail, options bar, message bar, what to do when empty."""

from __future__ import annotations

from typing import Final

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from polypviewer.ui.action_set import ActionSet
from polypviewer.ui.canvas.gestures import Canvas
from polypviewer.ui.empty_state import EmptyState
from polypviewer.ui.message_bar import MessageBar
from polypviewer.ui.options_bar import OptionsBar
from polypviewer.ui.tool_rail import ToolRail

EDGE: Final = 8


class CanvasStage(QWidget):
    """Places what floats; shows the canvas or the empty state."""

    def __init__(self, actions: ActionSet) -> None:
        super().__init__()
        self._actions = actions
        self.canvas = Canvas()
        self.canvas.setParent(self)
        self.empty = EmptyState(actions)
        self.empty.setParent(self)
        self.rail, self.options, self.message = ToolRail(actions), OptionsBar(), MessageBar()
        for floating in (self.rail, self.options):
            floating.setParent(self)
        self.message.live_in(self)
        self._bare = False
        self._empty = False
        self.show_empty(empty=True)

    def show_empty(self, *, empty: bool) -> None:
        """The empty state instead of tools that could not do anything."""
        self._empty = empty
        self.empty.setVisible(empty)
        self._actions.use_frame(shown=not empty)
        self._show_floating()

    def show_bare(self, *, bare: bool) -> None:
        """Nothing but the picture."""
        self._bare = bare
        self._show_floating()

    def take_focus(self) -> None:
        """The canvas keeps the focus."""
        self.canvas.setFocus()

    def _show_floating(self) -> None:
        shown = not (self._empty or self._bare)
        self.rail.setVisible(shown)
        self.options.setVisible(shown)
        self._place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        self.canvas.setGeometry(self.rect())
        self.empty.setGeometry(self.rect())
        self.rail.adjustSize()
        self.rail.move(EDGE, EDGE)
        self.options.adjustSize()
        self.options.move(EDGE + self.rail.width() + EDGE, EDGE)
