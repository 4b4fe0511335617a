"""The journal: every command of this machine, in order, durable before `append` returns.

Undo and redo are rows too. Nothing is deleted until a revision contains it and it lies beyond the undo budget.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, cast
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, Select, delete, func, insert, select

from polypviewer.core.command import Change, Command, inverse
from polypviewer.core.command_codec import PAYLOAD_VERSION, decode_command, encode_command
from polypviewer.core.errors import EditError
from polypviewer.core.identity import FrameRef
from polypviewer.storage.dialect import reading, transaction
from polypviewer.storage.local_tables import LOCAL, about, journal, journal_frame
from polypviewer.storage.times import now

Action = Literal["do", "undo", "redo"]
_NAME: Final = "local.db"


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One row. `changes` are what it did to the frames: for an undo the command's inverse."""

    sequence: int
    action: Action
    command: Command

    @property
    def changes(self) -> tuple[Change, ...]:
        """What this row did, in order."""
        return inverse(self.command) if self.action == "undo" else self.command.changes


class Journal:
    """Rows of one `local.db`. `damaged_rows`: sequences that a check sum refused; they are left where they are."""

    def __init__(self, engine: Engine, *, read_only: bool) -> None:
        self._engine = engine
        self.damaged_rows: set[int] = set()
        if not read_only:
            with transaction(engine, name=_NAME) as connection:
                LOCAL.create_all(connection)
        self.id = self._own_id(read_only=read_only)

    def append(self, command: Command, action: Action, *, base_revision: UUID | None = None) -> int:
        """Write one row and return its sequence. When this returns the row is on the disk. Raises `ProjectError`.

        What the journal says of the command already is not written again: replay is idempotent by command id.
        """
        payload = encode_command(command)
        with transaction(self._engine, name=_NAME) as connection:
            known = _known(connection, command, action)
            if known is not None:
                return known
            values = {
                "id": str(command.id),
                "action": action,
                "reader_id": str(command.reader_id),
                "kind": command.kind,
                "group_id": str(command.group) if command.group else None,
                "payload_version": PAYLOAD_VERSION,
                "base_revision": str(base_revision) if base_revision else None,
                "payload": payload,
                "crc": _checksum(action, payload),
                "created": now(),
            }
            made = connection.execute(insert(journal).values(values))
            sequence = int(made.inserted_primary_key[0])  # type: ignore[index] # an insert of one row always has one
            frames = [
                {"sequence": sequence, "media_id": str(ref.media_id), "position": ref.index} for ref in command.frames
            ]
            if frames:
                connection.execute(insert(journal_frame), frames)
        return sequence

    def rows(self, reader_id: UUID) -> Iterator[JournalRow]:
        """All rows of a reader, oldest first."""
        query = select(journal).where(journal.c.reader_id == str(reader_id)).order_by(journal.c.sequence)
        yield from self._decoded(query_rows(self._engine, query))

    def rows_of_frame(self, ref: FrameRef, reader_id: UUID, *, after: int) -> Iterator[JournalRow]:
        """The rows of a reader that touch a frame, with a sequence above `after`, oldest first."""
        query = (
            select(journal)
            .join(journal_frame, journal_frame.c.sequence == journal.c.sequence)
            .where(
                journal_frame.c.media_id == str(ref.media_id),
                journal_frame.c.position == ref.index,
                journal.c.reader_id == str(reader_id),
                journal.c.sequence > after,
            )
            .order_by(journal.c.sequence)
        )
        yield from self._decoded(query_rows(self._engine, query))

    def last_of_frames(self, reader_id: UUID) -> dict[FrameRef, int]:
        """The highest sequence of each frame that a reader's rows touch."""
        query = (
            select(journal_frame.c.media_id, journal_frame.c.position, func.max(journal.c.sequence))
            .join(journal, journal.c.sequence == journal_frame.c.sequence)
            .where(journal.c.reader_id == str(reader_id))
            .group_by(journal_frame.c.media_id, journal_frame.c.position)
        )
        return {
            FrameRef(UUID(media_id), position): int(sequence)
            for media_id, position, sequence in query_rows(self._engine, query)
        }

    def touches(self, ref: FrameRef, reader_id: UUID) -> bool:
        """True if a reader's rows touch a frame, undone ones too."""
        query = (
            select(journal.c.sequence)
            .join(journal_frame, journal_frame.c.sequence == journal.c.sequence)
            .where(journal_frame.c.media_id == str(ref.media_id), journal_frame.c.position == ref.index)
            .where(journal.c.reader_id == str(reader_id))
            .limit(1)
        )
        return bool(query_rows(self._engine, query))

    def done_steps(self, ids: Collection[UUID]) -> dict[UUID, bool]:
        """Of those commands that have rows: whether they are done (True) or undone now."""
        wanted = [str(command_id) for command_id in ids]
        query = select(journal.c.id, journal.c.action).where(journal.c.id.in_(wanted)).order_by(journal.c.sequence)
        return {UUID(command_id): action != "undo" for command_id, action in query_rows(self._engine, query)}

    def last_step(self, reader_id: UUID) -> UUID | None:
        """The command of a reader's newest row; None without one."""
        query = select(journal.c.id).where(journal.c.reader_id == str(reader_id))
        rows = query_rows(self._engine, query.order_by(journal.c.sequence.desc()).limit(1))
        return UUID(rows[0].id) if rows else None

    @property
    def last_sequence(self) -> int:
        """The sequence of the newest row, 0 without one."""
        return int(query_rows(self._engine, select(func.coalesce(func.max(journal.c.sequence), 0)))[0][0])

    def trim(self, reader_id: UUID, *, budget_bytes: int, contained: dict[FrameRef, int]) -> int:
        """Delete a reader's oldest rows beyond the budget, as far as revisions contain them; returns how many.

        `contained`: for each frame the highest sequence that a revision contains. The first row that none contains
        ends the trimming: rows behind it are needed for the same replay.
        """
        rows = query_rows(
            self._engine,
            select(journal.c.sequence, func.length(journal.c.payload))
            .where(journal.c.reader_id == str(reader_id))
            .order_by(journal.c.sequence),
        )
        excess = sum(size for _, size in rows) - budget_bytes
        if excess <= 0:
            return 0
        frames = self._frames_of_rows()
        doomed: list[int] = []
        for sequence, size in rows:
            kept = any(contained.get(ref, 0) < sequence for ref in frames.get(sequence, ()))
            if excess <= 0 or kept:
                break
            doomed.append(sequence)
            excess -= size
        if doomed:
            with transaction(self._engine, name=_NAME) as connection:
                oldest = journal.c.sequence <= doomed[-1], journal.c.reader_id == str(reader_id)
                gone = select(journal.c.sequence).where(*oldest)
                connection.execute(delete(journal_frame).where(journal_frame.c.sequence.in_(gone)))
                connection.execute(delete(journal).where(*oldest))
        return len(doomed)

    def _frames_of_rows(self) -> dict[int, list[FrameRef]]:
        frames: dict[int, list[FrameRef]] = {}
        for sequence, media_id, position in query_rows(self._engine, select(journal_frame)):
            frames.setdefault(sequence, []).append(FrameRef(UUID(media_id), position))
        return frames

    def _decoded(self, rows: Sequence[Any]) -> Iterator[JournalRow]:
        """Rows that are whole and still say something new: the undo of a stroke that was passed over goes with it."""
        is_done: dict[str, bool] = {}
        for row in rows:
            does = row.action != "undo"
            if is_done.get(row.id, not does) == does:
                continue
            command = _command_of(row)
            if command is None:
                self.damaged_rows.add(row.sequence)
                is_done[row.id] = not does
                continue
            is_done[row.id] = does
            yield JournalRow(row.sequence, cast(Action, row.action), command)

    def _own_id(self, *, read_only: bool) -> str:
        found = query_rows(self._engine, select(about.c.value).where(about.c.name == "journal_id"))
        if found:
            return str(found[0][0])
        new = str(uuid4())
        if not read_only:
            with transaction(self._engine, name=_NAME) as connection:
                connection.execute(insert(about).values(name="journal_id", value=new))
        return new


def query_rows(engine: Engine, query: Select[Any]) -> Sequence[Any]:
    """All rows of a query on the journal's store."""
    with reading(engine, name=_NAME) as connection:
        return connection.execute(query).all()


def _command_of(row: Any) -> Command | None:
    """The command of a row, None if its bytes are damaged. Raises `EditError` for one of a newer version."""
    if row.crc != _checksum(row.action, row.payload):
        return None
    try:
        return decode_command(row.payload)
    except EditError as error:
        if error.code == "edit.newer_command":
            raise
        return None


def _known(connection: Connection, command: Command, action: Action) -> int | None:
    """The row that says this already: any "do" of the command, or its last row if that has the same action."""
    rows = connection.execute(
        select(journal.c.sequence, journal.c.action)
        .where(journal.c.id == str(command.id))
        .order_by(journal.c.sequence.desc())
    ).all()
    same = [row.sequence for row in (rows if action == "do" else rows[:1]) if row.action == action]
    return int(same[0]) if same else None


def _checksum(action: str, payload: bytes) -> int:
    return zlib.crc32(payload, zlib.crc32(action.encode()))
