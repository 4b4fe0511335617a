"""Tools that look at the whole scene: they work on a lane, show a preview, and end in one undoable step."""

from functools import partial

import numpy as np
from pytestqt.qtbot import QtBot

from polypviewer.core.errors import EditError
from polypviewer.core.geometry import Rect
from polypviewer.core.region import Region, Reshape, Scene, painted
from polypviewer.session.messages import Message
from polypviewer.session.session import Session
from polypviewer.session.shaping import ShapeRequest
from tests.session.projects import go, labels, opened, paint, until_saved

BOX = Region(Rect(30, 20, 40, 30), np.ones((30, 40), np.bool_))


def fill(scene: Scene, *, value: int = 1, region: Region = BOX) -> Reshape:
    return painted(scene, region, value=value)


def refuse(_scene: Scene) -> Reshape:
    raise EditError("edit.no_lesion_here")


def test_a_request_at_once_is_one_step_that_undo_takes_back(qtbot: QtBot, session: Session) -> None:
    with qtbot.waitSignal(session.history_changed):
        session.shape(ShapeRequest("wand", fill))
    assert labels(session)[20:50, 30:70].all()
    assert labels(session).sum() == 30 * 40
    assert [step.kind for step in session.history.done] == ["wand"]
    session.undo()
    assert not labels(session).any()


def test_a_preview_changes_nothing_until_it_is_taken(qtbot: QtBot, session: Session) -> None:
    with qtbot.waitSignal(session.preview_changed):
        session.shape(ShapeRequest("grabcut", fill, at_once=False))
    assert session.preview is not None
    assert not labels(session).any()
    assert session.history.done == ()
    assert session.take_preview()
    assert labels(session).sum() == 30 * 40
    assert not session.take_preview(), "it stood on after it was taken"


def test_a_stroke_drops_the_preview(qtbot: QtBot, session: Session) -> None:
    with qtbot.waitSignal(session.preview_changed):
        session.shape(ShapeRequest("grabcut", fill, at_once=False))
    with qtbot.waitSignal(session.preview_changed) as told:
        paint(session, (10, 10))
    assert told.args == [None]
    assert not session.take_preview()


def test_another_frame_drops_the_preview_also_one_that_is_on_its_way(qtbot: QtBot, session: Session) -> None:
    session.shape(ShapeRequest("grabcut", fill, at_once=False))
    go(qtbot, session, session.frames[1])
    qtbot.wait(100)
    assert session.preview is None
    assert not labels(session).any()


def test_an_answer_that_comes_after_a_stroke_is_not_painted(qtbot: QtBot, session: Session) -> None:
    said: list[Message] = []
    session.message.connect(said.append)
    session.shape(ShapeRequest("wand", fill))
    paint(session, (100, 80))
    before = labels(session).copy()
    qtbot.waitUntil(lambda: bool(said))
    assert said[-1].code == "edit.frame_changed"
    assert np.array_equal(labels(session), before)


def test_requests_at_once_follow_one_another(qtbot: QtBot, session: Session) -> None:
    small = Region(Rect(0, 0, 5, 5), np.ones((5, 5), np.bool_))
    for request in (fill, partial(fill, value=2, region=small), partial(fill, value=0)):
        session.shape(ShapeRequest("wand", request))
    qtbot.waitUntil(lambda: len(session.history.done) == 3)
    assert labels(session).sum() == 2 * 25


def test_a_refusal_becomes_a_message_and_ends_what_waits_behind_it(qtbot: QtBot, session: Session) -> None:
    with qtbot.waitSignal(session.message) as told:
        session.shape(ShapeRequest("keep_island", refuse))
        session.shape(ShapeRequest("wand", fill))
    assert told.args is not None
    assert told.args[0].code == "edit.no_lesion_here"
    qtbot.wait(50)
    assert not labels(session).any()


def test_a_request_that_changes_nothing_leaves_no_step_and_says_so(qtbot: QtBot, session: Session) -> None:
    with qtbot.waitSignal(session.message) as told:
        session.shape(ShapeRequest("wand", partial(fill, value=0)))
    assert told.args is not None
    assert told.args[0].code == "edit.nothing_changes"
    assert session.history.done == ()


def test_a_shape_survives_a_restart(qtbot: QtBot, session: Session) -> None:
    with qtbot.waitSignal(session.history_changed):
        session.shape(ShapeRequest("wand", fill))
    until_saved(qtbot, session)
    project = session.project
    assert project is not None
    expected = labels(session).copy()
    session.close()
    again = opened(qtbot, project.folder)
    try:
        assert np.array_equal(labels(again), expected)
        again.undo()
        assert not labels(again).any()
    finally:
        again.close()


def test_a_copied_mask_is_pasted_beside_what_a_person_painted(qtbot: QtBot, session: Session) -> None:
    paint(session, (30, 30))
    copied = labels(session).copy()
    session.copy_mask()
    go(qtbot, session, session.frames[1])
    paint(session, (33, 30), value=2)
    mine = labels(session).copy()
    with qtbot.waitSignal(session.history_changed):
        session.paste_mask()
    assert np.array_equal(labels(session), np.where(mine > 0, mine, copied))


def test_nothing_is_pasted_before_something_is_copied(qtbot: QtBot, session: Session) -> None:
    with qtbot.waitSignal(session.message) as told:
        session.paste_mask()
    assert told.args is not None
    assert told.args[0].code == "edit.nothing_copied"
    with qtbot.waitSignal(session.message) as told:
        session.copy_mask()
    assert told.args is not None
    assert told.args[0].code == "edit.nothing_selected"


def test_undo_says_where_the_pixels_changed(qtbot: QtBot, session: Session) -> None:
    paint(session, (40, 40), radius=5)
    with qtbot.waitSignal(session.step_shown) as told:
        session.undo()
    assert told.args is not None
    rect = told.args[0]
    assert rect.x <= 36
    assert rect.right >= 45
