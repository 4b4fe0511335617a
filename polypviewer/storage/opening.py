"""Opening a project: who may write, which schema it has, whether it is whole; a copy of it first."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError

from polypviewer.core.errors import ProjectError
from polypviewer.storage.backups import back_up
from polypviewer.storage.checks import check_database, is_whole
from polypviewer.storage.dialect import finish, open_engine, readable_place
from polypviewer.storage.disks import is_on_network
from polypviewer.storage.locking import LOCK, ProjectLock, holder_of
from polypviewer.storage.migrating import SCHEMA, make_database, migrate, schema_of
from polypviewer.storage.project_file import ProjectFile, read_project_file, write_project_file

UNCLEAN: Final = "project.unclean"
_BESIDE: Final = {"local": "journal_lost", "identity": "identities_lost"}
"""The stores beside `project.db` that hold work, and the notice where a damaged one was set aside."""


@dataclass(slots=True, eq=False)
class OpenStores:
    """The engines of an open project. `scratch`: where the cache lies, a temporary folder if the project is read-only.

    `new`: stores whose tables may have to be made.
    """

    file: ProjectFile
    lock: ProjectLock
    read_only: bool
    holder: str
    engines: dict[str, Engine]
    new: set[str] = field(default_factory=set)
    notices: list[str] = field(default_factory=list)
    is_closed: bool = False
    scratch: Path = field(default_factory=Path)
    temporary: tempfile.TemporaryDirectory[str] | None = None

    def dispose(self) -> None:
        """Close every file and let go of the lock."""
        self.is_closed = True
        for engine in self.engines.values():
            engine.dispose()
        self.lock.release()
        if self.temporary is not None:
            self.temporary.cleanup()


def create_project(folder: Path, *, name: str) -> None:
    """Make a project in a new or empty folder; half a project is never left. Raises `ProjectError`."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ProjectError("project.not_empty", name=folder.name)
    existed = folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        make_database(folder / "project.db", journal_mode=journal_mode_for(folder))
        (folder / LOCK).touch()
        write_project_file(folder, name=name)
    except (OSError, DatabaseError, ProjectError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        if existed:
            folder.mkdir(exist_ok=True)
        if isinstance(error, ProjectError):
            raise
        raise ProjectError("project.cannot_create", name=folder.name, reason=str(error)) from error


def open_stores(folder: Path, *, reader: str, read_only: bool) -> OpenStores:
    """Lock, check everything before anything is touched, then back up and open. Raises `ProjectError`."""
    file = read_project_file(folder)
    if "://" in file.database:
        raise ProjectError("project.database_elsewhere", name=folder.name)
    lock, holder = ProjectLock(folder), ""
    try:
        if not read_only and not lock.take(on_network=is_on_network(folder)):
            read_only, holder = True, holder_of(folder)
    except OSError:
        read_only, holder = True, "the folder cannot be written to"
    try:
        unclean = (folder / UNCLEAN).exists() and not holder
        check_database(folder, folder / file.database, thorough=unclean)
        try:
            if not read_only:
                lock.sign(reader)
                (folder / UNCLEAN).touch()
        except OSError as error:
            lock.release()
            read_only, holder = True, f"the folder cannot be written to ({error.strerror})"
        return _open(folder, OpenStores(file, lock, read_only, holder, {}, scratch=folder), unclean=unclean)
    except BaseException:
        lock.release()
        raise


def journal_mode_for(folder: Path) -> str:
    """WAL, but not on a network file system."""
    return "delete" if is_on_network(folder) else "wal"


def _open(folder: Path, stores: OpenStores, *, unclean: bool) -> OpenStores:
    mode = journal_mode_for(folder)
    if mode == "delete":
        stores.notices.append("network")
    try:
        if stores.read_only:
            _open_to_read(folder, stores, mode)
        else:
            _open_to_write(folder, stores, mode, unclean=unclean)
    except BaseException:
        stores.dispose()
        raise
    return stores


def _open_to_write(folder: Path, stores: OpenStores, mode: str, *, unclean: bool) -> None:
    database = folder / stores.file.database
    try:
        finish(database)
        back_up(folder, database)
    except (OSError, sqlite3.Error):
        stores.notices.append("no_backup")
    if schema_of(database) < SCHEMA:
        migrate(database, journal_mode=mode)
    stores.engines["project"] = open_engine(database, journal_mode=mode)
    for store, notice in _BESIDE.items():
        path = folder / f"{store}.db"
        if path.exists() and not is_whole(path, thorough=unclean):
            _set_aside(path)
            stores.notices.append(notice)
        stores.engines[store] = open_engine(path, journal_mode=mode)
        stores.new.add(store)
    stores.engines["cache"] = open_engine(folder / "cache.db", journal_mode=mode, durable=False)


def _open_to_read(folder: Path, stores: OpenStores, mode: str) -> None:
    """What cannot be read where it is, or is not there, is replaced by an empty store in a scratch folder."""
    stores.temporary = tempfile.TemporaryDirectory(prefix="polypviewer-", ignore_cleanup_errors=True)
    stores.scratch = scratch = Path(stores.temporary.name)
    for store, path in {"project": folder / stores.file.database, **_paths(folder)}.items():
        if path.exists() and is_whole(path, thorough=False):
            place = readable_place(path, scratch)
            stores.engines[store] = open_engine(place, journal_mode=mode, read_only=True)
        else:
            stores.engines[store] = open_engine(scratch / path.name, journal_mode=mode)
            stores.new.add(store)
    stores.engines["cache"] = open_engine(scratch / "cache.db", journal_mode=mode, durable=False)


def _paths(folder: Path) -> dict[str, Path]:
    return {store: folder / f"{store}.db" for store in _BESIDE}


def _set_aside(path: Path) -> None:
    """Keep a damaged store, with its log, under another name: a person may still get something out of it."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    for part in ("-wal", "-shm", ""):
        piece = path.with_name(f"{path.name}{part}")
        if piece.exists():
            piece.replace(path.with_name(f"{path.stem}.damaged-{stamp}.db{part}"))
