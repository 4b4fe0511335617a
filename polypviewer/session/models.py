"""Which models there are, and which one proposes.

Bundles come with the program, from the user's folder and from trainings.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

from polypviewer.session.settings import home_folder

if TYPE_CHECKING:
    from polypviewer.segmentation import AskedDevice, BundleSearch, ModelBundle

MODELS_FOLDER = "models"
STANDARD: Final = {"cpu": "polyp-fast", "cuda": "polyp-accurate"}
"""Which of the bundles that come with the program proposes where nobody chose one."""


def bundle_roots(project: Path | None = None) -> tuple[Path, ...]:
    """Where bundles are looked for, in order: the project's own, the program's, the user's."""
    shipped = Path(str(files("resources"))) / MODELS_FOLDER
    user = home_folder() / MODELS_FOLDER
    return (shipped, user) if project is None else (shipped, project / MODELS_FOLDER, user)


def find_models(project: Path | None = None, *, device: AskedDevice = "auto") -> BundleSearch:
    """All usable bundles, the standard one of the device first, and why others are not.

    Reads every file of each bundle and may ask the driver: call it on a lane.
    """
    from polypviewer.segmentation import BundleSearch, search_bundles

    search, standard = search_bundles(*bundle_roots(project)), standard_name(device)
    order = sorted(search.bundles, key=lambda bundle: not (is_shipped(bundle) and bundle.name == standard))
    return BundleSearch(tuple(order), search.problems)


def standard_name(device: AskedDevice) -> str:
    """The name of the program's own bundle for a device; for "auto" that of the device which would run."""
    from polypviewer.segmentation import available_devices

    has_cuda = device != "cpu" and any(found.kind == "cuda" for found in available_devices())
    return STANDARD["cuda" if has_cuda else "cpu"]


def is_shipped(bundle: ModelBundle) -> bool:
    """Whether a bundle came with the program."""
    return bundle.folder.is_relative_to(bundle_roots()[0])


def choose(bundles: tuple[ModelBundle, ...], digest: str | None) -> ModelBundle | None:
    """The bundle of this digest, else the first that came with the program, never a trained one that nobody chose.

    `bundles`: in the order of `find_models`.
    """
    named = next((bundle for bundle in bundles if bundle.digest == digest), None)
    shipped = next((bundle for bundle in bundles if is_shipped(bundle)), None)
    return named or shipped or (bundles[0] if bundles else None)


def model_meant(
    wanted: str, project: Path | None = None, *, device: AskedDevice, digest: str | None = None
) -> ModelBundle:
    """The bundle that a person means (see `choose_bundle`); for "" that of this digest, else the device's standard one.

    Raises `SegmentationError` when it cannot be used.
    """
    from polypviewer.segmentation import choose_bundle

    if wanted:
        return choose_bundle(wanted, *bundle_roots(project))
    found = choose(find_models(project, device=device).bundles, digest)
    return found or choose_bundle(None, *bundle_roots(project))
