"""A finished training's bundle.

Checked, then moved to the project's models by one rename; and the run's traces removed.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from polypviewer.core.errors import SegmentationError, TrainingError
from polypviewer.session.models import MODELS_FOLDER
from polypviewer.session.values import TrainingState

if TYPE_CHECKING:
    from polypviewer.segmentation import ModelBundle
    from polypviewer.session.job_writer import WrittenJob

_DIGITS: Final = 8
RUNS_FOLDER: Final = "runs"
_PIXELS: Final = ("frames", "labels", "fov")


def adopt_bundle(job: WrittenJob, state: TrainingState) -> ModelBundle:
    """The new bundle in its place in the project. Raises `TrainingError` if it is not what was promised."""
    from polypviewer.segmentation import check_network, load_bundle

    try:
        bundle = load_bundle(job.out)
        if bundle.digest != state.digest:
            raise TrainingError("training.other_bundle")
        check_network(bundle)
        place = job.project / MODELS_FOLDER / f"{_slug(bundle.name)}-{bundle.digest.removeprefix('sha256:')[:_DIGITS]}"
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists():
            job.out.rename(place)
        return load_bundle(place)
    except SegmentationError as error:
        raise TrainingError("training.bundle", reason=error.happened) from error
    except OSError as error:
        raise TrainingError("training.bundle", reason=error.strerror or str(error)) from error


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


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-") or "model"
