"""The strip with its heading: which exam, how many frames, how many of each status."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from polypviewer.core.review import ReviewStatus
from polypviewer.ui.controls import ElidedLabel, label
from polypviewer.ui.status_marks import StatusMark, status_name
from polypviewer.ui.strip import Strip
from polypviewer.ui.text import count_text, translate
from polypviewer.ui.theme import STRIP, text_font

COUNTED: Final = (
    ReviewStatus.ACCEPTED,
    ReviewStatus.CORRECTED,
    ReviewStatus.NO_POLYP,
    ReviewStatus.NEEDS_WORK,
    ReviewStatus.PROPOSED,
)


class StripBar(QWidget):
    """Heading above, thumbnails below."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("strip")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(STRIP)
        self.strip = Strip()
        self._place = ElidedLabel(tone="quiet")
        self._place.setFont(text_font(pixels=12))
        self._counts = {status: label(tone="quiet") for status in COUNTED}
        self._marks = {status: StatusMark() for status in COUNTED}
        head = QHBoxLayout()
        head.setContentsMargins(12, 0, 12, 0)
        head.setSpacing(6)
        head.addWidget(self._place, 1)
        for status, text in self._counts.items():
            mark = self._marks[status]
            mark.show_status(status)
            mark.hide()
            text.setFont(text_font(pixels=12))
            text.setContentsMargins(0, 0, 8, 0)
            head.addWidget(mark)
            head.addWidget(text)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 5, 0, 2)
        column.setSpacing(2)
        column.addLayout(head)
        column.addWidget(self.strip, 1)

    def show_counts(self, *, place: str, frames: int, count_of: Callable[[ReviewStatus], int]) -> None:
        """`place` names the exam or the medium; `count_of` gives the frames with a status."""
        number = translate("{count} frames", count=count_text(frames)) if frames else ""
        self._place.setText(" · ".join(part for part in (place, number) if part))
        for status, text in self._counts.items():
            count = count_of(status)
            text.setText(f"{count_text(count)} {status_name(status).lower()}")
            text.setVisible(count > 0)
            self._marks[status].setVisible(count > 0)
