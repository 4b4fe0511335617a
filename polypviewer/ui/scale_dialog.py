"""The scale dialog: how many millimetres a length in the picture is. It returns a value and changes nothing."""

from __future__ import annotations

from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QPushButton, QWidget

from polypviewer.ui.controls import label, wrapped
from polypviewer.ui.dialogs import QuietDialog
from polypviewer.ui.text import translate


class ScaleDialog(QuietDialog):
    """Pixels on the left, millimetres on the right; "Not known" takes the scale back."""

    def __init__(self, *, pixels: float, mm_per_pixel: float | None, parent: QWidget | None = None) -> None:
        super().__init__(translate("Scale of this picture"), accept=translate("Set the scale"), parent=parent)
        self.is_unknown = False
        self.body.addWidget(
            wrapped(
                translate(
                    "Give a length whose size is known: an opened forceps, a snare, a ruler. It holds for all frames "
                    "of this medium, and only at the distance of what you measured."
                )
            )
        )
        self.body.addSpacing(8)
        self.pixels = _box(pixels, lowest=1, highest=20_000, digits=1, name=translate("Length in pixels"))
        length = pixels * mm_per_pixel if mm_per_pixel is not None else 10.0
        self.millimetres = _box(length, lowest=0.1, highest=1_000, digits=2, name=translate("Length in millimetres"))
        row = QHBoxLayout()
        row.setSpacing(8)
        for part in (self.pixels, label(translate("pixels are")), self.millimetres, label(translate("mm"))):
            row.addWidget(part)
        row.addStretch(1)
        self.body.addLayout(row)
        unknown = QPushButton(translate("Not known"))
        unknown.setAutoDefault(False)
        unknown.setEnabled(mm_per_pixel is not None)
        unknown.clicked.connect(self._forget)
        self.body.addSpacing(4)
        self.body.addWidget(unknown)
        self.pixels.setFocus()
        self.pixels.selectAll()

    @property
    def mm_per_pixel(self) -> float | None:
        """What was said; None: not known."""
        return None if self.is_unknown else self.millimetres.value() / self.pixels.value()

    def _forget(self) -> None:
        self.is_unknown = True
        self.accept()


def _box(value: float, *, lowest: float, highest: float, digits: int, name: str) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setDecimals(digits)
    box.setRange(lowest, highest)
    box.setValue(value)
    box.setAccessibleName(name)
    box.setMinimumWidth(110)
    return box
