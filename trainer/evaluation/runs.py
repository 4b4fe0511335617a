"""What a run folder tells a report: its curves, and which frames it learned from."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from trainer.data.folders import Pair
from trainer.errors import DataError
from trainer.evaluation.selection import source_id

EVENTS, SUMMARY = "events.jsonl", "run.json"

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Run:
    """`losses`: step and loss. `scores`: step and Dice by name. `learned_from`: sources of its frames."""

    losses: Points
    scores: Mapping[str, Points]
    learned_from: frozenset[str]

    def learned(self, keys: Sequence[str]) -> list[str]:
        """Those of the keys whose frame was a training or validation frame of this run."""
        return [key for key in keys if _source(key) in self.learned_from]


def learned_in(folder: Path, keys: Sequence[str]) -> list[str]:
    """Those of the keys whose frame was a training or validation frame of the run in `folder`, by its `run.json`."""
    learned = _learned_from(folder)
    return [key for key in keys if _source(key) in learned]


def read_run(folder: Path) -> Run:
    """Read a run folder, or one whose events lie beside a bundle. Raises DataError without readable events."""
    try:
        lines = (folder / EVENTS).read_text("utf-8").splitlines()
        events = [json.loads(line) for line in lines if line.strip()]
    except (OSError, ValueError) as error:
        raise DataError("run.events", f"{folder} holds no readable {EVENTS}.", "Give the folder of a run.") from error
    losses = tuple(_points(events, "step", "loss"))
    scores = {
        name: points
        for name, key in (("training", "train_dice"), ("validation", "holdout_dice"))
        if (points := tuple(_points(events, "evaluation", key)))
    }
    return Run(losses, scores, _learned_from(folder))


def _points(events: Sequence[object], kind: str, key: str) -> list[tuple[float, float]]:
    return [
        (float(event["step"]), float(event[key]))
        for event in events
        if isinstance(event, Mapping) and event.get("type") == kind and isinstance(event.get(key), int | float)
    ]


def _learned_from(folder: Path) -> frozenset[str]:
    path = folder / SUMMARY
    if not path.is_file():
        return frozenset()
    try:
        values = json.loads(path.read_text("utf-8"))
        keys = [str(key) for side in ("train", "validation") for key in values[side]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError("run.missing", f"{path} cannot be read.", "Give the folder of a whole run.") from error
    return frozenset(_source(key) for key in keys)


def _source(key: str) -> str:
    """The source of a frame by its key, copies of augmentation (`key#2`) counted with their frame."""
    return source_id(Pair(re.sub(r"#\d+$", "", key), Path(), Path()))
