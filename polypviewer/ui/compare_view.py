"""Side by side: the right half shows the same frame with other masks, read-only. Both halves move together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from polypviewer.core.label_map import LabelMap
from polypviewer.ui.action_set import ActionSet
from polypviewer.ui.canvas.gestures import Canvas
from polypviewer.ui.canvas.seeing import SeeingCanvas
from polypviewer.ui.controls import label
from polypviewer.ui.icons import icon
from polypviewer.ui.text import translate
from polypviewer.ui.theme import OPTIONS_BAR

EDGE: Final = 8
LEAST: Final = 160
"""Logical pixels below which the heading never shrinks."""


@dataclass(frozen=True, slots=True)
class OtherMask:
    """What the right half may show: a revision by its id, or "proposal", or "nothing"; `text` stands in the list."""

    key: UUID | str
    text: str


PROPOSAL: Final = "proposal"
NOTHING: Final = "nothing"


class CompareView(QWidget):
    """Its canvas follows another one, and is followed by it."""

    chosen = Signal(object)  # key of the OtherMask

    def __init__(self, actions: ActionSet, beside: SeeingCanvas) -> None:
        super().__init__()
        self.setAccessibleName(translate("Comparison, read-only"))
        self._beside = beside
        self._following = False
        self._right = 0
        self.canvas = Canvas()
        self.canvas.setParent(self)
        self.canvas.setAccessibleName(translate("The same picture, to compare"))
        self.canvas.set_editable(False)
        self._keys: tuple[UUID | str, ...] = ()
        self._choice = QComboBox()
        self._choice.setAccessibleName(translate("What to compare with"))
        self._choice.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._choice.setMinimumContentsLength(10)
        self._head = self._make_head(actions)
        self._choice.activated.connect(self._activated)
        beside.view_changed.connect(self._left_moved)
        self.canvas.view_changed.connect(self._right_moved)
        beside.cursor_moved.connect(self.canvas.point_at)
        self.canvas.cursor_moved.connect(beside.point_at)
        self.hide()

    def _make_head(self, actions: ActionSet) -> QFrame:
        head = QFrame(self)
        head.setObjectName("optionsBar")
        head.setFixedHeight(OPTIONS_BAR)
        head.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(head)
        row.setContentsMargins(12, 0, 4, 0)
        row.setSpacing(8)
        self._title = label(translate("Compared with"), tone="quiet")
        row.addWidget(self._title)
        row.addWidget(self._choice)
        self._note = label(translate("read-only"), tone="quiet")
        row.addWidget(self._note)
        self._closer = closer = QToolButton()
        closer.setProperty("role", "flat")
        closer.setIconSize(QSize(14, 14))
        closer.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        closer.setAccessibleName(translate("Close the comparison"))
        closer.setToolTip(translate("Close the comparison"))
        closer.clicked.connect(actions["compare"].trigger)
        row.addWidget(closer)
        return head

    def keep_clear(self, *, right: int) -> None:
        """Leave so many pixels at the upper right for what floats there."""
        self._right = right
        self._place()

    # --- what is shown ------------------------------------------------------------------------------------------

    def show_choices(self, others: tuple[OtherMask, ...], *, chosen: UUID | str) -> None:
        """What there is to compare with."""
        self._closer.setIcon(icon("close"))
        self._keys = tuple(other.key for other in others)
        self._choice.clear()
        for other in others:
            self._choice.addItem(other.text)
        if chosen in self._keys:
            self._choice.setCurrentIndex(self._keys.index(chosen))
        self._place()

    def show_frame(self, pixels: NDArray[np.uint8] | None, label_map: LabelMap | None) -> None:
        """The frame with the other mask; it lies as the left one does."""
        self.canvas.set_options(self._beside.options)
        self._following = True
        self.canvas.show_frame(pixels, label_map)
        self._follow()

    def _activated(self, index: int) -> None:
        self.chosen.emit(self._keys[index])

    # --- together -----------------------------------------------------------------------------------------------

    def _left_moved(self, _zoom: float) -> None:
        if not self.isHidden():
            self._follow()

    def _right_moved(self, _zoom: float) -> None:
        if not self._following and not self.isHidden():
            self._beside.set_view(self.canvas.view)

    def _follow(self) -> None:
        self._following = True
        self.canvas.set_view(self._beside.view)
        self._following = False

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        self._following = True
        self.canvas.setGeometry(self.rect())
        self._follow()
        room = self.width() - self._right - 2 * EDGE
        for words in (self._title, self._note):
            words.show()
        self._head.setMaximumWidth(max(room, LEAST))
        for words in (self._note, self._title):
            words.setVisible(self._head.minimumSizeHint().width() <= room)
        self._head.adjustSize()
        self._head.move(EDGE, EDGE)
        self._head.raise_()
