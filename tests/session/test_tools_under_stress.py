"""Tools while everything around them changes: nothing lost, nothing on a frame that it was not made for."""

import math
import threading
from functools import partial
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from polypviewer.core.draft import Draft
from polypviewer.core.errors import EditError
from polypviewer.core.geometry import Point, Rect
from polypviewer.core.identity import FrameRef
from polypviewer.core.label_map import IGNORE, empty_label_map
from polypviewer.core.nib import Nib
from polypviewer.core.region import Region, Reshape, Scene, painted
from polypviewer.core.review import accept_changes, take_proposal_changes
from polypviewer.session.messages import Message
from polypviewer.session.session import Session
from polypviewer.session.shaping import ShapeRequest
from tests.session.projects import codes, go, labels, make_project, paint, until_saved

BOX = Region(Rect(30, 20, 40, 30), np.ones((30, 40), np.bool_))
PATIENCE = 20_000


def fill(scene: Scene, *, value: int = 1, region: Region = BOX) -> Reshape:
    return painted(scene, region, value=value)


class Gate:
    """A tool that takes as long as the test wants."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.begun = threading.Event()

    def fill(self, scene: Scene) -> Reshape:
        self.begun.set()
        assert self.open.wait(20)
        return fill(scene)


# --- what is under way when the ground changes ---


def test_an_answer_of_the_project_before_says_nothing_and_stops_nothing(
    qtbot: QtBot, session: Session, messages: list[Message], tmp_path: Path
) -> None:
    other = make_project(tmp_path / "other", pictures=2)
    gate = Gate()
    session.shape(ShapeRequest("wand", gate.fill))
    assert gate.begun.wait(20)
    with qtbot.waitSignal(session.frame_changed, timeout=PATIENCE):
        session.open(other, "R-1")
    session.shape(ShapeRequest("wand", fill))
    gate.open.set()
    qtbot.waitUntil(lambda: not session.shaping.is_busy, timeout=PATIENCE)
    assert "edit.frame_changed" not in codes(messages)
    assert labels(session).sum() == 30 * 40
    assert [step.kind for step in session.history.done] == ["wand"]


def test_a_late_answer_of_one_frame_does_not_take_away_what_was_asked_on_the_next(
    qtbot: QtBot, session: Session, messages: list[Message]
) -> None:
    gate = Gate()
    session.shape(ShapeRequest("wand", gate.fill))
    go(qtbot, session, session.frames[1])
    session.shape(ShapeRequest("wand", fill))
    gate.open.set()
    qtbot.waitUntil(lambda: not session.shaping.is_busy, timeout=PATIENCE)
    assert codes(messages).count("edit.frame_changed") == 1, "the first one could not be made any more"
    assert labels(session).sum() == 30 * 40, "the second one was asked on the frame that is shown"


def test_what_waits_for_a_frame_that_has_gone_is_not_made_on_the_next(qtbot: QtBot, session: Session) -> None:
    gate = Gate()
    session.shape(ShapeRequest("wand", gate.fill))
    session.shape(ShapeRequest("wand", fill))
    go(qtbot, session, session.frames[1])
    gate.open.set()
    qtbot.waitUntil(lambda: not session.shaping.is_busy, timeout=PATIENCE)
    qtbot.wait(50)
    assert not labels(session).any()
    assert session.history.done == ()


def test_a_preview_that_is_on_its_way_is_not_shown_on_the_same_frame_shown_anew(qtbot: QtBot, session: Session) -> None:
    gate = Gate()
    session.shape(ShapeRequest("seeds", gate.fill, at_once=False))
    first = session.frames[0]
    go(qtbot, session, session.frames[1])
    go(qtbot, session, first)
    gate.open.set()
    qtbot.wait(100)
    assert session.preview is None
    assert not session.take_preview()


def test_a_preview_falls_when_the_field_of_view_is_corrected_under_it(qtbot: QtBot, session: Session) -> None:
    with qtbot.waitSignal(session.preview_changed):
        session.shape(ShapeRequest("seeds", fill, at_once=False))
    with qtbot.waitSignal(session.field_changed):
        session.correct_field([Point(0, 0), Point(50, 0), Point(50, 96), Point(0, 96)])
    session.take_preview()
    assert session.field is not None
    assert not labels(session)[~session.field.mask].any()


def test_a_tool_under_way_does_not_paint_outside_a_field_that_was_corrected_meanwhile(
    qtbot: QtBot, session: Session
) -> None:
    gate = Gate()
    session.shape(ShapeRequest("wand", gate.fill))
    with qtbot.waitSignal(session.field_changed):
        session.correct_field([Point(0, 0), Point(50, 0), Point(50, 96), Point(0, 96)])
    gate.open.set()
    qtbot.waitUntil(lambda: not session.shaping.is_busy, timeout=PATIENCE)
    assert session.field is not None
    assert not labels(session)[~session.field.mask].any()


def test_a_preview_made_while_painting_outside_was_allowed_does_not_paint_there_later(
    qtbot: QtBot, session: Session
) -> None:
    with qtbot.waitSignal(session.field_changed):
        session.correct_field([Point(0, 0), Point(50, 0), Point(50, 96), Point(0, 96)])
    session.set_setting("paint_outside", True)
    with qtbot.waitSignal(session.preview_changed):
        session.shape(ShapeRequest("seeds", fill, at_once=False))
    session.set_setting("paint_outside", False)
    session.take_preview()
    assert session.field is not None
    assert not labels(session)[~session.field.mask].any()


# --- strokes from a broken hand ---


NOWHERE = [
    Point(math.nan, 10.0),
    Point(10.0, math.inf),
    Point(-math.inf, math.nan),
]
FAR_OFF = [Point(1e9, 20.0), Point(-1e9, -1e9), Point(1e18, 1e18)]


@pytest.mark.parametrize("kind", ["plain", "edge", "nudge"])
def test_a_tablet_that_tells_nonsense_neither_raises_nor_hangs(session: Session, kind: str) -> None:
    paint(session, (64, 48), radius=20)
    steps = len(session.history.done)
    if kind == "nudge":
        assert session.begin_nudge(1)
    else:
        assert session.begin_stroke(2, edge=0.5 if kind == "edge" else None)
    for point in (NOWHERE[0], Point(64, 48), *NOWHERE, Point(66, 48)):
        session.stroke_to(point, 6.0)
    for radius in (math.nan, math.inf, -3.0, 0.0):
        session.stroke_to(Point(67, 48), radius)
        session.stroke_along([(Point(67, 49), Nib(radius, "square"))])
        session.stroke_along([(Point(67, 49), Nib(4.0, stretch=radius))])
        session.stroke_along([(Point(67, 49), Nib(4.0, angle=radius, stretch=2.0))])
    for point in FAR_OFF:
        session.stroke_to(point, 6.0)
    session.end_stroke()
    if len(session.history.done) > steps:
        session.undo()
    assert (labels(session) == 1).sum() > 1000
    assert set(np.unique(labels(session))) == {0, 1}


def test_a_push_to_the_end_of_the_world_pushes_as_far_as_the_frame(session: Session) -> None:
    paint(session, (64, 48), radius=10)
    session.begin_nudge(1)
    session.stroke_to(Point(60, 48), 8.0)
    session.stroke_to(Point(1e9, 48), 8.0)
    session.end_stroke()
    assert labels(session)[48, 120] == 1


def test_a_stroke_that_begins_and_ends_outside_the_frame_leaves_no_step(session: Session) -> None:
    for begin in (
        partial(session.begin_stroke, 1),
        partial(session.begin_stroke, 1, edge=0.9),
        partial(session.begin_nudge, 1),
    ):
        assert begin()
        for place in (Point(-500, -500), Point(-400, -480)):
            session.stroke_to(place, 12.0)
        session.end_stroke()
    assert session.history.done == ()


def test_enter_in_the_middle_of_a_nudge_accepts_what_is_seen(qtbot: QtBot, session: Session) -> None:
    paint(session, (64, 48), radius=14)
    session.begin_nudge(1)
    for x in range(50, 70):
        session.stroke_to(Point(float(x), 48), 10.0)
    seen = labels(session).copy()
    session.accept(stay=True)
    assert [step.kind for step in session.history.done] == ["stroke", "nudge", "accept"]
    assert np.array_equal(labels(session), seen)
    session.cancel_stroke()
    assert np.array_equal(labels(session), seen), "Escape after the release takes nothing back"
    session.stroke_to(Point(10, 10), 5.0)
    assert np.array_equal(labels(session), seen), "without a press nothing paints"


# --- ignored pixels ---


def draft_with_ignored(rect: Rect) -> Draft:
    draft = Draft(FrameRef(uuid4(), 0), empty_label_map(40, 60))
    draft.label_map[rect.slices] = IGNORE
    return draft


def test_a_proposal_that_lies_under_ignored_pixels_is_not_accepted_as_a_polyp_without_pixels() -> None:
    draft = draft_with_ignored(Rect(0, 0, 30, 40))
    proposal = np.zeros((40, 60), np.bool_)
    proposal[10:20, 5:25] = True
    with pytest.raises(EditError, match="ignored"):
        accept_changes(draft, shown_proposal=proposal, proposal_id=uuid4())
    with pytest.raises(EditError):
        take_proposal_changes(draft, shown_proposal=proposal, proposal_id=uuid4())


def test_a_proposal_beside_ignored_pixels_keeps_them() -> None:
    draft = draft_with_ignored(Rect(0, 0, 15, 40))
    proposal = np.zeros((40, 60), np.bool_)
    proposal[10:20, 5:25] = True
    draft.apply_all(accept_changes(draft, shown_proposal=proposal, proposal_id=uuid4()))
    assert (draft.label_map == IGNORE).sum() == 15 * 40
    assert (draft.label_map == 1).sum() == 10 * 10


# --- the field of view ---


@pytest.mark.parametrize(
    "text", ['{"schema": 99}', "[]", "null", '"x"', '{"schema": 1, "polygon": [[1]]}', '{"schema": 1}', "{"]
)
def test_a_statement_that_cannot_be_read_is_said_once_and_leaves_the_frames_usable(
    qtbot: QtBot, session: Session, messages: list[Message], text: str
) -> None:
    session._desk.stated_fields[session.frames[1].media_id] = text
    for number in (1, 0, 1):
        go(qtbot, session, session.frames[number])
    assert codes(messages).count("field.unreadable") == 1
    assert session.field is not None
    assert session.field.mask.shape == labels(session).shape
    paint(session, (64, 48))
    assert labels(session)[48, 64] == 1


def test_a_field_that_lies_outside_its_frames_is_not_the_limit_of_every_brush(
    qtbot: QtBot, session: Session, messages: list[Message]
) -> None:
    session.correct_field([Point(1000, 1000), Point(2000, 1000), Point(2000, 2000)])
    assert codes(messages)[-1] == "field.too_small"


def test_a_statement_that_is_kept_after_its_project_was_left_does_not_hold_in_the_next(
    qtbot: QtBot, session: Session, tmp_path: Path
) -> None:
    keeper = session._desk.keeper
    assert keeper is not None
    late = partial(session.fields._stated, keeper, session.frames[0].media_id, '{"schema": 1, "whole": true}', None)
    other = make_project(tmp_path / "other")  # the same pictures have the same ids in every project
    with qtbot.waitSignal(session.frame_changed, timeout=PATIENCE):
        session.open(other, "R-1")
    late()
    assert session._desk.stated_fields == {}
    until_saved(qtbot, session)
