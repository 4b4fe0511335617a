"""`identity.db`: real paths, names and dates. Per machine, never exported, and nothing in `project.db` refers to it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import Engine, delete, insert, select

from polypviewer.storage.dialect import reading, transaction
from polypviewer.storage.local_tables import IDENTITY, exam_group, original

_FILE: Final = "identity.db"
INSIDE: Final = "./"
_BYTES: Final = "bytes:"


@dataclass(frozen=True, slots=True)
class OriginalFile:
    """Where a medium really is and what its file said about people and times."""

    media_id: UUID
    path: Path
    name: str
    modified: str = ""
    details: dict[str, str] = field(default_factory=dict)


class IdentityStore:
    """Paths inside the project folder are kept relative to it, so that a folder can be moved whole."""

    def __init__(self, engine: Engine, folder: Path, *, read_only: bool) -> None:
        self._engine = engine
        self._folder = folder
        if not read_only:
            with transaction(engine, name=_FILE) as connection:
                IDENTITY.create_all(connection)

    def put(self, media_id: UUID, path: Path, *, details: dict[str, str] | None = None) -> None:
        """Remember where a medium lies; an earlier place is forgotten."""
        stamp = (
            datetime.fromtimestamp(path.stat().st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if path.exists() else ""
        )
        with transaction(self._engine, name=_FILE) as connection:
            connection.execute(delete(original).where(original.c.media_id == str(media_id)))
            connection.execute(
                insert(original).values(
                    media_id=str(media_id),
                    path=self._stored(path),
                    name=path.name.encode(errors="backslashreplace").decode(),
                    modified=stamp,
                    details=json.dumps(details or {}),
                )
            )

    def all(self) -> dict[UUID, OriginalFile]:
        """Every medium that this machine knows the place of."""
        with reading(self._engine, name=_FILE) as connection:
            rows = connection.execute(select(original)).all()
        return {
            UUID(row.media_id): OriginalFile(
                UUID(row.media_id), self._real(row.path), row.name, row.modified, json.loads(row.details)
            )
            for row in rows
        }

    def exam_keys(self) -> dict[str, str]:
        """The pseudonym of each group name (a folder, a pattern's match) that an import has seen."""
        with reading(self._engine, name=_FILE) as connection:
            return {row.group_name: row.exam_key for row in connection.execute(select(exam_group))}

    def put_exam_key(self, group: str, key: str) -> None:
        """Remember which pseudonym a group name has."""
        with transaction(self._engine, name=_FILE) as connection:
            connection.execute(delete(exam_group).where(exam_group.c.group_name == group))
            connection.execute(insert(exam_group).values(group_name=group, exam_key=key))

    def _stored(self, path: Path) -> str:
        absolute = path.absolute()
        if absolute.is_relative_to(self._folder):
            return _as_text(INSIDE + absolute.relative_to(self._folder).as_posix())
        return _as_text(str(absolute))

    def _real(self, stored: str) -> Path:
        text = os.fsdecode(bytes.fromhex(stored.removeprefix(_BYTES))) if stored.startswith(_BYTES) else stored
        return self._folder / text.removeprefix(INSIDE) if text.startswith(INSIDE) else Path(text)


def _as_text(path: str) -> str:
    """A path as a database can keep it; one that is no valid Unicode (old file systems) as the hex of its bytes."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return _BYTES + os.fsencode(path).hex()
    return path
