"""A project that is only being opened is let go of like an open one: no file of it stays open, nobody is locked out."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from polypviewer.session.session import Session
from polypviewer.storage.opening import UNCLEAN
from tests.session.projects import READER, make_project


@pytest.fixture
def empty(qtbot: QtBot) -> Iterator[Session]:
    """A session without a project."""
    made = Session()
    yield made
    made.close()


def until_opened_on_the_lane(session: Session) -> None:
    """The stores are open, and the window has not heard of it."""
    session._desk.lanes.disk.call(lambda: None)
    assert session.project is None


def is_let_go(project: Path) -> bool:
    """No database has a log beside it, as it has while somebody holds it open."""
    return not list(project.glob("*-wal")) and not (project / UNCLEAN).exists()


def until_open(qtbot: QtBot, session: Session, project: Path) -> None:
    with qtbot.waitSignal(session.project_opened, timeout=20_000):
        session.open(project, READER)


def test_a_session_that_closes_while_a_project_opens_lets_go_of_it(empty: Session, project: Path) -> None:
    empty.open(project, READER)
    until_opened_on_the_lane(empty)
    assert not is_let_go(project)
    empty.close()
    assert empty.project is None
    assert is_let_go(project)


def test_a_session_that_closes_before_the_project_begins_to_open_lets_go_of_it(empty: Session, project: Path) -> None:
    may_go_on = threading.Event()
    empty._desk.lanes.disk.submit(may_go_on.wait, 20)
    empty.open(project, READER)
    empty.close_project()
    may_go_on.set()
    empty.close()
    assert empty.project is None
    assert is_let_go(project)


def test_a_project_that_is_asked_for_twice_can_be_written(empty: Session, project: Path, qtbot: QtBot) -> None:
    empty.open(project, READER)
    until_opened_on_the_lane(empty)
    until_open(qtbot, empty, project)
    assert empty.project is not None
    assert not empty.project.read_only


def test_a_project_that_is_passed_over_for_another_is_let_go(
    empty: Session, project: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    other = make_project(tmp_path / "other")
    empty.open(project, READER)
    until_opened_on_the_lane(empty)
    until_open(qtbot, empty, other)
    assert empty.project is not None
    assert empty.project.folder == other
    assert is_let_go(project)


def test_a_project_that_is_closed_while_it_opens_does_not_open_after_all(
    empty: Session, project: Path, qtbot: QtBot
) -> None:
    empty.open(project, READER)
    until_opened_on_the_lane(empty)
    with qtbot.assertNotEmitted(empty.project_opened, wait=100):
        empty.close_project()
    assert empty.project is None
    assert is_let_go(project)
    until_open(qtbot, empty, project)


def test_what_waits_for_a_quiet_moment_opens_no_store_that_was_closed(
    session: Session, project: Path, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: session.bundle is not None, timeout=20_000)
    came: list[object] = []
    may_go_on = threading.Event()
    session._desk.lanes.disk.submit(may_go_on.wait, 20)
    session.proposing.areas(came.append)
    session.close_project()
    may_go_on.set()
    session.close()
    assert came == []
    assert is_let_go(project)
