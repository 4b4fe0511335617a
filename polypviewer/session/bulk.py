"""Bulk acceptance: every frame that waits with a proposal is accepted as it was proposed, in one undoable step.

The frames are worked out on the `work` lane, step by step through the `disk` lane, so that strokes are journaled in
between; the step is put together there too. Accepted is what waits when all is worked out and was not edited meanwhile,
without the regions that a person has dismissed before.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

from PySide6.QtCore import QTimer

from polypviewer.core.command import Change, Command, ValueChange
from polypviewer.core.draft import Draft
from polypviewer.core.errors import EditError, MediaError
from polypviewer.core.identity import FrameIdentity, FrameRef
from polypviewer.core.label_map import has_polyp
from polypviewer.core.proposal import Proposal, proposal_mask
from polypviewer.core.review import DecidedBy, ReviewStatus, accept_changes, review_status
from polypviewer.session.frames import FrameReader
from polypviewer.session.keeper import lane_door
from polypviewer.session.long_jobs import Reporter, until_stopped
from polypviewer.session.messages import message
from polypviewer.session.outlines import dismissed_in
from polypviewer.session.store_door import StoreDoor, Tell, stoppable
from polypviewer.session.values import Progress

if TYPE_CHECKING:
    from polypviewer.session.desk import Desk
    from polypviewer.session.editing import Editing
    from polypviewer.session.keeper import Keeper
    from polypviewer.session.keeping import Keeping
    from polypviewer.session.navigation import Navigation
    from polypviewer.storage.store import ProjectStore

LIT_AT_ONCE: Final = 100
ARRIVAL_MS: Final = 20
"""So long until it is looked again whether the frame that is being gone to has come."""


@dataclass(frozen=True, slots=True, eq=False)
class BulkFrame:
    """One frame that can be accepted: the changes against its draft, and the fields that it has after them."""

    identity: FrameIdentity
    changes: tuple[Change, ...]
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class BulkWork:
    """What the lane works out for a reader; `threshold` None: each proposal's own."""

    reader_id: UUID
    frames: Sequence[tuple[FrameRef, Path]]
    digest: str
    threshold: float | None


@dataclass(frozen=True, slots=True, eq=False)
class BulkStep:
    """What the lane found: the step on all of these frames."""

    frames: Mapping[FrameRef, BulkFrame]
    identities: Mapping[FrameRef, FrameIdentity]
    command: Command

    def without(self, refs: frozenset[FrameRef]) -> BulkStep:
        """The step that leaves these frames out."""
        if not refs:
            return self
        left = {ref: frame for ref, frame in self.frames.items() if ref not in refs}
        return _step(left, reader_id=self.command.reader_id)


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """The project of a request, and how many steps each of its frames had then."""

    keeper: Keeper
    edits: Mapping[FrameRef, int]


class Bulk:
    """The window's side."""

    def __init__(self, desk: Desk, editing: Editing, keeping: Keeping, navigation: Navigation) -> None:
        self._desk, self._editing, self._keeping, self._navigation = desk, editing, keeping, navigation
        self._stop = threading.Event()
        self._reporter = Reporter(desk.signals)
        self._reporter.told.connect(desk.signals.progress)

    def stop(self) -> None:
        """End it after the frame under way; then nothing is accepted."""
        self._stop.set()

    def accept_all_proposed(self, *, digest: str, threshold: float | None) -> None:
        """Accept what the model `digest` proposed, wherever nobody decided. Raises `EditError` if there is nothing."""
        desk = self._desk
        desk.need_editable()
        project, keeper = desk.need_project()
        waiting = [ref for ref in desk.frames if desk.lights[ref] == ReviewStatus.PROPOSED]
        if not waiting:
            raise EditError("edit.nothing_proposed")
        frames = [(ref, desk.paths[ref.media_id]) for ref in waiting]
        work = BulkWork(project.reader_id, frames, digest, threshold)
        desk.signals.progress.emit(Progress("accept", 0, len(waiting)))
        self._stop = threading.Event()
        job = partial(work_out, lane_door(desk.lanes.disk, keeper), work)
        asked = _Asked(keeper, {ref: self._keeping.edits_of(ref) for ref in waiting})
        done, tell = partial(self._worked_out, asked), stoppable(self._stop, self._reporter.told.emit)
        desk.lanes.work.submit(until_stopped, job, tell, on_done=done, on_error=self._failed, key="bulk")

    def _worked_out(self, asked: _Asked, found: BulkStep | None) -> None:
        desk = self._desk
        if desk.keeper is asked.keeper and self._navigation.is_under_way:
            # That frame is on its way from the disk as it was: it is accepted when it stands on the screen.
            QTimer.singleShot(ARRIVAL_MS, desk.signals, partial(self._worked_out, asked, found))
            return
        desk.signals.progress.emit(Progress("accept", 1, 1, ended=True))
        if desk.keeper is not asked.keeper or found is None:
            return
        step = found.without(frozenset(ref for ref in found.frames if not self._is_untouched(ref, asked)))
        if not step.frames:
            desk.say_error(EditError("edit.nothing_proposed"))
            return
        self._editing.done_on_many(step.command, step.identities)
        self._light(asked, tuple(step.frames.values()))
        desk.signals.message.emit(message("frame.bulk_accepted", count=len(step.frames), offers_undo=True))

    def _light(self, asked: _Asked, frames: tuple[BulkFrame, ...]) -> None:
        """Light what was accepted, some frames in each turn of the window; not what was undone or edited by then."""
        desk = self._desk
        if desk.keeper is not asked.keeper:
            return
        for frame in frames[:LIT_AT_ONCE]:
            ref = frame.identity.ref
            if self._keeping.edits_of(ref) == asked.edits[ref] + 1:
                desk.light(ref, frame.values, has_mask=True)
        if len(frames) > LIT_AT_ONCE:
            QTimer.singleShot(0, desk.signals, partial(self._light, asked, frames[LIT_AT_ONCE:]))

    def _is_untouched(self, ref: FrameRef, asked: _Asked) -> bool:
        shown = self._desk.shown
        if self._editing.is_drawing and shown is not None and shown.ref == ref:
            return False
        return self._keeping.edits_of(ref) == asked.edits[ref] and self._desk.lights[ref] == ReviewStatus.PROPOSED

    def _failed(self, error: Exception) -> None:
        self._desk.signals.progress.emit(Progress("accept", 0, 0, ended=True))
        self._desk.say_error(error)


def work_out(door: StoreDoor, work: BulkWork, tell: Tell) -> BulkStep:
    """On the lane. A frame whose file cannot be read, or that is proposed empty, is left out."""
    reader = FrameReader(kept_bytes=1)
    found: dict[FrameRef, BulkFrame] = {}
    try:
        for number, (ref, path) in enumerate(work.frames):
            tell(Progress("accept", number, len(work.frames)))
            frame = _frame(door, reader, work, ref, path)
            if frame is not None:
                found[ref] = frame
    finally:
        reader.close()
    return _step(found, reader_id=work.reader_id)


def _step(frames: Mapping[FrameRef, BulkFrame], *, reader_id: UUID) -> BulkStep:
    changes = tuple(change for frame in frames.values() for change in frame.changes)
    identities = {ref: frame.identity for ref, frame in frames.items()}
    return BulkStep(frames, identities, Command(uuid4(), reader_id, "accept_all", changes))


def _frame(door: StoreDoor, reader: FrameReader, work: BulkWork, ref: FrameRef, path: Path) -> BulkFrame | None:
    proposal = door(partial(_proposal, ref=ref, digest=work.digest))
    if proposal is None:
        return None
    try:
        identity = reader.identity(path, ref)
    except MediaError:
        return None
    draft = door(partial(_draft, ref=ref, identity=identity))
    has_mask = has_polyp(draft.label_map)
    if review_status(draft.values, has_mask=has_mask, has_proposal=True) != ReviewStatus.PROPOSED:
        return None
    dismissed = dismissed_in(draft, proposal)
    mask = proposal_mask(proposal, threshold=work.threshold, dismissed=dismissed)
    if not mask.any():
        return None
    changes = accept_changes(draft, shown_proposal=mask, proposal_id=proposal.id, decided_by=DecidedBy.BULK)
    return BulkFrame(identity, changes, _after(draft.values, changes))


def _after(values: Mapping[str, str], changes: tuple[Change, ...]) -> dict[str, str]:
    """The fields of a frame after changes that take none away."""
    made = {change.field: change.after for change in changes if isinstance(change, ValueChange) and change.after}
    return {**values, **made}


def _proposal(store: ProjectStore, *, ref: FrameRef, digest: str) -> Proposal | None:
    return store.cache.proposal(ref, digest)


def _draft(store: ProjectStore, *, ref: FrameRef, identity: FrameIdentity) -> Draft:
    return store.load_draft(ref, identity=identity)
