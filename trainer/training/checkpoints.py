"""Training states on disk: written whole, read without running anything that is inside them."""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from trainer.errors import DataError
from trainer.files import write_whole

SCHEMA = "polyp-trainer/checkpoint/2"


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """Everything a run needs to go on. Random numbers need no state: seed and step decide them.

    `progress`: the numbers of `trainer.training.state.Progress`; `scaler`: fp16's loss scale, empty without one.
    """

    network: dict[str, Tensor]
    average: dict[str, Tensor]
    average_steps: int
    optimiser: dict[str, object]
    scaler: dict[str, object]
    progress: dict[str, float]
    recipe: dict[str, object]

    @property
    def best_dice(self) -> float:
        """The best Dice on validation frames so far; -1 before the first judgement."""
        return float(self.progress["best_dice"])


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write whole; raises SurroundingsError when the disk refuses."""
    values = {name: getattr(checkpoint, name) for name in Checkpoint.__slots__}
    # Through memory: torch's own writer turns a full disk into an error that does not say so.
    data = io.BytesIO()
    torch.save({"schema": SCHEMA, **values}, data)
    write_whole(path, lambda beside: beside.write_bytes(data.getbuffer()))


def read_checkpoint(path: Path) -> Checkpoint:
    """Read with `weights_only`; raises DataError when the file is damaged or another version's."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _unusable(path) from error
    return checkpoint_of(content, path)


def checkpoint_of(content: bytes, path: Path) -> Checkpoint:
    """The checkpoint whose file at `path` holds `content`; raises DataError as `read_checkpoint` does."""
    try:
        values = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise _unusable(path) from error
    if not isinstance(values, Mapping) or values.get("schema") != SCHEMA:
        raise _unusable(path)
    return Checkpoint(**{name: values[name] for name in Checkpoint.__slots__})


def _unusable(path: Path) -> DataError:
    return DataError("checkpoint.broken", f"{path} is no checkpoint of this version.", "Start the run anew.")
