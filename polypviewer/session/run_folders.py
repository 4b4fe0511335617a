"""The folders of training runs in a project: where they lie, and what is removed of them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

RUNS_FOLDER: Final = "runs"
_PIXELS: Final = ("frames", "labels", "fov")


def clear_run(folder: Path) -> None:
    """Remove a run: copies of frames and whatever the trainer left half done."""
    shutil.rmtree(folder, ignore_errors=True)


def clear_pixels(folder: Path) -> None:
    """Remove a finished run's copies of frames; its job and events stay as its provenance."""
    for name in _PIXELS:
        shutil.rmtree(folder / name, ignore_errors=True)


def clear_old_runs(project: Path) -> None:
    """Remove what a killed window left behind; only whoever holds the project's lock calls this."""
    for folder in (project / RUNS_FOLDER).glob("*"):
        if any((folder / name).exists() for name in _PIXELS):
            clear_run(folder)
