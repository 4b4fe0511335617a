"""Accepting all that is proposed: one step for many frames, and only where nobody has put a hand."""

import threading
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from polypviewer.core.draft import Draft
from polypviewer.core.geometry import Point
from polypviewer.core.identity import FrameRef
from polypviewer.core.review import ReviewStatus
from polypviewer.session.jobs import project_for_command
from polypviewer.session.messages import Message
from polypviewer.session.session import Session
from polypviewer.session.values import Progress
from tests.session.projects import READER, go, labels, opened, paint, until_saved


@pytest.fixture
def session(session: Session, qtbot: QtBot) -> Session:
    """Every frame has a proposal of the shipped model."""
    qtbot.waitUntil(lambda: session.proposal is not None, timeout=30_000)
    told: list[Progress] = []
    session.progress.connect(told.append)
    session.propose_all()
    qtbot.waitUntil(lambda: bool(told) and told[-1].ended, timeout=30_000)
    return session


def accept_all(qtbot: QtBot, session: Session, messages: list[Message]) -> None:
    session.accept_all_proposed()
    qtbot.waitUntil(lambda: bool(messages), timeout=30_000)


def lights(session: Session) -> list[ReviewStatus]:
    return [session.statuses[ref] for ref in session.frames]


def test_all_proposed_frames_are_accepted_in_one_step(session: Session, qtbot: QtBot, messages: list[Message]) -> None:
    assert session.proposal is not None
    expected = session.proposal.mask
    accept_all(qtbot, session, messages)
    assert messages[0].code == "frame.bulk_accepted"
    assert lights(session) == [ReviewStatus.ACCEPTED] * 4
    assert len(session.history.done) == 1
    assert session.draft is not None
    assert np.array_equal(session.draft.label_map > 0, expected)
    assert session.draft.value("decided_by") == "bulk"


def test_one_undo_takes_the_whole_of_it_back_and_redo_makes_it_again(
    session: Session, qtbot: QtBot, project: Path, messages: list[Message]
) -> None:
    accept_all(qtbot, session, messages)
    session.undo()
    qtbot.waitUntil(lambda: lights(session) == [ReviewStatus.PROPOSED] * 4, timeout=20_000)
    go(qtbot, session, session.frames[2])
    assert session.draft is not None
    assert not session.draft.label_map.any()
    session.redo()
    qtbot.waitUntil(lambda: lights(session) == [ReviewStatus.ACCEPTED] * 4, timeout=20_000)
    assert session.draft.label_map.any()
    session.undo()
    until_saved(qtbot, session)
    session.close()
    again = opened(qtbot, project)
    try:
        assert lights(again) == [ReviewStatus.PROPOSED] * 4
        again.redo()
        qtbot.waitUntil(lambda: lights(again) == [ReviewStatus.ACCEPTED] * 4, timeout=20_000)
    finally:
        again.close()


def test_a_frame_that_a_person_painted_on_is_left_alone(
    session: Session, qtbot: QtBot, messages: list[Message]
) -> None:
    paint(session, (20, 20))
    assert session.draft is not None
    mine = session.draft.label_map.copy()
    accept_all(qtbot, session, messages)
    assert np.array_equal(session.draft.label_map, mine)
    assert lights(session) == [ReviewStatus.EDITED] + [ReviewStatus.ACCEPTED] * 3


def test_a_frame_whose_decision_was_taken_back_is_accepted_too(
    session: Session, qtbot: QtBot, project: Path, messages: list[Message]
) -> None:
    session.accept(stay=True)
    session.undo()
    until_saved(qtbot, session)
    assert lights(session) == [ReviewStatus.PROPOSED] * 4
    messages.clear()
    accept_all(qtbot, session, messages)
    assert lights(session) == [ReviewStatus.ACCEPTED] * 4
    session.undo()
    qtbot.waitUntil(lambda: lights(session) == [ReviewStatus.PROPOSED] * 4, timeout=20_000)
    assert not labels(session).any()


def test_a_comment_and_a_dismissed_region_of_before_are_kept(
    session: Session, qtbot: QtBot, messages: list[Message]
) -> None:
    shown = session.proposal
    assert shown is not None
    row, column = np.argwhere(shown.labels > 0)[0]
    session.set_comment("look again")
    go(qtbot, session, session.frames[1])
    qtbot.waitUntil(lambda: session.proposal is not None, timeout=20_000)
    session.dismiss_at(Point(column + 0.5, row + 0.5))
    assert session.proposal is not None
    wanted = session.proposal.mask
    until_saved(qtbot, session)
    messages.clear()
    accept_all(qtbot, session, messages)
    accepted = ReviewStatus.ACCEPTED if wanted.any() else ReviewStatus.PROPOSED
    assert lights(session) == [ReviewStatus.ACCEPTED, accepted, ReviewStatus.ACCEPTED, ReviewStatus.ACCEPTED]
    assert np.array_equal(labels(session) > 0, wanted)
    go(qtbot, session, session.frames[0])
    assert session.draft is not None
    assert session.draft.value("comment") == "look again"


def test_with_nothing_proposed_it_says_so(session: Session, qtbot: QtBot, messages: list[Message]) -> None:
    accept_all(qtbot, session, messages)
    messages.clear()
    accept_all(qtbot, session, messages)
    assert messages[0].code == "edit.nothing_proposed"


# --- while the lane works ---


def asked(session: Session) -> None:
    """All is worked out, and the answer is about to come home."""
    session.accept_all_proposed()
    session._desk.lanes.work.call(lambda: None)


def kept(project: Path, ref: FrameRef) -> Draft:
    """What the stores have of a frame."""
    with project_for_command(project, reader=READER, writes=False) as store:
        return store.load_draft(ref)


def test_a_comment_that_is_typed_meanwhile_is_not_lost(
    session: Session, qtbot: QtBot, project: Path, messages: list[Message]
) -> None:
    ref = session.frames[0]
    asked(session)
    session.set_comment("look again")
    qtbot.waitUntil(lambda: bool(messages), timeout=30_000)
    until_saved(qtbot, session)
    assert session.draft is not None
    assert session.draft.value("comment") == "look again"
    session.close()
    assert kept(project, ref).value("comment") == "look again"


def test_a_region_that_is_dismissed_meanwhile_is_not_accepted(
    session: Session, qtbot: QtBot, messages: list[Message]
) -> None:
    assert session.proposal is not None
    row, column = np.argwhere(session.proposal.labels > 0)[0]
    asked(session)
    session.dismiss_at(Point(column + 0.5, row + 0.5))
    messages.clear()
    qtbot.waitUntil(lambda: bool(messages), timeout=30_000)
    assert not labels(session).any()
    assert lights(session) == [ReviewStatus.PROPOSED] + [ReviewStatus.ACCEPTED] * 3


@pytest.mark.parametrize("ends", ["end_stroke", "cancel_stroke"])
def test_a_stroke_in_the_air_stays_the_hand_s_own(
    session: Session, qtbot: QtBot, project: Path, messages: list[Message], ends: str
) -> None:
    """Pixels on the screen, in the history and on disk stay one thing."""
    ref = session.frames[0]
    asked(session)
    session.begin_stroke(255)
    session.stroke_to(Point(64, 48), 12)
    qtbot.waitUntil(lambda: bool(messages), timeout=30_000)
    getattr(session, ends)()
    until_saved(qtbot, session)
    shown = labels(session).copy()
    assert lights(session)[1:] == [ReviewStatus.ACCEPTED] * 3
    session.close()
    assert np.array_equal(kept(project, ref).label_map, shown)


def test_the_frame_that_is_being_gone_to_is_shown_as_it_is_on_disk(
    session: Session, qtbot: QtBot, project: Path, messages: list[Message]
) -> None:
    ref = session.frames[3]  # too far away to have been read ahead
    asked(session)
    gone = threading.Event()
    session._desk.lanes.decode.submit(gone.wait, 20)  # the pixels take their time
    session.go_to(ref)
    qtbot.wait(100)
    with qtbot.waitSignal(session.frame_changed, timeout=30_000):
        gone.set()
    qtbot.waitUntil(lambda: bool(messages), timeout=30_000)
    assert labels(session).any() == (session.statuses[ref] == ReviewStatus.ACCEPTED)
    paint(session, (10, 10))
    shown = labels(session).copy()
    until_saved(qtbot, session)
    session.close()
    assert np.array_equal(kept(project, ref).label_map, shown)


def test_leaving_the_project_stops_it(session: Session, qtbot: QtBot, project: Path) -> None:
    session.accept_all_proposed()
    session.close()
    with project_for_command(project, reader=READER, writes=False) as store:
        assert store.heads() == []


def test_it_can_be_stopped_and_then_nothing_is_accepted(
    session: Session, qtbot: QtBot, messages: list[Message]
) -> None:
    told: list[Progress] = []
    session.progress.connect(told.append)
    may_go_on = threading.Event()
    session._desk.lanes.work.submit(may_go_on.wait, 20)
    session.accept_all_proposed()
    session.stop_job()
    may_go_on.set()
    qtbot.waitUntil(lambda: bool(told) and told[-1].ended, timeout=30_000)
    assert lights(session) == [ReviewStatus.PROPOSED] * 4
    assert session.history.done == ()


def test_what_is_accepted_is_in_the_history_at_once_and_becomes_revisions_bit_by_bit(
    session: Session, qtbot: QtBot, project: Path, messages: list[Message]
) -> None:
    accept_all(qtbot, session, messages)
    paint(session, (10, 10), value=2)
    until_saved(qtbot, session)
    session.close()
    with project_for_command(project, reader=READER, writes=False) as store:
        heads = {head.frame: head for head in store.heads()}
        assert len(heads) == 4
        assert {head.values["decided_by"] for head in heads.values()} == {"bulk", "none"}
        for head in heads.values():
            assert store.proposal_of_id(head.frame, head.values["proposal_id"]) is not None


def test_it_is_taken_back_also_where_the_first_of_its_files_has_gone(
    session: Session, qtbot: QtBot, project: Path, messages: list[Message]
) -> None:
    last = session.frames[3]
    go(qtbot, session, last)
    session.state_no_polyp(stay=True)
    messages.clear()
    accept_all(qtbot, session, messages)
    qtbot.waitUntil(lambda: lights(session)[:3] == [ReviewStatus.ACCEPTED] * 3, timeout=20_000)
    until_saved(qtbot, session)
    first = session._desk.paths[session.frames[0].media_id]
    session.close()
    first.unlink()
    again = Session()
    try:
        with qtbot.waitSignal(again.project_opened, timeout=20_000):
            again.open(project, READER)
        go(qtbot, again, last)
        again.undo()
        qtbot.waitUntil(lambda: lights(again)[:3] == [ReviewStatus.PROPOSED] * 3, timeout=20_000)
        assert again.current == again.frames[1]
    finally:
        again.close()
