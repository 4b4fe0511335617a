"""Status lights, the queues that Enter visits, and the reader's pace."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median
from typing import Final

from polypviewer.core.identity import FrameRef
from polypviewer.core.review import ReviewStatus
from polypviewer.session.values import QueueName, QueueView

QUEUES: Final[dict[QueueName, frozenset[ReviewStatus]]] = {
    QueueName.TO_REVIEW: frozenset({ReviewStatus.UNREVIEWED, ReviewStatus.PROPOSED, ReviewStatus.EDITED}),
    QueueName.NEEDS_WORK: frozenset({ReviewStatus.NEEDS_WORK}),
    QueueName.PROPOSED: frozenset({ReviewStatus.PROPOSED}),
    QueueName.DECIDED: frozenset({ReviewStatus.ACCEPTED, ReviewStatus.CORRECTED, ReviewStatus.NO_POLYP}),
}
_REMEMBERED: Final = 20
_LONGEST: Final = 600.0


class StatusLights(Mapping[FrameRef, ReviewStatus]):
    """The status of every frame; a frame that nobody touched is unreviewed. Counts are kept, not counted again."""

    def __init__(self, statuses: Mapping[FrameRef, ReviewStatus] | None = None, *, frames: int = 0) -> None:
        self._statuses: dict[FrameRef, ReviewStatus] = {}
        self._counts: Counter[ReviewStatus] = Counter()
        self.frames = frames
        for ref, status in (statuses or {}).items():
            self.change(ref, status)

    def __getitem__(self, ref: FrameRef) -> ReviewStatus:
        return self._statuses.get(ref, ReviewStatus.UNREVIEWED)

    def __iter__(self) -> Iterator[FrameRef]:
        return iter(self._statuses)

    def __len__(self) -> int:
        return len(self._statuses)

    def change(self, ref: FrameRef, status: ReviewStatus) -> bool:
        """Set one light; True if it was another before."""
        before = self[ref]
        if before == status:
            return False
        self._counts[before] -= 1
        self._counts[status] += 1
        self._statuses[ref] = status
        return True

    def count(self, status: ReviewStatus) -> int:
        """How many frames have this status."""
        if status == ReviewStatus.UNREVIEWED:
            touched = sum(self._counts[other] for other in ReviewStatus if other != ReviewStatus.UNREVIEWED)
            return max(0, self.frames - touched)
        return self._counts[status]


def find_in_queue(
    frames: Sequence[FrameRef], statuses: Mapping[FrameRef, ReviewStatus], *, name: QueueName, start: int, step: int
) -> FrameRef | None:
    """The nearest frame of a queue from position `start` (not itself) in steps of 1 or -1; None if there is none."""
    wanted = QUEUES[name]
    position = start + step
    while 0 <= position < len(frames):
        ref = frames[position]
        if statuses[ref] in wanted:
            return ref
        position += step
    return None


class Pace:
    """How long the reader takes for a frame: the median of the last decisions; pauses of ten minutes do not count."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._shown_at: float | None = None
        self._seconds: deque[float] = deque(maxlen=_REMEMBERED)

    def frame_shown(self) -> None:
        """A frame came on the screen."""
        self._shown_at = self._clock()

    def decided(self) -> None:
        """It was decided."""
        if self._shown_at is not None:
            seconds = self._clock() - self._shown_at
            if seconds < _LONGEST:
                self._seconds.append(seconds)
        self._shown_at = self._clock()

    @property
    def seconds(self) -> float | None:
        """Seconds for a frame, None before the first decision."""
        return median(self._seconds) if self._seconds else None


def view_queue(lights: StatusLights, *, name: QueueName, pace: Pace) -> QueueView:
    """Where the reader stands."""
    waiting = sum(lights.count(status) for status in QUEUES[name])
    decided = sum(lights.count(status) for status in QUEUES[QueueName.DECIDED])
    seconds = pace.seconds
    return QueueView(name, waiting, decided, lights.frames, seconds, None if seconds is None else seconds * waiting)
