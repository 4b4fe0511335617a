"""The panel's media page: what the project refers to; a broken file stands there with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QListView, QStyledItemDelegate, QStyleOptionViewItem, QVBoxLayout, QWidget

from polypviewer.core.media_item import MediaItem
from polypviewer.ui.controls import heading, label, wrapped
from polypviewer.ui.text import count_text, translate
from polypviewer.ui.theme import GRID, active, scaled, text_font

ROW_PX: Final = 46
Index = QModelIndex | QPersistentModelIndex


class MediaPage(QWidget):
    """A row for each medium; a click goes to its first frame."""

    medium_wished = Signal(object)  # MediaItem

    def __init__(self) -> None:
        super().__init__()
        self._model = _MediaModel()
        self._list = QListView()
        self._list.setModel(self._model)
        self._list.setItemDelegate(_MediaDelegate(self._list))
        self._list.setUniformItemSizes(True)
        self._list.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._list.setAccessibleName(translate("Media"))
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._broken = label(tone="warning")
        self._empty = wrapped(translate("No media yet. Import images or a video."))
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID - 2, 2 * GRID, 2 * GRID - 2, GRID)
        column.setSpacing(6)
        column.addWidget(heading(translate("Media")))
        column.addWidget(self._broken)
        column.addWidget(self._empty)
        column.addWidget(self._list, 1)
        self._list.clicked.connect(self._clicked)
        self.show_media(())

    def show_media(self, media: Sequence[MediaItem]) -> None:
        """All media of the project, broken ones too."""
        self._model.show_media(media)
        broken = sum(bool(item.broken) for item in media)
        self._broken.setText(translate("{count} cannot be read", count=broken))
        self._broken.setVisible(broken > 0)
        self._empty.setVisible(not media)
        self._list.setVisible(bool(media))

    def show_current(self, item: MediaItem | None) -> None:
        """The medium whose frame is shown."""
        row = None if item is None else self._model.row_of(item)
        if row is not None:
            self._list.setCurrentIndex(self._model.index(row))

    def _clicked(self, index: QModelIndex) -> None:
        self.medium_wished.emit(self._model.item(index.row()))


class _MediaModel(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self._media: Sequence[MediaItem] = ()
        self._rows: dict[object, int] = {}

    def show_media(self, media: Sequence[MediaItem]) -> None:
        self.beginResetModel()
        self._media = media
        self._rows = {item.id: row for row, item in enumerate(media)}
        self.endResetModel()

    def item(self, row: int) -> MediaItem:
        return self._media[row]

    def row_of(self, item: MediaItem) -> int | None:
        return self._rows.get(item.id)

    def rowCount(self, parent: Index | None = None) -> int:
        return len(self._media)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        item = self._media[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return item.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{item.name}: {describe(item)}"
        return None


def describe(item: MediaItem) -> str:
    """One line about a medium: why it is broken, or its size, length and exam."""
    if item.broken:
        return item.broken
    size = f"{item.width}×{item.height}"
    exam = item.exam.key or translate("exam unknown")
    if item.kind == "video":
        return translate("{frames} frames · {size} · {exam}", frames=count_text(item.frame_count), size=size, exam=exam)
    return f"{size} · {exam}"


class _MediaDelegate(QStyledItemDelegate):
    """Name, and one quiet line below it."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(120, scaled(ROW_PX))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        view, model = self.parent(), index.model()
        if not isinstance(model, _MediaModel):
            return
        item, whole = model.item(index.row()), option.rect
        painter.save()
        if isinstance(view, QListView) and view.currentIndex().row() == index.row():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(active().raised))
            painter.drawRoundedRect(whole, 6, 6)
        upper = QRect(whole.left() + 8, whole.top() + 5, whole.width() - 16, 18)
        painter.setFont(text_font())
        painter.setPen(QColor(active().text))
        painter.drawText(upper, _LEFT, _elided(painter, item.name, upper.width()))
        painter.setFont(text_font(pixels=12))
        painter.setPen(QColor(active().warning if item.broken else active().quiet))
        lower = upper.translated(0, 18)
        painter.drawText(lower, _LEFT, _elided(painter, describe(item), lower.width()))
        painter.restore()


_LEFT: Final = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


def _elided(painter: QPainter, text: str, width: int) -> str:
    return painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, width)
