"""The status bar: where we are on the left, how far we are on the right."""

from __future__ import annotations

import time
from typing import Final

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QToolButton, QWidget

from polypviewer.ui.controls import ElidedLabel, FirmLabel, set_tone
from polypviewer.ui.icons import icon
from polypviewer.ui.text import duration_text, translate
from polypviewer.ui.theme import STATUS_BAR, text_font

REFRESH_MS: Final = 1000


class StatusBar(QWidget):
    """Six short texts, and a thin progress bar with Stop while something runs."""

    stop_wished = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("statusBar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(STATUS_BAR)
        self.setAccessibleName(translate("Status"))
        self.frame, self.position, self.measure = (
            ElidedLabel(tone="quiet"),
            FirmLabel(tone="quiet"),
            ElidedLabel(tone="quiet"),
        )
        self.job, self.queue, self.saved = (
            ElidedLabel(tone="quiet"),
            ElidedLabel(tone="quiet"),
            FirmLabel(tone="bright"),
        )
        self._bar = QProgressBar(textVisible=False)
        self._bar.setFixedWidth(120)
        self._bar.setAccessibleName(translate("Progress"))
        self._bar.hide()
        self.stop = QToolButton()
        self.stop.setProperty("role", "flat")
        self.stop.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.stop.setAccessibleName(translate("Stop the running job"))
        self.stop.setToolTip(translate("Stop the running job"))
        self.stop.setIconSize(QSize(14, 14))
        self.stop.clicked.connect(self.stop_wished)
        self.stop.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(24)
        for part in (self.frame, self.position, self.measure, self.job, self._bar, self.queue, self.saved):
            part.setFont(text_font(pixels=12))
            row.addWidget(part)
            if part is self.measure:
                row.addStretch(1)
            if part is self._bar:
                row.addWidget(self.stop)
        self._saved_at: float | None = None
        self._clock = QTimer(self, interval=REFRESH_MS)
        self._clock.timeout.connect(self._show_saved)

    def show_saved(self) -> None:
        """Everything is on disk as of now."""
        self._saved_at = time.monotonic()
        self._clock.start()
        self._show_saved()

    def show_unsaved(self) -> None:
        """Something is on its way to the disk."""
        self._clock.stop()
        self.saved.setText(translate("saving …"))
        set_tone(self.saved, "quiet")

    def clear_saved(self) -> None:
        """No project: nothing to say."""
        self._clock.stop()
        self._saved_at = None
        self.saved.setText("")

    def show_job(self, text: str, fraction: float | None) -> None:
        """A job and how far it is; `fraction` None while nobody knows; an empty text ends it."""
        self.job.setText(text)
        self._bar.setVisible(bool(text))
        if text and self.stop.isHidden():
            self.stop.setIcon(icon("stop"))
        self.stop.setVisible(bool(text))
        if fraction is None:
            self._bar.setRange(0, 0)
        else:
            self._bar.setRange(0, 1000)
            self._bar.setValue(round(1000 * fraction))

    def _show_saved(self) -> None:
        if self._saved_at is None:
            return
        seconds = time.monotonic() - self._saved_at
        ago = translate("{seconds:.1f} s", seconds=max(0.1, seconds)) if seconds < 2 else duration_text(seconds)
        self.saved.setText(translate("saved {ago} ago", ago=ago))
        set_tone(self.saved, "bright")
