"""Migrations give the schema of `tables.py`, and what people decided is only ever added to."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations

from polypviewer.core.errors import ProjectError
from polypviewer.storage.dialect import open_engine
from polypviewer.storage.migrating import SCHEMA, make_database, migrate, migrating, schema_of
from polypviewer.storage.tables import APPEND_ONLY, ERASABLE, PROJECT
from tests.storage.projects import box, identity_of, make_project, opened, proposal_for, ref_of, stroke


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A `project.db` with a row in most tables, closed."""
    folder = make_project(tmp_path / "project")
    with opened(folder) as store:
        draft = store.load_draft(ref_of(0))
        proposal = proposal_for(ref_of(0))
        stroke(store, draft, box(1, 1))
        draft.values |= {"proposal_id": str(proposal.id), "lesion:1": "00000000-0000-4000-8000-000000000001"}
        store.write_revision(draft, identity=identity_of(ref_of(0)), proposal=proposal)
        store.add_event("note", details="x")
        store.add_event("note", details="y")
        store.state(store.new_lesion(), "size", "6 mm")
    return folder / "project.db"


def migrated(path: Path) -> Path:
    """A database made by the migrations alone."""
    engine = open_engine(path, journal_mode="wal")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    engine.dispose()
    migrate(path, journal_mode="wal")
    return path


def schema_text(path: Path) -> set[tuple[str, ...]]:
    """Columns, keys, indices and triggers of a database."""
    with closing(sqlite3.connect(path)) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        rows: set[tuple[str, ...]] = {("table", name) for name in tables}
        for table in tables:
            for pragma in ("table_info", "foreign_key_list"):
                found = connection.execute(f"PRAGMA {pragma}('{table}')").fetchall()
                rows |= {(table, pragma, *map(str, row[1:] if pragma == "table_info" else row[2:])) for row in found}
        indices = connection.execute("SELECT name, tbl_name FROM sqlite_master WHERE type='index'")
        rows |= {("index", *row) for row in indices if not row[0].startswith("sqlite_autoindex")}
        rows |= {
            ("trigger", *row) for row in connection.execute("SELECT name, sql FROM sqlite_master WHERE type='trigger'")
        }
    return rows


def test_the_migrations_make_what_the_tables_say(tmp_path: Path) -> None:
    engine = open_engine(migrated(tmp_path / "migrated.db"), journal_mode="wal")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), PROJECT) == []
    engine.dispose()


def test_a_new_project_has_the_schema_that_the_migrations_make(tmp_path: Path) -> None:
    make_database(tmp_path / "new.db", journal_mode="wal")
    migrated(tmp_path / "migrated.db")
    assert schema_text(tmp_path / "new.db") == schema_text(tmp_path / "migrated.db")
    assert schema_of(tmp_path / "new.db") == schema_of(tmp_path / "migrated.db") == SCHEMA


def refusal(connection: sqlite3.Connection, action: str) -> str:
    """What SQLite says against an action, "" if it lets it pass."""
    try:
        connection.execute(action)
    except sqlite3.IntegrityError as error:
        return str(error)
    finally:
        connection.rollback()
    return ""


def refusals(database: Path) -> dict[str, list[str]]:
    """Which actions each table refuses, tried on its rows."""
    found: dict[str, list[str]] = {}
    with closing(sqlite3.connect(database)) as connection:
        for table in (*APPEND_ONLY, *ERASABLE):
            column = connection.execute(f"PRAGMA table_info({table})").fetchall()[0][1]
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] > 0, f"{table} is empty"  # noqa: S608
            for action in (f"UPDATE {table} SET {column}={column}", f"DELETE FROM {table}"):  # noqa: S608
                if refusal(connection, action) == f"{table} is append-only":
                    found.setdefault(table, []).append(action.split()[0])
    return found


EXPECTED = {**{table: ["UPDATE", "DELETE"] for table in APPEND_ONLY}, **{table: ["UPDATE"] for table in ERASABLE}}


def test_what_people_decided_is_neither_changed_nor_deleted(database: Path) -> None:
    assert refusals(database) == EXPECTED


def test_the_triggers_are_there_again_after_a_migration_that_rebuilds_a_table(database: Path) -> None:
    with migrating(database, journal_mode="wal") as connection:
        operations = Operations(MigrationContext.configure(connection, opts={"render_as_batch": True}))
        for table in (*APPEND_ONLY, *ERASABLE):
            with operations.batch_alter_table(table, recreate="always") as batch:
                batch.add_column(sa.Column("mood", sa.Text(), nullable=True))
    assert refusals(database) == EXPECTED
    migrate(database, journal_mode="wal")
    assert refusals(database) == EXPECTED


def test_a_migration_that_fails_leaves_the_old_schema(database: Path) -> None:
    before = schema_text(database)
    with pytest.raises(ProjectError), migrating(database, journal_mode="wal") as connection:  # noqa: PT012
        connection.exec_driver_sql("ALTER TABLE media ADD COLUMN mood TEXT")
        connection.exec_driver_sql("DROP TABLE setting")
        connection.exec_driver_sql("SELECT nothing FROM nowhere")
    assert schema_text(database) == before
    assert refusals(database) == EXPECTED


def test_a_migration_that_would_lose_references_is_refused(database: Path) -> None:
    with pytest.raises(ProjectError, match="references"), migrating(database, journal_mode="wal") as connection:
        connection.exec_driver_sql("DELETE FROM media")
    with opened(database.parent) as store:
        assert len(store.media()) == 2
