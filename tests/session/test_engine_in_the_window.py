"""The GPU engine as the session uses it: started, watched, replaced by the CPU with a word about it."""

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from polypviewer.segmentation import load_bundle
from polypviewer.session import model_seat
from polypviewer.session.messages import Message
from polypviewer.session.session import Session
from tests.segmentation.tiny_bundles import write_bundle
from tests.session.projects import make_project, opened

ENGINE = Path(__file__).parents[1] / "segmentation" / "fake_engine.py"


@pytest.fixture
def session(qtbot: QtBot, tmp_path: Path) -> Iterator[Session]:
    made = opened(qtbot, make_project(tmp_path))
    qtbot.waitUntil(lambda: made.bundle is not None, timeout=20_000)
    yield made
    made.close()


def use_engine(
    session: Session, qtbot: QtBot, folder: Path, monkeypatch: pytest.MonkeyPatch, behaviour: str
) -> list[Message]:
    """Take a tiny bundle that runs in the fake engine; returns what is said from now on."""
    monkeypatch.setattr(model_seat, "engine_command", lambda: (sys.executable, str(ENGINE), behaviour))
    said: list[Message] = []
    session.message.connect(said.append)
    bundle = load_bundle(write_bundle(folder / "red"))
    session.proposing.add_bundle(bundle)
    session.set_setting("engine", "always")
    session.use_bundle(bundle.digest)
    qtbot.waitUntil(lambda: session.bundle is not None and session.bundle.digest == bundle.digest, timeout=20_000)
    return said


def test_proposals_come_from_the_engine_and_the_status_says_so(
    qtbot: QtBot, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = use_engine(session, qtbot, tmp_path, monkeypatch, "well")
    qtbot.waitUntil(lambda: session.proposal is not None and session.proposal.proposal.milliseconds > 0, timeout=20_000)
    assert session.device is not None
    assert session.device.name == "fake"
    assert not [message for message in said if message.code == "device.fell_back"]


def test_an_engine_that_fails_twice_is_replaced_visibly_and_no_frame_goes_without_a_proposal(
    qtbot: QtBot, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = use_engine(session, qtbot, tmp_path, monkeypatch, "crash@2")
    session.propose_all()
    qtbot.waitUntil(lambda: not session.proposing.is_proposing_all, timeout=60_000)
    assert len(session.proposing._desk.proposed) == 4
    assert session.device is not None
    assert session.device.ran == "cpu"
    assert "failed twice" in session.device.reason
    assert [message.level for message in said if message.code == "device.fell_back"] == ["warning"]


def test_a_hung_engine_does_not_hold_up_the_end_of_the_program(
    qtbot: QtBot, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_engine(session, qtbot, tmp_path, monkeypatch, "hang")
    with qtbot.waitSignal(session.frame_changed, timeout=10_000):
        session.next()
    session.close()


def test_an_engine_leaves_nothing_behind_when_the_session_ends_while_its_lane_is_busy(
    qtbot: QtBot, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = tmp_path / "frames"
    frames.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(frames))
    use_engine(session, qtbot, tmp_path, monkeypatch, "well")
    assert len(list(frames.glob("polypviewer-frames-*"))) == 1
    session._desk.lanes.infer.submit(time.sleep, 0.3)
    session.close()
    assert list(frames.iterdir()) == []
