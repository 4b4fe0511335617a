"""Keeping: every command goes to the journal, every decision into a revision, in order, on the `disk` lane.

`Keeping` lives on the window's thread: it says "saved" only when nothing waits any more, and keeps the dirty flag as
long as something is not on disk. `keeper.Keeper` does the writing, on the lane.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from polypviewer.core.command import Command
from polypviewer.core.identity import FrameRef
from polypviewer.session.keeper import Action, JournalRow, Keeper, RevisionOrder, Waiting
from polypviewer.session.messages import message

if TYPE_CHECKING:
    from polypviewer.session.desk import Desk

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """What became of a write: its answer or its error, and what still waits."""

    waiting: Waiting
    answer: object = None
    error: Exception | None = None


def _nobody(_kept: Kept) -> None:
    """Who sends most writes."""


class Keeping:
    """The window's side: hands over snapshots, counts what is under way, says what became of it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._edits: dict[FrameRef, int] = {}
        self._unsaved_frames: set[FrameRef] = set()
        self.reset()

    def reset(self) -> None:
        """Another project: answers that still come are of the one before."""
        self._project = object()
        self._under_way = 0
        self._failed = self._is_in_trouble = False
        self.waiting = Waiting()
        self._edits.clear()
        self._unsaved_frames.clear()

    @property
    def is_dirty(self) -> bool:
        """True while something is not on disk."""
        return self._under_way > 0 or self._failed or self.waiting != Waiting()

    @property
    def is_under_way(self) -> bool:
        """True while the answer of a write has not come home."""
        return self._under_way > 0

    def needs_revision(self, ref: FrameRef) -> bool:
        """True for a frame that was edited after its head revision."""
        return ref in self._unsaved_frames

    def edits_of(self, ref: FrameRef) -> int:
        """How many steps were made on a frame since the project was opened."""
        return self._edits.get(ref, 0)

    def mark_edited(self, refs: set[FrameRef]) -> None:
        """Frames whose journal goes beyond their head revision (after a restart), unless nothing can be written."""
        if not self._desk.is_read_only:
            self._unsaved_frames |= refs

    def journal(self, command: Command, action: Action) -> None:
        """Send one step to the journal."""
        for ref in command.frames:
            self._edits[ref] = self.edits_of(ref) + 1
            self._unsaved_frames.add(ref)
        _, keeper = self._desk.need_project()
        self._send(keeper.append, JournalRow(command, action))

    def settle_all(self) -> None:
        """Make revisions of all frames that have none of their newest edits; jobs read decided frames after that."""
        _, keeper = self._desk.need_project()
        if self._unsaved_frames and not self._desk.is_read_only:
            before = {ref: self.edits_of(ref) for ref in self._unsaved_frames}
            self._send(keeper.settle, dict.fromkeys(before), on_done=partial(self._settled, before))

    def revised(self, refs: set[FrameRef]) -> None:
        """Frames that have a revision of their newest edit."""
        self._unsaved_frames -= refs

    def revise(self, order: RevisionOrder) -> None:
        """Send a revision; the order's draft is a snapshot."""
        self._unsaved_frames.discard(order.draft.frame)
        _, keeper = self._desk.need_project()
        self._send(keeper.revise, order)

    def save_now(self, on_done: Callable[[Kept], None] = _nobody) -> None:
        """Ctrl+S: try again whatever waits; "saved" follows when all is on disk."""
        _, keeper = self._desk.need_project()
        self._send(keeper.retry, on_done=on_done)

    def _send(
        self, function: Callable[..., object], *arguments: object, on_done: Callable[[Kept], None] = _nobody
    ) -> None:
        _, keeper = self._desk.need_project()
        was_dirty = self.is_dirty
        self._under_way += 1
        if not was_dirty:
            self._desk.signals.dirty_changed.emit(True)
        answered = partial(self._answered, self._project, on_done)
        self._desk.lanes.disk.submit(_tried, keeper, partial(function, *arguments), on_done=answered)

    def _answered(self, project: object, on_done: Callable[[Kept], None], kept: Kept) -> None:
        signals = self._desk.signals
        if kept.error is not None:
            self._desk.say_error(kept.error)
        if project is self._project:
            self._under_way -= 1
            self.waiting, self._failed = kept.waiting, kept.error is not None
            self._is_in_trouble |= self._failed
            if not self.is_dirty:
                if self._is_in_trouble:
                    self._is_in_trouble = False
                    signals.message.emit(message("save.recovered"))
                signals.saved.emit(datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"))
                signals.dirty_changed.emit(False)
        on_done(kept)

    def _settled(self, before: dict[FrameRef, int], kept: Kept) -> None:
        """Frames that have their revision, unless they were edited meanwhile."""
        if isinstance(kept.answer, frozenset):
            done = {ref for ref in kept.answer if self.edits_of(ref) == before.get(ref)}
            self._unsaved_frames -= done


def _tried(keeper: Keeper, work: Callable[[], object]) -> Kept:
    """On the lane: write, and say what waits after that."""
    try:
        answer = work()
    except Exception as error:  # noqa: BLE001 - it is carried home and told there
        return Kept(keeper.waiting, error=error)
    return Kept(keeper.waiting, answer)
