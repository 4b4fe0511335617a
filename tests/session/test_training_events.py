"""The trainer's lines, one pure function for window and command line; whatever it says, the state stays sound."""

import json
import math
import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from polypviewer.session.training_events import after_exit, after_line, is_last_line, kept_stderr
from polypviewer.session.values import TrainingPhase, TrainingState

START = TrainingState(phase=TrainingPhase.RUNNING)


def line(kind: str, **fields: object) -> bytes:
    return json.dumps({"protocol": 1, "type": kind, **fields}).encode()


def follow(*lines: bytes) -> TrainingState:
    state = START
    for one in lines:
        state = after_line(state, one)
    return state


def test_a_whole_run_is_followed_to_its_result() -> None:
    state = follow(
        line("hello", program="polyp-trainer", version="0.1", device="cuda", device_name="H200", pid=9),
        line("plan", steps=200, train=20, holdout=8, replay=4, batch=8),
        line("baseline", holdout_dice=0.7, holdout_iou=0.6, frames=8, exams=3, per_frame=[]),
        line("step", step=1, steps=200, loss=0.9, seconds=0.5, seconds_left=99.5),
        line("evaluation", step=25, train_dice=0.8, holdout_dice=0.75),
        line("warning", code="few", message="Only three exams are held out."),
        line(
            "result", bundle="/x/bundle", digest="sha256:1", holdout_dice=0.8, baseline_dice=0.7, per_frame=[],
            gate={"verdict": "not enough evidence", "reasons": ["3 exams"], "interval": None, "exams": 3, "frames": 8},
        ),
    )  # fmt: skip
    assert state.phase is TrainingPhase.CHECKING
    assert (state.device, state.device_name, state.pid) == ("cuda", "H200", 9)
    assert (state.train_frames, state.holdout_frames, state.replay_frames) == (20, 8, 4)
    assert state.losses[0].loss == 0.9
    assert state.dices[0].holdout == 0.75
    assert (state.baseline_dice, state.holdout_dice) == (0.7, 0.8)
    assert state.warnings == ("Only three exams are held out.",)
    assert state.gate is not None
    assert state.gate.verdict == "not enough evidence"
    assert state.invalid_lines == 0


def test_a_run_without_a_hold_out_has_no_baseline() -> None:
    state = follow(line("baseline", holdout_dice=None, holdout_iou=None, frames=0, exams=0, per_frame=[]))
    assert state.baseline_dice is None


def test_a_loss_that_is_no_number_is_not_drawn() -> None:
    state = follow(b'{"protocol": 1, "type": "step", "step": 1, "steps": 2, "loss": NaN}')
    assert state.losses == ()
    assert state.step == 1


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"Epoch 1",
        b"[]",
        b"{}",
        b'{"protocol": 2, "type": "step"}',
        b"\xff\xfe",
        b'{"protocol": 1, "type": "step"}',
    ],
)
def test_a_line_that_is_no_event_is_counted_and_passed_over(bad: bytes) -> None:
    state = after_line(START, bad)
    assert state.invalid_lines == 1
    assert state.phase is TrainingPhase.RUNNING


def test_an_unknown_type_of_this_protocol_is_ignored() -> None:
    assert after_line(START, line("applause", loud=True)) == START


def test_an_error_of_the_trainer_keeps_its_sentence_and_cure() -> None:
    state = follow(line("error", code="job.leak", message="An exam stands on both sides.", cure="Group the exams."))
    assert state.phase is TrainingPhase.FAILED
    assert "both sides" in state.error
    assert state.cure == "Group the exams."


def test_missing_torch_names_the_extra() -> None:
    told = follow(line("error", code="torch.missing", message="PyTorch is not installed here.", cure="pip"))
    crashed = after_exit(START, exit_code=1, stderr=b"Traceback\nModuleNotFoundError: No module named 'torch'\n")
    assert told.error_code == crashed.error_code == "training.no_torch"
    assert "polypviewer[cpu,train]" in told.cure


def test_the_exit_of_a_run_without_a_last_word_is_a_crash_and_of_a_stopped_one_is_not() -> None:
    assert after_exit(START, exit_code=-9, stderr=b"").error_code == "training.crashed"
    stopping = TrainingState(phase=TrainingPhase.STOPPING)
    assert after_exit(stopping, exit_code=-15, stderr=b"").phase is TrainingPhase.STOPPED
    assert after_exit(follow(line("stopped", reason="asked", step=3)), exit_code=3, stderr=b"").step == 3


def test_last_lines_are_known_and_only_the_end_of_stderr_is_kept() -> None:
    assert is_last_line(line("result"))
    assert not is_last_line(line("step"))
    assert not is_last_line(b"{")
    assert len(kept_stderr(b"x" * 10_000, b"end")) == 4_000
    assert kept_stderr(b"x" * 10_000, b"end").endswith(b"end")


values = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.lists(st.integers(), max_size=3)
)
kinds = st.sampled_from(["hello", "plan", "baseline", "step", "evaluation", "warning", "result", "stopped", "error"])
names = ["step", "steps", "loss", "holdout_dice", "per_frame", "gate", "message", "bundle", "digest", "pid", "train"]


@example(kind="step", fields={"step": math.inf})
@example(kind="step", fields={"step": 1, "loss": 10**400})
@given(kind=kinds, fields=st.dictionaries(st.sampled_from(names), values))
def test_no_line_of_whatever_content_breaks_the_state(kind: str, fields: dict[str, object]) -> None:
    state = after_line(START, json.dumps({"protocol": 1, "type": kind, **fields}).encode())
    assert all(math.isfinite(point.loss) for point in state.losses)
    assert state.holdout_dice is None or 0 <= state.holdout_dice <= 1


def test_bytes_from_nowhere_change_nothing_but_the_count() -> None:
    rng = random.Random(5)
    state = START
    for _ in range(300):
        state = after_line(state, rng.randbytes(rng.randrange(1, 40)))
    assert state.phase is TrainingPhase.RUNNING
    assert state.invalid_lines == 300
