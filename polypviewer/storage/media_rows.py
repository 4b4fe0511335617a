"""Media, exams and readers of a project. Rows hold pseudonyms; names and paths stand in `identity.db`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast
from uuid import UUID, uuid4

from sqlalchemy import Connection, func, insert, select, update

from polypviewer.core.media_item import MediaItem, MediaKind
from polypviewer.core.record import UNKNOWN_EXAM, ExamKey, ExamSource
from polypviewer.storage.tables import exam, media, reader
from polypviewer.storage.times import now


@dataclass(frozen=True, slots=True)
class ReaderRow:
    """A reader: `name` is the pseudonym that people see."""

    id: UUID
    name: str


def ensure_reader(connection: Connection, name: str) -> ReaderRow:
    """The reader of this name, made at first sight."""
    found = connection.execute(select(reader.c.id).where(reader.c.name == name)).first()
    if found is not None:
        return ReaderRow(UUID(found[0]), name)
    made = ReaderRow(uuid4(), name)
    connection.execute(insert(reader).values(id=str(made.id), name=name, created=now()))
    return made


def readers(connection: Connection) -> dict[UUID, str]:
    """All readers by id."""
    return {UUID(row.id): row.name for row in connection.execute(select(reader))}


def ensure_exam(connection: Connection, key: ExamKey) -> UUID | None:
    """The exam of a key; None for the unknown one, which is stored as unknown and never invented."""
    if key.source == "unknown" or not key.key:
        return None
    found = connection.execute(select(exam.c.id).where(exam.c.key == key.key)).first()
    if found is not None:
        return UUID(found[0])
    made = uuid4()
    connection.execute(
        insert(exam).values(id=str(made), key=key.key, key_source=key.source, split_locked=False, created=now())
    )
    return made


def add_media(connection: Connection, item: MediaItem, *, orientation: int) -> MediaItem:
    """Add a medium behind the others; one that is there already comes back as it is (a broken one is mended)."""
    known = find_media(connection, item.id)
    if known is not None and (not known.broken or item.broken):
        return known
    exam_id = ensure_exam(connection, item.exam)
    values = {
        "exam_id": str(exam_id) if exam_id else None,
        "kind": item.kind,
        "fingerprint": item.fingerprint,
        "height": item.height,
        "width": item.width,
        "frame_count": item.frame_count,
        "frame_rate": item.frame_rate,
        "orientation": orientation,
        "broken": item.broken,
    }
    if known is not None:
        connection.execute(update(media).where(media.c.id == str(item.id)).values(**values))
        return replace(item, name=known.name)
    position = int(connection.execute(select(func.count()).select_from(media)).scalar_one())
    named = replace(item, name=item.name or f"M-{position + 1:05d}")
    connection.execute(
        insert(media).values(id=str(item.id), name=named.name, position=position, created=now(), **values)
    )
    return named


def find_media(connection: Connection, media_id: UUID) -> MediaItem | None:
    """One medium."""
    return next(iter(all_media(connection, media_id=media_id)), None)


def all_media(connection: Connection, *, media_id: UUID | None = None) -> tuple[MediaItem, ...]:
    """Media in the order in which they were added."""
    query = (
        select(media, exam.c.key, exam.c.key_source)
        .outerjoin(exam, exam.c.id == media.c.exam_id)
        .order_by(media.c.position)
    )
    if media_id is not None:
        query = query.where(media.c.id == str(media_id))
    return tuple(
        MediaItem(
            UUID(row.id),
            row.name,
            cast(MediaKind, row.kind),
            row.fingerprint,
            row.height,
            row.width,
            row.frame_count,
            row.frame_rate,
            ExamKey(row.key, cast(ExamSource, row.key_source)) if row.key else UNKNOWN_EXAM,
            row.broken,
        )
        for row in connection.execute(query)
    )


def set_exam(connection: Connection, media_id: UUID, key: ExamKey) -> None:
    """Put a medium into an exam, or out of any."""
    exam_id = ensure_exam(connection, key)
    values = {"exam_id": str(exam_id) if exam_id else None}
    connection.execute(update(media).where(media.c.id == str(media_id)).values(**values))


def count_exams(connection: Connection) -> int:
    """How many exams are known."""
    return int(connection.execute(select(func.count()).select_from(exam)).scalar_one())
