"""One process at a time in the folder of a run: two would write each other's checkpoints and events."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from trainer.errors import DataError
from trainer.training.parallel import Processes

CLAIM: Final = "run.lock"
"""The file that is locked. The system lets go of it however its process ends; the file itself says nothing."""


@contextmanager
def claimed(folder: Path, processes: Processes) -> Iterator[None]:
    """A run's folder for this run alone; of the processes of one run the first claims it for all.

    Raises DataError when another run has it.
    """
    if not processes.first:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / CLAIM)
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise DataError(
            "run.busy", f"Another process is training in {folder}.", "Let it end, stop it, or choose another folder."
        ) from error
    try:
        yield
    finally:
        lock.release()
