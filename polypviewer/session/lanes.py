"""Lanes: where slow work runs, one job at a time, and how its answer comes home to the thread of the window.

A lane is a one-worker executor plus one signal home. Of jobs with the same key only the latest counts: an older one is
not started any more, or its answer is dropped. Urgent jobs go before patient ones. An error never vanishes: it comes
home to `on_error`, or to the lane's `failed` signal.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, PriorityQueue, SimpleQueue
from typing import Any, Final, ParamSpec, TypeVar, cast

from PySide6.QtCore import QObject, Qt, Signal, Slot

P = ParamSpec("P")
T = TypeVar("T")

URGENT: Final = 0
PATIENT: Final = 1

Answer = Callable[[Any], None]
Trouble = Callable[[Exception], None]


@dataclass(frozen=True, slots=True, order=True)
class _Ticket:
    """A job in the queue: lower rank first, then first come first served."""

    rank: int
    number: int


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """`waiting_for_it`: set when a thread waits for the answer itself (`call`); such an answer does not come home."""

    ticket: _Ticket
    work: Callable[[], object]
    key: object | None = None
    on_done: Answer | None = None
    on_error: Trouble | None = None
    waiting_for_it: Future[Any] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Outcome:
    job: _Job
    value: object = None
    error: Exception | None = None


class Lane(QObject):
    """One worker thread. Make, use and close it on one thread; jobs get snapshots only."""

    failed = Signal(object)  # Exception of a job without `on_error`
    _wake = Signal()

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=f"lane-{name}")
        self._waiting: PriorityQueue[tuple[_Ticket, _Job]] = PriorityQueue()
        self._outcomes: SimpleQueue[_Outcome] = SimpleQueue()
        self._numbers = itertools.count()
        self._latest: dict[object, _Ticket] = {}
        self._open = True
        self._wake.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    @property
    def is_open(self) -> bool:
        """False from the beginning of `close` on."""
        return self._open

    def submit(
        self,
        function: Callable[..., T],
        *args: object,
        on_done: Callable[[T], None] | None = None,
        on_error: Trouble | None = None,
        key: object | None = None,
        rank: int = URGENT,
    ) -> None:
        """Run `function(*args)` on the lane; its answer or error comes back on the thread that owns the lane.

        `key`: a newer job with an equal key makes this one stale. After `close` the call does nothing.
        """
        if not self._open:
            return
        ticket = _Ticket(rank, next(self._numbers))
        if key is not None:
            self._latest[key] = ticket
        job = _Job(ticket, lambda: function(*args), key, cast(Answer | None, on_done), on_error)
        self._waiting.put((ticket, job))
        self._executor.submit(self._run_next)

    def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `function` on the lane and wait for its answer. For worker threads of other lanes, never for the
        window's.

        Raises what `function` raises; RuntimeError once the lane is closed.
        """
        answer: Future[T] = Future()
        ticket = _Ticket(URGENT, next(self._numbers))
        self._waiting.put((ticket, _Job(ticket, lambda: function(*args, **kwargs), waiting_for_it=answer)))
        self._executor.submit(self._run_next)
        return answer.result()

    def catch_up(self, seconds: float) -> bool:
        """Wait on the owner's thread until all urgent jobs of now are done, at most so long; hand out their answers.

        False if they take longer; then the answers come home as ever.
        """
        done: Future[Any] = Future()
        ticket = _Ticket(URGENT, next(self._numbers))
        self._waiting.put((ticket, _Job(ticket, _nothing, waiting_for_it=done)))
        self._executor.submit(self._run_next)
        with contextlib.suppress(TimeoutError):
            done.result(seconds)
        while self._deliver_one():
            pass
        return done.done()

    def forget(self, key: object) -> None:
        """Make every job of this key stale."""
        self._latest.pop(key, None)

    def close(self, *, finish: bool = False) -> None:
        """Join the worker. `finish`: do the waiting jobs first (the `disk` lane); otherwise they are dropped."""
        if not self._open:
            return
        self._open = False
        self._executor.shutdown(wait=True, cancel_futures=not finish)
        self._refuse_waiting()
        while self._deliver_one():
            pass
        self._latest.clear()

    def _refuse_waiting(self) -> None:
        """Whoever waits in `call` for a job that was dropped is told so."""
        while not self._waiting.empty():
            _, job = self._waiting.get_nowait()
            if job.waiting_for_it is not None:
                job.waiting_for_it.set_exception(RuntimeError(f"the lane {self.name!r} is closed"))

    def _is_stale(self, job: _Job) -> bool:
        return job.key is not None and self._latest.get(job.key) != job.ticket

    def _run_next(self) -> None:
        """On the worker: take the most urgent job. What it raises is carried home, whatever it is."""
        try:
            _, job = self._waiting.get_nowait()
        except Empty:
            return
        if self._is_stale(job):
            return
        try:
            outcome = _Outcome(job, job.work())
        except Exception as error:  # noqa: BLE001 - the lane is the boundary: every error goes home, none is swallowed
            outcome = _Outcome(job, error=error)
        if job.waiting_for_it is not None:
            _answer(job.waiting_for_it, outcome)
            return
        self._outcomes.put(outcome)
        self._wake.emit()

    @Slot()
    def _deliver(self) -> None:
        """On the owner's thread. Returns nothing: PySide6 6.12 loses a reference to what a queued slot returns."""
        self._deliver_one()

    def _deliver_one(self) -> bool:
        """Hand out one answer that has come home; False if there is none."""
        try:
            outcome = self._outcomes.get_nowait()
        except Empty:
            return False
        if not self._is_stale(outcome.job):
            self._hand_out(outcome)
        return True

    def _hand_out(self, outcome: _Outcome) -> None:
        job = outcome.job
        if job.key is not None:
            self._latest.pop(job.key, None)
        if outcome.error is None:
            if job.on_done is not None:
                job.on_done(outcome.value)
        elif job.on_error is not None:
            job.on_error(outcome.error)
        else:
            self.failed.emit(outcome.error)


def _nothing() -> None:
    """What a lane does for somebody who waits until everything before it is done."""


def _answer(waiting: Future[Any], outcome: _Outcome) -> None:
    if outcome.error is None:
        waiting.set_result(outcome.value)
    else:
        waiting.set_exception(outcome.error)
