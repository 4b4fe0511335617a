"""Model bundles: folders of `model.onnx`, `weights.safetensors` and `card.json`, checked before anything runs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from polypviewer.core.errors import SegmentationError
from polypviewer.segmentation.card import Card, FileSpec, parse_card

CARD: Final = "card.json"
NETWORK: Final = "model.onnx"
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class ModelBundle:
    """A checked bundle on this disk. `digest` ("sha256:...") names it in proposals, projects and hand-shakes."""

    folder: Path
    digest: str
    card: Card

    @property
    def name(self) -> str:
        """The card's name, for lists and `--model`."""
        return self.card.name

    @property
    def title(self) -> str:
        """Name and version, for people."""
        return f"{self.card.name} {self.card.version}"

    @property
    def network_path(self) -> Path:
        """Where `model.onnx` lies."""
        return self.folder / NETWORK


@dataclass(frozen=True, slots=True)
class BundleSearch:
    """What lies below some folders: usable bundles by name, and why the others are not."""

    bundles: tuple[ModelBundle, ...]
    problems: tuple[SegmentationError, ...]


def bundle_digest(folder: Path) -> str:
    """`sha256:` and the SHA-256 of `card.json`'s bytes. Raises `SegmentationError` ("bundle.missing") without one."""
    return f"sha256:{hashlib.sha256(_card_bytes(folder)).hexdigest()}"


def load_bundle(folder: Path) -> ModelBundle:
    """The bundle in a folder, its card read and its files compared with the card's sizes and SHA-256 digests.

    Loads no runtime: whether card and network agree is checked by `onnx_session.check_network`, which every segmenter
    runs before its first proposal. Raises `SegmentationError` ("bundle.missing", ".file_missing", ".damaged", ".card",
    ".newer").
    """
    data = _card_bytes(folder)
    card = parse_card(data, bundle=folder.name)
    for spec in card.files:
        _check_file(folder, spec)
    return ModelBundle(folder, f"sha256:{hashlib.sha256(data).hexdigest()}", card)


def search_bundles(*roots: Path) -> BundleSearch:
    """Every folder with a `card.json` directly in a root, or the root itself; roots that do not exist are passed over.

    The same bundle (by digest) in two places is listed once, from the first root.
    """
    found: dict[str, ModelBundle] = {}
    problems: list[SegmentationError] = []
    for folder in _candidates(roots):
        try:
            bundle = load_bundle(folder)
        except SegmentationError as error:
            problems.append(error)
        else:
            found.setdefault(bundle.digest, bundle)
    ordered = sorted(found.values(), key=lambda bundle: (bundle.name, bundle.card.created, bundle.digest))
    return BundleSearch(tuple(ordered), tuple(problems))


def find_bundles(*roots: Path) -> tuple[ModelBundle, ...]:
    """The usable bundles below some folders, by name (`search_bundles` also tells about the others)."""
    return search_bundles(*roots).bundles


def choose_bundle(wanted: str | None, *roots: Path) -> ModelBundle:
    """The bundle that a person means: a folder, a digest, or a name (the newest of that name).

    None means the first bundle of the first root that has one. Raises `SegmentationError`: "bundle.unknown" with the
    names that there are, "bundle.none_found", or why the one that was meant cannot be used.
    """
    if wanted is not None and _is_folder(wanted):
        return load_bundle(Path(wanted))
    searches = [search_bundles(root) for root in roots]
    bundles = [bundle for search in searches for bundle in search.bundles]
    problems = [problem for search in searches for problem in search.problems]
    if wanted is None and bundles:
        return bundles[0]
    matching = [bundle for bundle in bundles if wanted in (bundle.name, bundle.title, bundle.digest)]
    if matching:
        return max(matching, key=lambda bundle: bundle.card.created)
    for problem in problems:
        if wanted in (None, problem.fields.get("bundle")):
            raise problem
    if wanted is None or not bundles:
        raise SegmentationError("bundle.none_found")
    raise SegmentationError("bundle.unknown", name=wanted, known=", ".join(dict.fromkeys(b.name for b in bundles)))


def _is_folder(wanted: str) -> bool:
    """True for a bundle's folder, and for a path (not a bare name) of any folder, so that the error names it."""
    path = Path(wanted)
    return (path / CARD).is_file() or (len(path.parts) > 1 and path.is_dir())


def _candidates(roots: Sequence[Path]) -> list[Path]:
    folders: list[Path] = []
    for root in roots:
        if (root / CARD).is_file():
            folders.append(root)
        elif root.is_dir():
            folders += sorted(child for child in root.iterdir() if (child / CARD).is_file())
    return folders


def _card_bytes(folder: Path) -> bytes:
    try:
        return (folder / CARD).read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise SegmentationError("bundle.missing", folder=folder) from error
    except OSError as error:
        raise SegmentationError(
            "bundle.damaged", bundle=folder.name, file=CARD, reason=error.strerror or str(error)
        ) from error


def _check_file(folder: Path, spec: FileSpec) -> None:
    path = folder / spec.name
    try:
        size = path.stat().st_size
        if size != spec.size:
            reason = f"it has {size} bytes instead of {spec.size}"
            raise SegmentationError("bundle.damaged", bundle=folder.name, file=spec.name, reason=reason)
        digest = _sha256(path)
    except FileNotFoundError as error:
        raise SegmentationError("bundle.file_missing", bundle=folder.name, file=spec.name) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise SegmentationError("bundle.damaged", bundle=folder.name, file=spec.name, reason=reason) from error
    if digest != spec.sha256:
        raise SegmentationError(
            "bundle.damaged", bundle=folder.name, file=spec.name, reason="its SHA-256 is not the card's"
        )


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
