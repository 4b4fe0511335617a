"""A frame's lesions as a list: one view and one model however many there are, so that a hundred cost what one does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QHelpEvent, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
)

from polypviewer.ui.icons import ICON_PX, icon
from polypviewer.ui.text import translate
from polypviewer.ui.theme import active, lesion_colour, scaled, text_font

Index = QModelIndex | QPersistentModelIndex
Deed = Literal["", "split", "merge"]

ROW_PX: Final = 30
TALL_ROW_PX: Final = 46
_SWATCH: Final = 11
_MARGIN: Final = 6
_GAP: Final = 8
_ROW: Final = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class LesionRow:
    """What a row tells. `under` is the second line of tall rows; `deed` the small button at the right end."""

    slot: int
    share: str
    is_active: bool
    under: str = ""
    deed: Deed = ""

    @property
    def name(self) -> str:
        """The lesion in words."""
        return translate("Lesion {slot}", slot=self.slot)

    @property
    def deed_tip(self) -> str:
        """What the small button does."""
        if self.deed == "split":
            return translate("Split: every part of lesion {slot} becomes a lesion of its own", slot=self.slot)
        return translate("Merge lesion {slot} into the painted one", slot=self.slot) if self.deed else ""


class LesionList(QListView):
    """Rows to click: a lesion to paint, or its deed. As high as its rows; the page around it scrolls."""

    slot_wished = Signal(int)
    split_wished = Signal(int)
    merge_wished = Signal(int)

    def __init__(self, *, row_px: int = ROW_PX) -> None:
        """`row_px`: the height of a row in pixels at 100 % text."""
        super().__init__()
        self._row_px = row_px
        self._pressed: tuple[int, bool] | None = None
        self._rows = _LesionModel(self)
        self.setModel(self._rows)
        self.setItemDelegate(_LesionDelegate(self, row_px))
        self.setUniformItemSizes(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QListView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(translate("Lesions in this frame"))
        self.show_rows(())

    def show_rows(self, rows: tuple[LesionRow, ...]) -> None:
        """These lesions, in this order."""
        count = len(self._rows.rows)
        here = self.currentIndex().row()
        self._rows.show_rows(rows)
        self.setVisible(bool(rows))
        if len(rows) != count:
            self._fit()
            if 0 <= here < len(rows):
                self.setCurrentIndex(self._rows.index(here))

    def deed_rect(self, index: Index) -> QRect:
        """Where the small button of a row lies, in pixels of the viewport."""
        return deed_of(self.visualRect(index))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange) and hasattr(self, "_rows"):
            self._fit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self._pressed = self._aim(event) if event.button() == Qt.MouseButton.LeftButton else None

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        aim, self._pressed = self._pressed, None
        if aim is not None and aim == self._aim(event):
            self._take(self._rows.rows[aim[0]], deed=aim[1])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self.currentIndex().row()
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Select, Qt.Key.Key_Return, Qt.Key.Key_Enter) and row >= 0:
            self._take(self._rows.rows[row], deed=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
            return
        super().keyPressEvent(event)

    def _aim(self, event: QMouseEvent) -> tuple[int, bool] | None:
        """(row, whether its deed is meant) under the pointer."""
        place: QPoint = event.position().toPoint()
        index = self.indexAt(place)
        if not index.isValid():
            return None
        return index.row(), bool(self._rows.rows[index.row()].deed) and self.deed_rect(index).contains(place)

    def _take(self, row: LesionRow, *, deed: bool) -> None:
        if deed and row.deed:
            (self.split_wished if row.deed == "split" else self.merge_wished).emit(row.slot)
        else:
            self.slot_wished.emit(row.slot)

    def _fit(self) -> None:
        self.setFixedHeight(len(self._rows.rows) * scaled(self._row_px))


class _LesionModel(QAbstractListModel):
    """The rows; rows that stay as they are are not painted anew."""

    def __init__(self, parent: LesionList) -> None:
        super().__init__(parent)
        self.rows: tuple[LesionRow, ...] = ()

    def show_rows(self, rows: tuple[LesionRow, ...]) -> None:
        """Other rows."""
        if len(rows) != len(self.rows):
            self.beginResetModel()
            self.rows = rows
            self.endResetModel()
            return
        changed = [number for number, (old, new) in enumerate(zip(self.rows, rows, strict=True)) if old != new]
        self.rows = rows
        if changed:
            self.dataChanged.emit(self.index(changed[0]), self.index(changed[-1]))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            painted = translate("painted now") if row.is_active else ""
            return ", ".join(part for part in (row.name, row.under, row.share, painted) if part)
        return row if role == _ROW else None


class _LesionDelegate(QStyledItemDelegate):
    """Swatch, name (and pixels under it), share at the right, the deed after it."""

    def __init__(self, view: LesionList, row_px: int) -> None:
        super().__init__(view)
        self._row_px = row_px

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(120, scaled(self._row_px))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: LesionRow = index.data(_ROW)
        whole: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inner = self._ground(painter, whole, row, state)
        painter.setBrush(lesion_colour(row.slot))
        painter.setPen(QColor(128, 128, 128, 120))
        painter.drawRoundedRect(inner.left(), inner.center().y() - _SWATCH // 2, _SWATCH, _SWATCH, 3, 3)
        self._texts(painter, inner.adjusted(_SWATCH + _GAP, 0, 0, 0), row)
        if row.deed:
            box = deed_of(whole)
            side = min(ICON_PX, box.width())
            icon(row.deed).paint(painter, QRect(box.center() - QPoint(side // 2, side // 2), QSize(side, side)))
        painter.restore()

    def helpEvent(self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index) -> bool:
        row: LesionRow | None = index.data(_ROW) if index.isValid() else None
        if row is not None and row.deed and deed_of(view.visualRect(index)).contains(event.pos()):
            QToolTip.showText(event.globalPos(), row.deed_tip, view)
            return True
        QToolTip.hideText()
        return False

    @staticmethod
    def _ground(painter: QPainter, whole: QRect, row: LesionRow, state: QStyle.StateFlag) -> QRect:
        """Paint what lies under the texts; returns where they go."""
        body = whole.adjusted(0, 1, -(deed_of(whole).width() + 4) if row.deed else 0, -1)
        focused = bool(state & QStyle.StateFlag.State_HasFocus)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        if row.is_active or hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(active().raised if row.is_active else active().hover))
            painter.drawRoundedRect(body, _MARGIN, _MARGIN)
        if focused:
            painter.setPen(QColor(active().focus))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(body.adjusted(0, 0, -1, -1), _MARGIN, _MARGIN)
        return body.adjusted(_MARGIN, 0, -_MARGIN, 0)

    @staticmethod
    def _texts(painter: QPainter, place: QRect, row: LesionRow) -> None:
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(text_font())
        painter.setPen(QColor(active().quiet))
        painter.drawText(place, int(middle | right), row.share)
        upper = place.adjusted(0, 0, 0, -place.height() // 2) if row.under else place
        painter.setPen(QColor(active().text))
        painter.setFont(text_font(bold=bool(row.under)))
        painter.drawText(upper, int((Qt.AlignmentFlag.AlignBottom if row.under else middle) | left), row.name)
        if row.under:
            painter.setFont(text_font())
            painter.setPen(QColor(active().quiet))
            lower = place.adjusted(0, place.height() // 2, 0, 0)
            painter.drawText(lower, int(Qt.AlignmentFlag.AlignTop | left), row.under)


def deed_of(whole: QRect) -> QRect:
    """The place of the small button in a row's rectangle."""
    side = scaled(28)
    return QRect(whole.right() - side + 1, whole.center().y() - side // 2, side, side)
