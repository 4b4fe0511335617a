"""Corrections whose masks are known: the demo's and the tests' reader, through the same commands as the window's."""

from __future__ import annotations

from uuid import UUID, uuid4

from polypviewer.core.command import Change, Command, MaskChange
from polypviewer.core.draft import Draft
from polypviewer.core.geometry import whole
from polypviewer.core.identity import FrameIdentity
from polypviewer.core.label_map import LabelMap, has_polyp
from polypviewer.core.patch import patch_between
from polypviewer.core.review import accept_changes, drawn_changes, no_polyp_changes
from polypviewer.session.keeper import JournalRow, Keeper, RevisionOrder


def correct_and_accept(keeper: Keeper, reader_id: UUID, identity: FrameIdentity, truth: LabelMap) -> None:
    """Paint `truth`, `(height, width)` uint8, and accept it; where it is empty, state "no polyp".

    Raises `EditError`.
    """
    draft = keeper.load(identity.ref).draft
    paint_to(keeper, reader_id, draft, truth)
    if has_polyp(draft.label_map):
        changes = accept_changes(draft, shown_proposal=None, proposal_id=None)
        _keep(keeper, reader_id, draft, "accept", changes)
    else:
        _keep(keeper, reader_id, draft, "no_polyp", no_polyp_changes(draft))
    keeper.revise(RevisionOrder(draft, identity))


def paint_to(keeper: Keeper, reader_id: UUID, draft: Draft, truth: LabelMap) -> None:
    """Make the draft's pixels equal to `truth` by one command, as one stroke would."""
    patch = patch_between(draft.label_map, truth, whole(*truth.shape))
    if not patch.is_empty:
        _keep(keeper, reader_id, draft, "stroke", (MaskChange(draft.frame, patch), *drawn_changes(draft)))


def _keep(keeper: Keeper, reader_id: UUID, draft: Draft, kind: str, changes: tuple[Change, ...]) -> None:
    draft.apply_all(changes)
    keeper.append(JournalRow(Command(uuid4(), reader_id, kind, changes), "do"))
