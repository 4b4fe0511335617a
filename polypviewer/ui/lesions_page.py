"""The panel's second page: the lesions of the shown medium's frames."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from polypviewer.ui.controls import heading, label, wrapped
from polypviewer.ui.icons import icon
from polypviewer.ui.options_bar import Swatch
from polypviewer.ui.text import count_text, translate
from polypviewer.ui.theme import GRID


@dataclass(frozen=True, slots=True)
class LesionTotal:
    """A lesion slot of the frame: pixels, share of the frame (0-1), and whether the brush paints it."""

    slot: int
    pixels: int
    share: float
    is_active: bool


class LesionsPage(QWidget):
    """A row for each lesion."""

    slot_wished = Signal(int)
    merge_wished = Signal(int)  # the slot whose pixels go to the painted lesion
    split_wished = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[QWidget] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID - 2, 2 * GRID, 2 * GRID - 2, 2 * GRID)
        column.setSpacing(6)
        column.addWidget(heading(translate("Lesions in this frame")))
        self._list = QVBoxLayout()
        self._list.setSpacing(2)
        column.addLayout(self._list)
        self._empty = wrapped(translate("No lesion is painted in this frame. Take the brush, or accept the proposal."))
        column.addWidget(self._empty)
        column.addStretch(1)

    def show_lesions(self, lesions: tuple[LesionTotal, ...]) -> None:
        """The lesions of the shown frame."""
        for row in self._rows:
            self._list.removeWidget(row)
            row.deleteLater()
        self._rows = [self._row(lesion) for lesion in lesions]
        for row in self._rows:
            self._list.addWidget(row)
        self._empty.setVisible(not lesions)

    def _row(self, lesion: LesionTotal) -> QWidget:
        button = QPushButton()
        button.setProperty("role", "row")
        button.setProperty("slot", lesion.slot)
        button.setCheckable(True)
        button.setChecked(lesion.is_active)
        button.setProperty("stature", "tall")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(translate("Paint lesion {slot}", slot=lesion.slot))
        row = QHBoxLayout(button)
        row.setContentsMargins(6, 4, 6, 4)
        row.setSpacing(GRID)
        row.addWidget(Swatch(lesion.slot))
        texts = QVBoxLayout()
        texts.setSpacing(0)
        texts.addWidget(label(translate("Lesion {slot}", slot=lesion.slot), bold=True))
        texts.addWidget(label(translate("{pixels} pixels", pixels=count_text(lesion.pixels)), tone="quiet"))
        row.addLayout(texts, 1)
        row.addWidget(label(translate("{share:.1f} %", share=100 * lesion.share), tone="quiet"))
        button.clicked.connect(self._clicked)
        line = QWidget()
        beside = QHBoxLayout(line)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(4)
        beside.addWidget(button, 1)
        beside.addWidget(self._deed(lesion))
        return line

    def _deed(self, lesion: LesionTotal) -> QWidget:
        """The painted lesion can be split; any other can be merged into it."""
        made = QToolButton()
        made.setProperty("role", "flat")
        made.setProperty("slot", lesion.slot)
        made.setIcon(icon("split" if lesion.is_active else "merge"))
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if lesion.is_active:
            tip = translate("Split: every part of lesion {slot} becomes a lesion of its own", slot=lesion.slot)
        else:
            tip = translate("Merge lesion {slot} into the painted one", slot=lesion.slot)
        made.setToolTip(tip)
        made.setAccessibleName(tip)
        made.clicked.connect(self._split_clicked if lesion.is_active else self._merge_clicked)
        return made

    def _merge_clicked(self) -> None:
        self.merge_wished.emit(int(self.sender().property("slot")))

    def _split_clicked(self) -> None:
        self.split_wished.emit(int(self.sender().property("slot")))

    def _clicked(self) -> None:
        self.slot_wished.emit(int(self.sender().property("slot")))
