"""Which models there are, and which one proposes.

Bundles come with the program, from the user's folder and from trainings.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from polypviewer.session.settings import home_folder

if TYPE_CHECKING:
    from polypviewer.segmentation import BundleSearch, ModelBundle

MODELS_FOLDER = "models"


def bundle_roots(project: Path | None = None) -> tuple[Path, ...]:
    """Where bundles are looked for, in order: the project's own, the program's, the user's."""
    shipped = Path(str(files("resources"))) / MODELS_FOLDER
    user = home_folder() / MODELS_FOLDER
    return (shipped, user) if project is None else (shipped, project / MODELS_FOLDER, user)


def find_models(project: Path | None = None) -> BundleSearch:
    """All usable bundles and why others are not. Reads every file of each bundle: call it on a lane."""
    from polypviewer.segmentation import search_bundles

    return search_bundles(*bundle_roots(project))


def choose(bundles: tuple[ModelBundle, ...], digest: str | None) -> ModelBundle | None:
    """The bundle of this digest; without it one that came with the program, never a trained one that nobody chose."""
    named = next((bundle for bundle in bundles if bundle.digest == digest), None)
    shipped = next((bundle for bundle in bundles if bundle.folder.is_relative_to(bundle_roots()[0])), None)
    return named or shipped or (bundles[0] if bundles else None)
