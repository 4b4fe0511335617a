"""Bundles and events of a project."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, insert, select

from polypviewer.storage.tables import bundle, event
from polypviewer.storage.times import now


@dataclass(frozen=True, slots=True)
class BundleRow:
    """A model bundle that a project knows. `place`: relative to the project folder, or a name."""

    digest: str
    name: str
    version: str
    parent: str | None
    place: str


def register(connection: Connection, row: BundleRow) -> None:
    """Remember a bundle once."""
    if connection.execute(select(bundle.c.digest).where(bundle.c.digest == row.digest)).first() is None:
        connection.execute(
            insert(bundle).values(
                digest=row.digest, name=row.name, version=row.version, parent=row.parent, place=row.place, created=now()
            )
        )


def all_bundles(connection: Connection) -> tuple[BundleRow, ...]:
    """Bundles in the order in which they came."""
    rows = connection.execute(select(bundle).order_by(bundle.c.created))
    return tuple(BundleRow(row.digest, row.name, row.version, row.parent, row.place) for row in rows)


def add_event(
    connection: Connection, kind: str, *, subject: str = "", details: str = "", reader_id: UUID | None = None
) -> None:
    """Add a row to the log."""
    connection.execute(
        insert(event).values(
            kind=kind, subject=subject, details=details, reader_id=str(reader_id) if reader_id else None, created=now()
        )
    )


def last_subject(connection: Connection, kind: str) -> str | None:
    """The subject of the newest event of a kind."""
    query = select(event.c.subject).where(event.c.kind == kind).order_by(event.c.id.desc()).limit(1)
    return connection.execute(query).scalar()
