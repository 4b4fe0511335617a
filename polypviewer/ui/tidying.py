"""Garbage collection on the window's thread only, in small portions.

Left to itself Python collects on whichever thread happens to allocate. On a lane's thread that destroys Qt objects of
the window's thread, which ends the process; on the window's thread a whole collection takes a tenth of a second in the
middle of a stroke. So Python's own collector is off while a window stands: a timer looks through the new objects every
second and through all of them twice a minute, never while a button is down. What the start has made is set aside and
not looked at again.
"""

from __future__ import annotations

import gc
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

EVERY_MS: Final = 1_000
ALL_EVERY: Final = 30
STARTED: Final = 20
"""Until this tick all that has been made (libraries, models) is taken for what will stay."""
_YOUNG: Final = 1


class Tidying(QObject):
    """Collects until `close`, which gives the work back to Python."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._ticks = 0
        gc.disable()
        gc.freeze()
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self.tidy)
        self._timer.start()

    def tidy(self) -> None:
        """One portion, if the hand is at rest."""
        if QApplication.mouseButtons() != Qt.MouseButton.NoButton:
            return
        self._ticks += 1
        if self._ticks < STARTED:
            gc.freeze()
        elif self._ticks % ALL_EVERY == 0:
            gc.collect()
        else:
            gc.collect(_YOUNG)

    def close(self) -> None:
        """The window goes."""
        if self._timer.isActive():
            self._timer.stop()
            gc.unfreeze()
            gc.enable()
