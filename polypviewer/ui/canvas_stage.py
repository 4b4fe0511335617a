"""The stage: the canvas, a second one to compare with, and the few things that float on them."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QTimer
from PySide6.QtGui import QRegion, QResizeEvent
from PySide6.QtWidgets import QWidget

from polypviewer.ui.action_set import ActionSet
from polypviewer.ui.canvas.gestures import Canvas
from polypviewer.ui.compare_view import CompareView
from polypviewer.ui.empty_state import EmptyState
from polypviewer.ui.legend import Legend
from polypviewer.ui.message_bar import MessageBar
from polypviewer.ui.options_bar import OptionsBar
from polypviewer.ui.tool_rail import ToolRail
from polypviewer.ui.view_bar import ViewBar
from polypviewer.ui.view_panel import ViewPanel

EDGE: Final = 8
CORNER: Final = 3
"""So far from its edge on, the rail is opaque."""


class CanvasStage(QWidget):
    """Places what floats; shows the canvas or the empty state."""

    def __init__(self, actions: ActionSet) -> None:
        super().__init__()
        self._actions = actions
        self.canvas = Canvas()
        self.canvas.setParent(self)
        self.empty = EmptyState(actions)
        self.empty.setParent(self)
        self.rail, self.options, self.message = ToolRail(actions), OptionsBar(actions), MessageBar()
        self.compare = CompareView(actions, self.canvas)
        self.legend, self.view_bar, self.view_panel = Legend(), ViewBar(actions), ViewPanel(actions)
        for part in (self.compare, self.rail, self.options, self.legend, self.view_bar, self.view_panel):
            part.setParent(self)
        for part in (self.view_panel, self.legend):
            part.hide()
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self.place)
        self.legend.resized.connect(self.place_soon)
        self.message.live_in(self)
        self._bare = False
        self._empty = False
        self.show_empty(empty=True)

    def show_empty(self, *, empty: bool) -> None:
        """The empty state instead of tools that could not do anything."""
        if empty is self._empty:
            return
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
        for part in (self.rail, self.options, self.view_bar):
            part.setVisible(shown)
        if not shown:
            self._actions["view_panel"].setChecked(False)
            self.view_panel.hide()
        self.place()

    def show_comparison(self, *, shown: bool) -> None:
        """Split the stage, or give all of it to the canvas."""
        self.compare.setVisible(shown)
        self.place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.place()

    def place_soon(self) -> None:
        """Once, when what is being shown is shown: several parts of a new frame ask for it."""
        self._soon.start()

    def place(self) -> None:
        """Put everything where it belongs; both halves of a comparison are equally large."""
        width, height = self.width(), self.height()
        left = (width - 1) // 2 if not self.compare.isHidden() else width
        self.canvas.setGeometry(0, 0, left, height)
        self.compare.setGeometry(left + 1, 0, left, height)
        self.empty.setGeometry(self.rect())
        self.legend.adjustSize()
        self.view_bar.adjustSize()
        self.compare.keep_clear(right=self.view_bar.width() + EDGE)
        self.rail.fit(height - 2 * EDGE)
        self.rail.move(EDGE, EDGE)
        after_rail = EDGE + self.rail.width() + EDGE
        self.options.fit(min(left, width - self.view_bar.width() - EDGE) - EDGE - after_rail)
        self.options.move(after_rail, EDGE)
        self.legend.move(after_rail, height - self.legend.height() - EDGE)
        self.view_bar.move(width - self.view_bar.width() - EDGE, EDGE)
        below = EDGE + self.view_bar.height() + EDGE
        self.view_panel.take_room(height=max(120, height - below - EDGE))
        self.view_panel.move(width - self.view_panel.width() - EDGE, below)
        for part in (self.legend, self.view_bar, self.view_panel):
            part.raise_()
        self._leave_out_rail()

    def _leave_out_rail(self) -> None:
        """The canvas does not paint where the rail covers it: every frame would paint all of its buttons again."""
        seen = QRegion(self.canvas.rect())
        if not self.rail.isHidden():
            seen -= QRegion(self.rail.geometry().adjusted(CORNER, CORNER, -CORNER, -CORNER))
        if seen != self.canvas.mask():
            self.canvas.setMask(seen)
