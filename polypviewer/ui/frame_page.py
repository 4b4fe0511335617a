"""The panel's first page: decide, the proposal, the lesions in this frame, the status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from polypviewer.core.review import ReviewStatus
from polypviewer.ui.action_set import ActionSet
from polypviewer.ui.actions import BY_ID, key_text
from polypviewer.ui.controls import ActionButton, TextField, ValueRow, heading, label
from polypviewer.ui.lesion_list import LesionList, LesionRow
from polypviewer.ui.slider import CanvasSlider
from polypviewer.ui.status_marks import StatusMark, status_name
from polypviewer.ui.text import figure_text, translate
from polypviewer.ui.theme import GRID

DECIDE: Final = (("no_polyp", 1, 0), ("needs_work", 1, 1), ("dismiss", 2, 0), ("comment", 2, 1))


@dataclass(frozen=True, slots=True)
class LesionLine:
    """A lesion of the frame: its slot and the share of the frame it covers, 0-1."""

    slot: int
    area: float


class FramePage(QWidget):
    """Shows values; says what the reader wishes."""

    threshold_wished = Signal(float)
    slot_wished = Signal(int)
    comment_written = Signal(str)
    comment_left = Signal()

    def __init__(self, actions: ActionSet) -> None:
        super().__init__()
        self._actions = actions
        self.buttons: dict[str, ActionButton] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID - 2, 2 * GRID, 2 * GRID - 2, 2 * GRID)
        column.setSpacing(6)
        self._add_decide(column)
        column.addSpacing(12)
        self._add_proposal(column)
        column.addSpacing(12)
        self._add_lesions(column)
        column.addSpacing(12)
        self._add_status(column)
        column.addStretch(1)
        actions.preset_changed.connect(self._show_keys)
        self.show_proposal(threshold=None, confidence=None, dice=None)
        self.show_lesions((), active_slot=1)

    def _button(self, name: str, *, role: str = "") -> ActionButton:
        button = ActionButton(self._actions[name], key_text(BY_ID[name], self._actions.keys), role=role)
        self.buttons[name] = button
        return button

    def _add_decide(self, column: QVBoxLayout) -> None:
        column.addWidget(heading(translate("Decide")))
        grid = QGridLayout()
        grid.setSpacing(GRID)
        accept = self._button("accept", role="primary")
        accept.setProperty("stature", "large")
        grid.addWidget(accept, 0, 0, 1, 2)
        for name, row, place in DECIDE:
            grid.addWidget(self._button(name), row, place)
        for place in (0, 1):
            grid.setColumnStretch(place, 1)
            grid.setColumnMinimumWidth(place, 132)
        column.addLayout(grid)
        self.comment = TextField()
        self.comment.setPlaceholderText(translate("Comment on this frame"))
        self.comment.setAccessibleName(translate("Comment"))
        self.comment.setMaxLength(2000)
        self.comment.returnPressed.connect(self.comment_left)
        self.comment.editingFinished.connect(self._comment_finished)
        self.comment.installEventFilter(self)
        self.comment.hide()
        self._comment_shown = ""
        column.addWidget(self.comment)

    def _add_proposal(self, column: QVBoxLayout) -> None:
        column.addWidget(heading(translate("Proposal")))
        row = QHBoxLayout()
        self._threshold = CanvasSlider(1, 99, name=translate("Threshold of the proposal"))
        self._threshold_text = label()
        self._threshold_text.setMinimumWidth(36)
        self._threshold_text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(label(translate("Threshold")))
        row.addSpacing(2 * GRID)
        row.addWidget(self._threshold, 1)
        row.addWidget(self._threshold_text)
        column.addLayout(row)
        self._confidence = ValueRow(translate("Confidence"), quiet_name=True)
        self._dice = ValueRow(translate("Dice, proposal to mask"), quiet_name=True)
        column.addWidget(self._confidence)
        column.addWidget(self._dice)
        column.addWidget(self._button("take_proposal"))
        self._threshold.valueChanged.connect(self._threshold_moved)

    def _add_lesions(self, column: QVBoxLayout) -> None:
        column.addWidget(heading(translate("Lesions in this frame")))
        self.lesions = LesionList()
        self.lesions.slot_wished.connect(self.slot_wished)
        column.addWidget(self.lesions)
        column.addWidget(self._button("new_lesion", role="row"))

    def _add_status(self, column: QVBoxLayout) -> None:
        column.addWidget(heading(translate("Status")))
        row = QHBoxLayout()
        row.setSpacing(GRID)
        self._mark, self._status, self._who = StatusMark(), label(), label(tone="quiet")
        row.addWidget(self._mark)
        row.addWidget(self._status)
        row.addStretch(1)
        row.addWidget(self._who)
        column.addLayout(row)

    # --- values -------------------------------------------------------------------------------------------------

    def show_proposal(self, *, threshold: float | None, confidence: float | None, dice: float | None) -> None:
        """Figures of the shown proposal; None where there is none."""
        self._threshold.setEnabled(threshold is not None)
        if threshold is not None and not self._threshold.isSliderDown():
            self._threshold.show_value(round(100 * threshold))
        self._threshold_text.setText(figure_text(threshold))
        self._confidence.show_value(figure_text(confidence), tone="" if confidence is not None else "quiet")
        self._dice.show_value(figure_text(dice), tone="" if dice is not None else "quiet")

    def show_lesions(self, lesions: tuple[LesionLine, ...], *, active_slot: int) -> None:
        """The lesions of the frame; the active one is filled."""
        rows = [_lesion_row(line, active=line.slot == active_slot) for line in lesions]
        if all(line.slot != active_slot for line in lesions):
            rows.append(_lesion_row(LesionLine(active_slot, 0.0), active=True))
        self.lesions.show_rows(tuple(rows))

    def show_status(self, status: ReviewStatus, *, who: str) -> None:
        """The light in words, and who decided."""
        self._mark.show_status(status)
        self._status.setText(status_name(status))
        self._who.setText(who)

    def show_comment(self, text: str) -> None:
        """The comment of the shown frame; its field is there when there is one."""
        self._comment_shown = text
        if self.comment.text() != text:
            self.comment.setText(text)
        if self.comment.isHidden() == bool(text):
            self.comment.setVisible(bool(text))

    def begin_comment(self) -> None:
        """Type a comment now."""
        self.comment.show()
        self.comment.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.comment.selectAll()

    # --- wishes -------------------------------------------------------------------------------------------------

    def _threshold_moved(self, value: int) -> None:
        self._threshold_text.setText(figure_text(value / 100))
        self.threshold_wished.emit(value / 100)

    def _comment_finished(self) -> None:
        text = self.comment.text().strip()
        if text != self._comment_shown:
            self._comment_shown = text
            self.comment_written.emit(text)
        if not text:
            self.comment.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape:
            self.comment.setText(self._comment_shown)
            self.comment_left.emit()
            return True
        return super().eventFilter(watched, event)

    def _show_keys(self) -> None:
        for name, button in self.buttons.items():
            button.set_key(key_text(BY_ID[name], self._actions.keys))


def _lesion_row(line: LesionLine, *, active: bool) -> LesionRow:
    share = translate("{share:.1f} %", share=100 * line.area) if line.area else translate("not painted")
    return LesionRow(line.slot, share, is_active=active)
