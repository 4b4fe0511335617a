"""Status lights: a colour and, because nothing is said by colour alone, a letter beside it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from polypviewer.core.review import ReviewStatus
from polypviewer.ui.text import translate
from polypviewer.ui.theme import STATUS_LETTERS, active, status_colour, text_font

NAMES: Final[dict[ReviewStatus, str]] = {
    ReviewStatus.UNREVIEWED: "Unreviewed",
    ReviewStatus.PROPOSED: "Proposed",
    ReviewStatus.EDITED: "Edited",
    ReviewStatus.ACCEPTED: "Accepted",
    ReviewStatus.CORRECTED: "Corrected",
    ReviewStatus.NO_POLYP: "No polyp",
    ReviewStatus.NEEDS_WORK: "Needs work",
}
MARK_PX: Final = 13
LETTER: Final = 0.7
"""Size of the letter, as a share of the mark's side."""
_DARK_INK: Final = "#101214"


def status_name(status: ReviewStatus) -> str:
    """The status in words."""
    return translate(NAMES[status])


def draw_mark(painter: QPainter, rect: QRectF, status: ReviewStatus) -> None:
    """A rounded square in the status colour with its letter; an empty frame for "unreviewed"."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    colour = status_colour(status)
    if status in (ReviewStatus.UNREVIEWED, ReviewStatus.EDITED):
        painter.setPen(QColor(active().quiet) if status == ReviewStatus.UNREVIEWED else colour)
        painter.setBrush(Qt.BrushStyle.NoBrush if status == ReviewStatus.UNREVIEWED else QColor(_DARK_INK))
    else:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
    letter = STATUS_LETTERS[status]
    if letter:
        font = text_font(bold=True)
        font.setPixelSize(max(6, round(rect.height() * LETTER)))
        painter.setFont(font)
        painter.setPen(colour if status == ReviewStatus.EDITED else QColor(_DARK_INK))
        painter.drawText(rect, int(Qt.AlignmentFlag.AlignCenter), letter)
    painter.restore()


class StatusMark(QWidget):
    """A status light of its own."""

    def __init__(self, status: ReviewStatus = ReviewStatus.UNREVIEWED) -> None:
        super().__init__()
        self._status = status
        self.setFixedSize(MARK_PX + 1, MARK_PX + 1)

    def show_status(self, status: ReviewStatus) -> None:
        """Another status."""
        self._status = status
        self.setToolTip(status_name(status))
        self.update()

    def paintEvent(self, event: object) -> None:
        painter = QPainter(self)
        side = min(self.width(), self.height()) - 1
        draw_mark(painter, QRectF(0, 0, side, side), self._status)
        painter.end()
