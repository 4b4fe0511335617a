"""`polyp-trainer evaluate`: judge a bundle's `model.onnx` on a folder of frames and masks."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from trainer.bundle import NETWORK, Bundle, read_bundle
from trainer.data.folders import Pair, find_pairs, only, read_list, read_pair
from trainer.errors import DataError
from trainer.export import open_onnx, run_onnx
from trainer.files import write_json
from trainer.judging import DEFINITIONS, Judged, intervals_of, judge_frame, metrics_of, strata_of
from trainer.pixels.metrics import dice, iou
from trainer.proposing import Probability, Rules, propose

SCHEMA = "polyp-trainer/report/1"


def evaluate(
    model: Path, data: Path, *, report: Path, listed: Path | None = None, on: str = "", told: Callable[[int], None]
) -> dict[str, object]:
    """Judge every frame of `data` (or those that `listed` names), write the report, and return it.

    `on`: what the report calls the data. Raises TrainerError when bundle or data cannot be used.
    """
    bundle = read_bundle(model)
    pairs = find_pairs(data, name=data.name)
    if listed is not None:
        pairs = only(pairs, read_list(listed))
    if not pairs:
        raise DataError("data.empty", f"No frames of {data} are listed.", "Check the list.")
    frames = judge_pairs(bundle, pairs, told=told)
    values = report_of(bundle, frames, on=on or data.name)
    write_json(report, values)
    return values


def judge_pairs(bundle: Bundle, pairs: Sequence[Pair], *, told: Callable[[int], None]) -> list[Judged]:
    """Propose on every frame with ONNX Runtime on the CPU and compare with its mask."""
    probability = onnx_probability(open_onnx(bundle.folder / NETWORK))
    rules = Rules(bundle.size, bundle.threshold, bundle.minimum_area)
    frames = []
    for number, pair in enumerate(pairs):
        image, label = read_pair(pair)
        started = time.perf_counter()
        proposed = propose(image, probability, rules)
        milliseconds = (time.perf_counter() - started) * 1000
        frames.append(judge_frame(pair.key, proposed, label, milliseconds=milliseconds))
        told(number + 1)
    return frames


def onnx_probability(session: onnxruntime.InferenceSession) -> Probability:
    """A session as a function of one frame."""

    def probability(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.asarray(run_onnx(session, image[np.newaxis])[0, 0], np.float32)

    return probability


def report_of(bundle: Bundle, frames: Sequence[Judged], *, on: str) -> dict[str, object]:
    """The report as JSON values."""
    intervals = intervals_of(frames)
    latency = np.percentile([frame.milliseconds for frame in frames], [50, 95])
    return {
        "schema": SCHEMA,
        "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "bundle": {"name": bundle.name, "digest": bundle.digest, "threshold": bundle.threshold},
        "on": on,
        "frames": len(frames),
        "frames_with_polyp": sum(frame.counts.has_polyp for frame in frames),
        "metrics": {
            name: {"value": value, "interval": intervals.get(name), "is": DEFINITIONS[name]}
            for name, value in metrics_of(frames).items()
        },
        "strata": strata_of(frames),
        "milliseconds": {"p50": round(float(latency[0]), 1), "p95": round(float(latency[1]), 1)},
        "patient_safe": "not known: frames carry no patient or exam, intervals resample frames",
        "per_frame": [_row(frame) for frame in frames],
    }


def _row(frame: Judged) -> dict[str, object]:
    counts = frame.counts
    polyp = counts.has_polyp
    return {
        "frame": frame.key,
        "dice": round(dice(counts), 5) if polyp else None,
        "iou": round(iou(counts), 5) if polyp else None,
        "false_proposal": None if polyp else counts.fp > 0,
        "confidence": round(frame.confidence, 4),
        "lesion_area": round(frame.area, 5),
    }
