"""The panel's third page: every step, where undo stands, and a way back to any of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from polypviewer.core.history import History
from polypviewer.core.identity import FrameRef
from polypviewer.ui.compare_view import OtherMask
from polypviewer.ui.controls import heading, wrapped
from polypviewer.ui.revision_list import RevisionList
from polypviewer.ui.text import translate
from polypviewer.ui.theme import GRID, active, scaled, text_font

SHOWN: Final = 200
KINDS: Final[dict[str, str]] = {
    "stroke": "Painted",
    "erase": "Erased",
    "ignore": "Marked as ignored",
    "nudge": "Pushed the border",
    "lasso": "Drew a lasso",
    "polygon": "Drew a polygon",
    "fill": "Filled",
    "wand": "Used the wand",
    "livewire": "Traced the edge",
    "box": "Segmented in a box",
    "seeds": "Grew from clicks",
    "grow": "Grew",
    "shrink": "Shrank",
    "smooth": "Smoothed",
    "fill_holes": "Filled holes",
    "remove_islands": "Removed islands",
    "keep_island": "Kept one island",
    "convex_hull": "Took the convex hull",
    "merge_lesions": "Merged lesions",
    "split_lesion": "Split a lesion",
    "recolour_island": "Moved a region to a lesion",
    "clear": "Cleared the frame",
    "paste": "Pasted a mask",
    "accept_all": "Accepted all proposals",
    "accept": "Accepted",
    "no_polyp": "Stated: no polyp",
    "needs_work": "Needs work",
    "dismiss": "Dismissed a region",
    "take_proposal": "Took the proposal",
    "comment": "Commented",
}
_UNDONE: Final = int(Qt.ItemDataRole.UserRole)
_STEPS: Final = int(Qt.ItemDataRole.UserRole) + 1
_PLACE: Final = int(Qt.ItemDataRole.UserRole) + 2


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """`steps`: how many undo (positive) or redo (negative) steps lead to just after this one."""

    text: str
    place: str
    steps: int
    undone: bool


def history_lines(history: History, name_of: Callable[[FrameRef], str]) -> tuple[HistoryLine, ...]:
    """The latest steps, newest first: those that redo would make again, then those that are done."""
    undone = [(command, -(len(history.undone) - place)) for place, command in enumerate(history.undone)]
    done = [(command, place) for place, command in enumerate(reversed(history.done[-SHOWN:]))]
    lines = [(command, steps, True) for command, steps in undone] + [(c, steps, False) for c, steps in done]
    return tuple(
        HistoryLine(
            translate(KINDS.get(command.kind, command.kind)),
            ", ".join(name_of(ref) for ref in command.frames[:1]),
            steps,
            is_undone,
        )
        for command, steps, is_undone in lines
    )


class HistoryPage(QWidget):
    """A click on a step goes back to just after it."""

    steps_wished = Signal(int)
    revision_wished = Signal(object)  # UUID of a revision to compare with

    def __init__(self) -> None:
        super().__init__()
        self._list = QListWidget()
        self._list.setAccessibleName(translate("History"))
        self._list.setItemDelegate(_StepDelegate(self._list))
        self._list.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._empty = wrapped(translate("Nothing has been done yet. Every step appears here and can be taken back."))
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID - 2, 2 * GRID, 2 * GRID - 2, GRID)
        column.setSpacing(6)
        column.addWidget(heading(translate("History, newest first")))
        column.addWidget(self._empty)
        column.addWidget(self._list, 1)
        self._list.itemClicked.connect(self._clicked)
        self._revisions = RevisionList()
        self._revisions.chosen.connect(self.revision_wished)
        column.addWidget(self._revisions)

    def show_lines(self, lines: tuple[HistoryLine, ...]) -> None:
        """The steps, newest first."""
        self._list.clear()
        for line in lines:
            item = QListWidgetItem(line.text)
            item.setData(_UNDONE, line.undone)
            item.setData(_STEPS, line.steps)
            item.setData(_PLACE, line.place)
            self._list.addItem(item)
        self._empty.setVisible(not lines)
        self._list.setVisible(bool(lines))
        here = next((row for row, line in enumerate(lines) if not line.undone), None)
        if here is not None:
            self._list.setCurrentRow(here)

    def show_revisions(self, revisions: tuple[OtherMask, ...]) -> None:
        """What has been kept of the shown frame, newest first."""
        self._revisions.show_revisions(revisions)

    def _clicked(self, item: QListWidgetItem) -> None:
        steps = int(item.data(_STEPS))
        if steps:
            self.steps_wished.emit(steps)


class _StepDelegate(QStyledItemDelegate):
    """A step on one line: what on the left, where on the right; undone steps are quiet and struck out."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:  # type: ignore[override]
        return QSize(120, scaled(32))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:  # type: ignore[override]
        rect: QRect = option.rect.adjusted(8, 0, -8, 0)
        model, undone = index.model(), bool(index.data(_UNDONE))
        previous = model.index(index.row() - 1, 0) if index.row() else None
        is_here = not undone and (previous is None or bool(previous.data(_UNDONE)))
        painter.save()
        if is_here:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(active().raised))
            painter.drawRoundedRect(option.rect, 6, 6)
        font = text_font(bold=is_here)
        font.setStrikeOut(undone)
        painter.setFont(font)
        painter.setPen(QColor(active().quiet if undone else active().text))
        painter.drawText(rect, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), index.data())
        used = painter.fontMetrics().horizontalAdvance(index.data()) + 12
        painter.setFont(text_font(pixels=12))
        painter.setPen(QColor(active().quiet))
        place = painter.fontMetrics().elidedText(
            str(index.data(_PLACE)), Qt.TextElideMode.ElideMiddle, max(0, rect.width() - used)
        )
        painter.drawText(rect, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight), place)
        painter.restore()
