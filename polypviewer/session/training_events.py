"""What the trainer says, line by line (docs/formats.md, section 3). Pure: one function turns a line into the next
state.

Used by the window (QProcess) and the command line (subprocess) alike. A line that is no event is counted and passed
over.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import Any, Final

from polypviewer.session.values import (
    DicePoint,
    FrameDice,
    GateVerdict,
    LossPoint,
    TrainingPhase,
    TrainingState,
)

PROTOCOL: Final = 1
STOP_LINE: Final = b'{"type": "stop"}\n'
_LAST: Final = ("result", "stopped", "error")
_STDERR_KEPT: Final = 4_000


def after_line(state: TrainingState, line: bytes) -> TrainingState:
    """The state after one line of the trainer's stdout; after an invalid one only `invalid_lines` differs."""
    try:
        event = json.loads(line)
        if not isinstance(event, dict) or event.get("protocol") != PROTOCOL:
            raise ValueError("no event of this protocol")
        follow = _FOLLOW.get(str(event.get("type")))
        return state if follow is None else follow(state, event)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return replace(state, invalid_lines=state.invalid_lines + 1)


def is_last_line(line: bytes) -> bool:
    """True for a line after which nothing more follows."""
    try:
        event = json.loads(line)
    except ValueError:
        return False
    return isinstance(event, dict) and event.get("protocol") == PROTOCOL and event.get("type") in _LAST


def after_exit(state: TrainingState, *, exit_code: int | None, stderr: bytes) -> TrainingState:
    """The state when the process has ended: a run without a last word has crashed, and what it missed is named."""
    if state.phase in (TrainingPhase.CHECKING, TrainingPhase.STOPPED, TrainingPhase.FAILED):
        return state
    if state.phase is TrainingPhase.STOPPING:
        return replace(state, phase=TrainingPhase.STOPPED, seconds_left=None)
    told = stderr.decode("utf-8", "replace")
    missing = next((line for line in told.splitlines() if "No module named" in line), "")
    if missing:
        return failed(state, "training.no_torch", reason=missing.strip())
    code = "unknown" if exit_code is None else str(exit_code)
    return failed(state, "training.crashed", exit_code=code)


def failed(state: TrainingState, code: str, **fields: object) -> TrainingState:
    """The state after a failure of this code of the error table."""
    from polypviewer.core.errors import TrainingError

    error = TrainingError(code, **fields)
    return replace(
        state,
        phase=TrainingPhase.FAILED,
        error_code=code,
        error=error.happened,
        cure=error.cure,
        seconds_left=None,
        bundle=None,
    )


def kept_stderr(before: bytes, more: bytes) -> bytes:
    """The end of what the trainer said on stderr, for the details of an error."""
    return (before + more)[-_STDERR_KEPT:]


def _hello(state: TrainingState, event: Mapping[str, Any]) -> TrainingState:
    program = f"{event.get('program', 'trainer')} {event.get('version', '')}".strip()
    return replace(
        state,
        phase=_running(state),
        program=program,
        device=str(event.get("device", "")),
        device_name=str(event.get("device_name", "")),
        pid=_count(event.get("pid")) or None,
    )


def _plan(state: TrainingState, event: Mapping[str, Any]) -> TrainingState:
    return replace(
        state,
        phase=_running(state),
        steps=_count(event["steps"]),
        train_frames=_count(event.get("train")),
        holdout_frames=_count(event.get("holdout")),
        replay_frames=_count(event.get("replay")),
    )


def _baseline(state: TrainingState, event: Mapping[str, Any]) -> TrainingState:
    return replace(
        state,
        baseline_dice=_share(event.get("holdout_dice")),
        baseline_iou=_share(event.get("holdout_iou")),
        holdout_exams=_count(event.get("exams")),
        per_frame=_frames_before(event.get("per_frame")),
    )


def _step(state: TrainingState, event: Mapping[str, Any]) -> TrainingState:
    step, loss = _count(event["step"]), float(event["loss"])
    points = (*state.losses, LossPoint(step, loss)) if isfinite(loss) else state.losses
    left = event.get("seconds_left")
    return replace(
        state,
        phase=_running(state),
        step=step,
        steps=_count(event.get("steps")) or state.steps,
        losses=points,
        seconds=float(event.get("seconds") or 0.0),
        seconds_left=None if left is None else float(left),
    )


def _evaluation(state: TrainingState, event: Mapping[str, Any]) -> TrainingState:
    point = DicePoint(_count(event["step"]), _share(event.get("train_dice")), _share(event.get("holdout_dice")))
    return replace(state, dices=(*state.dices, point))


def _warning(state: TrainingState, event: Mapping[str, Any]) -> TrainingState:
    return replace(state, warnings=(*state.warnings, str(event["message"])))


def _result(state: TrainingState, event: Mapping[str, Any]) -> TrainingState:
    return replace(
        state,
        phase=TrainingPhase.CHECKING,
        bundle=Path(str(event["bundle"])),
        digest=str(event["digest"]),
        holdout_dice=_share(event.get("holdout_dice")),
        baseline_dice=_share(event.get("baseline_dice", state.baseline_dice)),
        per_frame=_frames_after(state.per_frame, event.get("per_frame")),
        gate=_gate(event.get("gate")),
        seconds_left=0.0,
    )


def _stopped(state: TrainingState, event: Mapping[str, Any]) -> TrainingState:
    return replace(state, phase=TrainingPhase.STOPPED, step=_count(event.get("step")), seconds_left=None)


def _error(state: TrainingState, event: Mapping[str, Any]) -> TrainingState:
    code, told = str(event.get("code", "")), str(event["message"])
    if code == "torch.missing":
        return failed(state, "training.no_torch", reason=told.rstrip("."))
    return failed(state, "training.told", message=told, cure=str(event.get("cure", "")))


_FOLLOW: Final[dict[str, Callable[[TrainingState, Mapping[str, Any]], TrainingState]]] = {
    "hello": _hello,
    "plan": _plan,
    "baseline": _baseline,
    "step": _step,
    "evaluation": _evaluation,
    "warning": _warning,
    "result": _result,
    "stopped": _stopped,
    "error": _error,
}


def _running(state: TrainingState) -> TrainingPhase:
    return state.phase if state.phase is TrainingPhase.STOPPING else TrainingPhase.RUNNING


def _count(value: object) -> int:
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"not a count: {value!r}")
    if not math.isfinite(value):
        raise ValueError(f"not a count: {value!r}")
    return int(value)


def _share(value: object) -> float | None:
    """A number of 0-1, or None where the trainer has none."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0.0 <= value <= 1.0:
        raise ValueError(f"not a share: {value!r}")
    return float(value)


def _rows(rows: object) -> list[tuple[str, str, float | None]]:
    """(frame, exam, dice) of each row of `per_frame`."""
    if not isinstance(rows, list):
        return []
    return [
        (str(row.get("image") or row.get("frame", "")), str(row.get("exam") or ""), _share(row.get("dice")))
        for row in rows
        if isinstance(row, dict)
    ]


def _frames_before(rows: object) -> tuple[FrameDice, ...]:
    return tuple(FrameDice(frame, exam, dice, None) for frame, exam, dice in _rows(rows))


def _frames_after(before: tuple[FrameDice, ...], rows: object) -> tuple[FrameDice, ...]:
    known = {row.frame: row.before for row in before}
    after = tuple(FrameDice(frame, exam, known.get(frame), dice) for frame, exam, dice in _rows(rows))
    return after or before


def _gate(told: object) -> GateVerdict | None:
    if not isinstance(told, dict):
        return None
    interval = told.get("interval")
    pair = (float(interval[0]), float(interval[1])) if isinstance(interval, list) and len(interval) == 2 else None
    reasons = tuple(str(reason) for reason in told.get("reasons") or ())
    return GateVerdict(str(told["verdict"]), reasons, pair, _count(told.get("exams")), _count(told.get("frames")))
