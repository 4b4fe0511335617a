"""The Keeper: on the `disk` lane, it owns the project's stores and what could not be written to them yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from polypviewer.core.command import Command, inverted
from polypviewer.core.draft import Draft
from polypviewer.core.errors import ProjectError
from polypviewer.core.identity import FrameIdentity, FrameRef
from polypviewer.core.label_map import LabelMap, empty_label_map
from polypviewer.core.proposal import Proposal
from polypviewer.session.rescue import set_aside
from polypviewer.session.store_door import StoreDoor
from polypviewer.session.stored import keep_imported_mask, settle

if TYPE_CHECKING:
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


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is not on disk: `steps` on `frames` frames, and `revisions` of steps that may be."""

    steps: int = 0
    frames: int = 0
    revisions: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Parting:
    """What a project was closed without: `steps`, in the file `place` or, without one, lost. `error`: why."""

    steps: int = 0
    place: Path | None = None
    error: Exception | None = None


class Keeper:
    """The project's stores and what waits for them. Used on the `disk` lane only.

    Steps of one frame are written in order; a step that cannot be written holds up its own frames and no others.
    """

    def __init__(self, store: ProjectStore) -> None:
        self.store = store
        self._backlog: list[JournalRow] = []
        self._unrevised: dict[FrameRef, RevisionOrder] = {}
        self._imported: dict[FrameRef, FrameIdentity] = {}

    @property
    def waiting(self) -> Waiting:
        """What is not on disk."""
        frames = {ref for row in self._backlog for ref in row.command.frames}
        return Waiting(len(self._backlog), len(frames), len(self._unrevised))

    def append(self, row: JournalRow) -> None:
        """Write a row and all that waits; durable when this returns.

        Raises the first error; what could not be written waits on.
        """
        self._backlog.append(row)
        self._write_all()

    def revise(self, order: RevisionOrder) -> None:
        """Write a revision, after the rows of its frame, and all that waits. On an error the old one stays the head."""
        self._unrevised[order.draft.frame] = order
        self._write_all(newest=order)

    def retry(self) -> None:
        """Write all that waits; a revision that waited takes in what came after it. Raises the first error."""
        self._write_all()

    def load(self, ref: FrameRef) -> StoredFrame:
        """A frame's draft for the screen: the head revision, its journal rows, and rows that are not on disk yet."""
        self.took(ref)
        return self.peek(ref)

    def peek(self, ref: FrameRef) -> StoredFrame:
        """The same for somebody who does not show it."""
        draft = self.store.load_draft(ref)
        rows = [row for row in self._backlog if row.command.on(ref)]
        done = self.store.journal.done_steps({row.command.id for row in rows}) if rows else {}
        for row in rows:
            does = row.action != "undo"
            if done.get(row.command.id) != does:
                done[row.command.id] = does
                changes = row.command.on(ref)
                draft.apply_all(changes if does else inverted(changes))
        return StoredFrame(draft, self.store.frame_identity(ref))

    def settle(self, frames: Mapping[FrameRef, FrameIdentity | None]) -> frozenset[FrameRef]:
        """Make revisions of frames whose journal goes beyond their head, before a job reads the decided frames.

        `frames`: what is known of the identities of those that nothing is kept of yet; otherwise their file is asked.
        Returns the frames that have one now; the others' files cannot be read. Raises the first error, at the end.
        """
        errors: list[Exception] = []
        done: set[FrameRef] = set()
        steps: list[Callable[[], None]] = [
            self.retry,
            *(partial(self._settle, *known, done) for known in frames.items()),
        ]
        for step in steps:
            try:
                step()
            except Exception as error:  # noqa: BLE001 - raised when all other frames have had their turn
                errors.append(error)
        if errors:
            raise errors[0]
        return frozenset(done)

    # --- masks that an import brings ---

    def keep_imported(self, identity: FrameIdentity, label_map: LabelMap) -> bool:
        """Keep a mask that came along; False where somebody has worked on the frame, on disk or not yet."""
        ref = identity.ref
        is_waited_for = ref in self._unrevised or any(ref in row.command.frames for row in self._backlog)
        if is_waited_for or not keep_imported_mask(self.store, identity, label_map):
            return False
        self._imported[ref] = identity
        return True

    def took(self, ref: FrameRef) -> None:
        """The window shows what is on disk: its next steps build on an imported mask."""
        self._imported.pop(ref, None)

    def close(self) -> Parting:
        """Write what waits and let go of the project; steps that cannot be written are set aside, if that can be."""
        parting = Parting()
        try:
            self.retry()
        except Exception as error:  # noqa: BLE001 - it is told by whoever closes
            parting = self._part(error)
        finally:
            self.store.close()
        return parting

    # --- inside ---

    def _settle(self, ref: FrameRef, identity: FrameIdentity | None, done: set[FrameRef]) -> None:
        if settle(self.store, ref, identity):
            done.add(ref)

    def _write_all(self, *, newest: RevisionOrder | None = None) -> None:
        errors: list[Exception] = []
        held = self._write_rows(errors)
        for ref, order in list(self._unrevised.items()):
            if ref in held or _is_busy(errors):
                continue
            try:
                draft = order.draft if order is newest else self.store.load_draft(ref, identity=order.identity)
                self.store.write_revision(draft, identity=order.identity, proposal=order.proposal)
                del self._unrevised[ref]
            except Exception as error:  # noqa: BLE001 - the first one is raised when all others have had their turn
                errors.append(error)
        if errors:
            raise errors[0]

    def _part(self, error: Exception) -> Parting:
        rows = [(row.action, row.command) for row in self._backlog]
        try:
            return Parting(len(rows), set_aside(self.store, rows) if rows else None, error)
        except Exception as worse:  # noqa: BLE001 - a full disk often is the user's own, too; then the steps are lost
            return Parting(len(rows), error=worse)

    def _write_rows(self, errors: list[Exception]) -> set[FrameRef]:
        """Write the rows that can be written; returns the frames that are held up."""
        left: list[JournalRow] = []
        held: set[FrameRef] = set()
        for row in self._backlog:
            frames = row.command.frames
            if held.isdisjoint(frames) and not _is_busy(errors):
                try:
                    self._clear_imported(frames)
                    self.store.append(row.command, row.action)
                    continue
                except Exception as error:  # noqa: BLE001 - told once the rows of other frames have had their turn
                    errors.append(error)
            left.append(row)
            held.update(frames)
        self._backlog = left
        return held

    def _clear_imported(self, frames: tuple[FrameRef, ...]) -> None:
        """Steps were made on a frame while an import brought its mask: the person's work stands, on what they saw."""
        for ref in frames:
            identity = self._imported.get(ref)
            if identity is not None:
                empty = Draft(ref, empty_label_map(identity.height, identity.width))
                self.store.write_revision(empty, identity=identity)
                del self._imported[ref]


def _is_busy(errors: list[Exception]) -> bool:
    """Somebody else holds the database: every further write would wait for seconds, in vain."""
    return any(isinstance(error, ProjectError) and error.code == "project.busy" for error in errors)


def lane_door(lane: Lane, keeper: Keeper) -> StoreDoor:
    """The door of a job on another lane: each step waits for its turn on the `disk` lane."""

    def run(function: Callable[[ProjectStore], T], /) -> T:
        return lane.call(partial(function, keeper.store))

    return run
