"""Opening a project: who may write, which schema it has, whether it is whole; a copy of it first."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError

from polypviewer.core.errors import ProjectError
from polypviewer.storage.backups import back_up, backups
from polypviewer.storage.dialect import looks_like_database, make_append_only, open_engine, quick_check
from polypviewer.storage.disks import is_on_network
from polypviewer.storage.locking import ProjectLock, holder_of
from polypviewer.storage.project_file import ProjectFile, read_project_file, write_project_file
from polypviewer.storage.tables import APPEND_ONLY

SCHEMA: Final = "0001"
"""The newest migration of this version; `migrations/versions` holds them all."""
UNCLEAN: Final = "project.unclean"


@dataclass(slots=True, eq=False)
class OpenStores:
    """The engines of an open project. `temporary`: scratch for a read-only project's caches."""

    file: ProjectFile
    lock: ProjectLock
    read_only: bool
    holder: str
    engines: dict[str, Engine]
    notices: list[str] = field(default_factory=list)
    temporary: tempfile.TemporaryDirectory[str] | None = None


def create_project(folder: Path, *, name: str) -> None:
    """Make a project in a new or empty folder; half a project is never left. Raises `ProjectError`."""
    if folder.exists() and any(folder.iterdir()):
        raise ProjectError("project.not_empty", name=folder.name)
    existed = folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        engine = open_engine(folder / "project.db", journal_mode=journal_mode_for(folder))
        try:
            migrate(engine)
        finally:
            engine.dispose()
        write_project_file(folder, name=name)
    except (OSError, DatabaseError, ProjectError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        if existed:
            folder.mkdir(exist_ok=True)
        if isinstance(error, ProjectError):
            raise
        raise ProjectError("project.cannot_create", name=folder.name, reason=str(error)) from error


def open_stores(folder: Path, *, reader: str, read_only: bool) -> OpenStores:
    """Check everything before anything is touched, then lock, back up and open. Raises `ProjectError`."""
    file = read_project_file(folder)
    database = folder / file.database
    check_database(folder, database)
    lock = ProjectLock(folder)
    holder = ""
    if not read_only:
        try:
            if not lock.take(reader):
                read_only, holder = True, holder_of(folder)
        except OSError:
            read_only, holder = True, "the folder cannot be written to"
    try:
        return _open(folder, file, lock, read_only=read_only, holder=holder)
    except BaseException:
        lock.release()
        raise


def check_database(folder: Path, database: Path) -> None:
    """Refuse what is missing, damaged or newer, and touch nothing. Raises `ProjectError`."""
    if not database.exists():
        raise ProjectError("project.database_missing", name=database.name, cure=_restore(folder))
    if not looks_like_database(database):
        raise ProjectError("project.damaged", name=database.name, cure=_restore(folder))
    unclean = (folder / UNCLEAN).exists()
    try:
        version = schema_of(database)
    except sqlite3.DatabaseError as error:
        raise ProjectError("project.damaged", name=database.name, cure=_restore(folder)) from error
    if version > SCHEMA:
        raise ProjectError("project.newer", name=folder.name, version=version, mine=SCHEMA)
    if unclean and quick_check(database) is not None:
        raise ProjectError("project.damaged", name=database.name, cure=_restore(folder))


def schema_of(database: Path) -> str:
    """The migration that a database is at. Raises sqlite3.DatabaseError."""
    connection = sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)
    try:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    finally:
        connection.close()
    return str(found[0]) if found else ""


def migrate(engine: Engine) -> None:
    """Bring a database to `SCHEMA` by the migrations that come along; triggers are made again."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        make_append_only(connection, APPEND_ONLY)


def journal_mode_for(folder: Path) -> str:
    """WAL, but not on a network file system."""
    return "delete" if is_on_network(folder) else "wal"


def _open(folder: Path, file: ProjectFile, lock: ProjectLock, *, read_only: bool, holder: str) -> OpenStores:
    mode = journal_mode_for(folder)
    notices = ["network"] if mode == "delete" else []
    temporary = tempfile.TemporaryDirectory(prefix="polypviewer-") if read_only else None
    scratch = Path(temporary.name) if temporary is not None else folder
    engines = {"project": open_engine(folder / file.database, journal_mode=mode, read_only=read_only)}
    if read_only and (folder / "local.db").exists():
        engines["local"] = open_engine(folder / "local.db", journal_mode=mode, read_only=True)
    else:
        engines["local"] = open_engine(scratch / "local.db", journal_mode=mode)
    if read_only and (folder / "identity.db").exists():
        engines["identity"] = open_engine(folder / "identity.db", journal_mode=mode, read_only=True)
    else:
        engines["identity"] = open_engine(scratch / "identity.db", journal_mode=mode)
    engines["cache"] = _open_cache(scratch, mode)
    stores = OpenStores(file, lock, read_only, holder, engines, notices, temporary)
    if not read_only:
        _prepare_to_write(folder, folder / file.database, stores)
    return stores


def _prepare_to_write(folder: Path, database: Path, stores: OpenStores) -> None:
    try:
        if back_up(folder, database) is None and not backups(folder):
            stores.notices.append("no_backup")
    except (OSError, sqlite3.Error):
        stores.notices.append("no_backup")
    if schema_of(database) < SCHEMA:
        migrate(stores.engines["project"])
    (folder / UNCLEAN).touch()


def _open_cache(folder: Path, mode: str) -> Engine:
    """The cache; one that is no database any more is thrown away."""
    path = folder / "cache.db"
    if path.exists() and path.stat().st_size and (not looks_like_database(path)):
        for stale in folder.glob("cache.db*"):
            stale.unlink()
    return open_engine(path, journal_mode=mode, durable=False)


def _restore(folder: Path) -> str:
    kept = backups(folder)
    if not kept:
        return "There is no backup in this folder."
    return f"Close every window on it and copy backups/{kept[-1].name} over it."
