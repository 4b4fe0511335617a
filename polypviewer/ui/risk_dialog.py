"""Asks before edits that are not on disk are left behind: keep the project open, try again, or lose them."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from polypviewer.session.leaving import AtRisk
from polypviewer.ui.controls import wrapped
from polypviewer.ui.dialogs import QuietDialog
from polypviewer.ui.text import count_text, translate

GOES_ON: Final = 2
"""The result of the dialog where the project is not simply kept open."""


class RiskDialog(QuietDialog):
    """Enter and Escape keep the project open; the other two have to be chosen."""

    again_wished = Signal()
    loss_wished = Signal()

    def __init__(self, risk: AtRisk, *, parent: QWidget | None = None) -> None:
        super().__init__(
            translate("Some edits are not on disk"), accept=translate("Keep it open"), parent=parent, width=520
        )
        said = translate(
            "{steps} edits on {frames} frames could not be written to the project. "
            "Free some space on its disk, then try again.",
            steps=count_text(risk.steps),
            frames=count_text(risk.frames),
        )
        self.body.addWidget(wrapped(said))
        self.body.addWidget(
            wrapped(
                translate(
                    "If you close now they are set aside in your own folder; where that is full too, they are lost."
                )
            )
        )
        self.again_button = QPushButton(translate("Try again"))
        self.loss_button = QPushButton(translate("Close and lose {steps} edits", steps=count_text(risk.steps)))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.loss_button)
        row.addStretch(1)
        row.addWidget(self.again_button)
        self.body.addSpacing(4)
        self.body.addLayout(row)
        self.cancel_button.hide()
        for button in (self.again_button, self.loss_button):
            button.setAutoDefault(False)
        self.again_button.clicked.connect(self._again)
        self.loss_button.clicked.connect(self._lose)
        self.accept_button.setFocus()

    def _again(self) -> None:
        self.done(GOES_ON)
        self.again_wished.emit()

    def _lose(self) -> None:
        self.done(GOES_ON)
        self.loss_wished.emit()
