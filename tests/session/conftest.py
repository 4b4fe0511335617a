"""What most tests of a session begin with: a project of four pictures, open on its first, and what the session says."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from polypviewer.session.messages import Message
from polypviewer.session.session import Session
from tests.session.projects import make_project, opened


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path)


@pytest.fixture
def session(project: Path, qtbot: QtBot) -> Iterator[Session]:
    made = opened(qtbot, project)
    yield made
    made.close()


@pytest.fixture
def messages(session: Session) -> list[Message]:
    """All that was said since the session was open."""
    heard: list[Message] = []
    session.message.connect(heard.append)
    return heard
