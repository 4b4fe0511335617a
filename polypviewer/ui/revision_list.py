"""Earlier revisions of the shown frame, as a short list. A click shows one beside the frame."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from polypviewer.ui.compare_view import OtherMask
from polypviewer.ui.controls import heading
from polypviewer.ui.text import translate

MOST_PX: Final = 200
_KEY: Final = int(Qt.ItemDataRole.UserRole)


class RevisionList(QWidget):
    """Is there only when there are revisions."""

    chosen = Signal(object)  # UUID

    def __init__(self) -> None:
        super().__init__()
        self._list = QListWidget()
        self._list.setAccessibleName(translate("Revisions of this frame"))
        self._list.setToolTip(translate("Show this revision beside the frame"))
        self._list.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self._list.setMaximumHeight(MOST_PX)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(6)
        column.addWidget(heading(translate("Revisions of this frame")))
        column.addWidget(self._list)
        self._list.itemClicked.connect(self._clicked)
        self.hide()

    def show_revisions(self, revisions: tuple[OtherMask, ...]) -> None:
        """Newest first."""
        self._list.clear()
        for revision in revisions:
            item = QListWidgetItem(revision.text)
            item.setData(_KEY, revision.key)
            item.setToolTip(revision.text)
            self._list.addItem(item)
        self.setVisible(bool(revisions))

    def _clicked(self, item: QListWidgetItem) -> None:
        self.chosen.emit(item.data(_KEY))
