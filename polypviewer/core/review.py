"""Review: what a reader decides about a frame, what a status light shows, who may train."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

import cv2
import numpy as np

from polypviewer.core.command import Change, MaskChange, ValueChange
from polypviewer.core.draft import Draft
from polypviewer.core.errors import EditError
from polypviewer.core.geometry import Rect
from polypviewer.core.label_map import BACKGROUND, Mask, has_polyp
from polypviewer.core.patch import filling_patch

_ONLY_SLOT: Final = 1


class Presence(StrEnum):
    """What a reader says about polyps in a frame."""

    UNKNOWN = "unknown"
    POLYP = "polyp"
    NO_POLYP = "no_polyp"


class Decision(StrEnum):
    """Whether a reader has decided a frame."""

    UNDECIDED = "undecided"
    ACCEPTED = "accepted"
    NEEDS_WORK = "needs_work"


class Origin(StrEnum):
    """Where the pixels of a revision come from."""

    DRAWN = "drawn"
    PROPOSAL = "proposal"
    IMPORTED = "imported"


class DecidedBy(StrEnum):
    """How a decision was taken."""

    SINGLE = "single"
    BULK = "bulk"
    ADJUDICATION = "adjudication"
    NONE = "none"


class ReviewStatus(StrEnum):
    """What the strip shows under a frame. `EDITED` is drawn on and not yet decided."""

    UNREVIEWED = "unreviewed"
    PROPOSED = "proposed"
    EDITED = "edited"
    ACCEPTED = "accepted"
    CORRECTED = "corrected"
    NO_POLYP = "no_polyp"
    NEEDS_WORK = "needs_work"


@dataclass(frozen=True, slots=True)
class RevisionHead:
    """A revision without children. `stage`: working, final. `round_name`: reading, calibration, adjudication."""

    revision_id: UUID
    annotation_id: UUID
    reader_id: UUID
    round_name: str
    stage: str
    presence: Presence
    decision: Decision


def review_status(values: Mapping[str, str], *, has_mask: bool, has_proposal: bool) -> ReviewStatus:
    """The status of a frame from its annotation's fields.

    Accepted is a decided frame whose pixels are a proposal's or an import's; corrected is one that a person drew.
    """
    decision = values.get("decision", Decision.UNDECIDED)
    if decision == Decision.NEEDS_WORK:
        return ReviewStatus.NEEDS_WORK
    if decision == Decision.ACCEPTED:
        if values.get("presence") == Presence.NO_POLYP:
            return ReviewStatus.NO_POLYP
        return ReviewStatus.CORRECTED if values.get("origin") == Origin.DRAWN else ReviewStatus.ACCEPTED
    if has_mask or values.get("origin") == Origin.DRAWN:
        return ReviewStatus.EDITED
    return ReviewStatus.PROPOSED if has_proposal else ReviewStatus.UNREVIEWED


def may_train(presence: str, decision: str) -> bool:
    """True for frames that a person decided: accepted or drawn masks, and stated "no polyp". Never "needs work"."""
    return decision == Decision.ACCEPTED and presence in (Presence.POLYP, Presence.NO_POLYP)


def frame_truth(heads: Sequence[RevisionHead]) -> RevisionHead | None:
    """The one revision that is a frame's truth; None while nothing is decided or readers disagree.

    Adjudication stands above final revisions, those above working ones. Two decided heads on one level
    are a conflict.
    """
    decided = [head for head in heads if may_train(head.presence, head.decision)]
    for level in (_adjudicated, _final, _working):
        candidates = [head for head in decided if level(head)]
        if candidates:
            return candidates[0] if len(candidates) == 1 else None
    return None


def _adjudicated(head: RevisionHead) -> bool:
    return head.round_name == "adjudication"


def _final(head: RevisionHead) -> bool:
    return head.round_name == "reading" and head.stage == "final"


def _working(head: RevisionHead) -> bool:
    return head.round_name == "reading" and head.stage == "working"


def set_value(draft: Draft, field: str, after: str | None) -> tuple[Change, ...]:
    """The change that gives a field a value; nothing if it has it already."""
    before = draft.value(field)
    return () if before == after else (ValueChange(draft.frame, field, before, after),)


def drawn_changes(draft: Draft) -> tuple[Change, ...]:
    """The fields that change when a person paints: the pixels are drawn now, and an earlier decision is open again."""
    changes = set_value(draft, "origin", Origin.DRAWN)
    if draft.value("decision") == Decision.ACCEPTED:
        changes += set_value(draft, "decision", Decision.UNDECIDED) + set_value(draft, "decided_by", DecidedBy.NONE)
    if draft.value("presence") not in (None, Presence.UNKNOWN):
        changes += set_value(draft, "presence", Presence.UNKNOWN)
    return changes


def accept_changes(
    draft: Draft, *, shown_proposal: Mask | None, proposal_id: UUID | None, decided_by: DecidedBy = DecidedBy.SINGLE
) -> tuple[Change, ...]:
    """Accept what is painted; if nothing is and a proposal is shown, accept the proposal as it is shown.

    `shown_proposal`: `(height, width)` bool at the shown threshold without dismissed components, or None.
    Raises `EditError` ("edit.nothing_painted") if neither a mask nor a proposal is there, ("edit.all_ignored") if all
    of the proposal lies under ignored pixels.
    """
    changes: tuple[Change, ...] = ()
    if not has_polyp(draft.label_map):
        if shown_proposal is None or not shown_proposal.any():
            raise EditError("edit.nothing_painted")
        changes += _proposal_pixels(draft, shown_proposal)
        if not changes:
            raise EditError("edit.all_ignored")
        changes += set_value(draft, "origin", Origin.PROPOSAL)
        changes += set_value(draft, "proposal_id", str(proposal_id) if proposal_id else None)
    return changes + _decide(draft, Presence.POLYP, decided_by)


def take_proposal_changes(draft: Draft, *, shown_proposal: Mask, proposal_id: UUID) -> tuple[Change, ...]:
    """Copy the shown proposal into an empty label map so that it can be corrected; nothing is decided by that.

    Raises `EditError` if a mask stands already (a person's mask is never overwritten), or if all of the proposal lies
    under ignored pixels.
    """
    if has_polyp(draft.label_map):
        raise EditError("edit.mask_there")
    if not shown_proposal.any():
        raise EditError("edit.no_proposal")
    changes = _proposal_pixels(draft, shown_proposal)
    if not changes:
        raise EditError("edit.all_ignored")
    changes += set_value(draft, "origin", Origin.PROPOSAL)
    return changes + set_value(draft, "proposal_id", str(proposal_id))


def no_polyp_changes(draft: Draft, *, decided_by: DecidedBy = DecidedBy.SINGLE) -> tuple[Change, ...]:
    """State "no polyp in this frame". Raises `EditError` ("edit.mask_stands") while a mask stands."""
    if has_polyp(draft.label_map):
        raise EditError("edit.mask_stands")
    return _decide(draft, Presence.NO_POLYP, decided_by)


def needs_work_changes(draft: Draft) -> tuple[Change, ...]:
    """Mark the frame for later work; such a frame never trains."""
    return set_value(draft, "decision", Decision.NEEDS_WORK) + set_value(draft, "decided_by", DecidedBy.SINGLE)


def dismiss_changes(draft: Draft, *, proposal_id: UUID, component: int) -> tuple[Change, ...]:
    """Hide one component of a proposal; that says nothing about the rest of the frame."""
    numbers = dismissed_components(draft, proposal_id=proposal_id) | {component}
    return set_value(draft, "dismissed", f"{proposal_id}:{','.join(str(number) for number in sorted(numbers))}")


def dismissed_components(draft: Draft, *, proposal_id: UUID) -> frozenset[int]:
    """The dismissed component numbers of this proposal; those of another proposal do not count."""
    owner, _, numbers = (draft.value("dismissed") or "").partition(":")
    if owner != str(proposal_id):
        return frozenset()
    return frozenset(int(number) for number in numbers.split(",") if number)


def _decide(draft: Draft, presence: Presence, decided_by: DecidedBy) -> tuple[Change, ...]:
    return (
        set_value(draft, "presence", presence)
        + set_value(draft, "decision", Decision.ACCEPTED)
        + set_value(draft, "decided_by", decided_by)
    )


def _proposal_pixels(draft: Draft, mask: Mask) -> tuple[Change, ...]:
    """Paint the mask into background pixels only, as the first lesion; pixels marked "ignore" stay.

    The label map holds no lesion.
    """
    height, width = draft.label_map.shape
    if mask.shape != draft.label_map.shape:
        raise EditError("edit.size", mask_height=mask.shape[0], mask_width=mask.shape[1], height=height, width=width)
    rect = Rect(*cv2.boundingRect(mask.view(np.uint8)))
    inside, labels = mask[rect.slices], draft.label_map[rect.slices]
    if labels.max(initial=BACKGROUND) != BACKGROUND:
        inside = inside & (labels == BACKGROUND)
    patch = filling_patch(inside, rect, value=_ONLY_SLOT, height=height, width=width)
    return () if patch.is_empty else (MaskChange(draft.frame, patch),)
