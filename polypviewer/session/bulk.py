"""Bulk acceptance: every frame that waits with a proposal is accepted as it was proposed, in one undoable step.

The frames are worked out on the `work` lane, step by step through the `disk` lane, so that strokes are journaled in
between. What a person touched meanwhile is left out: only untouched frames are accepted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from polypviewer.core.command import Change
from polypviewer.core.draft import Draft
from polypviewer.core.errors import EditError, MediaError
from polypviewer.core.identity import FrameIdentity, FrameRef
from polypviewer.core.label_map import has_polyp
from polypviewer.core.proposal import Proposal, proposal_mask
from polypviewer.core.review import DecidedBy, ReviewStatus, accept_changes
from polypviewer.session.frames import FrameReader
from polypviewer.session.keeper import RevisionOrder, lane_door
from polypviewer.session.messages import message
from polypviewer.session.store_door import StoreDoor
from polypviewer.session.values import Progress

if TYPE_CHECKING:
    from polypviewer.session.desk import Desk
    from polypviewer.session.editing import Editing
    from polypviewer.session.keeping import Keeping
    from polypviewer.storage.store import ProjectStore


@dataclass(frozen=True, slots=True, eq=False)
class BulkFrame:
    """One frame that can be accepted: the changes against its untouched draft, and what they come from."""

    draft: Draft
    identity: FrameIdentity
    proposal: Proposal
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, eq=False)
class BulkWork:
    """What the lane works out; `threshold` None: each proposal's own."""

    frames: Sequence[tuple[FrameRef, Path]]
    digest: str
    threshold: float | None


class Bulk:
    """The window's side."""

    def __init__(self, desk: Desk, editing: Editing, keeping: Keeping) -> None:
        self._desk, self._editing, self._keeping = desk, editing, keeping

    def accept_all_proposed(self, *, digest: str, threshold: float | None) -> None:
        """Accept what the model `digest` proposed, wherever nobody decided. Raises `EditError` if there is nothing."""
        desk = self._desk
        desk.need_editable()
        _, keeper = desk.need_project()
        waiting = [ref for ref in desk.frames if desk.lights[ref] == ReviewStatus.PROPOSED]
        if not waiting:
            raise EditError("edit.nothing_proposed")
        work = BulkWork([(ref, desk.paths[ref.media_id]) for ref in waiting], digest, threshold)
        desk.signals.progress.emit(Progress("accept", 0, len(waiting)))
        done = partial(self._worked_out, keeper.store)
        door = lane_door(desk.lanes.disk, keeper)
        desk.lanes.work.submit(work_out, door, work, on_done=done, on_error=self._failed, key="bulk")

    def _worked_out(self, store: ProjectStore, found: tuple[BulkFrame, ...]) -> None:
        desk = self._desk
        desk.signals.progress.emit(Progress("accept", 1, 1, ended=True))
        if desk.keeper is None or desk.keeper.store is not store:
            return
        chosen = tuple(frame for frame in found if self._is_untouched(frame.draft.frame))
        if not chosen:
            desk.say_error(EditError("edit.nothing_proposed"))
            return
        self._editing.done_on_many("accept_all", tuple(change for frame in chosen for change in frame.changes))
        for frame in chosen:
            frame.draft.apply_all(frame.changes)
            self._keeping.revise(RevisionOrder(frame.draft, frame.identity, frame.proposal))
            desk.relight(frame.draft)
        desk.signals.message.emit(message("frame.bulk_accepted", count=len(chosen), offers_undo=True))

    def _is_untouched(self, ref: FrameRef) -> bool:
        shown = self._desk.shown
        if shown is not None and shown.ref == ref and has_polyp(shown.draft.label_map):
            return False
        return self._desk.lights[ref] == ReviewStatus.PROPOSED

    def _failed(self, error: Exception) -> None:
        self._desk.signals.progress.emit(Progress("accept", 0, 0, ended=True))
        self._desk.say_error(error)


def work_out(door: StoreDoor, work: BulkWork) -> tuple[BulkFrame, ...]:
    """On the lane. A frame whose file cannot be read, or that is proposed empty, is left out."""
    reader = FrameReader(kept_bytes=1)
    try:
        made = (_frame(door, reader, work, ref, path) for ref, path in work.frames)
        return tuple(frame for frame in made if frame is not None)
    finally:
        reader.close()


def _frame(door: StoreDoor, reader: FrameReader, work: BulkWork, ref: FrameRef, path: Path) -> BulkFrame | None:
    proposal = door(partial(_proposal, ref=ref, digest=work.digest))
    if proposal is None:
        return None
    try:
        identity = reader.identity(path, ref)
    except MediaError:
        return None
    draft = door(partial(_draft, ref=ref, identity=identity))
    mask = proposal_mask(proposal, threshold=work.threshold)
    if draft.values or has_polyp(draft.label_map) or not mask.any():
        return None
    changes = accept_changes(draft, shown_proposal=mask, proposal_id=proposal.id, decided_by=DecidedBy.BULK)
    return BulkFrame(draft, identity, proposal, changes)


def _proposal(store: ProjectStore, *, ref: FrameRef, digest: str) -> Proposal | None:
    return store.cache.proposal(ref, digest)


def _draft(store: ProjectStore, *, ref: FrameRef, identity: FrameIdentity) -> Draft:
    return store.load_draft(ref, identity=identity)
