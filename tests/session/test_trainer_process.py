"""The trainer as a child process of the window (QProcess) and of the command line (subprocess), however it behaves."""

import os
import signal
import time
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from polypviewer.session.trainer_pipe import follow_trainer
from polypviewer.session.trainer_process import TrainerProcess
from polypviewer.session.values import TrainingPhase, TrainingState
from tests.session.fake_trainers import trainer


def run_in_window(qtbot: QtBot, command: tuple[str, ...], job: Path, *, silence: float = 20.0) -> TrainingState:
    process = TrainerProcess(command, silence_seconds=silence)
    with qtbot.waitSignal(process.ended, timeout=20_000) as ended:
        process.start(job)
    process.deleteLater()
    assert ended.args is not None
    state = ended.args[0]
    assert isinstance(state, TrainingState)
    return state


def run_in_command(command: tuple[str, ...], job: Path, *, silence: float = 20.0) -> TrainingState:
    return list(follow_trainer(command, job, silence_seconds=silence))[-1]


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        ("crash", "training.crashed"),
        ("garbage", "training.crashed"),
        ("no torch", "training.no_torch"),
        ("error", "training.told"),
    ],
)
def test_a_trainer_that_fails_gives_one_sentence_and_its_cure(
    behaviour: str, code: str, tmp_path: Path, qtbot: QtBot
) -> None:
    command = trainer(tmp_path, behaviour)
    for state in (run_in_window(qtbot, command, tmp_path), run_in_command(command, tmp_path)):
        assert state.phase is TrainingPhase.FAILED
        assert state.error_code == code
        assert state.error
        assert state.cure


def test_garbage_between_events_is_counted_and_the_events_still_count(tmp_path: Path, qtbot: QtBot) -> None:
    command = trainer(tmp_path, "garbage")
    for state in (run_in_window(qtbot, command, tmp_path), run_in_command(command, tmp_path)):
        assert state.invalid_lines == 3
        assert [point.step for point in state.losses] == [1, 2, 3]


def test_a_trainer_that_falls_silent_is_named_and_ended(tmp_path: Path, qtbot: QtBot) -> None:
    command = trainer(tmp_path, "silent")
    began = time.monotonic()
    for state in (
        run_in_window(qtbot, command, tmp_path, silence=1.0),
        run_in_command(command, tmp_path, silence=1.0),
    ):
        assert state.error_code == "training.hung"
    assert time.monotonic() - began < 20


def test_a_program_that_is_not_there_is_named(tmp_path: Path, qtbot: QtBot) -> None:
    command = (str(tmp_path / "nothing"),)
    for state in (run_in_window(qtbot, command, tmp_path), run_in_command(command, tmp_path)):
        assert state.error_code == "training.not_started"


def test_stop_ends_an_obedient_trainer_through_its_protocol(tmp_path: Path, qtbot: QtBot) -> None:
    process = TrainerProcess(trainer(tmp_path, "obedient"), silence_seconds=20)
    with qtbot.waitSignal(process.changed, timeout=20_000):
        process.start(tmp_path)
    with qtbot.waitSignal(process.ended, timeout=20_000) as ended:
        process.stop()
    assert ended.args is not None
    assert ended.args[0].phase is TrainingPhase.STOPPED
    assert ended.args[0].step == 1
    process.deleteLater()


def test_stop_ends_a_deaf_trainer_by_the_system(tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("polypviewer.session.trainer_process._STOP_MS", 200)
    process = TrainerProcess(trainer(tmp_path, "deaf"), silence_seconds=20)
    with qtbot.waitSignal(process.changed, timeout=20_000):
        process.start(tmp_path)
    with qtbot.waitSignal(process.ended, timeout=20_000) as ended:
        process.stop()
    assert ended.args is not None
    assert ended.args[0].phase is TrainingPhase.STOPPED
    process.deleteLater()


def test_a_trainer_killed_from_outside_is_a_crash(tmp_path: Path, qtbot: QtBot) -> None:
    process = TrainerProcess(trainer(tmp_path, "deaf"), silence_seconds=20)
    with qtbot.waitSignal(process.changed, timeout=20_000):
        process.start(tmp_path)
    with qtbot.waitSignal(process.ended, timeout=20_000) as ended:
        os.kill(process.pid, signal.SIGKILL)
    assert ended.args is not None
    assert ended.args[0].error_code == "training.crashed"
    process.deleteLater()


def test_closing_the_generator_ends_the_trainer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("polypviewer.session.trainer_pipe._PATIENCE", (0.3, 2.0))
    states = follow_trainer(trainer(tmp_path, "deaf"), tmp_path, silence_seconds=20)
    assert next(states).steps == 3
    began = time.monotonic()
    states.close()
    assert time.monotonic() - began < 5
