"""Accepting all that is proposed: one step for many frames, and only where nobody has put a hand."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from polypviewer.core.review import ReviewStatus
from polypviewer.session.messages import Message
from polypviewer.session.session import Session
from polypviewer.session.values import Progress
from tests.session.projects import go, make_project, opened, paint, until_saved


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path)


@pytest.fixture
def session(project: Path, qtbot: QtBot) -> Iterator[Session]:
    """Every frame has a proposal of the shipped model."""
    made = opened(qtbot, project)
    qtbot.waitUntil(lambda: made.proposal is not None, timeout=30_000)
    told: list[Progress] = []
    made.progress.connect(told.append)
    made.propose_all()
    qtbot.waitUntil(lambda: bool(told) and told[-1].ended, timeout=30_000)
    yield made
    made.close()


@pytest.fixture
def messages(session: Session) -> list[Message]:
    heard: list[Message] = []
    session.message.connect(heard.append)
    return heard


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


def test_with_nothing_proposed_it_says_so(session: Session, qtbot: QtBot, messages: list[Message]) -> None:
    accept_all(qtbot, session, messages)
    messages.clear()
    accept_all(qtbot, session, messages)
    assert messages[0].code == "edit.nothing_proposed"
