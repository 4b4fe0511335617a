"""All that is SQLite's own: engines, pragmas, triggers, errors, backup. The rest of the room speaks SQLAlchemy only."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import StaticPool

from polypviewer.core.errors import ProjectError

_MAGIC: Final = b"SQLite format 3\0"
_FULL: Final = ("disk is full", "disk i/o error", "file too large")
_DAMAGED: Final = ("malformed", "not a database", "encrypted")


def open_engine(
    path: Path, *, journal_mode: str, read_only: bool = False, durable: bool = True, foreign_keys: bool = True
) -> Engine:
    """An engine with one connection. `journal_mode`: "wal", or "delete" where WAL cannot work (network file systems).

    `durable`: `synchronous=FULL`, a commit returns after the disk has it. `foreign_keys`: off only while tables are
    rebuilt. Use it on one thread at a time. Transactions begin with our own BEGIN, so that changes of tables are
    part of them (Python's sqlite3 begins one only before INSERT, UPDATE and DELETE).
    """

    def connect() -> sqlite3.Connection:
        if not read_only:
            return sqlite3.connect(path, check_same_thread=False, timeout=5.0, isolation_level=None)
        return sqlite3.connect(
            _read_only_uri(path), uri=True, check_same_thread=False, timeout=5.0, isolation_level=None
        )

    engine = create_engine("sqlite://", creator=connect, poolclass=StaticPool)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        with closing(connection.cursor()) as cursor:
            cursor.execute(f"PRAGMA foreign_keys={'ON' if foreign_keys else 'OFF'}")
            cursor.execute("PRAGMA busy_timeout=5000")
            if not read_only:
                cursor.execute(f"PRAGMA journal_mode={journal_mode}")
                cursor.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")

    return engine


@contextmanager
def transaction(engine: Engine, *, name: str) -> Iterator[Connection]:
    """One transaction: all of it or nothing. Database errors become `ProjectError`; `name` is the store's file."""
    try:
        with engine.begin() as connection:
            yield connection
    except DatabaseError as error:
        raise storage_error(error, name=name) from error
    except OSError as error:
        raise ProjectError("project.write_failed", name=name, reason=str(error)) from error


@contextmanager
def reading(engine: Engine, *, name: str) -> Iterator[Connection]:
    """A connection to read with; nothing is kept of what it might write."""
    try:
        with engine.connect() as connection:
            yield connection
    except DatabaseError as error:
        raise storage_error(error, name=name) from error


def storage_error(error: DatabaseError, *, name: str) -> ProjectError:
    """The sentence for what SQLite says."""
    said = str(error.orig).lower()
    if any(words in said for words in _FULL):
        return ProjectError("project.disk_full", name=name)
    if any(words in said for words in _DAMAGED):
        return ProjectError("project.damaged", name=name, cure="Restore the latest copy from the folder backups.")
    if isinstance(error, OperationalError) and "readonly" in said:
        return ProjectError("project.not_writable", name=name)
    if "locked" in said:
        return ProjectError("project.busy", name=name)
    return ProjectError("project.write_failed", name=name, reason=str(error.orig))


@contextmanager
def a_look_into(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to read with for a moment; it changes no file that anybody's work is in.

    Raises sqlite3.DatabaseError and OSError.
    """
    with tempfile.TemporaryDirectory(prefix="polypviewer-", ignore_cleanup_errors=True) as scratch:
        place = readable_place(path, Path(scratch))
        uri = _read_only_uri(path, briefly=True) if place == path else place.absolute().as_uri()
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            yield connection


def readable_place(path: Path, scratch: Path) -> Path:
    """Where a database can be read: where it is, or in a copy if it would have to be changed for that.

    So it is after a kill in the middle of a write, where the journal has to be played back, or the log needs an index.
    """
    try:
        with closing(sqlite3.connect(_read_only_uri(path, briefly=True), uri=True)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        for source in (path, _beside(path, "-journal"), _beside(path, "-wal")):
            if source.exists():
                shutil.copyfile(source, scratch / source.name)
        finish(scratch / path.name)
        return scratch / path.name
    return path


def finish(path: Path) -> None:
    """Let SQLite finish or take back what a killed program left half written. Raises sqlite3.DatabaseError."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()


def _read_only_uri(path: Path, *, briefly: bool = False) -> str:
    """A database without journal and log may be read as one that nobody changes: no file is made beside it then.

    That holds for a moment, or on a disk where nobody can write.
    """
    log = _beside(path, "-wal")
    frozen = not os.access(path.parent, os.W_OK)
    is_settled = (briefly and not log.exists()) or (frozen and not _size(log))
    settled = is_settled and not _size(_beside(path, "-journal"))
    return f"{path.absolute().as_uri()}?{'immutable=1' if settled else 'mode=ro'}"


def _beside(path: Path, part: str) -> Path:
    return path.with_name(f"{path.name}{part}")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def looks_like_database(path: Path) -> bool:
    """True if the file begins as SQLite's do."""
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def quick_check(path: Path) -> str | None:
    """What SQLite's own check says is wrong, None if nothing is. Reads the whole file."""
    try:
        with a_look_into(path) as connection:
            said = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        return str(error)
    return None if said == "ok" else str(said)


def copy_database(source: Path, destination: Path) -> None:
    """A consistent copy by SQLite's backup API, whoever writes meanwhile."""
    with closing(sqlite3.connect(source)) as origin, closing(sqlite3.connect(destination)) as copy:
        origin.backup(copy)


def broken_references(connection: Connection) -> int:
    """How many rows refer to a row that is not there."""
    return len(connection.execute(text("PRAGMA foreign_key_check")).all())


def make_append_only(connection: Connection, tables: Sequence[str], *, erasable: Sequence[str] = ()) -> None:
    """Triggers that refuse to change or delete rows; those of `erasable` tables may be deleted, never changed.

    Made again after every migration: a batch rebuild drops them.
    """
    for table in (*tables, *erasable):
        for action in ("UPDATE",) if table in erasable else ("UPDATE", "DELETE"):
            name = f"{table}_no_{action.lower()}"
            connection.execute(text(f"DROP TRIGGER IF EXISTS {name}"))
            connection.execute(
                text(
                    f"CREATE TRIGGER {name} BEFORE {action} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
            )
