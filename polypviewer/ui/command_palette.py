"""The command palette: every action by name, with its key. It lies over the window and leaves with Escape."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QObject, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from polypviewer.ui.action_set import ActionSet
from polypviewer.ui.actions import ACTIONS, ActionSpec, key_text
from polypviewer.ui.controls import TextField, cap_height, cap_width, draw_cap, label
from polypviewer.ui.text import translate
from polypviewer.ui.theme import active, scaled, text_font

WIDTH: Final = 560
ROWS: Final = 10
ROW_PX: Final = 34
_ID: Final = int(Qt.ItemDataRole.UserRole)
_KEY: Final = int(Qt.ItemDataRole.UserRole) + 1
_GROUP: Final = int(Qt.ItemDataRole.UserRole) + 2


def matches(query: str, specs: Iterable[ActionSpec]) -> tuple[ActionSpec, ...]:
    """The actions whose words contain every word of the query, best first: at the start, at a word, anywhere."""
    words = query.lower().split()
    ranked = []
    for place, spec in enumerate(specs):
        text = f"{translate(spec.text)} {translate(spec.group)} {translate(spec.tip)}".lower()
        if all(word in text for word in words):
            name = translate(spec.text).lower()
            first = words[0] if words else ""
            rank = 0 if name.startswith(first) else 1 if f" {first}" in name else 2 if first in name else 3
            ranked.append((rank, place, spec))
    return tuple(spec for _, _, spec in sorted(ranked, key=_rank))


def _rank(entry: tuple[int, int, ActionSpec]) -> tuple[int, int]:
    return entry[0], entry[1]


class CommandPalette(QFrame):
    """Opens on the top middle of its parent; tells which action was chosen."""

    chosen = Signal(str)
    closed = Signal()

    def __init__(self, actions: ActionSet, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("palette")
        self.setAccessibleName(translate("Find an action"))
        self._actions, self._window = actions, parent
        self._field = TextField()
        self._field.setPlaceholderText(translate("Type what you want to do"))
        self._field.setAccessibleName(translate("Find an action"))
        self._field.setMinimumHeight(36)
        self._list = QListWidget()
        self._list.setAccessibleName(translate("Actions"))
        self._list.setItemDelegate(_ActionDelegate(self._list))
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setUniformItemSizes(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.addWidget(self._field)
        self._nothing = label(translate("No action is called that"), tone="quiet")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(self._list)
        column.addWidget(self._nothing, 1)
        self._field.textChanged.connect(self._filter)
        self._field.installEventFilter(self)
        self._list.itemClicked.connect(self._take)
        self.hide()

    @property
    def shown_ids(self) -> tuple[str, ...]:
        """The actions in the list, best first."""
        return tuple(str(self._list.item(row).data(_ID)) for row in range(self._list.count()))

    def open(self) -> None:
        """Show it, empty, over the middle of the window."""
        self._field.clear()
        self._filter("")
        parent = self._window
        width = min(scaled(WIDTH), parent.width() - 32)
        height = min(ROWS * scaled(ROW_PX) + 72, parent.height() - 96)
        self.setGeometry((parent.width() - width) // 2, 56, width, height)
        self.show()
        self.raise_()
        self._field.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_palette(self) -> None:
        """Away with it."""
        if self.isVisible():
            self.hide()
            self.closed.emit()

    def _filter(self, query: str) -> None:
        self._list.clear()
        offered = (spec for spec in ACTIONS if spec.id != "palette" and not (spec.held and spec.id == "peek"))
        for spec in matches(query, offered):
            item = QListWidgetItem(translate(spec.text))
            item.setData(_ID, spec.id)
            item.setData(_KEY, key_text(spec, self._actions.keys))
            item.setData(_GROUP, translate(spec.group))
            if not self._actions[spec.id].isEnabled():
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEnabled)
            item.setToolTip(translate(spec.tip) if spec.tip else "")
            self._list.addItem(item)
        self._list.setCurrentRow(0)
        self._list.setVisible(self._list.count() > 0)
        self._nothing.setVisible(self._list.count() == 0)

    def _take(self, item: QListWidgetItem | None) -> None:
        if item is not None and item.flags() & Qt.ItemFlag.ItemIsEnabled:
            self.close_palette()
            self.chosen.emit(str(item.data(_ID)))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusOut:
            self.close_palette()
        elif isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and self._key(event.key()):
            return True
        return super().eventFilter(watched, event)

    def _key(self, key: int) -> bool:
        moves = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: ROWS, Qt.Key.Key_PageUp: -ROWS}
        if key == Qt.Key.Key_Escape:
            self.close_palette()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take(self._list.currentItem())
        elif key in moves:
            row = self._list.currentRow() + moves[Qt.Key(key)]
            self._list.setCurrentRow(min(max(row, 0), self._list.count() - 1))
        else:
            return False
        return True


class _ActionDelegate(QStyledItemDelegate):
    """Name, group in quiet, key in a cap."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:  # type: ignore[override]
        return QSize(200, scaled(ROW_PX))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:  # type: ignore[override]
        whole: QRect = option.rect
        view = self.parent()
        is_here = isinstance(view, QListWidget) and view.currentIndex().row() == index.row()
        enabled = bool(index.flags() & Qt.ItemFlag.ItemIsEnabled)
        painter.save()
        if is_here:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(active().raised))
            painter.drawRoundedRect(whole, 6, 6)
        rect = whole.adjusted(10, 0, -10, 0)
        painter.setFont(text_font())
        painter.setPen(QColor(active().text if enabled else active().quiet))
        painter.drawText(rect, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), index.data())
        key = str(index.data(_KEY))
        right = rect.right()
        if key:
            width = cap_width(key)
            cap = QRect(right - width, whole.center().y() - cap_height() // 2, width, cap_height())
            draw_cap(painter, cap, key, QColor(active().quiet))
            right = cap.left() - 10
        painter.setFont(text_font(pixels=12))
        painter.setPen(QColor(active().quiet))
        place = QRect(rect.left(), rect.top(), right - rect.left(), rect.height())
        painter.drawText(place, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight), index.data(_GROUP))
        painter.restore()
