"""Whether a fine-tuned bundle may replace its base: criteria that were written before the run.

Paired bootstrap over exams (never frames) of the change in per-image Dice; lower bound above 0. Fewer than 5 held-out
exams or 30 frames are not enough evidence. No loss of lesion sensitivity.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trainer.evaluation.intervals import BOOTSTRAPS

FEWEST_EXAMS = 5
FEWEST_FRAMES = 30

Verdict = Literal["passes", "fails", "not enough evidence"]


@dataclass(frozen=True, slots=True)
class Compared:
    """One held-out frame before and after. Dice is None without a polyp; alarms are false proposals there."""

    exam: str
    frame: str
    dice_before: float | None
    dice_after: float | None
    lesions: int
    found_before: int
    found_after: int
    alarm_before: bool
    alarm_after: bool


def judge_change(frames: Sequence[Compared], *, seed: int) -> dict[str, object]:
    """The gate of a `result` event: verdict, reasons, interval of the change of Dice, exams and frames."""
    interval = _interval(frames, seed=seed)
    exams = len({frame.exam for frame in frames})
    verdict, reasons = _verdict(frames, interval, exams=exams)
    return {"verdict": verdict, "reasons": reasons, "interval": interval, "exams": exams, "frames": len(frames)}


def _verdict(
    frames: Sequence[Compared], interval: tuple[float, float] | None, *, exams: int
) -> tuple[Verdict, list[str]]:
    if exams < FEWEST_EXAMS or len(frames) < FEWEST_FRAMES or interval is None:
        return "not enough evidence", [
            f"{exams} held-out exams and {len(frames)} frames; {FEWEST_EXAMS} and {FEWEST_FRAMES} are needed"
        ]
    reasons = []
    if interval[0] <= 0:
        reasons.append(f"the change of Dice may be {interval[0]:+.3f} (lower bound of 95 %)")
    before, after = sum(frame.found_before for frame in frames), sum(frame.found_after for frame in frames)
    if after < before:
        reasons.append(f"{before - after} lesions that were found are missed now")
    alarms = sum(frame.alarm_after - frame.alarm_before for frame in frames)
    if alarms > 0:
        reasons.append(f"{alarms} more frames without a polyp get a proposal")
    notes = ["the change on older data was not measured: no reference set is at hand"]
    return ("fails", reasons + notes) if reasons else ("passes", notes)


def _interval(frames: Sequence[Compared], *, seed: int) -> tuple[float, float] | None:
    """95 % of the mean change over resampled exams; None when fewer than two exams hold a polyp."""
    changes: dict[str, list[float]] = {}
    for frame in frames:
        if frame.dice_before is not None and frame.dice_after is not None:
            changes.setdefault(frame.exam, []).append(frame.dice_after - frame.dice_before)
    if len(changes) < 2:
        return None
    sums, sizes = _columns(changes)
    drawn = np.random.default_rng(seed).integers(0, len(sums), (BOOTSTRAPS, len(sums)))
    low, high = np.percentile(sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1), [2.5, 97.5])
    return round(float(low), 5), round(float(high), 5)


def _columns(changes: Mapping[str, Sequence[float]]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    sums = np.array([sum(values) for values in changes.values()], np.float64)
    return sums, np.array([len(values) for values in changes.values()], np.int64)
