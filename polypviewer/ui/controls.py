"""Small controls that every part of the window is made of."""

from __future__ import annotations

from typing import Final, Literal

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QStylePainter,
    QVBoxLayout,
    QWidget,
)

from polypviewer.ui.theme import GRID, active, heading_font, scaled, text_font

Tone = Literal["", "quiet", "bright", "warning", "danger"]

_CAP_HEIGHT: Final = 18
_CAP_PADDING: Final = 6
_GAP: Final = 8


def set_tone(widget: QWidget, tone: Tone) -> None:
    """Give a label another tone of the theme."""
    if widget.property("tone") != tone:
        widget.setProperty("tone", tone)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def label(text: str = "", *, tone: Tone = "", bold: bool = False) -> QLabel:
    """A line of text."""
    made = QLabel(text)
    made.setProperty("tone", tone)
    made.setTextFormat(Qt.TextFormat.PlainText)
    if bold:
        made.setFont(text_font(bold=True))
    return made


def wrapped(text: str = "", *, tone: Tone = "quiet") -> QLabel:
    """A paragraph."""
    made = label(text, tone=tone)
    made.setWordWrap(True)
    return made


def heading(text: str) -> QLabel:
    """Small capitals over a group."""
    made = label(text, tone="quiet")
    made.setFont(heading_font())
    return made


class ElidedLabel(QLabel):
    """A line that shortens itself in the middle when there is no room, and then tells all of it on hover."""

    def __init__(self, text: str = "", *, tone: Tone = "") -> None:
        super().__init__(text)
        self.setProperty("tone", tone)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def minimumSizeHint(self) -> QSize:
        return QSize(24, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideMiddle, self.width())
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), int(self.alignment() | Qt.AlignmentFlag.AlignVCenter), shown)
        painter.end()
        self.setToolTip("" if shown == self.text() else self.text())


class FirmLabel(ElidedLabel):
    """An elided line that others give way to: it shortens itself only when nothing else can."""

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()


def rule() -> QFrame:
    """A thin line between groups."""
    line = QFrame()
    line.setObjectName("separator")
    line.setFixedHeight(1)
    return line


class ValueRow(QWidget):
    """A name on the left, a value on the right."""

    def __init__(self, name: str, value: str = "", *, tone: Tone = "", quiet_name: bool = False) -> None:
        super().__init__()
        self.name = label(name, tone="quiet" if quiet_name else "")
        self.value = label(value, tone=tone)
        self.value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(_GAP)
        row.addWidget(self.name)
        row.addWidget(self.value, 1)
        self.setMinimumHeight(26)

    def show_value(self, text: str, *, tone: Tone = "") -> None:
        """Another value."""
        self.value.setText(text)
        set_tone(self.value, tone)


class Card(QFrame):
    """A quiet panel with a title."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setObjectName("card")
        self.box = QVBoxLayout(self)
        self.box.setContentsMargins(2 * GRID, 14, 2 * GRID, 2 * GRID)
        self.box.setSpacing(4)
        self.title = label(title, bold=True)
        self.box.addWidget(self.title)
        self.box.addSpacing(6)


class TextField(QLineEdit):
    """A line to type in: single keys are dead as shortcuts while it has the focus."""

    left = Signal()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            modifiers = event.modifiers()  # type: ignore[attr-defined]
            command = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
            if not modifiers & command:
                event.accept()
                return True
        return super().event(event)


class ActionButton(QPushButton):
    """A button for an action of the table, with its key in a cap beside the text."""

    def __init__(self, action: QAction, key: str, *, role: str = "", text: str = "") -> None:
        super().__init__(text or action.text())
        self._key = key
        self._action = action
        self.setProperty("role", role)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoDefault(False)
        self.clicked.connect(action.trigger)
        action.changed.connect(self._follow)
        self._follow()

    def set_key(self, key: str) -> None:
        """Another preset of keys."""
        self._key = key
        self.updateGeometry()
        self.update()

    def _follow(self) -> None:
        key = self._action.property("key")
        if key is not None and key != self._key:
            self.set_key(str(key))
        self.setEnabled(self._action.isEnabled())
        self.setToolTip(self._action.toolTip())
        self.setAccessibleName(self.text())
        self.setAccessibleDescription(self._action.toolTip())

    def sizeHint(self) -> QSize:
        size = super().sizeHint()
        return QSize(size.width() + (cap_width(self._key) + _GAP if self._key else 0), size.height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = ""
        painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        metrics = self.fontMetrics()
        text_width = metrics.horizontalAdvance(self.text())
        key_width = cap_width(self._key) if self._key else 0
        is_row = self.property("role") == "row"
        left = 26 if is_row else (self.width() - text_width - (key_width + _GAP if key_width else 0)) // 2
        painter.setPen(self._ink())
        baseline = QRect(left, 0, text_width + 2, self.height())
        painter.drawText(baseline, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), self.text())
        if key_width:
            top = (self.height() - cap_height()) // 2
            cap_left = self.width() - key_width - 6 if is_row else left + text_width + _GAP
            draw_cap(painter, QRect(cap_left, top, key_width, cap_height()), self._key, self._ink())

    def _ink(self) -> QColor:
        tokens = active()
        if not self.isEnabled() or self.property("role") == "row":
            return QColor(tokens.quiet)
        return QColor(tokens.on_accent if self.property("role") == "primary" else tokens.text)


def cap_height() -> int:
    """Logical pixels from the upper to the lower edge of a key cap."""
    return scaled(_CAP_HEIGHT)


def cap_width(key: str) -> int:
    """Logical pixels that a key cap takes."""
    return max(cap_height(), QFontMetrics(text_font(pixels=11)).horizontalAdvance(key) + 2 * _CAP_PADDING)


def draw_cap(painter: QPainter, rect: QRect, key: str, ink: QColor) -> None:
    """A key cap: a thin rounded frame around the key's name."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    edge = QColor(ink)
    edge.setAlpha(110)
    painter.setPen(QPen(edge, 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(rect.toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
    painter.setFont(text_font(pixels=11))
    painter.setPen(ink)
    painter.drawText(rect, int(Qt.AlignmentFlag.AlignCenter), key)
    painter.restore()


class Segments(QWidget):
    """Buttons of which one is on: layouts, or tabs of the panel. Tab reaches each: the arrows belong to the frames."""

    chosen = Signal(int)

    def __init__(self, names: tuple[str, ...], *, role: Literal["segment", "tab"], name: str) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setObjectName("segments" if role == "segment" else "tabs")
        self.setAccessibleName(name)
        self.buttons: tuple[QPushButton, ...] = ()
        row = QHBoxLayout(self)
        row.setContentsMargins(*((3, 3, 3, 3) if role == "segment" else (2 * GRID - 2, 0, 2 * GRID - 2, 0)))
        row.setSpacing(2 if role == "segment" else 12)
        for text in names:
            button = QPushButton(text)
            button.setProperty("role", role)
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setAutoDefault(False)
            button.clicked.connect(self._clicked)
            self.buttons += (button,)
            row.addWidget(button)
        if role == "tab":
            row.addStretch(1)
        self.show_chosen(0)

    def show_chosen(self, index: int) -> None:
        """Which one is on; nothing is emitted."""
        for place, button in enumerate(self.buttons):
            button.setChecked(place == index)

    def _clicked(self) -> None:
        index = next(place for place, button in enumerate(self.buttons) if button is self.sender())
        self.show_chosen(index)
        self.chosen.emit(index)
