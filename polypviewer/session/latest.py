"""Following a hand: one job at a time on a lane, and what was asked last comes next.

A job's key on a lane drops every answer that is overtaken, so a slider that moves faster than the lane works would show
nothing until it rests. Here each answer that still holds is shown, and what lies between two of them is never begun.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar

from polypviewer.session.lanes import Lane

T = TypeVar("T")


class Latest(Generic[T]):
    """Lives on the thread that owns the lane. `then` gets each answer, `failed` each error, unless forgotten."""

    def __init__(self, lane: Lane, then: Callable[[T], None], *, failed: Callable[[Exception], None]) -> None:
        self._lane, self._then, self._failed = lane, then, failed
        self._next: Callable[[], T] | None = None
        self._is_busy = False
        self._era = 0

    def ask(self, work: Callable[[], T]) -> None:
        """Do this as soon as the job under way is done, instead of what waits."""
        self._next = work
        self._go_on()

    def forget(self) -> None:
        """Nothing that has been asked for is wanted any more."""
        self._next = None
        self._era += 1

    def _go_on(self) -> None:
        if self._is_busy or self._next is None:
            return
        work, self._next = self._next, None
        self._is_busy = True
        came, refused = partial(self._came, self._era), partial(self._refused, self._era)
        self._lane.submit(work, on_done=came, on_error=refused)

    def _came(self, era: int, answer: T) -> None:
        self._is_busy = False
        if era == self._era:
            self._then(answer)
        self._go_on()

    def _refused(self, era: int, error: Exception) -> None:
        self._is_busy = False
        if era == self._era:
            self._failed(error)
        self._go_on()
