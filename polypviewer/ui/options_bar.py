"""The options bar: floats at the top left of the canvas and holds only what the active tool and view need."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QWidget

from polypviewer.ui.canvas.overlay import OverlayStyle
from polypviewer.ui.canvas.tools import LARGEST_RADIUS, SMALLEST_RADIUS
from polypviewer.ui.controls import label
from polypviewer.ui.slider import CanvasSlider
from polypviewer.ui.text import translate
from polypviewer.ui.theme import OPTIONS_BAR, lesion_colour

_STEPS = 100


class OptionsBar(QFrame):
    """Brush size, opacity, lesion, outline or fill."""

    radius_wished = Signal(float)
    fill_wished = Signal(float)
    outline_wished = Signal(bool)
    lesion_wished = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("optionsBar")
        self.setAccessibleName(translate("Options of the tool"))
        self.setFixedHeight(OPTIONS_BAR)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._size_text = label()
        self._size_text.setMinimumWidth(self.fontMetrics().horizontalAdvance(translate("Brush {size} px", size=888)))
        self._size = CanvasSlider(0, _STEPS, name=translate("Brush size"))
        self._fill = CanvasSlider(0, _STEPS, name=translate("Opacity of masks"))
        self._outline = _link(translate("Fill"), translate("Outline or fill"))
        self._lesion = _link("1", translate("Lesion that is painted"))
        self._swatch = Swatch(1)
        self._brush_parts: tuple[QWidget, ...] = ()
        self._lay_out()
        self._size.valueChanged.connect(self._size_moved)
        self._fill.valueChanged.connect(self._fill_moved)
        self._outline.clicked.connect(self._outline_clicked)
        self._lesion.clicked.connect(self.lesion_wished)
        self._outlined = False

    def _lay_out(self) -> None:
        for slider in (self._size, self._fill):
            slider.setFixedWidth(96)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 8, 0)
        row.setSpacing(10)
        lesion_text = label(translate("Lesion"), tone="quiet")
        for part in (self._size_text, self._size, label(translate("Opacity"), tone="quiet"), self._fill, self._outline,
                     lesion_text, self._swatch, self._lesion):  # fmt: skip
            row.addWidget(part)
        self._brush_parts = (self._size_text, self._size, lesion_text, self._swatch, self._lesion)

    def show_tool(self, *, paints: bool) -> None:
        """Brush size and lesion are there only while a tool paints."""
        for part in self._brush_parts:
            part.setVisible(paints)
        self.adjustSize()

    def show_radius(self, radius: float) -> None:
        """The brush's radius in image pixels; its diameter is what stands there."""
        self._size_text.setText(translate("Brush {size} px", size=max(1, round(2 * radius))))
        self._size.show_value(round(_STEPS * _fraction(radius)))

    def show_style(self, style: OverlayStyle) -> None:
        """Opacity and outline mode."""
        self._outlined = style.outlined
        self._fill.show_value(round(_STEPS * style.fill))
        self._fill.setEnabled(not style.outlined)
        self._outline.setText(translate("Outline") if style.outlined else translate("Fill"))

    def show_slot(self, slot: int) -> None:
        """The lesion that is painted."""
        self._lesion.setText(str(slot))
        self._swatch.show_slot(slot)

    def _size_moved(self, value: int) -> None:
        low, high = math.log(SMALLEST_RADIUS), math.log(LARGEST_RADIUS)
        self.radius_wished.emit(math.exp(low + (high - low) * value / _STEPS))

    def _fill_moved(self, value: int) -> None:
        self.fill_wished.emit(value / _STEPS)

    def _outline_clicked(self) -> None:
        self.outline_wished.emit(not self._outlined)


class Swatch(QWidget):
    """A small square in a lesion's colour."""

    def __init__(self, slot: int | None) -> None:
        super().__init__()
        self._slot = slot
        self.setFixedSize(12, 28)

    def show_slot(self, slot: int | None) -> None:
        """Another lesion; None: an empty square."""
        self._slot = slot
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(128, 128, 128, 120))
        painter.setBrush(QColor(0, 0, 0, 0) if self._slot is None else lesion_colour(self._slot))
        painter.drawRoundedRect(0, (self.height() - 11) // 2, 11, 11, 3, 3)
        painter.end()


def _fraction(radius: float) -> float:
    low, high = math.log(SMALLEST_RADIUS), math.log(LARGEST_RADIUS)
    return (math.log(max(radius, SMALLEST_RADIUS)) - low) / (high - low)


def _link(text: str, name: str) -> QPushButton:
    button = QPushButton(text)
    button.setProperty("role", "link")
    button.setAccessibleName(name)
    button.setToolTip(name)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
