"""How the picture is shown: contrast, colours and the like. It changes what is seen, and never what is stored."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Final, Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QPushButton, QVBoxLayout, QWidget

from polypviewer.core.enhance import IDENTITY, RANGES, Enhancement, Mode
from polypviewer.ui.action_set import ActionSet
from polypviewer.ui.controls import heading, label, wrapped
from polypviewer.ui.slider import CanvasSlider
from polypviewer.ui.text import translate
from polypviewer.ui.view_panel import SwitchRow

Number = Literal["contrast", "brightness", "gamma", "clahe"]
STEPS: Final = 100


@dataclass(frozen=True, slots=True)
class NumberRow:
    """A number of the enhancement; `even`: the slider's middle multiplies by one, its ends by the inverse factors."""

    name: Number
    text: str
    even: bool


NUMBERS: Final = (
    NumberRow("contrast", "Contrast", even=True),
    NumberRow("brightness", "Brightness", even=False),
    NumberRow("gamma", "Gamma", even=True),
    NumberRow("clahe", "Local contrast", even=False),
)
MODES: Final[tuple[tuple[Mode, str], ...]] = (
    ("none", "Natural colours"),
    ("red_free", "Red-free"),
    ("nbi", "NBI-like"),
)


class EnhanceForm(QWidget):
    """Shows an enhancement and says which one is wished."""

    enhancement_wished = Signal(object)  # Enhancement

    def __init__(self, actions: ActionSet) -> None:
        super().__init__()
        self._enhancement = IDENTITY
        self._sliders: dict[Number, CanvasSlider] = {}
        self._values = {row.name: label(tone="quiet") for row in NUMBERS}
        self._modes = QComboBox()
        self._specular = QCheckBox(translate("Fill highlights"))
        self._deinterlace = QCheckBox(translate("De-interlace"))
        self._reset = QPushButton(translate("Reset"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(heading(translate("Picture")))
        column.addWidget(SwitchRow(actions, "enhance"))
        column.addLayout(self._numbers())
        self._add_choices(column)
        column.addWidget(
            wrapped(translate("Only what is shown changes. Nothing of it is stored, exported or proposed on."))
        )
        self.show_enhancement(IDENTITY)

    def _numbers(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(0)
        grid.setColumnStretch(1, 1)
        for place, row in enumerate(NUMBERS):
            slider = CanvasSlider(0, STEPS, name=translate(row.text))
            slider.setProperty("number", row.name)
            slider.valueChanged.connect(self._moved)
            self._sliders[row.name] = slider
            value = self._values[row.name]
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            value.setMinimumWidth(34)
            grid.addWidget(label(translate(row.text)), place, 0)
            grid.addWidget(slider, place, 1)
            grid.addWidget(value, place, 2)
        return grid

    def _add_choices(self, column: QVBoxLayout) -> None:
        self._modes.setAccessibleName(translate("Colours"))
        for _, text in MODES:
            self._modes.addItem(translate(text))
        for box in (self._specular, self._deinterlace):
            box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            box.setAccessibleName(box.text())
            box.clicked.connect(self._chosen)
        self._modes.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._modes.activated.connect(self._chosen)
        self._reset.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._reset.setAutoDefault(False)
        self._reset.setAccessibleName(translate("Show the picture as it is"))
        self._reset.clicked.connect(self._forget)
        for part in (self._modes, self._specular, self._deinterlace, self._reset):
            column.addWidget(part)
        column.addSpacing(4)

    def show_enhancement(self, enhancement: Enhancement) -> None:
        """What is wanted now; nothing is emitted."""
        self._enhancement = enhancement
        for row in NUMBERS:
            value = float(getattr(enhancement, row.name))
            if not self._sliders[row.name].isSliderDown():
                self._sliders[row.name].show_value(_step_of(row, value))
            self._values[row.name].setText(translate("{value:.2f}", value=value))
        self._modes.setCurrentIndex([mode for mode, _ in MODES].index(enhancement.mode))
        self._specular.setChecked(enhancement.specular)
        self._deinterlace.setChecked(enhancement.deinterlace)
        self._reset.setEnabled(not enhancement.is_identity)

    def _moved(self, step: int) -> None:
        row = next(row for row in NUMBERS if self._sliders[row.name] is self.sender())
        self._wish(Enhancement(**(asdict(self._enhancement) | {row.name: _value_of(row, step)})))

    def _chosen(self) -> None:
        mode = MODES[self._modes.currentIndex()][0]
        specular, deinterlace = self._specular.isChecked(), self._deinterlace.isChecked()
        self._wish(replace(self._enhancement, mode=mode, specular=specular, deinterlace=deinterlace))

    def _forget(self) -> None:
        self._wish(IDENTITY)

    def _wish(self, enhancement: Enhancement) -> None:
        self.show_enhancement(enhancement)
        self.enhancement_wished.emit(enhancement)


def _value_of(row: NumberRow, step: int) -> float:
    lowest, highest = RANGES[row.name]
    part = step / STEPS
    if row.even:
        return round(math.exp(math.log(lowest) + part * math.log(highest / lowest)), 3)
    return round(lowest + part * (highest - lowest), 3)


def _step_of(row: NumberRow, value: float) -> int:
    lowest, highest = RANGES[row.name]
    if row.even:
        return round(STEPS * math.log(value / lowest) / math.log(highest / lowest))
    return round(STEPS * (value - lowest) / (highest - lowest))
