"""The size of text, changed while the window stands: fonts and the lengths that hold text grow together.

Each widget keeps what it was made with, so that going to 150 % and back is going nowhere.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QToolButton,
    QWidget,
)

from polypviewer.ui.theme import scaled, text_percent

_STYLED: Final = (QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit, QPlainTextEdit, QProgressBar)
"""The style sheet gives these their height, and makes it grow itself."""
_FONT: Final = "madeFontPixels"
_LEAST: Final = "madeLeastSize"
_MOST: Final = "madeMostSize"
_UNBOUND: Final = 16_777_215
"""Qt's largest size: no limit."""


def resize_texts(root: QWidget, *, before: int) -> None:
    """Fit `root` and all in it to the size that text has now; `before`: percent when their fonts were made."""
    for widget in (root, *root.findChildren(QWidget)):
        _remember(widget, before)
        _fit(widget)


def _remember(widget: QWidget, before: int) -> None:
    """Keep what a widget was made with, the first time that it is met."""
    if widget.property(_LEAST) is not None:
        return
    own = widget.testAttribute(Qt.WidgetAttribute.WA_SetFont)
    widget.setProperty(_FONT, 100 * widget.font().pixelSize() / before if own else 0)
    widget.setProperty(_LEAST, widget.minimumSize())
    widget.setProperty(_MOST, widget.maximumSize())


def _fit(widget: QWidget) -> None:
    pixels = float(widget.property(_FONT))
    if pixels > 0:
        font = widget.font()
        font.setPixelSize(max(1, round(pixels * text_percent() / 100)))
        widget.setFont(font)
    least, most = QSize(widget.property(_LEAST)), QSize(widget.property(_MOST))
    if widget.isWindow():
        return
    if not isinstance(widget, QToolButton):
        widget.setMaximumWidth(_grown(most.width()))
        widget.setMinimumWidth(_grown(least.width()))
    if not isinstance(widget, _STYLED):
        widget.setMaximumHeight(_grown(most.height()))
        widget.setMinimumHeight(_grown(least.height()))


def _grown(side: int) -> int:
    return side if side in (0, _UNBOUND) else scaled(side)
