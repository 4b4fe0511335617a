"""Decisions: what may be accepted, what is refused, what trains, what the light shows."""

from __future__ import annotations

from uuid import UUID, uuid4

import numpy as np
import pytest

from polypviewer.core.draft import Draft
from polypviewer.core.errors import EditError
from polypviewer.core.identity import FrameRef
from polypviewer.core.label_map import empty_label_map, has_polyp
from polypviewer.core.review import (
    Decision,
    Presence,
    ReviewStatus,
    RevisionHead,
    accept_changes,
    dismiss_changes,
    dismissed_components,
    drawn_changes,
    frame_truth,
    may_train,
    needs_work_changes,
    no_polyp_changes,
    review_status,
    take_proposal_changes,
)

FRAME = FrameRef(UUID(int=1), 0)


def blank() -> Draft:
    return Draft(FRAME, empty_label_map(12, 16))


def some_mask() -> np.ndarray:
    mask = np.zeros((12, 16), bool)
    mask[3:7, 4:9] = True
    return mask


def status(draft: Draft, *, has_proposal: bool = False) -> ReviewStatus:
    return review_status(draft.values, has_mask=has_polyp(draft.label_map), has_proposal=has_proposal)


def test_accepting_nothing_is_refused_and_says_why() -> None:
    with pytest.raises(EditError) as refused:
        accept_changes(blank(), shown_proposal=None, proposal_id=None)
    assert refused.value.code == "edit.nothing_painted"
    assert refused.value.cure


def test_accepting_an_untouched_frame_takes_the_shown_proposal() -> None:
    draft = blank()
    draft.apply_all(accept_changes(draft, shown_proposal=some_mask(), proposal_id=uuid4()))
    assert np.array_equal(draft.label_map == 1, some_mask())
    assert status(draft) is ReviewStatus.ACCEPTED


def test_accepting_a_painted_frame_ignores_the_proposal() -> None:
    draft = blank()
    draft.label_map[0, 0] = 1
    draft.apply_all(drawn_changes(draft))
    draft.apply_all(accept_changes(draft, shown_proposal=some_mask(), proposal_id=uuid4()))
    assert draft.label_map.sum() == 1
    assert status(draft) is ReviewStatus.CORRECTED


def test_no_polyp_is_refused_while_a_mask_stands() -> None:
    draft = blank()
    draft.label_map[5, 5] = 2
    with pytest.raises(EditError, match="mask stands"):
        no_polyp_changes(draft)


def test_painting_on_a_decided_frame_opens_the_decision_again() -> None:
    draft = blank()
    draft.apply_all(no_polyp_changes(draft))
    assert status(draft) is ReviewStatus.NO_POLYP
    draft.apply_all(drawn_changes(draft))
    assert draft.value("decision") == Decision.UNDECIDED
    assert draft.value("presence") == Presence.UNKNOWN
    assert status(draft) is ReviewStatus.EDITED


def test_a_proposal_never_replaces_a_mask_that_stands() -> None:
    draft = blank()
    draft.label_map[0, 0] = 1
    with pytest.raises(EditError):
        take_proposal_changes(draft, shown_proposal=some_mask(), proposal_id=uuid4())


def test_a_proposal_leaves_ignored_pixels_alone() -> None:
    draft = blank()
    draft.label_map[3, 4] = 255
    draft.apply_all(accept_changes(draft, shown_proposal=some_mask(), proposal_id=uuid4()))
    assert draft.label_map[3, 4] == 255


def test_dismissing_says_nothing_about_the_frame_and_belongs_to_one_proposal() -> None:
    draft, proposal = blank(), uuid4()
    draft.apply_all(dismiss_changes(draft, proposal_id=proposal, component=2))
    draft.apply_all(dismiss_changes(draft, proposal_id=proposal, component=1))
    assert dismissed_components(draft, proposal_id=proposal) == {1, 2}
    assert dismissed_components(draft, proposal_id=uuid4()) == frozenset()
    assert draft.value("decision") is None


@pytest.mark.parametrize(
    ("presence", "decision", "trains"),
    [
        ("polyp", "accepted", True),
        ("no_polyp", "accepted", True),
        ("polyp", "needs_work", False),
        ("polyp", "undecided", False),
        ("unknown", "accepted", False),
    ],
)
def test_only_decided_frames_train(presence: str, decision: str, trains: bool) -> None:  # noqa: FBT001 # a parametrised value, not a switch
    assert may_train(presence, decision) is trains


def test_needs_work_never_trains() -> None:
    draft = blank()
    draft.apply_all(needs_work_changes(draft))
    assert status(draft) is ReviewStatus.NEEDS_WORK


def head(**changes: object) -> RevisionHead:
    values: dict[str, object] = {
        "revision_id": uuid4(), "annotation_id": uuid4(), "reader_id": uuid4(), "round_name": "reading",
        "stage": "working", "presence": Presence.POLYP, "decision": Decision.ACCEPTED,
    }  # fmt: skip
    return RevisionHead(**{**values, **changes})  # type: ignore[arg-type] # built from a table of defaults


def test_two_readers_who_both_decided_are_a_conflict_until_adjudicated() -> None:
    first, second = head(), head()
    assert frame_truth([first, second]) is None
    verdict = head(round_name="adjudication")
    assert frame_truth([first, verdict, second]) is verdict


def test_a_final_revision_stands_above_working_ones_and_calibration_never_counts() -> None:
    final = head(stage="final")
    assert frame_truth([head(), final]) is final
    assert frame_truth([head(round_name="calibration")]) is None
    assert frame_truth([]) is None
