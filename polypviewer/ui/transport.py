"""The transport: play, pause, first, last, speed, and where we are in the video; the time line lies below."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from polypviewer.ui.action_set import ActionSet
from polypviewer.ui.controls import ElidedLabel, label
from polypviewer.ui.icons import icon
from polypviewer.ui.text import clock_text, count_text, translate
from polypviewer.ui.theme import TIMELINE
from polypviewer.ui.timeline import Timeline

SPEEDS: Final = (0.25, 0.5, 1.0, 2.0, 4.0)
BUTTONS: Final = ("first_frame", "previous_frame", "play", "next_frame", "last_frame")


class Transport(QWidget):
    """Shown below the canvas in Video."""

    speed_wished = Signal(float)
    medium_wished = Signal(int)

    def __init__(self, actions: ActionSet) -> None:
        super().__init__()
        self.setObjectName("timeline")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(TIMELINE)
        self.timeline = Timeline()
        self.buttons: dict[str, QToolButton] = {}
        self._actions = actions
        self._playing = False
        self._time, self._frame = label(), ElidedLabel(tone="quiet")
        self._time.setMinimumWidth(self.fontMetrics().horizontalAdvance("00:00.000") + 4)
        self._job = label(tone="quiet")
        self._speed, self._media = QComboBox(), QComboBox()
        self._lay_out()
        self._speed.currentIndexChanged.connect(self._speed_chosen)
        self._media.activated.connect(self.medium_wished)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(2)
        for name in BUTTONS:
            button = QToolButton()
            button.setProperty("role", "flat")
            button.setDefaultAction(self._actions[name])
            button.setIconSize(QSize(16, 16))
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setAccessibleName(self._actions[name].text())
            self.buttons[name] = button
            row.addWidget(button)
        for speed in SPEEDS:
            self._speed.addItem(translate("{speed:g}×", speed=speed), speed)
        self._speed.setCurrentIndex(SPEEDS.index(1.0))
        self._speed.setAccessibleName(translate("Speed"))
        self._media.setAccessibleName(translate("Video"))
        self._media.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._media.setMaximumWidth(260)
        for box in (self._speed, self._media):
            box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        row.addSpacing(8)
        row.addWidget(self._time)
        row.addSpacing(12)
        row.addWidget(self._frame, 1)
        row.addWidget(self._job)
        row.addSpacing(12)
        row.addWidget(self._media)
        row.addSpacing(6)
        row.addWidget(self._speed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self.timeline, 1)

    @property
    def speed(self) -> float:
        """How fast to play, 1 is real time."""
        return SPEEDS[self._speed.currentIndex()]

    def show_media(self, names: tuple[str, ...], current: int) -> None:
        """The videos of the project; -1: none is shown."""
        self._media.clear()
        self._media.addItems(list(names))
        self._media.setCurrentIndex(current)
        self._media.setVisible(len(names) > 1 or (bool(names) and current < 0))

    def show_frame(self, *, index: int, count: int, seconds: float, pts: int | None) -> None:
        """Where we are."""
        self._time.setText(clock_text(seconds))
        text = translate("frame {number} of {count}", number=count_text(index + 1), count=count_text(count))
        self._frame.setText(text if pts is None else f"{text} · pts {count_text(pts)}")
        self.timeline.show_current(index)

    def show_nothing(self, text: str) -> None:
        """There is no video."""
        self._time.setText("")
        self._frame.setText(text)

    def show_job(self, text: str) -> None:
        """What is being done to this video in the background."""
        self._job.setText(text)

    def show_playing(self, *, playing: bool) -> None:
        """The button says what it would do."""
        if playing != self._playing:
            self._playing = playing
            self._actions["play"].setIcon(icon("pause" if playing else "play"))

    def _speed_chosen(self, index: int) -> None:
        self.speed_wished.emit(SPEEDS[index])
