"""The list of all actions with their keys, in the groups of the cheat sheet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import QModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from polypviewer.ui.actions import ACTIONS, BY_ID, ActionSpec, Group, key_text
from polypviewer.ui.command_palette import matches
from polypviewer.ui.controls import cap_height, cap_width, draw_cap
from polypviewer.ui.key_bindings import FIXED
from polypviewer.ui.text import translate
from polypviewer.ui.theme import active, heading_font, scaled, text_font

ROW: Final = 32
ROWS: Final = 11
_ID: Final = int(Qt.ItemDataRole.UserRole)
_KEYS: Final = int(Qt.ItemDataRole.UserRole) + 1
_NOTE: Final = int(Qt.ItemDataRole.UserRole) + 2
_PAGE: Final[dict[int, int]] = {
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_PageDown: ROWS,
    Qt.Key.Key_PageUp: -ROWS,
}


class KeyList(QListWidget):
    """Headings and actions; only actions can be chosen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(translate("Actions and their keys"))
        self.setItemDelegate(_KeyDelegate(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.fit(ROWS * scaled(ROW))
        self._heads: dict[Group, QListWidgetItem] = {}
        self._rows: dict[str, QListWidgetItem] = {}
        for group in Group:
            self._heads[group] = QListWidgetItem(translate(group), self)
            self._heads[group].setFlags(Qt.ItemFlag.NoItemFlags)
            for spec in ACTIONS:
                if spec.group is group:
                    self._add(spec)
        self.setCurrentItem(self._rows[ACTIONS[0].id])

    def _add(self, spec: ActionSpec) -> None:
        row = QListWidgetItem(translate(spec.text), self)
        row.setData(_ID, spec.id)
        row.setToolTip(translate(spec.tip) if spec.tip else "")
        self._rows[spec.id] = row

    def fit(self, room: int) -> None:
        """Be no higher than `room` logical pixels, nor than is handy."""
        self.setFixedHeight(max(3 * scaled(ROW), min(ROWS * scaled(ROW), room)))

    @property
    def chosen(self) -> ActionSpec | None:
        """The action of the current row; None if no row is left."""
        if self.currentRow() < 0:
            return None
        row = self.currentItem()
        return None if row.isHidden() else BY_ID.get(str(row.data(_ID)))

    @property
    def shown_ids(self) -> tuple[str, ...]:
        """The actions that are listed, from the top."""
        return tuple(name for name, row in self._rows.items() if not row.isHidden())

    def keys_shown(self, action_id: str) -> tuple[str, ...]:
        """The keys beside an action."""
        return tuple(self._rows[action_id].data(_KEYS))

    def show_keys(self, table: Mapping[str, tuple[str, ...]], *, changed: frozenset[str]) -> None:
        """The keys of every action by its id, and which of them are not the preset's."""
        for name, row in self._rows.items():
            keys = tuple(dict.fromkeys(key_text(BY_ID[name], {name: (key,)}) for key in table[name]))
            note = _note(BY_ID[name], is_changed=name in changed)
            row.setData(_KEYS, keys)
            row.setData(_NOTE, note)
            words = ", ".join(keys) or translate("no key")
            said = translate("{name}: {keys}", name=row.text(), keys=words)
            row.setData(Qt.ItemDataRole.AccessibleTextRole, f"{said}, {note}" if note else said)

    def look_for(self, query: str) -> None:
        """List only what has these words, or exactly this key."""
        key = query.strip().lower()
        found = {spec.id for spec in matches(query, ACTIONS)}
        found |= {name for name in self._rows if key in {one.lower() for one in self.keys_shown(name)}}
        for name, row in self._rows.items():
            row.setHidden(name not in found)
        for group, head in self._heads.items():
            head.setHidden(not any(BY_ID[name].group is group for name in found))
        listed = self.shown_ids
        exact = [name for name in listed if key and key in {one.lower() for one in self.keys_shown(name)}]
        best = exact or [spec.id for spec in matches(query, ACTIONS)] if key else list(listed)
        self.setCurrentItem(self._rows[best[0]] if best else None)  # type: ignore[arg-type]

    def moves(self, key: int) -> bool:
        """A key of the search field that chooses another row; False if it is none of those."""
        if key not in _PAGE:
            return False
        names, here = self.shown_ids, self.chosen
        if here is not None:
            place = min(max(names.index(here.id) + _PAGE[key], 0), len(names) - 1)
            self.setCurrentItem(self._rows[names[place]])
        return True

    def sizeHintForColumn(self, _column: int) -> int:
        return 0


def _note(spec: ActionSpec, *, is_changed: bool) -> str:
    if spec.id in FIXED:
        return translate("cannot be changed")
    if is_changed:
        return translate("changed")
    return translate("held") if spec.held else ""


class _KeyDelegate(QStyledItemDelegate):
    """Name, what there is to say about its keys in quiet, keys in caps."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:  # type: ignore[override]
        return QSize(200, scaled(ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:  # type: ignore[override]
        whole: QRect = option.rect
        painter.save()
        if index.data(_ID) is None:
            painter.setFont(heading_font())
            painter.setPen(QColor(active().quiet))
            place = whole.adjusted(10, 0, -10, -4)
            painter.drawText(place, int(Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft), index.data())
        else:
            self._paint_row(painter, whole, index)
        painter.restore()

    def _paint_row(self, painter: QPainter, whole: QRect, index: QModelIndex) -> None:
        view = self.parent()
        if isinstance(view, QListWidget) and view.currentIndex().row() == index.row():
            painter.setPen(QColor(active().focus) if view.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(QColor(active().raised))
            painter.drawRoundedRect(whole.adjusted(1, 1, -1, -1), 6, 6)
        rect, right = whole.adjusted(10, 0, -10, 0), whole.right() - 10
        for key in reversed(index.data(_KEYS) or ()):
            width = cap_width(key)
            cap = QRect(right - width, whole.center().y() - cap_height() // 2, width, cap_height())
            draw_cap(painter, cap, key, QColor(active().text))
            right = cap.left() - 6
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(text_font())
        painter.setPen(QColor(active().text))
        painter.drawText(rect, int(middle | Qt.AlignmentFlag.AlignLeft), index.data())
        painter.setFont(text_font(pixels=12))
        painter.setPen(QColor(active().quiet))
        painter.drawText(QRect(rect.left(), rect.top(), right - rect.left() - 4, rect.height()),
                         int(middle | Qt.AlignmentFlag.AlignRight), str(index.data(_NOTE) or ""))  # fmt: skip
