"""Keeping: every command goes to the journal, every decision into a revision, in order, on the `disk` lane.

`Keeper` lives on the lane: it owns the project's stores and a backlog of what could not be written. `Keeping` lives
on the window's thread: it says "saved" only after a write has returned, and keeps the dirty flag as long as
something is not on disk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeVar

from polypviewer.core.command import Command, inverse
from polypviewer.core.draft import Draft
from polypviewer.core.identity import FrameIdentity, FrameRef
from polypviewer.core.proposal import Proposal
from polypviewer.session.messages import message
from polypviewer.session.store_door import StoreDoor
from polypviewer.session.stored import settle

if TYPE_CHECKING:
    from polypviewer.session.desk import Desk
    from polypviewer.session.lanes import Lane
    from polypviewer.storage.store import ProjectStore

T = TypeVar("T")
Action = Literal["do", "undo", "redo"]


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One step for the journal, with the identities of the frames it touches."""

    command: Command
    action: Action


@dataclass(frozen=True, slots=True, eq=False)
class RevisionOrder:
    """A snapshot to be kept as a revision. `proposal`: the one that the pixels or the decision come from."""

    draft: Draft
    identity: FrameIdentity
    proposal: Proposal | None = None


@dataclass(frozen=True, slots=True, eq=False)
class StoredFrame:
    """A draft and, where something refers to the frame already, which frame that was."""

    draft: Draft
    identity: FrameIdentity | None


class Keeper:
    """The project's stores and what waits for them. Used on the `disk` lane only."""

    def __init__(self, store: ProjectStore) -> None:
        self.store = store
        self._backlog: list[JournalRow] = []
        self._unrevised: dict[FrameRef, RevisionOrder] = {}

    def append(self, row: JournalRow) -> None:
        """Write a row after all that wait before it; durable when this returns. On an error they all wait on."""
        self._backlog.append(row)
        self._flush()

    def revise(self, order: RevisionOrder) -> None:
        """Write a revision after its rows. On an error it waits on, and the old revision stays the head."""
        self._unrevised[order.draft.frame] = order
        self._flush()
        self._write(order.draft, order)
        self.retry()

    def retry(self) -> None:
        """Write all that waits, in order; a revision that waited takes in what came after it."""
        self._flush()
        for ref, order in list(self._unrevised.items()):
            self._write(self.store.load_draft(ref, identity=order.identity), order)

    def load(self, ref: FrameRef) -> StoredFrame:
        """A frame's draft: the head revision, its journal rows, and rows that are not on disk yet."""
        draft = self.store.load_draft(ref)
        for row in self._backlog:
            draft.apply_all(inverse(row.command) if row.action == "undo" else row.command.changes)
        return StoredFrame(draft, self.store.frame_identity(ref))

    def settle(self, refs: frozenset[FrameRef]) -> None:
        """Make revisions of frames whose journal goes beyond their head, before a job reads the decided frames."""
        self.retry()
        for ref in refs:
            settle(self.store, ref)

    def close(self) -> None:
        """Write what waits and let go of the project.

        Raises what the write raises; the stores are closed all the same.
        """
        try:
            self.retry()
        finally:
            self.store.close()

    def _write(self, draft: Draft, order: RevisionOrder) -> None:
        self.store.write_revision(draft, identity=order.identity, proposal=order.proposal)
        self._unrevised.pop(draft.frame, None)

    def _flush(self) -> None:
        while self._backlog:
            row = self._backlog[0]
            self.store.append(row.command, row.action)
            del self._backlog[0]


def lane_door(lane: Lane, keeper: Keeper) -> StoreDoor:
    """The door of a job on another lane: each step waits for its turn on the `disk` lane."""

    def run(function: Callable[[ProjectStore], T], /) -> T:
        return lane.call(partial(function, keeper.store))

    return run


class Keeping:
    """The window's side: hands over snapshots, counts what is under way, says what became of it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._under_way = 0
        self._failed = False
        self._unsaved_frames: set[FrameRef] = set()

    @property
    def is_dirty(self) -> bool:
        """True while something is not on disk."""
        return self._under_way > 0 or self._failed

    def reset(self) -> None:
        """Another project."""
        self._under_way, self._failed = 0, False
        self._unsaved_frames.clear()

    def needs_revision(self, ref: FrameRef) -> bool:
        """True for a frame that was edited after its head revision."""
        return ref in self._unsaved_frames

    def mark_edited(self, refs: set[FrameRef]) -> None:
        """Frames whose journal goes beyond their head revision (after a restart)."""
        self._unsaved_frames |= refs

    def journal(self, command: Command, action: Action) -> None:
        """Send one step to the journal."""
        self._unsaved_frames.update(command.frames)
        _, keeper = self._desk.need_project()
        self._send(keeper.append, JournalRow(command, action))

    def settle_all(self) -> None:
        """Make revisions of all frames that have none of their newest edits; jobs read decided frames after that."""
        _, keeper = self._desk.need_project()
        if self._unsaved_frames and not self._desk.is_read_only:
            self._send(keeper.settle, frozenset(self._unsaved_frames))
            self._unsaved_frames.clear()

    def revise(self, order: RevisionOrder) -> None:
        """Send a revision; the order's draft is a snapshot."""
        self._unsaved_frames.discard(order.draft.frame)
        _, keeper = self._desk.need_project()
        self._send(keeper.revise, order)

    def save_now(self) -> None:
        """Ctrl+S: try again whatever waits; "saved" follows when all is on disk."""
        _, keeper = self._desk.need_project()
        self._send(keeper.retry)

    def _send(self, function: Callable[..., None], *arguments: object) -> None:
        was_dirty = self.is_dirty
        self._under_way += 1
        if not was_dirty:
            self._desk.signals.dirty_changed.emit(True)
        self._desk.lanes.disk.submit(function, *arguments, on_done=self._written, on_error=self._refused)

    def _written(self, _nothing: None) -> None:
        self._under_way -= 1
        if self._failed:
            self._failed = False
            self._desk.signals.message.emit(message("save.recovered"))
        self._desk.signals.saved.emit(datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"))
        if not self.is_dirty:
            self._desk.signals.dirty_changed.emit(False)

    def _refused(self, error: Exception) -> None:
        self._under_way -= 1
        self._failed = True
        self._desk.say_error(error)
