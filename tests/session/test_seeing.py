"""Where pixels come from, what readers kept of a frame, and how large a lesion is: on a real project."""

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from polypviewer.core.label_map import LabelMap, Mask
from polypviewer.core.proposal import frame_probability
from polypviewer.core.provenance import ADDED, KEPT, REMOVED, provenance
from polypviewer.core.review import Decision, Origin, Presence
from polypviewer.session.bases import stored_base
from polypviewer.session.comparing import RevisionLine
from polypviewer.session.jobs import project_for_command
from polypviewer.session.messages import Message
from polypviewer.session.session import Session
from tests.session.projects import READER, go, labels, opened, paint, until_saved


@pytest.fixture
def session(session: Session, qtbot: QtBot) -> Session:
    """With the first frame's proposal shown, at a threshold at which a tenth of it is proposed."""
    at_share(session, qtbot, 0.1)
    return session


def at_share(session: Session, qtbot: QtBot, share: float) -> None:
    """At the threshold that so much of the frame lies above, whatever the model makes of it."""
    qtbot.waitUntil(lambda: session.proposal is not None, timeout=30_000)
    assert session.proposal is not None
    probability = frame_probability(session.proposal.proposal)
    at_threshold(session, qtbot, float(np.quantile(probability, 1 - share)) / 255)
    assert 0 < proposed(session).mean() < 0.5


def at_threshold(session: Session, qtbot: QtBot, threshold: float) -> None:
    session.set_threshold(threshold)
    qtbot.waitUntil(lambda: session.proposal is not None and session.proposal.threshold == threshold, timeout=30_000)


def proposed(session: Session) -> Mask:
    assert session.proposal is not None
    mask = session.proposal.mask
    assert mask.any()
    return mask


def base_of(session: Session, qtbot: QtBot) -> Mask | None:
    answers: list[Mask | None] = []
    session.provenance_base(answers.append)
    qtbot.waitUntil(lambda: len(answers) == 1)
    return answers[0]


def revisions(session: Session, qtbot: QtBot) -> tuple[RevisionLine, ...]:
    answers: list[tuple[RevisionLine, ...]] = []
    assert session.current is not None
    session.revisions_of(session.current, answers.append)
    qtbot.waitUntil(lambda: len(answers) == 1)
    return answers[0]


# --- provenance ---


def test_a_taken_proposal_stays_the_base_when_the_model_proposes_again(
    session: Session, qtbot: QtBot, project: Path
) -> None:
    session.take_proposal()
    taken, mask = session.proposal, proposed(session)
    assert taken is not None
    session.propose()
    qtbot.waitUntil(lambda: session.proposal is not None and session.proposal.proposal.id != taken.proposal.id)
    session.needs_work()
    until_saved(qtbot, session)
    session.close()
    with project_for_command(project, reader=READER, writes=False) as store:
        ref = next(iter(store.heads())).frame
        stored = store.load_draft(ref)
        named = stored.values.get("proposal_id")
        assert named == str(taken.proposal.id)
        base = stored_base(store, ref, named)
    assert base is not None
    assert np.array_equal(base, mask)


def test_what_was_drawn_by_hand_has_no_base(session: Session, qtbot: QtBot) -> None:
    paint(session, (20, 20))
    assert base_of(session, qtbot) is None


def test_corrections_of_a_proposal_are_told_apart(session: Session, qtbot: QtBot) -> None:
    taken = proposed(session).copy()
    session.take_proposal()
    session.set_setting("paint_outside", True)
    row, column = np.argwhere(taken)[0]
    paint(session, (column + 0.5, row + 0.5), value=0, radius=1.0)
    row, column = np.argwhere(~taken)[0]
    paint(session, (column + 0.5, row + 0.5), radius=0.6)
    base = base_of(session, qtbot)
    assert base is not None
    assert np.array_equal(base, taken)
    codes = provenance(labels(session), base)
    assert codes[row, column] == ADDED
    assert (codes == REMOVED).any()
    assert np.array_equal((codes == KEPT) | (codes == REMOVED), taken)


def test_the_base_stays_what_was_taken_when_the_threshold_moves_on(session: Session, qtbot: QtBot) -> None:
    taken = proposed(session).copy()
    session.take_proposal()
    at_threshold(session, qtbot, 0.9)
    base = base_of(session, qtbot)
    assert base is not None
    assert np.array_equal(base, taken)


def test_a_proposal_that_is_taken_again_at_another_threshold_is_the_base(session: Session, qtbot: QtBot) -> None:
    session.take_proposal()
    paint(session, (64, 48), value=0, radius=200)
    at_share(session, qtbot, 0.05)
    taken = proposed(session).copy()
    session.take_proposal()
    base = base_of(session, qtbot)
    assert base is not None
    assert np.array_equal(base, taken)


def test_undo_takes_the_base_back(session: Session, qtbot: QtBot) -> None:
    session.take_proposal()
    session.undo()
    assert base_of(session, qtbot) is None


def test_the_base_is_the_same_after_a_restart_and_from_the_store_alone(
    session: Session, qtbot: QtBot, project: Path
) -> None:
    taken = proposed(session).copy()
    session.accept(stay=True)
    ref, draft = session.current, session.draft
    assert ref is not None
    assert draft is not None
    proposal_id = draft.value("proposal_id")
    assert proposal_id is not None
    session.close()
    again = opened(qtbot, project)
    go(qtbot, again, ref)
    base = base_of(again, qtbot)
    assert base is not None
    assert np.array_equal(base, taken)
    again.close()
    with project_for_command(project, reader=READER, writes=False) as store:
        stored = stored_base(store, ref, proposal_id)
        assert stored is not None
        assert np.array_equal(stored, taken)
        assert stored_base(store, ref, "00000000-0000-0000-0000-000000000000") is None


def test_a_kept_proposal_is_found_when_the_cache_is_gone(session: Session, qtbot: QtBot, project: Path) -> None:
    assert session.proposal is not None
    wanted = session.proposal.proposal
    session.accept(stay=True)
    until_saved(qtbot, session)
    session.close()
    (project / "cache.db").unlink()
    with project_for_command(project, reader=READER, writes=False) as store:
        kept = store.proposal_of_id(wanted.frame, str(wanted.id))
        assert kept is not None
        assert np.array_equal(kept.probability, wanted.probability)
        assert (kept.id, kept.geometry, kept.threshold) == (wanted.id, wanted.geometry, wanted.threshold)


def test_the_difference_between_mask_and_proposal_is_told(session: Session) -> None:
    session.take_proposal()
    same = session.difference()
    assert same is not None
    assert (same.dice, same.added, same.removed) == (1.0, 0, 0)
    paint(session, (64, 48), value=0, radius=200)
    other = session.difference()
    assert other is not None
    assert other.dice == 0.0
    assert other.removed == same.kept


# --- the heat map ---


def test_the_heat_map_is_one_array_at_every_threshold(session: Session, qtbot: QtBot) -> None:
    assert session.proposal is not None
    heat = session.proposal.probability
    assert heat.shape == labels(session).shape
    assert heat.dtype == np.uint8
    assert not heat.flags.writeable
    at_threshold(session, qtbot, 0.5)
    assert session.proposal.probability is heat
    assert np.array_equal(session.proposal.labels > 0, session.proposal.mask)
    assert (heat[session.proposal.mask] >= 128).all()


def test_dragging_the_threshold_ends_where_the_slider_rests(session: Session, qtbot: QtBot) -> None:
    for step in range(1, 60):
        session.set_threshold(step / 100)
    qtbot.waitUntil(lambda: session.proposal is not None and session.proposal.threshold == 0.59)
    session.next()
    qtbot.waitUntil(lambda: session.proposal is not None and session.proposal.proposal.frame == session.frames[1])
    assert session.proposal is not None
    assert session.proposal.threshold == 0.59


# --- revisions ---


def test_revisions_are_listed_newest_first_with_what_they_are(session: Session, qtbot: QtBot) -> None:
    assert revisions(session, qtbot) == ()
    session.accept(stay=True)
    first = labels(session).copy()
    paint(session, (20, 70), radius=5)
    session.accept(stay=True)
    until_saved(qtbot, session)
    newest, oldest = revisions(session, qtbot)
    assert (newest.is_head, oldest.is_head) == (True, False)
    assert (newest.origin, oldest.origin) == (Origin.DRAWN, Origin.PROPOSAL)
    assert newest.decision is Decision.ACCEPTED
    assert newest.presence is Presence.POLYP
    assert newest.reader == oldest.reader == READER
    assert newest.created >= oldest.created
    maps: list[LabelMap] = []
    session.revision_label_map(oldest.id, maps.append)
    qtbot.waitUntil(lambda: len(maps) == 1)
    assert np.array_equal(maps[0], first)
    maps[0][:] = 9
    assert not (labels(session) == 9).any()


def test_the_revisions_of_every_reader_are_there(session: Session, qtbot: QtBot, project: Path) -> None:
    session.accept(stay=True)
    session.close()
    other = Session()
    with qtbot.waitSignal(other.frame_changed, timeout=20_000):
        other.open(project, "R-2")
    other.state_no_polyp(stay=True)
    until_saved(qtbot, other)
    lines = revisions(other, qtbot)
    assert {(line.reader, line.presence) for line in lines} == {("R-2", Presence.NO_POLYP), (READER, Presence.POLYP)}
    assert all(line.is_head for line in lines)
    other.close()


def test_a_revision_that_is_not_there_is_a_message(session: Session, qtbot: QtBot, messages: list[Message]) -> None:
    assert session.proposal is not None
    session.revision_label_map(session.proposal.proposal.id, lambda _labels: pytest.fail("there is none"))
    qtbot.waitUntil(lambda: [told.code for told in messages] == ["project.no_revision"])


# --- the scale ---


def test_a_scale_holds_for_its_medium_alone_and_after_a_restart(session: Session, qtbot: QtBot, project: Path) -> None:
    with qtbot.waitSignal(session.scale_changed):
        session.set_scale(0.05)
    known = [session.scale]
    go(qtbot, session, session.frames[1])
    assert [*known, session.scale] == [0.05, None]
    session.close()
    again = opened(qtbot, project)
    qtbot.waitUntil(lambda: again.scale == 0.05)
    with qtbot.waitSignal(again.scale_changed):
        again.set_scale(None)
    assert again.scale is None
    again.close()


def test_a_scale_that_cannot_be_is_refused(session: Session, messages: list[Message]) -> None:
    session.set_scale(0.0)
    assert [told.code for told in messages] == ["scale.impossible"]
    assert session.scale is None


def test_a_lesion_is_measured_in_pixels(session: Session) -> None:
    session.set_setting("paint_outside", True)
    paint(session, (30, 40), (60, 40), radius=5)
    size = session.lesion_size(1)
    assert size is not None
    assert size.diameter == pytest.approx(40, abs=1.5)
    assert session.lesion_size(2) is None
