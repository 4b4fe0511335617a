"""The watchdog: how long the window's thread works inside one event handler.

Every event, timer, queued signal and answer of a lane reaches us through `QApplication.notify`, so that is where it is
measured. The clock is the CPU time of the window's thread (`time.thread_time_ns`): it stands still while the scheduler
runs somebody else. A core that is shared is slower too (its caches are not ours): after a handler above the bar a fixed
piece of work is timed by the same clock, and the bar rises by as much as that is slower than the fastest that this run
has seen. Painting inside a handler is taken out and kept apart, as is an event loop of its own (a dialog). `EXCEPTIONS`
and `REPAINTING` are the whole list of what may take longer, each with its reason.
"""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QObject, QThread
from PySide6.QtWidgets import QApplication
from shiboken6 import isValid

from polypviewer.ui import whole_errors

BAR_MS: Final = 10.0
KEPT: Final = 20
LATE_S: Final = 0.006
LOOKED_EVERY_S: Final = 0.003
DEPTH: Final = 16
TOLD: Final = 6
_MEMORY: Final = np.zeros(4_000_000, np.uint8)
WRAPPED_BY: Final = whole_errors.__file__

EXCEPTIONS: Final[dict[QEvent.Type, str]] = {
    QEvent.Type.Paint: "a repaint of one widget",
    QEvent.Type.UpdateRequest: "a repaint of all that is dirty in the window",
    QEvent.Type.Expose: "the window is shown: a full repaint",
}
"""Full repaints, which DESIGN measures apart."""

REPAINTING: Final[dict[str, str]] = {
    "use_theme": "another theme: Qt styles, lays out and paints every widget again",
    "use_text": "another size of text: the same",
    "_toggle_sheet": "the sheet of all keys is laid out and painted over the whole window",
    "tidy": "the garbage collector's turn, while no button is down (see ui/tidying.py)",
}
"""The same by the function of ours that asks for it; and the one other pause, which comes when the hand is at rest."""


@dataclass(frozen=True, slots=True)
class Handled:
    """One handler that took long: CPU milliseconds, those of Python's garbage collector, what it was and where seen."""

    milliseconds: float
    collecting: float
    event: str
    receiver: str
    doing: str
    seen_at: tuple[str, ...] = ()
    slowness: float = 1.0

    def is_stall(self, bar: float) -> bool:
        """Above the bar in milliseconds, and no full repaint."""
        return self.milliseconds > bar * self.slowness and not any(name in REPAINTING for name in self.seen_at)

    def __str__(self) -> str:
        garbage = f" (garbage collection {self.collecting:.1f} ms)" if self.collecting >= 1.0 else ""
        where = f", seen at {' < '.join(self.seen_at[:TOLD])}" if self.seen_at else ""
        doing = self.doing or "waiting"
        slow = f" (this core {self.slowness:.1f} times slower than at its best)" if self.slowness > 1.05 else ""
        return f"{self.milliseconds:.1f} ms{garbage}{slow} in {self.event} to {self.receiver} while {doing}{where}"


@dataclass(slots=True)
class _Open:
    """A handler under way. `apart`: nanoseconds inside it that do not count; `collected`: the collector's before it."""

    started: int
    entered: float
    level: int
    collected: int
    apart: int = 0
    seen_at: tuple[str, ...] = ()


@dataclass(slots=True)
class Watchdog:
    """Remembers the longest handlers and repaints. `doing` is set by whoever sends the events."""

    doing: str = ""
    overhead: int = 0
    events: int = 0
    longest: list[Handled] = field(default_factory=list)
    repaints: list[Handled] = field(default_factory=list)
    _open: list[_Open] = field(default_factory=list)
    _best: int = field(default_factory=lambda: min(yardstick() for _ in range(20)))
    _collected: int = 0
    _collecting_since: int = 0

    def collect(self, phase: str, _info: dict[str, int]) -> None:
        """For `gc.callbacks`: what the garbage collector takes of the window's thread."""
        if threading.current_thread() is not threading.main_thread():
            return
        if phase == "start":
            self._collecting_since = time.thread_time_ns()
        else:
            self._collected += time.thread_time_ns() - self._collecting_since

    def watch(self, deliver: Callable[[QObject, QEvent], bool], receiver: QObject, event: QEvent) -> bool:
        """Deliver an event and measure it."""
        kind = event.type()
        self.events += 1
        level = QThread.currentThread().loopLevel() if self._open else 0
        inner = _Open(time.thread_time_ns(), time.monotonic(), level, self._collected)
        self._open.append(inner)
        try:
            return deliver(receiver, event)
        finally:
            self._open.pop()
            self._ended(inner, kind, receiver)

    @contextmanager
    def apart(self) -> Iterator[None]:
        """What a test does inside a handler, and no reader would wait for."""
        started = time.thread_time_ns()
        try:
            yield
        finally:
            if self._open:
                self._open[-1].apart += time.thread_time_ns() - started

    def stalls(self, bar: float = BAR_MS) -> list[Handled]:
        """Handlers that kept the reader waiting, longest first."""
        return [handled for handled in self.longest if handled.is_stall(bar)]

    def look(self) -> None:
        """From another thread: where the window's thread is now, if it has been in one handler for a while."""
        handlers = self._open[:1]
        frame = sys._current_frames().get(threading.main_thread().ident or 0)  # the only door to it
        if not handlers or not self._is_late(handlers[0]):
            return
        names: list[str] = []
        while frame is not None and len(names) < DEPTH:
            code = frame.f_code
            if "polypviewer" in code.co_filename and code.co_filename != WRAPPED_BY:
                names.append(code.co_name)
            frame = frame.f_back
        if names:
            handlers[0].seen_at = tuple(names)

    @staticmethod
    def _is_late(handler: _Open) -> bool:
        return time.monotonic() - handler.entered > LATE_S

    def _ended(self, inner: _Open, kind: QEvent.Type, receiver: QObject) -> None:
        took = time.thread_time_ns() - inner.started
        outer = self._open[-1] if self._open else None
        paints = kind in EXCEPTIONS
        own_loop = outer is not None and inner.level > outer.level
        if outer is not None:
            outer.apart += (took if paints or own_loop else inner.apart) + self.overhead
        if paints:
            self._keep(self.repaints, took - inner.apart, inner, kind, receiver)
        elif outer is None or own_loop:
            self._keep(self.longest, took - inner.apart, inner, kind, receiver)

    def _slowness(self, milliseconds: float) -> float:
        """How much slower the core is now than at its best; asked after long handlers only."""
        if milliseconds <= BAR_MS / 2:
            return 1.0
        now = min(yardstick() for _ in range(2))
        self._best = min(self._best, now)
        return now / self._best

    def _keep(
        self, longest: list[Handled], nanoseconds: int, inner: _Open, kind: QEvent.Type, receiver: QObject
    ) -> None:
        milliseconds = nanoseconds / 1e6
        if len(longest) == KEPT and milliseconds <= longest[-1].milliseconds:
            return
        named = receiver.objectName() if isValid(receiver) else ""
        who = f"{type(receiver).__name__} {named}".strip()
        garbage = (self._collected - inner.collected) / 1e6
        longest.append(
            Handled(milliseconds, garbage, kind.name, who, self.doing, inner.seen_at, self._slowness(milliseconds))
        )
        longest.sort(key=lambda handled: -handled.milliseconds)
        del longest[KEPT:]


def yardstick() -> int:
    """CPU nanoseconds of a fixed piece of work, half Python, half memory: about a millisecond."""
    started = time.thread_time_ns()
    total = 0
    for number in range(3_000):
        total += number & 7
    _MEMORY.copy()
    return time.thread_time_ns() - started


class WatchedApplication(QApplication):
    """An application with a watchdog."""

    def __init__(self) -> None:
        super().__init__([])
        self.watchdog = Watchdog()
        self.watchdog.overhead = self._overhead()
        gc.callbacks.append(self.watchdog.collect)
        threading.Thread(target=self._look, name="watchdog", daemon=True).start()

    def notify(self, receiver: QObject, event: QEvent) -> bool:
        """Qt's one door for events."""
        if QThread.currentThread() is not self.thread():
            return super().notify(receiver, event)
        return self.watchdog.watch(super().notify, receiver, event)

    def _overhead(self) -> int:
        """CPU nanoseconds that watching adds to an event that does nothing."""
        receiver, event = QObject(), QEvent(QEvent.Type.User)
        started = time.thread_time_ns()
        for _ in range(1_000):
            QApplication.sendEvent(receiver, event)
        watched = time.thread_time_ns() - started
        started = time.thread_time_ns()
        for _ in range(1_000):
            receiver.event(event)
        return max(watched - (time.thread_time_ns() - started), 0) // 1_000

    def _look(self) -> None:
        while True:
            time.sleep(LOOKED_EVERY_S)
            self.watchdog.look()
