"""The panel's model page: which model proposes, at which threshold, on which device; switch, and switch back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from polypviewer.ui.action_set import ActionSet
from polypviewer.ui.actions import BY_ID, key_text
from polypviewer.ui.controls import ActionButton, ElidedLabel, ValueRow, heading, label, wrapped
from polypviewer.ui.slider import CanvasSlider
from polypviewer.ui.text import figure_text, translate
from polypviewer.ui.theme import GRID

DEVICES: Final = (("auto", "Automatic"), ("cpu", "CPU"), ("cuda", "CUDA"))


@dataclass(frozen=True, slots=True)
class ModelLine:
    """A usable model. `dice`: what its card states, and `measured_on` where; `parent`: digest it was tuned from."""

    digest: str
    title: str
    is_active: bool
    dice: float | None = None
    measured_on: str = ""
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class DeviceView:
    """Which device was asked for, which really runs, the hardware's name, and why."""

    asked: str
    ran: str
    name: str
    milliseconds: float | None
    reason: str = ""


class ModelPage(QWidget):
    """Shows what runs; says what is wished."""

    bundle_wished = Signal(str)  # digest
    threshold_wished = Signal(object)  # float 0-1, None for the model's own
    device_wished = Signal(str)

    def __init__(self, actions: ActionSet) -> None:
        super().__init__()
        self._rows: list[QWidget] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID - 2, 2 * GRID, 2 * GRID - 2, 2 * GRID)
        column.setSpacing(6)
        column.addWidget(heading(translate("Models")))
        self._models = QVBoxLayout()
        self._models.setSpacing(2)
        column.addLayout(self._models)
        self._none = wrapped(translate("No model was found. Fine-tuned models and the bundled one appear here."))
        column.addWidget(self._none)
        self.back = QPushButton(translate("Switch back"))
        self.back.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.back.setToolTip(translate("Use the model that proposed before this one"))
        column.addWidget(self.back)
        column.addSpacing(12)
        self._add_threshold(column)
        column.addSpacing(12)
        self._add_device(column)
        column.addSpacing(12)
        column.addWidget(ActionButton(actions["propose_all"], key_text(BY_ID["propose_all"], actions.keys)))
        self._job = wrapped()
        self._job.hide()
        column.addWidget(self._job)
        column.addStretch(1)
        self._previous: str | None = None
        self.back.clicked.connect(self._back_clicked)
        self.show_models((), previous=None)

    def _add_threshold(self, column: QVBoxLayout) -> None:
        column.addWidget(heading(translate("Threshold")))
        row = QHBoxLayout()
        self._threshold = CanvasSlider(1, 99, name=translate("Threshold of all proposals"))
        self._threshold_text = label()
        self._threshold_text.setMinimumWidth(36)
        self._threshold_text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._threshold, 1)
        row.addWidget(self._threshold_text)
        column.addLayout(row)
        self._own = QPushButton(translate("Use the model's own"))
        self._own.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        column.addWidget(self._own)
        self._threshold.valueChanged.connect(self._threshold_moved)
        self._own.clicked.connect(self._own_clicked)

    def _add_device(self, column: QVBoxLayout) -> None:
        column.addWidget(heading(translate("Device")))
        self._asked = QComboBox()
        self._asked.setAccessibleName(translate("Device that is asked for"))
        self._asked.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        for value, name in DEVICES:
            self._asked.addItem(translate(name), value)
        column.addWidget(self._asked)
        self._ran = ValueRow(translate("Really runs on"), quiet_name=True)
        self._speed = ValueRow(translate("Last frame"), quiet_name=True)
        self._hardware = ElidedLabel(tone="quiet")
        self._reason = wrapped()
        for part in (self._ran, self._speed, self._hardware, self._reason):
            column.addWidget(part)
        self._asked.activated.connect(self._device_chosen)

    def show_models(self, models: tuple[ModelLine, ...], *, previous: str | None) -> None:
        """The usable models; `previous` is the digest to switch back to."""
        for row in self._rows:
            self._models.removeWidget(row)
            row.deleteLater()
        self._rows = [self._row(model) for model in models]
        for row in self._rows:
            self._models.addWidget(row)
        self._none.setVisible(not models)
        self._previous = previous
        self.back.setEnabled(previous is not None)

    def show_threshold(self, threshold: float | None) -> None:
        """The threshold in use; None without a model."""
        self._threshold.setEnabled(threshold is not None)
        self._own.setEnabled(threshold is not None)
        if threshold is not None and not self._threshold.isSliderDown():
            self._threshold.show_value(round(100 * threshold))
        self._threshold_text.setText(figure_text(threshold))

    def show_device(self, device: DeviceView | None) -> None:
        """What was asked for and what really runs."""
        if device is None:
            self._ran.show_value("–", tone="quiet")
            self._speed.show_value("–", tone="quiet")
            self._hardware.setText("")
            self._reason.setText("")
            return
        self._asked.setCurrentIndex(max(0, self._asked.findData(device.asked)))
        self._ran.show_value(device.ran.upper())
        ms = device.milliseconds
        self._speed.show_value("–" if ms is None else translate("{ms:.0f} ms", ms=ms))
        self._hardware.setText(device.name)
        self._reason.setText(device.reason)
        self._reason.setVisible(bool(device.reason))

    def show_job(self, text: str) -> None:
        """How far proposing for all frames is; "" when it is not running."""
        self._job.setText(text)
        self._job.setVisible(bool(text))

    def _row(self, model: ModelLine) -> QWidget:
        button = QPushButton()
        button.setProperty("role", "row")
        button.setProperty("digest", model.digest)
        button.setCheckable(True)
        button.setChecked(model.is_active)
        button.setMinimumHeight(32)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(translate("Use the model {name}", name=model.title))
        button.setToolTip(model.measured_on)
        row = QHBoxLayout(button)
        row.setContentsMargins(8, 0, 8, 0)
        row.addWidget(label("●" if model.is_active else "○", tone="bright" if model.is_active else "quiet"))
        row.addWidget(ElidedLabel(model.title), 1)
        row.addWidget(label(translate("active") if model.is_active else figure_text(model.dice), tone="quiet"))
        button.clicked.connect(self._model_clicked)
        return button

    def _model_clicked(self) -> None:
        self.bundle_wished.emit(str(self.sender().property("digest")))

    def _back_clicked(self) -> None:
        if self._previous is not None:
            self.bundle_wished.emit(self._previous)

    def _threshold_moved(self, value: int) -> None:
        self._threshold_text.setText(figure_text(value / 100))
        self.threshold_wished.emit(value / 100)

    def _own_clicked(self) -> None:
        self.threshold_wished.emit(None)

    def _device_chosen(self, index: int) -> None:
        self.device_wished.emit(str(self._asked.itemData(index)))
