"""Relinking: finding media again, by fingerprint, in a folder they were moved to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from polypviewer.core.errors import MediaError
from polypviewer.core.media_item import MediaItem
from polypviewer.core.media_names import SUPPORTED_SUFFIXES
from polypviewer.storage.store import ProjectStore


@dataclass(frozen=True, slots=True)
class RelinkReport:
    """Media that were found again, and those whose file is still nowhere."""

    found: tuple[MediaItem, ...]
    missing: tuple[MediaItem, ...]


def relink(store: ProjectStore, folder: Path, *, fingerprint: Callable[[Path], str]) -> RelinkReport:
    """Look below `folder` for the files that are not where they were. Names do not count, only content does.

    `fingerprint`: that of the media room; it raises `MediaError` or OSError for what cannot be read, which is skipped.
    """
    paths = store.paths()
    lost = {item.fingerprint: item for item in store.media() if not _is_there(paths.get(item.id))}
    found: list[MediaItem] = []
    for path in _files(folder):
        if not lost:
            break
        try:
            item = lost.pop(fingerprint(path), None)
        except (MediaError, OSError):
            continue
        if item is not None:
            store.identities.put(item.id, path)
            found.append(item)
    return RelinkReport(tuple(found), tuple(lost.values()))


def _is_there(path: Path | None) -> bool:
    return path is not None and path.is_file()


def _files(folder: Path) -> Iterator[Path]:
    for here, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(here) / name for name in sorted(names) if Path(name).suffix.lower() in SUPPORTED_SUFFIXES)
