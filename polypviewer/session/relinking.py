"""Finding media again in a folder they were moved to.

By content, file by file on the `work` lane, stored in one step.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from polypviewer.core.errors import DatasetError, MediaError
from polypviewer.core.media_names import SUPPORTED_SUFFIXES
from polypviewer.session.store_door import StoreDoor, Tell
from polypviewer.session.values import Progress

if TYPE_CHECKING:
    from polypviewer.storage.relinking import RelinkReport
    from polypviewer.storage.store import ProjectStore


def relink_media(door: StoreDoor, folder: Path, *, tell: Tell) -> RelinkReport:
    """Look below `folder` for every medium whose file is not where it was. Raises `DatasetError` for no such folder."""
    from polypviewer.media.file_bytes import fingerprint

    if not folder.is_dir():
        raise DatasetError("dataset.missing", name=folder.name)
    files = [
        Path(here) / name
        for here, _, names in os.walk(folder)
        for name in names
        if Path(name).suffix.lower() in SUPPORTED_SUFFIXES
    ]
    seen: dict[Path, str] = {}
    for number, path in enumerate(files):
        tell(Progress("relink", number, len(files)))
        try:
            seen[path] = fingerprint(path)
        except MediaError:
            continue
    return door(partial(_relink, folder, seen))


def _relink(folder: Path, seen: dict[Path, str], store: ProjectStore) -> RelinkReport:
    from polypviewer.storage.relinking import relink

    def known(path: Path) -> str:
        if path not in seen:
            raise MediaError("media.missing", name=path.name)
        return seen[path]

    return relink(store, folder, fingerprint=known)
