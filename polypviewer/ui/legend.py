"""The legend: what the colours on the canvas mean. Floats at its lower left while heat map or provenance are on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from polypviewer.ui.canvas.heat_layer import STOPS
from polypviewer.ui.canvas.provenance_layer import KINDS, Kind, swatch
from polypviewer.ui.controls import heading, label
from polypviewer.ui.slider import CanvasSlider
from polypviewer.ui.text import count_text, figure_text, translate
from polypviewer.ui.theme import active

WIDTH: Final = 248
Codes = Literal["", "provenance", "difference"]
TEXTS: Final[dict[Codes, tuple[str, tuple[str, ...]]]] = {
    "": ("", ("", "", "", "")),
    "provenance": (
        "Where pixels come from",
        ("Proposed and kept", "Added by hand", "Removed by hand", "Ignored"),
    ),
    "difference": (
        "Mask against the proposal",
        ("In both", "Only in the mask", "Only in the proposal", "Ignored"),
    ),
}
"""Title and what each kind is called, in the order of `KINDS`."""
RAMP: Final = 10


class Legend(QFrame):
    """Two parts; each is there while its layer is."""

    threshold_wished = Signal(float)
    resized = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("legend")
        self.setAccessibleName(translate("Legend"))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(WIDTH)
        self._heat, self._provenance = QWidget(), QWidget()
        self._ramp = _Ramp()
        self._threshold = CanvasSlider(1, 99, name=translate("Threshold of the heat map"))
        self._threshold_text, self._dice = label(), label()
        self._areas = {kind.code: label(tone="quiet") for kind in KINDS}
        self._names = {kind.code: label() for kind in KINDS}
        self._title = heading("")
        self._parts: tuple[bool, Codes] | None = None
        self._lay_out_heat()
        self._lay_out_provenance()
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 10)
        column.setSpacing(10)
        column.addWidget(self._heat)
        column.addWidget(self._provenance)
        self._threshold.valueChanged.connect(self._moved)
        self.show_parts(heat=False, codes="")

    def _lay_out_heat(self) -> None:
        grid = QGridLayout(self._heat)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(4)
        grid.addWidget(heading(translate("Probability of a polyp")), 0, 0, 1, 3)
        grid.addWidget(self._ramp, 1, 0, 1, 3)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(label(translate("Threshold"), tone="quiet"))
        row.addWidget(self._threshold, 1)
        row.addWidget(self._threshold_text)
        grid.addLayout(row, 2, 0, 1, 3)

    def _lay_out_provenance(self) -> None:
        grid = QGridLayout(self._provenance)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        grid.addWidget(self._title, 0, 0, 1, 3)
        for row, kind in enumerate(KINDS, start=1):
            grid.addWidget(_Swatch(kind), row, 0)
            grid.addWidget(self._names[kind.code], row, 1)
            grid.addWidget(self._areas[kind.code], row, 2)
        grid.addWidget(label(translate("Dice, proposal to mask"), tone="quiet"), len(KINDS) + 1, 0, 1, 2)
        grid.addWidget(self._dice, len(KINDS) + 1, 2)

    def show_parts(self, *, heat: bool, codes: Codes) -> None:
        """Which layers are on, and what the codes of `core.provenance` say."""
        if (heat, codes) == self._parts:
            return
        self._parts = heat, codes
        self._heat.setVisible(heat)
        self._provenance.setVisible(bool(codes))
        title, names = TEXTS[codes]
        self._title.setText(translate(title))
        for kind, name in zip(KINDS, names, strict=True):
            self._names[kind.code].setText(translate(name))
        self.setVisible(heat or bool(codes))
        self.adjustSize()
        self.resized.emit()

    def show_threshold(self, threshold: float | None) -> None:
        """The proposal's threshold, 0-1; None where nothing is proposed."""
        self._threshold.setEnabled(threshold is not None)
        if threshold is not None and not self._threshold.isSliderDown():
            self._threshold.show_value(round(100 * threshold))
        self._threshold_text.setText(figure_text(threshold))
        self._ramp.show_threshold(threshold)

    def show_areas(self, areas: Mapping[int, int], *, dice: float | None) -> None:
        """Pixels of each code of `core.provenance`; Dice of proposal and mask, None where nothing is proposed."""
        for code, text in self._areas.items():
            text.setText(translate("{count} px", count=count_text(areas.get(code, 0))))
        self._dice.setText(figure_text(dice))

    def _moved(self, value: int) -> None:
        self._threshold_text.setText(figure_text(value / 100))
        self._ramp.show_threshold(value / 100)
        self.threshold_wished.emit(value / 100)


class _Ramp(QWidget):
    """The colours of the heat map from 0 to 1, with a mark at the threshold."""

    def __init__(self) -> None:
        super().__init__()
        self._threshold: float | None = None
        self.setFixedHeight(RAMP + 18)
        self.setAccessibleName(translate("Colours from improbable to sure"))

    def show_threshold(self, threshold: float | None) -> None:
        """Where colours become strong."""
        self._threshold = threshold
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        bar = QRectF(0, 2, self.width(), RAMP)
        ramp = QLinearGradient(bar.topLeft(), bar.topRight())
        for place, (red, green, blue) in enumerate(STOPS):
            ramp.setColorAt(place / (len(STOPS) - 1), QColor(red, green, blue))
        painter.fillRect(bar, ramp)
        if self._threshold is not None:
            x = self._threshold * self.width()
            painter.fillRect(QRectF(0, 2, x, RAMP), QColor(0, 0, 0, 90))
            painter.setPen(QPen(QColor(active().text), 2))
            painter.drawLine(int(x), 0, int(x), RAMP + 4)
        painter.setPen(QColor(active().quiet))
        line = QRectF(0, RAMP + 2, self.width(), 16)
        for flag, text in ((0x1, "0"), (0x4, "0.5"), (0x2, "1")):
            painter.drawText(line, flag | 0x80, text)
        painter.end()


class _Swatch(QWidget):
    """A kind's colour and hatching."""

    SIDE: Final = 18

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self._kind = kind
        self.setFixedSize(self.SIDE, self.SIDE)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor("#9C6A58"))
        drawn = swatch(self._kind, side=self.SIDE, ratio=self.devicePixelRatioF())
        painter.drawImage(QRectF(self.rect()), drawn)
        painter.end()
