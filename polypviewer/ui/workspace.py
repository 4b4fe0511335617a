"""Review and Video: the stage, the panel beside it, the strip or the transport below; each can be folded away."""

from __future__ import annotations

from typing import Final

from PySide6.QtWidgets import QGridLayout, QStackedWidget, QWidget

from polypviewer.ui.action_set import ActionSet
from polypviewer.ui.actions import Layout
from polypviewer.ui.canvas_stage import CanvasStage
from polypviewer.ui.right_panel import RightPanel
from polypviewer.ui.strip_bar import StripBar
from polypviewer.ui.theme import STRIP, TIMELINE, scaled
from polypviewer.ui.transport import Transport

FOLDS_BELOW: Final = 1440
"""A window narrower than this begins with its panel folded away."""


class Workspace(QWidget):
    """Knows what is folded; nothing else moves by itself."""

    def __init__(self, actions: ActionSet) -> None:
        super().__init__()
        self.setObjectName("page")
        self.stage, self.panel = CanvasStage(actions), RightPanel(actions)
        self.strip, self.transport = StripBar(), Transport(actions)
        self._below = QStackedWidget()
        self._below.addWidget(self.strip)
        self._below.addWidget(self.transport)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(0)
        grid.addWidget(self.stage, 0, 0)
        grid.addWidget(self.panel, 0, 1)
        grid.addWidget(self._below, 1, 0, 1, 2)
        grid.setColumnStretch(0, 1)
        grid.setRowStretch(0, 1)
        self._panel_folded = self._below_folded = self._bare = False
        self.show_layout(Layout.REVIEW)

    def show_layout(self, layout: Layout) -> None:
        """Strip in Review, transport in Video."""
        is_video = layout is Layout.VIDEO
        self._below.setCurrentWidget(self.transport if is_video else self.strip)
        self._below.setFixedHeight(scaled(TIMELINE if is_video else STRIP))

    def fold_for(self, width: int) -> None:
        """At the start: a narrow window begins without the panel."""
        self._panel_folded = width < FOLDS_BELOW
        self._show()

    def toggle_panel(self) -> None:
        """Fold the panel away, or bring it back."""
        self._panel_folded = not self._panel_folded and not self._bare
        self._bare = False
        self._show()

    def toggle_below(self) -> None:
        """Fold strip or transport away, or bring them back."""
        self._below_folded = not self._below_folded and not self._bare
        self._bare = False
        self._show()

    def toggle_bare(self) -> None:
        """Nothing but the picture, or everything as it was."""
        self._bare = not self._bare
        self._show()

    def unfold_panel(self) -> None:
        """Somebody wants to see a page of it."""
        self._bare = self._panel_folded = False
        self._show()

    @property
    def is_bare(self) -> bool:
        """True while only the picture is shown."""
        return self._bare

    def _show(self) -> None:
        self.panel.setVisible(not (self._panel_folded or self._bare))
        self._below.setVisible(not (self._below_folded or self._bare))
        self.stage.show_bare(bare=self._bare)
