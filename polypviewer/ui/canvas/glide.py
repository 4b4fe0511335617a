"""A view that glides to another in a moment, so that the eye does not lose its place. Not where motion is unwelcome."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEasingCurve, QObject, Qt, QVariantAnimation
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QStyle

from polypviewer.ui.canvas.view import View

GLIDE_MS: Final = 120
_SAME: Final = 1e-9


class Glide(QObject):
    """One at a time: a new one begins where the last has come to."""

    def __init__(self, show: Callable[[View], None], parent: QObject) -> None:
        super().__init__(parent)
        self._show = show
        self._begin = self._end = View(1.0, 0.0, 0.0)
        self._clock = QVariantAnimation(self, duration=GLIDE_MS, startValue=0.0, endValue=1.0)
        self._clock.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._clock.valueChanged.connect(self._step)

    @property
    def is_under_way(self) -> bool:
        """True between the first step and the last."""
        return self._clock.state() == QVariantAnimation.State.Running

    @property
    def goal(self) -> View:
        """Where it ends."""
        return self._end

    def go(self, begin: View, end: View) -> None:
        """From one view to another: at once where motion is unwelcome."""
        self.stop()
        self._begin, self._end = begin, end
        if motion_is_welcome():
            self._clock.start()
        else:
            self._show(end)

    def stop(self) -> None:
        """Stay where it is: the hand takes over."""
        self._clock.stop()

    def _step(self, value: object) -> None:
        if self.is_under_way or value == 1.0:
            self._show(between(self._begin, self._end, float(str(value))))


def between(begin: View, end: View, part: float) -> View:
    """The view at `part` (0-1) of the way: even steps of zoom about the one point that stays where it is."""
    if part >= 1.0:
        return end
    if abs(end.scale / begin.scale - 1) < _SAME:
        return View(begin.scale, begin.left + (end.left - begin.left) * part, begin.top + (end.top - begin.top) * part)
    scale = begin.scale * math.exp(part * math.log(end.scale / begin.scale))
    whole, now = end.scale / begin.scale, scale / begin.scale
    x, y = (end.left - whole * begin.left) / (1 - whole), (end.top - whole * begin.top) / (1 - whole)
    return View(scale, x + (begin.left - x) * now, y + (begin.top - y) * now)


def motion_is_welcome() -> bool:
    """False where the platform, or the style it chose, asks for no animation."""
    hints = QGuiApplication.styleHints()
    if hints.accessibility().motionPreference() == Qt.MotionPreference.ReducedMotion:
        return False
    return QApplication.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) > 0
