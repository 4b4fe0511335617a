"""The reader at the window, for benchmarks: events in, and the moment at which what they led to was painted."""

import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QEventLoop, QObject, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from polypviewer.core.label_map import LabelMap
from tests.e2e.hand import Hand

__all__ = ["Watch", "mouse", "open_window", "shown_labels", "wheel"]

PATIENCE_S = 10.0
LEFT, NO_BUTTON = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton


class Watch(QObject):
    """Counts the paint events of a widget."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__()
        self.painted = 0
        self._heart = QTimer(
            self, interval=100
        )  # the event loop sleeps while it waits, as in the program, but not for ever
        self._heart.timeout.connect(lambda: None)
        self._heart.start()
        widget.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QPaintEvent):
            self.painted += 1
        return False

    def milliseconds(self, act: Callable[[], object], *, once: Callable[[], bool] = lambda: True) -> float:
        """From before `act` until the widget has been painted next and the pixels have gone to the display.

        `once`: paints before this is so do not count.
        """
        before, counts = self.painted, False
        start = time.perf_counter()
        act()
        while not counts or self.painted == before:
            if not counts and once():
                counts = True
            elif not counts:
                before = self.painted
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
            if time.perf_counter() - start > PATIENCE_S:
                raise TimeoutError(f"nothing was painted for {PATIENCE_S:.0f} s")
        return (time.perf_counter() - start) * 1000

    def turns(self, seconds: float) -> tuple[list[float], float]:
        """Let the program run; milliseconds of each turn of its event loop that painted, and of the longest of all."""
        painting, longest, end = [], 0.0, time.perf_counter() + seconds
        while (start := time.perf_counter()) < end:
            before = self.painted
            QApplication.processEvents()
            took = (time.perf_counter() - start) * 1000
            longest = max(longest, took)
            if self.painted != before:
                painting.append(took)
            time.sleep(0.001)
        return painting, longest


def mouse(widget: QWidget, kind: QEvent.Type, place: QPointF, *, button: Qt.MouseButton = LEFT) -> None:
    """One mouse event, handled before this returns."""
    changed = NO_BUTTON if kind == QEvent.Type.MouseMove else button
    held = NO_BUTTON if kind == QEvent.Type.MouseButtonRelease else button
    event = QMouseEvent(kind, place, widget.mapToGlobal(place), changed, held, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(widget, event)


def wheel(widget: QWidget, place: QPointF, steps: float) -> None:
    """Turn the wheel by `steps` notches."""
    event = QWheelEvent(
        place, widget.mapToGlobal(place), QPoint(), QPoint(0, round(120 * steps)), NO_BUTTON,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


def open_window(project: Path, *, width: int, height: int, proposes: bool = True) -> Hand:
    """The window on a project, its first frame shown, its proposal there and everything at rest."""
    hand = Hand(width=width, height=height)
    hand.open(project)
    if proposes:
        hand.until_proposed()
    hand.rest(0.6)
    return hand


def shown_labels(hand: Hand) -> LabelMap:
    """The label map of the shown frame, which the window paints in place."""
    draft = hand.session.draft
    if draft is None:
        raise LookupError("no frame is shown")
    return draft.label_map
