"""A finished training's bundle: checked, then moved to the project's models by one rename."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from polypviewer.core.errors import SegmentationError, TrainingError
from polypviewer.session.models import MODELS_FOLDER
from polypviewer.session.values import TrainingState

if TYPE_CHECKING:
    from polypviewer.segmentation import ModelBundle
    from polypviewer.session.job_writer import WrittenJob

_DIGITS: Final = 8


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


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-") or "model"
