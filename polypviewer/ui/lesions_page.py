"""The panel's second page: the lesions of the shown medium's frames."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from polypviewer.ui.controls import heading, wrapped
from polypviewer.ui.lesion_list import TALL_ROW_PX, LesionList, LesionRow
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
    """A row for each lesion, with its deed: the painted one can be split, any other merged into it."""

    slot_wished = Signal(int)
    merge_wished = Signal(int)  # the slot whose pixels go to the painted lesion
    split_wished = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID - 2, 2 * GRID, 2 * GRID - 2, 2 * GRID)
        column.setSpacing(6)
        column.addWidget(heading(translate("Lesions in this frame")))
        self.list = LesionList(row_px=TALL_ROW_PX)
        column.addWidget(self.list)
        self._empty = wrapped(translate("No lesion is painted in this frame. Take the brush, or accept the proposal."))
        column.addWidget(self._empty)
        column.addStretch(1)
        self.list.slot_wished.connect(self.slot_wished)
        self.list.merge_wished.connect(self.merge_wished)
        self.list.split_wished.connect(self.split_wished)

    def show_lesions(self, lesions: tuple[LesionTotal, ...]) -> None:
        """The lesions of the shown frame."""
        self.list.show_rows(tuple(_row(lesion) for lesion in lesions))
        self._empty.setVisible(not lesions)


def _row(lesion: LesionTotal) -> LesionRow:
    return LesionRow(
        lesion.slot,
        translate("{share:.1f} %", share=100 * lesion.share),
        is_active=lesion.is_active,
        under=translate("{pixels} pixels", pixels=count_text(lesion.pixels)),
        deed="split" if lesion.is_active else "merge",
    )
