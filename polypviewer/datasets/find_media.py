"""Looking for media in files and folders that a person points at."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from polypviewer.core.errors import DatasetError, MediaError, PolypViewerError
from polypviewer.core.media_names import IMAGE_SUFFIXES, SUPPORTED_SUFFIXES

IMAGES_FOLDER: Final = "images"
MASKS_FOLDER: Final = "masks"
IGNORE_FOLDER: Final = "ignore"


@dataclass(frozen=True, slots=True)
class FoundItem:
    """One medium, the mask that belongs to it where there is one, and why it cannot be used, if so."""

    path: Path
    mask_path: Path | None = None
    problem: PolypViewerError | None = None


def find_media(paths: Iterable[Path]) -> list[FoundItem]:
    """Media in these files and folders (recursively, in natural order, each file once).

    Hidden files and folders are passed over; so are files of other types inside folders, while one that was named
    itself becomes an entry with a problem. A folder with `images` and `masks` inside is read in Kvasir's way: files of
    `images` with the mask of the same stem, and none of `masks` (or of `ignore`, which our own export writes) as media.
    Nothing is opened here.
    """
    items: dict[Path, FoundItem] = {}
    for path in paths:
        for item in _found(path):
            items.setdefault(item.path.absolute(), item)
    return list(items.values())


def _found(path: Path) -> Iterator[FoundItem]:
    if path.is_dir():
        yield from _found_in_folder(path)
    elif not path.exists():
        yield FoundItem(path, problem=DatasetError("dataset.missing", name=path.name))
    elif path.suffix.lower() not in SUPPORTED_SUFFIXES:
        yield FoundItem(path, problem=MediaError("media.unsupported", name=path.name))
    else:
        yield FoundItem(path)


def _found_in_folder(root: Path) -> Iterator[FoundItem]:
    masks: dict[str, Path] = {}
    if root.name == IMAGES_FOLDER:
        masks = _masks_by_stem(root.with_name(MASKS_FOLDER))
    try:
        entries = sorted(os.scandir(root), key=lambda entry: natural_order(entry.name))
    except OSError as error:
        problem = MediaError("media.unreadable", name=root.name, reason=error.strerror or str(error))
        yield FoundItem(root, problem=problem)
        return
    folders = [Path(entry.path) for entry in entries if _is_visible(entry.name) and entry.is_dir(follow_symlinks=False)]
    for entry in entries:
        path = Path(entry.path)
        if _is_visible(entry.name) and path.suffix.lower() in SUPPORTED_SUFFIXES and entry.is_file():
            yield FoundItem(path, masks.get(path.stem))
    is_paired = {IMAGES_FOLDER, MASKS_FOLDER} <= {folder.name for folder in folders}
    for folder in folders:
        if not (is_paired and folder.name in (MASKS_FOLDER, IGNORE_FOLDER)):
            yield from _found_in_folder(folder)


def _masks_by_stem(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        return {}
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES)
    return {path.stem: path for path in reversed(files) if _is_visible(path.name)}


def _is_visible(name: str) -> bool:
    return not name.startswith(".") and name != "__MACOSX"


def natural_order(name: str) -> tuple[tuple[int, int | str], ...]:
    """Key that sorts `frame-2` before `frame-10`, ignoring case."""
    parts = re.split(r"(\d+)", name.casefold())
    return tuple((0, int(part)) if part.isdecimal() else (1, part) for part in parts if part)
