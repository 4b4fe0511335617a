"""Edits of the shown frame: strokes, decisions, undo and redo across frames.

Each is a Command, kept before it is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final
from uuid import UUID, uuid4

from polypviewer.core.command import Change, Command, MaskChange, inverted
from polypviewer.core.errors import EditError
from polypviewer.core.geometry import EMPTY_RECT, Point, Rect
from polypviewer.core.identity import FrameIdentity, FrameRef
from polypviewer.core.proposal import Proposal
from polypviewer.core.region import Reshape, reshape_patch
from polypviewer.core.review import (
    accept_changes,
    dismiss_changes,
    drawn_changes,
    needs_work_changes,
    no_polyp_changes,
    set_value,
    take_proposal_changes,
)
from polypviewer.session.desk import Desk
from polypviewer.session.drawing import Drawing
from polypviewer.session.keeper import Action, RevisionOrder
from polypviewer.session.keeping import Keeping
from polypviewer.session.messages import message
from polypviewer.session.navigation import Navigation
from polypviewer.session.settling import Settling
from polypviewer.session.values import ShownFrame, ShownProposal

DECIDING: Final = frozenset({"accept", "no_polyp", "needs_work"})
KEPT_AT_ONCE: Final = DECIDING | {"take_proposal"}
"""Kinds of steps that make a revision. Pixels that are taken from a proposal do: the cache forgets it with the next."""


class Editing:
    """Everything here runs on the window's thread on the shown draft; disks and models hear of it afterwards."""

    def __init__(
        self,
        desk: Desk,
        keeping: Keeping,
        settling: Settling,
        drawing: Drawing,
        *,
        proposal_of: Callable[[], ShownProposal | None],
    ) -> None:
        self._desk = desk
        self._keeping = keeping
        self._settling = settling
        self._drawing = drawing
        self._proposal_of = proposal_of

    @property
    def is_drawing(self) -> bool:
        """True between press and release."""
        return self._drawing.is_drawing

    # --- pixels ---

    def end_stroke(self) -> None:
        """The release: one command. A stroke that changed no pixel leaves none."""
        done = self._drawing.finish()
        if done is not None:
            kind, change = done
            self._drawn(kind, change)

    def reshape(self, kind: str, reshape: Reshape) -> bool:
        """Make what a tool has worked out, as one command; False if it changes nothing. Raises `EditError`."""
        shown = self._desk.need_editable()
        patch = reshape_patch(shown.draft.label_map, reshape)
        if patch.is_empty:
            return False
        change = MaskChange(shown.ref, patch)
        self._drawn(kind, change, rect=shown.draft.apply(change))
        return True

    def _drawn(self, kind: str, change: MaskChange, *, rect: Rect = EMPTY_RECT) -> None:
        """A person changed pixels, and the draft has them: the fields that follow from that, and the command."""
        draft = self._desk.need_frame().draft
        fields = drawn_changes(draft)
        draft.apply_all(fields)
        self._done(kind, (change, *fields), rect=rect)

    # --- decisions ---

    def accept(self) -> None:
        """Accept what is painted now, or, where nothing is, the proposal as it is shown. Raises `EditError`."""
        shown = self._ready()
        proposal = self._proposal_of()
        changes = accept_changes(
            shown.draft,
            shown_proposal=proposal.mask if proposal is not None else None,
            proposal_id=proposal.proposal.id if proposal is not None else None,
        )
        self._do("accept", changes)
        self._desk.signals.message.emit(message("frame.accepted", offers_undo=True))

    def state_no_polyp(self) -> None:
        """State that this frame holds no polyp. Raises `EditError` while a mask stands."""
        shown = self._ready()
        self._do("no_polyp", no_polyp_changes(shown.draft))
        self._desk.signals.message.emit(message("frame.no_polyp", offers_undo=True))

    def needs_work(self) -> None:
        """Mark the frame for later; it never trains. Raises `EditError`."""
        shown = self._ready()
        self._do("needs_work", needs_work_changes(shown.draft))
        self._desk.signals.message.emit(message("frame.needs_work", offers_undo=True))

    def take_proposal(self) -> None:
        """Copy the shown proposal into the empty label map to correct it. Raises `EditError`."""
        shown = self._ready()
        proposal = self._need_proposal()
        changes = take_proposal_changes(shown.draft, shown_proposal=proposal.mask, proposal_id=proposal.proposal.id)
        self._do("take_proposal", changes)

    def dismiss_at(self, point: Point) -> None:
        """Dismiss the proposed region under a point in image coordinates. Raises `EditError`."""
        shown = self._ready()
        proposal = self._need_proposal()
        height, width = proposal.labels.shape
        inside = 0 <= point.x < width and 0 <= point.y < height
        number = int(proposal.labels[int(point.y), int(point.x)]) if inside else 0
        if number == 0 or number in proposal.dismissed:
            raise EditError("edit.no_component")
        self._do("dismiss", dismiss_changes(shown.draft, proposal_id=proposal.proposal.id, component=number))
        self._desk.signals.message.emit(message("frame.dismissed", offers_undo=True))

    def set_comment(self, text: str) -> None:
        """Give the frame a comment; an empty text takes it away. Raises `EditError`."""
        shown = self._ready()
        self._do("comment", set_value(shown.draft, "comment", text or None))

    # --- undo and redo ---

    def undo(self, navigation: Navigation) -> None:
        """Take the last step back; goes to its frame first."""
        self._step_back_or_forth("undo", navigation)

    def redo(self, navigation: Navigation) -> None:
        """Make the last undone step again; goes to its frame first."""
        self._step_back_or_forth("redo", navigation)

    def leave(self, shown: ShownFrame) -> None:
        """A frame goes off the screen: the stroke in the air is released, an edited frame becomes a revision."""
        self.end_stroke()
        if self._keeping.needs_revision(shown.ref):
            self._revise(shown)

    def _step_back_or_forth(self, action: Action, navigation: Navigation) -> None:
        desk = self._desk
        if navigation.is_under_way:
            navigation.when_there(partial(self._step_back_or_forth, action, navigation))
            return
        self.end_stroke()
        command = desk.history.last_done if action == "undo" else desk.history.last_undone
        if command is None:
            desk.signals.message.emit(message("history.empty" if action == "undo" else "history.nothing_to_redo"))
            return
        desk.need_editable()
        here = desk.need_frame().ref
        if not command.changes or (command.on(here) and here in desk.frames):
            self._apply_step(command, action)
            return
        there = [ref for ref in command.frames if ref in desk.frames]
        if there:
            navigation.go_to(self._best_of(there), then=partial(self._step_back_or_forth, action, navigation))
        else:
            desk.say_error(EditError("edit.frame_gone"))

    def _best_of(self, refs: list[FrameRef]) -> FrameRef:
        """The first frame of a step that can be shown: a file that has gone does not hold up the others."""
        if len(refs) == 1:
            return refs[0]
        paths = self._desk.paths
        return next((ref for ref in refs if paths[ref.media_id].exists()), refs[0])

    def _apply_step(self, command: Command, action: Action) -> None:
        desk = self._desk
        shown = desk.need_frame()
        changes = command.on(shown.ref)
        rect = shown.draft.apply_all(inverted(changes) if action == "undo" else changes)
        desk.history.undo() if action == "undo" else desk.history.redo()
        self._keeping.journal(command, action)
        if command.kind in KEPT_AT_ONCE:
            self._revise(shown)
        self._tell(shown, rect)
        desk.signals.step_shown.emit(rect)
        if len(command.frames) > 1:
            self._revise(shown)
            others: dict[FrameRef, FrameIdentity | None] = dict.fromkeys(command.frames)
            others.pop(shown.ref, None)
            self._settling.take(others)

    # --- one way for all ---

    def _ready(self) -> ShownFrame:
        """The frame for a decision; the stroke in the air is released first, so that it is part of it."""
        shown = self._desk.need_editable()
        self.end_stroke()
        return shown

    def _need_proposal(self) -> ShownProposal:
        proposal = self._proposal_of()
        if proposal is None:
            raise EditError("edit.no_proposal")
        return proposal

    def _do(self, kind: str, changes: tuple[Change, ...]) -> None:
        """Apply changes that were worked out against the shown draft."""
        if not changes:
            return
        rect = self._desk.need_frame().draft.apply_all(changes)
        self._done(kind, changes, rect=rect)

    def _done(self, kind: str, changes: tuple[Change, ...], *, rect: Rect = EMPTY_RECT) -> None:
        """Make a command of changes that the draft already has: history, journal, a revision if it decides."""
        desk = self._desk
        project, _ = desk.need_project()
        shown = desk.need_frame()
        command = Command(uuid4(), project.reader_id, kind, changes)
        desk.history.push(command)
        self._keeping.journal(command, "do")
        if kind in KEPT_AT_ONCE:
            self._revise(shown)
        if kind in DECIDING:
            desk.pace.decided()
        self._tell(shown, rect)

    def done_on_many(self, command: Command, identities: Mapping[FrameRef, FrameIdentity]) -> None:
        """A command on many frames; the shown draft gets its share here. No stroke may be in the air on any."""
        desk = self._desk
        desk.history.push(command)
        self._keeping.journal(command, "do")
        shown = desk.shown
        if shown is not None and shown.ref in identities:
            rect = shown.draft.apply_all(command.on(shown.ref))
            self._revise(shown)
            self._tell(shown, rect)
        else:
            desk.signals.history_changed.emit()
        others = dict(identities)
        if shown is not None:
            others.pop(shown.ref, None)
        self._settling.take(others)

    def _revise(self, shown: ShownFrame) -> None:
        self._keeping.revise(RevisionOrder(shown.draft.snapshot(), shown.identity, self._used_proposal(shown)))

    def _used_proposal(self, shown: ShownFrame) -> Proposal | None:
        """The proposal that this draft's decision uses, if it is the one on the screen."""
        proposal = self._proposal_of()
        used = shown.draft.value("proposal_id")
        if proposal is None or used is None or UUID(used) != proposal.proposal.id:
            return None
        return proposal.proposal

    def _tell(self, shown: ShownFrame, rect: Rect) -> None:
        desk = self._desk
        if not rect.is_empty:
            desk.signals.pixels_changed.emit(rect)
        desk.relight(shown.draft)
        desk.signals.draft_changed.emit(shown.ref)
        desk.signals.history_changed.emit()
