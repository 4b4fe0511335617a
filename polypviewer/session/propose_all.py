"""Proposals for every undecided frame, in the background."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from polypviewer.core.identity import FrameRef
from polypviewer.session.desk import Desk
from polypviewer.session.lanes import PATIENT
from polypviewer.session.messages import message
from polypviewer.session.model_seat import ModelSeat, Proposed
from polypviewer.session.stored import frames_proposed
from polypviewer.session.values import Progress

if TYPE_CHECKING:
    from polypviewer.session.proposing import Proposing


class ProposeAll:
    """One pass over the frames, one at a time, after whatever the shown frame needs."""

    def __init__(self, owner: Proposing, desk: Desk, seat: ModelSeat, digest: str) -> None:
        self._owner, self._desk, self._seat = owner, desk, seat
        self._digest = digest
        self._todo: list[FrameRef] = []
        self._done = 0
        self._failed: set[FrameRef] = set()
        self._told: set[UUID] = set()
        self._began = time.monotonic()
        self._over = False

    def start(self) -> None:
        """Ask which frames have proposals of this bundle already."""
        _, keeper = self._desk.need_project()
        self._desk.lanes.disk.submit(
            frames_proposed, keeper.store, self._digest, on_done=self._begin, on_error=self._broken
        )

    def stop(self) -> None:
        """The user's stop."""
        if not self._over:
            self._desk.signals.message.emit(message("propose.stopped", count=self._done))
            self._end()

    def abandon(self) -> None:
        """Another model or project: end without a word about it but the last progress."""
        if not self._over:
            self._over = True
            self._tell(ended=True)

    def _begin(self, have: set[FrameRef]) -> None:
        waiting = self._desk.undecided()
        self._todo = [ref for ref in waiting if ref not in have]
        self._began = time.monotonic()
        self._tell()
        self._next()

    def _next(self) -> None:
        if self._over:
            return
        if self._done == len(self._todo):
            self._desk.signals.message.emit(
                message("propose.done", count=self._done - len(self._failed), failed=len(self._failed))
            )
            self._end()
            return
        ref = self._todo[self._done]
        stated = self._desk.stated_fields.get(ref.media_id)
        self._desk.lanes.infer.submit(
            self._seat.read_and_propose,
            self._desk.paths[ref.media_id],
            ref,
            stated,
            on_done=self._came,
            on_error=partial(self._skip, ref),
            rank=PATIENT,
        )

    def _came(self, made: Proposed) -> None:
        if self._over or made.proposal.bundle_digest != self._digest:
            return
        self._owner.keep(made)
        self._go_on()

    def _skip(self, ref: FrameRef, error: Exception) -> None:
        """A frame that cannot be read does not stop the rest; what is wrong with a medium is said once."""
        if self._over:
            return
        if ref.media_id not in self._told:
            self._desk.say_error(error)
        self._told.add(ref.media_id)
        self._failed.add(ref)
        self._go_on()

    def _go_on(self) -> None:
        self._done += 1
        self._tell()
        self._next()

    def _broken(self, error: Exception) -> None:
        self._desk.say_error(error)
        self._end()

    def _end(self) -> None:
        self._over = True
        self._tell(ended=True)
        self._owner.ended()

    def _tell(self, *, ended: bool = False) -> None:
        seconds = time.monotonic() - self._began
        left = seconds / self._done * (len(self._todo) - self._done) if self._done else None
        self._desk.signals.progress.emit(
            Progress("propose", self._done, len(self._todo), seconds_left=left, ended=ended)
        )
