"""Lesions are identity only; what readers say of them, or of an annotation, are statements that are only added to."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import Connection, insert, select, update

from polypviewer.core.record import ExamKey
from polypviewer.storage.media_rows import ensure_exam
from polypviewer.storage.tables import lesion, statement
from polypviewer.storage.times import now


@dataclass(frozen=True, slots=True)
class Statement:
    """One reader's word about a subject (the id of a lesion or an annotation) at a time; None takes it back."""

    reader_id: UUID
    field: str
    value: str | None
    created: str


def add_lesion(connection: Connection, *, exam: ExamKey, reader_id: UUID) -> UUID:
    """A new lesion."""
    made, exam_id = uuid4(), ensure_exam(connection, exam)
    values = {"id": str(made), "exam_id": str(exam_id) if exam_id else None, "created_by": str(reader_id)}
    connection.execute(insert(lesion).values(**values, created=now()))
    return made


def lesion_now(connection: Connection, lesion_id: UUID) -> UUID:
    """The lesion that this one has been merged into, or itself."""
    current = str(lesion_id)
    while (
        target := connection.execute(select(lesion.c.merged_into).where(lesion.c.id == current)).scalar()
    ) is not None:
        current = target
    return UUID(current)


def merge(connection: Connection, lesion_id: UUID, *, into: UUID) -> UUID:
    """Two lesions are one: the first redirects to the second; revisions are not rewritten. Returns the one that stays.

    Merging two that are one already changes nothing.
    """
    first, second = lesion_now(connection, lesion_id), lesion_now(connection, into)
    if first != second:
        connection.execute(update(lesion).where(lesion.c.id == str(first)).values(merged_into=str(second)))
    return second


def add_statement(connection: Connection, subject: UUID, field: str, value: str | None, *, reader_id: UUID) -> None:
    """Add a statement."""
    values = {"id": str(uuid4()), "subject": str(subject), "reader_id": str(reader_id), "field": field}
    connection.execute(insert(statement).values(**values, value=value, created=now()))


def statements_of(connection: Connection, subject: UUID) -> tuple[Statement, ...]:
    """All statements about a subject, oldest first."""
    query = select(statement).where(statement.c.subject == str(subject)).order_by(statement.c.created, statement.c.id)
    return tuple(Statement(UUID(row.reader_id), row.field, row.value, row.created) for row in connection.execute(query))


def latest_values(connection: Connection, field: str) -> dict[UUID, str]:
    """The newest value of a field for each subject that has one; a value that was taken back is left out."""
    query = select(statement).where(statement.c.field == field).order_by(statement.c.created, statement.c.id)
    newest = {UUID(row.subject): row.value for row in connection.execute(query)}
    return {subject: value for subject, value in newest.items() if value is not None}
