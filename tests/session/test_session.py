"""The session on a real project: paint, decide, undo across frames, close, reopen; nothing is lost."""

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from polypviewer.core.geometry import Point
from polypviewer.core.identity import FrameRef
from polypviewer.core.label_map import LabelMap
from polypviewer.core.review import ReviewStatus
from polypviewer.session.frame_order import FrameOrder
from polypviewer.session.messages import Message
from polypviewer.session.session import Session
from tests.session.projects import READER, go, mask_of, opened, paint, until_saved


@pytest.fixture
def session(session: Session) -> Session:
    """Nothing is proposed but by asking."""
    session.settings.set("propose_on_show", value=False)
    return session


def reopened(qtbot: QtBot, project: Path, ref: FrameRef) -> tuple[Session, LabelMap]:
    session = opened(qtbot, project)
    go(qtbot, session, ref)
    return session, mask_of(session)


def test_a_project_opens_on_its_first_frame(session: Session) -> None:
    assert session.project is not None
    assert session.project.reader == READER
    assert len(session.frames) == 4
    assert session.current == session.frames[0]
    assert session.image is not None
    assert session.image.shape == (96, 128, 3)
    assert not session.image.flags.writeable
    assert session.queue.waiting == 4


def test_a_stroke_is_one_step_and_says_saved_after_the_write(session: Session, qtbot: QtBot) -> None:
    with qtbot.waitSignal(session.saved, timeout=5_000):
        paint(session, (20, 20), (60, 40))
        assert session.is_dirty
    assert len(session.history.done) == 1
    assert session.history.done[0].kind == "stroke"
    assert session.statuses[session.frames[0]] is ReviewStatus.EDITED


def test_escape_during_a_stroke_leaves_no_trace(session: Session) -> None:
    before = mask_of(session)
    session.begin_stroke(1)
    session.stroke_to(Point(30, 30), 8)
    session.cancel_stroke()
    assert np.array_equal(mask_of(session), before)
    assert session.history.done == ()
    assert not session.is_dirty


def test_painting_what_is_painted_already_leaves_no_step(session: Session) -> None:
    paint(session, (20, 20))
    paint(session, (20, 20))
    assert len(session.history.done) == 1


def test_enter_accepts_what_is_painted_and_goes_on(session: Session, qtbot: QtBot, messages: list[Message]) -> None:
    first, second = session.frames[0], session.frames[1]
    paint(session, (50, 50))
    with qtbot.waitSignal(session.frame_changed):
        session.accept()
    assert session.current == second
    assert session.statuses[first] is ReviewStatus.CORRECTED
    assert any(told.code == "frame.accepted" and told.offers_undo for told in messages)
    assert session.queue.decided == 1


def test_shift_enter_accepts_and_stays(session: Session, qtbot: QtBot) -> None:
    paint(session, (50, 50))
    session.accept(stay=True)
    until_saved(qtbot, session)
    assert session.current == session.frames[0]
    assert session.statuses[session.frames[0]] is ReviewStatus.CORRECTED


def test_with_nothing_painted_enter_does_nothing_and_says_so(session: Session, messages: list[Message]) -> None:
    session.accept()
    assert session.current == session.frames[0]
    assert [told.code for told in messages] == ["edit.nothing_painted"]
    assert session.history.done == ()


def test_enter_during_a_stroke_accepts_with_that_stroke(session: Session, qtbot: QtBot) -> None:
    session.begin_stroke(1)
    session.stroke_to(Point(40, 40), 5)
    session.accept(stay=True)
    until_saved(qtbot, session)
    assert [step.kind for step in session.history.done] == ["stroke", "accept"]


def test_no_polyp_is_refused_while_a_mask_stands(session: Session, qtbot: QtBot, messages: list[Message]) -> None:
    paint(session, (40, 40))
    session.state_no_polyp()
    assert messages[-1].code == "edit.mask_stands"
    assert messages[-1].level == "warning", "a refusal passes; only errors stay until somebody closes them"
    paint(session, (40, 40), value=0, radius=20)
    with qtbot.waitSignal(session.frame_changed):
        session.state_no_polyp()
    assert session.statuses[session.frames[0]] is ReviewStatus.NO_POLYP


def test_the_end_of_the_queue_is_said(session: Session, qtbot: QtBot, messages: list[Message]) -> None:
    for _ in range(3):
        with qtbot.waitSignal(session.frame_changed):
            session.state_no_polyp()
    session.state_no_polyp()
    assert messages[-1].code == "queue.empty"
    assert session.current == session.frames[3]
    assert session.queue.waiting == 0


def test_undo_crosses_frames_and_goes_there_first(session: Session, qtbot: QtBot) -> None:
    first, last = session.frames[0], session.frames[3]
    paint(session, (30, 30))
    painted = mask_of(session)
    go(qtbot, session, last)
    paint(session, (60, 60))
    session.undo()
    assert session.current == last
    assert not mask_of(session).any()
    with qtbot.waitSignal(session.frame_changed):
        session.undo()
    assert session.current == first
    assert not mask_of(session).any()
    session.redo()
    assert np.array_equal(mask_of(session), painted)
    with qtbot.waitSignal(session.frame_changed):
        session.redo()
    assert session.current == last
    assert mask_of(session).any()


def test_two_undos_in_a_hurry_both_happen(session: Session, qtbot: QtBot) -> None:
    paint(session, (30, 30))
    paint(session, (50, 30))
    go(qtbot, session, session.frames[2])
    session.undo()
    session.undo()
    qtbot.waitUntil(lambda: not session.history.done)
    assert session.current == session.frames[0]
    assert not mask_of(session).any()


def test_undoing_an_acceptance_opens_the_decision_again(session: Session, qtbot: QtBot) -> None:
    first = session.frames[0]
    paint(session, (30, 30))
    with qtbot.waitSignal(session.frame_changed):
        session.accept()
    with qtbot.waitSignal(session.frame_changed):
        session.undo()
    assert session.current == first
    assert session.statuses[first] is ReviewStatus.EDITED
    assert mask_of(session).any()


def test_a_step_of_a_frame_that_is_gone_is_refused_and_touches_no_other(
    session: Session, qtbot: QtBot, messages: list[Message]
) -> None:
    first = session.frames[0]
    paint(session, (30, 30))
    session.needs_work()
    go(qtbot, session, session.frames[1])
    paint(session, (60, 60))
    session.undo()
    until_saved(qtbot, session)
    desk = session._desk
    desk.frames = FrameOrder([item for item in desk.frames.media if item.id != first.media_id])
    before = mask_of(session)
    session.undo()
    assert messages[-1].code == "edit.frame_gone"
    assert np.array_equal(mask_of(session), before)
    assert session.current == desk.frames[0]
    assert [step.kind for step in session.history.done] == ["stroke", "needs_work"]
    assert session.statuses[desk.frames[0]] is ReviewStatus.UNREVIEWED


def test_nothing_to_undo_is_said(session: Session, messages: list[Message]) -> None:
    session.undo()
    session.redo()
    assert [told.code for told in messages] == ["history.empty", "history.nothing_to_redo"]


def test_painting_on_an_accepted_frame_opens_it_again(session: Session, qtbot: QtBot) -> None:
    paint(session, (30, 30))
    session.accept(stay=True)
    paint(session, (60, 60))
    assert session.statuses[session.frames[0]] is ReviewStatus.EDITED
    until_saved(qtbot, session)


def test_masks_decisions_and_undo_outlive_the_program(session: Session, project: Path, qtbot: QtBot) -> None:
    first, second = session.frames[0], session.frames[1]
    paint(session, (30, 30), (70, 60))
    accepted = mask_of(session)
    with qtbot.waitSignal(session.frame_changed):
        session.accept()
    paint(session, (20, 70))
    session.needs_work()
    worked = mask_of(session)
    session.close()
    again, mask = reopened(qtbot, project, second)
    try:
        assert np.array_equal(mask, worked)
        assert again.statuses[first] is ReviewStatus.CORRECTED
        assert again.statuses[second] is ReviewStatus.NEEDS_WORK
        assert [step.kind for step in again.history.done] == ["stroke", "accept", "stroke", "needs_work"]
        for _ in range(2):
            again.undo()
        assert not mask_of(again).any()
        with qtbot.waitSignal(again.frame_changed):
            again.undo()
        assert again.current == first
        assert np.array_equal(mask_of(again), accepted)
        assert again.statuses[first] is ReviewStatus.EDITED
    finally:
        again.close()


def test_a_comment_is_kept_and_can_be_undone(session: Session, qtbot: QtBot) -> None:
    session.set_comment("flat, hard to see")
    draft = session.draft
    assert draft is not None
    assert draft.value("comment") == "flat, hard to see"
    session.undo()
    assert draft.value("comment") is None
    until_saved(qtbot, session)


def test_a_second_session_is_read_only_and_says_who_holds_it(
    session: Session, project: Path, qtbot: QtBot, messages: list[Message]
) -> None:
    paint(session, (30, 30))
    session.accept(stay=True)
    until_saved(qtbot, session)
    second = Session()
    heard: list[Message] = []
    second.message.connect(heard.append)
    try:
        with qtbot.waitSignal(second.frame_changed):
            second.open(project, "R-2")
        assert second.project is not None
        assert second.project.read_only
        assert any(told.code == "open.read_only" and READER in told.text for told in heard)
        assert not second.begin_stroke(1)
        assert heard[-1].code == "edit.read_only"
        second.accept()
        assert heard[-1].code == "edit.read_only"
    finally:
        second.close()


def test_a_failed_load_keeps_the_current_frame(
    session: Session, tmp_path: Path, qtbot: QtBot, messages: list[Message]
) -> None:
    gone = session.frames[3]
    (tmp_path / "pictures" / "picture-3.png").unlink()
    session.go_to(gone)
    qtbot.waitUntil(lambda: bool(messages))
    assert session.current == session.frames[0]
    assert messages[0].level == "error"
    assert messages[0].cure
    with qtbot.waitSignal(session.frame_changed):
        session.go_to(session.frames[1])


def test_a_mask_is_never_put_on_another_picture(
    session: Session, tmp_path: Path, qtbot: QtBot, messages: list[Message]
) -> None:
    paint(session, (30, 30))
    session.accept(stay=True)
    go(qtbot, session, session.frames[1])
    until_saved(qtbot, session)
    session.close_project()
    (tmp_path / "pictures" / "picture-3.png").replace(tmp_path / "pictures" / "picture-0.png")
    session.open(tmp_path / "project", READER)
    qtbot.waitUntil(lambda: any(told.code == "media.changed" for told in messages), timeout=10_000)
    assert session.current is None


def test_the_latest_of_many_requests_wins(session: Session, qtbot: QtBot) -> None:
    seen: list[FrameRef] = []
    session.frame_changed.connect(seen.append)
    for number in (1, 2, 3, 2, 3):
        session.go_to(session.frames[number])
    qtbot.waitUntil(lambda: session.current == session.frames[3])
    assert seen[-1] == session.frames[3]
    assert not session.navigation.is_under_way


def test_a_stroke_painted_while_turning_back_stays(session: Session, qtbot: QtBot) -> None:
    first, second = session.frames[0], session.frames[1]
    session.go_to(second)
    session.go_to(first)
    assert session.begin_stroke(1)
    session.stroke_to(Point(9.0, 9.0), 3.0)
    session.end_stroke()
    painted = mask_of(session)
    qtbot.wait(300)
    assert session.current == first
    assert painted.any()
    assert np.array_equal(mask_of(session), painted)


def test_steps_stop_at_the_ends(session: Session, qtbot: QtBot) -> None:
    session.step(10)
    qtbot.waitUntil(lambda: session.current == session.frames[3])
    session.step(-100)
    qtbot.waitUntil(lambda: session.current == session.frames[0])


def test_a_thumbnail_comes_when_it_is_ready(session: Session, qtbot: QtBot) -> None:
    ref = session.frames[2]
    with qtbot.waitSignal(session.thumbnail_ready):
        assert session.thumbnail(ref) is None
    picture = session.thumbnail(ref)
    assert picture is not None
    assert max(picture.shape[:2]) <= 160


def test_a_folder_that_is_no_project_leaves_the_session_empty(tmp_path: Path, qtbot: QtBot) -> None:
    session = Session()
    try:
        with qtbot.waitSignal(session.message) as told:
            session.open(tmp_path)
        assert told.args is not None
        assert told.args[0].level == "error"
        assert session.project is None
        assert session.frames[:] == []
        session.accept()
        session.next()
        session.next_in_queue()
    finally:
        session.close()


def test_a_project_can_be_made_and_left_for_another(tmp_path: Path, project: Path, qtbot: QtBot) -> None:
    session = Session()
    try:
        with qtbot.waitSignal(session.project_opened):
            session.create(tmp_path / "fresh", READER)
        assert len(session.frames) == 0
        with qtbot.waitSignal(session.frame_changed):
            session.open(project, READER)
        assert len(session.frames) == 4
    finally:
        session.close()
