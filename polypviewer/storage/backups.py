"""Rotating copies of `project.db`, made at opening where it has changed since the last one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from polypviewer.storage.dialect import copy_database

FOLDER: Final = "backups"
KEPT: Final = 5


def backups(folder: Path) -> list[Path]:
    """The copies of a project, oldest first."""
    return sorted((folder / FOLDER).glob("project-*.db"))


def back_up(folder: Path, database: Path) -> Path | None:
    """Copy the database if it changed since the latest copy, keep the latest `KEPT`; the new copy or None.

    Raises OSError and sqlite3.Error; a half copy is removed.
    """
    kept = backups(folder)
    changed = max(_modified(database), _modified(database.with_name(f"{database.name}-wal")))
    if kept and kept[-1].stat().st_mtime >= changed:
        return None
    (folder / FOLDER).mkdir(exist_ok=True)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    target = folder / FOLDER / f"project-{stamp}.db"
    half = target.with_suffix(".half")
    try:
        copy_database(database, half)
        half.replace(target)
    finally:
        half.unlink(missing_ok=True)
    for old in (*backups(folder)[:-KEPT], *(folder / FOLDER).glob("*.half")):
        old.unlink()
    return target


def _modified(path: Path) -> float:
    return path.stat().st_mtime if path.exists() else 0.0
