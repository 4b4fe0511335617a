"""What is looked at before a project is opened. Nothing here changes a file of the project."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from polypviewer.core.errors import ProjectError
from polypviewer.storage.backups import backups
from polypviewer.storage.dialect import a_look_into, looks_like_database, quick_check
from polypviewer.storage.migrating import SCHEMA, schema_of


def check_database(folder: Path, database: Path, *, thorough: bool) -> None:
    """Refuse what is missing, damaged or newer. `thorough`: read all of it. Raises `ProjectError`."""
    if not database.exists():
        raise ProjectError("project.database_missing", name=database.name, cure=_restore(folder))
    try:
        if not looks_like_database(database):
            raise sqlite3.DatabaseError
        version = schema_of(database)
    except sqlite3.DatabaseError as error:
        raise ProjectError("project.damaged", name=database.name, cure=_restore(folder)) from error
    except OSError as error:
        raise ProjectError("project.unreadable", name=database.name, reason=str(error)) from error
    if version > SCHEMA:
        raise ProjectError("project.newer", name=folder.name, version=version, mine=SCHEMA)
    if thorough and quick_check(database) is not None:
        raise ProjectError("project.damaged", name=database.name, cure=_restore(folder))


def is_whole(database: Path, *, thorough: bool) -> bool:
    """False for a file that is no database, or one whose first query (`thorough`: whose own check) fails."""
    if not database.stat().st_size:
        return True
    if not looks_like_database(database):
        return False
    if thorough:
        return quick_check(database) is None
    try:
        with a_look_into(database) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError:
        return False
    return True


def _restore(folder: Path) -> str:
    kept = backups(folder)
    if not kept:
        return "There is no backup in this folder."
    return f"Close every window on it and copy backups/{kept[-1].name} over it."
