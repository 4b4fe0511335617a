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

SCHEMA = "polyp-trainer/checkpoint/1"


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """Everything a run needs to go on: `epoch` and `step` are the next ones to do, `step` counted within the epoch."""

    epoch: int
    step: int
    network: dict[str, Tensor]
    average: dict[str, Tensor]
    average_steps: int
    optimiser: dict[str, object]
    best_dice: float
    recipe: dict[str, object]


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
        values = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise _unusable(path) from error
    if not isinstance(values, Mapping) or values.get("schema") != SCHEMA:
        raise _unusable(path)
    return Checkpoint(**{name: values[name] for name in Checkpoint.__slots__})


def _unusable(path: Path) -> DataError:
    return DataError("checkpoint.broken", f"{path} is no checkpoint of this version.", "Start the run anew.")
