"""Nothing that is not on disk is left behind: a project is closed safely, or a person says so, or it is said aloud."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from polypviewer.core.errors import ProjectError
from polypviewer.core.geometry import Point
from polypviewer.session.leaving import AtRisk
from polypviewer.session.messages import Message
from polypviewer.session.session import Session
from polypviewer.storage.store import ProjectStore
from tests.session.projects import READER, go, make_project, mask_of, opened, paint, until_saved
from tests.storage.test_full_and_frozen_disks import fill, small_disk

__all__ = ["small_disk"]


@pytest.fixture
def session(session: Session) -> Session:
    """Nothing is proposed but by asking."""
    session.settings.set("propose_on_show", value=False)
    return session


def is_gone(session: Session) -> bool:
    return session.project is None


@contextmanager
def full_disk() -> Iterator[None]:
    """Whatever is written is refused, as on a full disk."""

    def full(*_: object, **__: object) -> int:
        raise ProjectError("project.disk_full", name="local.db")

    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(ProjectStore, "append", full)
        broken.setattr(ProjectStore, "write_revision", full)
        yield


@pytest.fixture
def risks(session: Session) -> list[AtRisk]:
    heard: list[AtRisk] = []
    session.edits_at_risk.connect(heard.append)
    return heard


def test_a_project_stays_open_while_its_edits_are_not_on_disk(session: Session, risks: list[AtRisk]) -> None:
    first = session.frames[0]
    with full_disk():
        paint(session, (30, 30))
        paint(session, (60, 60))
        painted = mask_of(session)
        left: list[str] = []
        session.close_project(partial(left.append, "left"))
        assert session.project is not None
        assert [(risk.steps, risk.frames) for risk in risks] == [(2, 1)]
        risks[0].try_again()
        assert len(risks) == 2
        assert left == []
    assert session.current == first
    assert np.array_equal(mask_of(session), painted)
    assert session.is_dirty
    risks[1].try_again()
    assert is_gone(session)
    assert left == ["left"]


def test_no_other_project_is_opened_or_made_meanwhile(session: Session, risks: list[AtRisk], tmp_path: Path) -> None:
    with full_disk():
        paint(session, (30, 30))
        session.open(tmp_path / "project", "R-2")
        session.create(tmp_path / "fresh")
        assert session.project is not None
        assert session.project.reader == READER
        assert len(risks) == 2
        assert not (tmp_path / "fresh").exists()
    session.save()


def test_edits_that_a_person_leaves_behind_are_set_aside_and_come_back(
    session: Session, risks: list[AtRisk], project: Path, qtbot: QtBot, messages: list[Message]
) -> None:
    first = session.frames[0]
    with full_disk():
        paint(session, (30, 30))
        painted = mask_of(session)
        session.close_project()
        risks[0].leave()
        assert is_gone(session)
        qtbot.waitUntil(lambda: any(told.code == "save.set_aside" for told in messages))
    again = opened(qtbot, project)
    try:
        go(qtbot, again, first)
        assert np.array_equal(mask_of(again), painted)
    finally:
        again.close()


def test_closing_without_a_window_says_what_could_not_be_written(project: Path, qtbot: QtBot) -> None:
    session = opened(qtbot, project)
    with full_disk():
        paint(session, (30, 30))
        with pytest.raises(ProjectError) as raised:
            session.close()
    assert raised.value.code == "project.steps_set_aside"
    assert raised.value.fields["steps"] == 1


def test_where_nothing_can_be_set_aside_closing_says_that_it_is_lost(
    project: Path, qtbot: QtBot, isolated_settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (isolated_settings / "a file").write_text("", "utf-8")
    session = opened(qtbot, project)
    monkeypatch.setenv("POLYPVIEWER_HOME", str(isolated_settings / "a file"))
    with full_disk():
        paint(session, (30, 30))
        with pytest.raises(ProjectError) as raised:
            session.close()
    assert raised.value.code == "project.steps_lost"


def test_saved_is_said_only_when_the_revision_is_on_disk_too(
    session: Session, qtbot: QtBot, messages: list[Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> int:
        raise ProjectError("project.disk_full", name="project.db")

    first = session.frames[0]
    told: list[str] = []
    with monkeypatch.context() as broken:
        broken.setattr(ProjectStore, "write_revision", full)
        paint(session, (30, 30))
        until_saved(qtbot, session)
        session.saved.connect(told.append)
        session.needs_work()
        qtbot.waitUntil(lambda: not session.keeping.is_under_way)
        paint(session, (60, 60))
        qtbot.waitUntil(lambda: not session.keeping.is_under_way)
        assert told == []
        assert session.is_dirty
        assert all(heard.code != "save.recovered" for heard in messages)
    paint(session, (70, 30))
    until_saved(qtbot, session)
    assert told
    assert sum(heard.code == "save.recovered" for heard in messages) == 1
    assert session._desk.keeper is not None
    assert session._desk.keeper.store.heads(first)


def test_a_read_only_project_with_a_restored_frame_is_not_unsaved_for_ever(
    session: Session, project: Path, qtbot: QtBot
) -> None:
    paint(session, (30, 30))
    until_saved(qtbot, session)
    second = Session()
    try:
        with qtbot.waitSignal(second.frame_changed):
            second.open(project, READER)
        assert second.project is not None
        assert second.project.read_only
        go(qtbot, second, second.frames[1])
        go(qtbot, second, second.frames[0])
        assert not second.is_dirty
        second.close_project()
        assert is_gone(second)
    finally:
        second.close()


def test_frames_whose_revisions_failed_get_them_later(session: Session, qtbot: QtBot) -> None:
    paint(session, (30, 30))
    until_saved(qtbot, session)
    with full_disk():
        session.keeping.settle_all()
        qtbot.waitUntil(lambda: not session.keeping.is_under_way)
        assert session.keeping.needs_revision(session.frames[0])
    session.keeping.settle_all()
    until_saved(qtbot, session)
    assert not session.keeping.needs_revision(session.frames[0])


def test_saving_takes_in_the_stroke_in_the_air(session: Session, qtbot: QtBot) -> None:
    session.begin_stroke(1)
    session.stroke_to(Point(30, 30), 6)
    session.save()
    until_saved(qtbot, session)
    assert [step.kind for step in session.history.done] == ["stroke"]


def test_when_the_disk_is_full_the_edit_stays_and_is_written_at_the_next_save(
    session: Session, project: Path, qtbot: QtBot, messages: list[Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    from polypviewer.core.errors import ProjectError
    from polypviewer.storage.store import ProjectStore

    def full(*_: object, **__: object) -> int:
        raise ProjectError("project.disk_full", name="local.db")

    first = session.frames[0]
    with monkeypatch.context() as broken:
        broken.setattr(ProjectStore, "append", full)
        paint(session, (30, 30))
        qtbot.waitUntil(lambda: bool(messages))
        assert session.is_dirty
        painted = mask_of(session)
        go(qtbot, session, session.frames[1])
        go(qtbot, session, first)
        assert np.array_equal(mask_of(session), painted)
    session.save()
    until_saved(qtbot, session)
    assert any(told.code == "save.recovered" for told in messages)
    session.close()
    again = opened(qtbot, project)
    try:
        assert np.array_equal(mask_of(again), painted)
    finally:
        again.close()


def test_on_a_disk_that_is_really_full_the_project_stays_until_there_is_room(small_disk: Path, qtbot: QtBot) -> None:
    session = opened(qtbot, make_project(small_disk))
    session.settings.set("propose_on_show", value=False)
    risks: list[AtRisk] = []
    session.edits_at_risk.connect(risks.append)
    try:
        ballast = fill(small_disk)
        for number in range(200):
            paint(session, (5 + number % 120, 5 + number % 90), value=1 + number % 2, radius=9)
            qtbot.waitUntil(lambda: not session.keeping.is_under_way)
            if session.is_dirty:
                break
        painted, steps = mask_of(session), len(session.history.done)
        session.close_project()
        assert session.project is not None
        assert risks[0].steps >= 1
        ballast.unlink()
        risks[0].try_again()
        assert is_gone(session)
    finally:
        session.close()
    again = opened(qtbot, small_disk / "project")
    try:
        assert np.array_equal(mask_of(again), painted)
        assert len(again.history.done) == steps
    finally:
        again.close()
