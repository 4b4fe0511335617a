"""The schema of `project.db`: made at once in a new project, brought forward by migrations in an older one.

Alembic is loaded only where a migration has to run.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Column, Connection, MetaData, String, Table, insert

from polypviewer.core.errors import ProjectError
from polypviewer.storage.dialect import a_look_into, broken_references, make_append_only, open_engine, transaction
from polypviewer.storage.tables import APPEND_ONLY, ERASABLE, PROJECT

SCHEMA: Final = "0001"
"""The newest migration of this version; `migrations/versions` holds them all."""

_STAMPS: Final = MetaData()
_STAMP: Final = Table("alembic_version", _STAMPS, Column("version_num", String(32), primary_key=True))


def schema_of(database: Path) -> str:
    """The migration that a database is at. Raises sqlite3.DatabaseError."""
    with a_look_into(database) as connection:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(found[0]) if found else ""


def make_database(database: Path, *, journal_mode: str) -> None:
    """A new `project.db` at `SCHEMA`: the same tables as all migrations make (a test compares them)."""
    engine = open_engine(database, journal_mode=journal_mode)
    try:
        with transaction(engine, name=database.name) as connection:
            PROJECT.create_all(connection)
            _STAMPS.create_all(connection)
            connection.execute(insert(_STAMP).values(version_num=SCHEMA))
            make_append_only(connection, APPEND_ONLY, erasable=ERASABLE)
    finally:
        engine.dispose()


def migrate(database: Path, *, journal_mode: str) -> None:
    """Bring a database to `SCHEMA`, all of it or nothing. Raises `ProjectError`."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    with migrating(database, journal_mode=journal_mode) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@contextmanager
def migrating(database: Path, *, journal_mode: str) -> Iterator[Connection]:
    """One transaction that may rebuild tables: references are checked at its end, and the triggers made again.

    SQLite would empty the tables that refer to a rebuilt one, so foreign keys are off meanwhile.
    """
    engine = open_engine(database, journal_mode=journal_mode, foreign_keys=False)
    try:
        with transaction(engine, name=database.name) as connection:
            yield connection
            if broken_references(connection):
                raise ProjectError("project.write_failed", name=database.name, reason="references would be lost")
            make_append_only(connection, APPEND_ONLY, erasable=ERASABLE)
    finally:
        engine.dispose()
