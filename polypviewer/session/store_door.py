"""What a long job gets: a way to the project's stores, and somebody to tell how far it is, who may also end it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

from polypviewer.session.values import Progress

if TYPE_CHECKING:
    from polypviewer.storage.store import ProjectStore

T = TypeVar("T")
Tell = Callable[[Progress], None]
"""Called between two steps of a job; raises `JobStopped` when it shall end."""


class JobStopped(Exception):  # noqa: N818 - it is an end that somebody asked for, not an error
    """Somebody asked the job to end; whatever it had half done it removes on its way out."""


class StoreDoor(Protocol):
    """Runs a function on the stores and gives its answer, step by step, so that strokes are journaled in between.

    From a lane it goes through the `disk` lane, in a command directly.
    """

    def __call__(self, function: Callable[[ProjectStore], T], /) -> T: ...


def direct_door(store: ProjectStore) -> StoreDoor:
    """The door of a command: no lanes, one thread."""

    def run(function: Callable[[ProjectStore], T], /) -> T:
        return function(store)

    return run


def stoppable(stop: threading.Event, tell: Tell | None = None) -> Tell:
    """A Tell that passes progress on and ends the job once `stop` is set."""

    def tell_or_stop(progress: Progress) -> None:
        if stop.is_set():
            raise JobStopped
        if tell is not None:
            tell(progress)

    return tell_or_stop
