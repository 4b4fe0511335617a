"""Steps that could not be written when their project was closed: kept in the user's folder, taken back at its opening.

A file holds commands as the journal does: ids, pixels and fields, no names and no paths.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal
from uuid import UUID

from polypviewer.core.command import Command
from polypviewer.core.command_codec import decode_command, encode_command
from polypviewer.core.errors import EditError
from polypviewer.session.settings import home_folder

if TYPE_CHECKING:
    from polypviewer.storage.store import ProjectStore

Action = Literal["do", "undo", "redo"]
_ACTIONS: Final[tuple[Action, ...]] = ("do", "undo", "redo")
_HEAD: Final = struct.Struct("<4s16s")
_ROW: Final = struct.Struct("<BII")
_MAGIC: Final = b"PVR1"
_NONE: Final = UUID(int=0)


def set_aside(store: ProjectStore, rows: Sequence[tuple[Action, Command]]) -> Path:
    """Write steps that the project's disk did not take, in order; returns the file. Raises OSError."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    path = _folder() / f"{store.id}-{store.reader.id}-{stamp}.steps"
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".half")
    try:
        with half.open("wb") as file:
            file.write(_HEAD.pack(_MAGIC, (_last_step(store) or _NONE).bytes))
            for action, command in rows:
                payload = encode_command(command)
                file.write(_ROW.pack(_ACTIONS.index(action), len(payload), zlib.crc32(payload)) + payload)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
    return path


def take_back(store: ProjectStore) -> None:
    """Write the steps that were set aside for this project and reader to its journal; a file that was read goes.

    Steps whose frames went on without them stay in their file. Raises `ProjectError` where they cannot be written.
    """
    for path in sorted(_folder().glob(f"{store.id}-{store.reader.id}-*.steps")):
        before, rows = _read(path)
        if _last_step(store) in (before, *(command.id for _, command in rows)):
            try:
                for action, command in rows:
                    store.append(command, action)
            finally:
                store.replay_again()
            path.unlink()


def is_left(store: ProjectStore) -> bool:
    """True if steps of this project and reader are still set aside."""
    return any(_folder().glob(f"{store.id}-{store.reader.id}-*.steps"))


def _folder() -> Path:
    return home_folder() / "rescued"


def _last_step(store: ProjectStore) -> UUID | None:
    return store.journal.last_step(store.reader.id)


def _read(path: Path) -> tuple[UUID | None, list[tuple[Action, Command]]]:
    data = path.read_bytes()
    if len(data) < _HEAD.size or not data.startswith(_MAGIC):
        return None, []
    before = UUID(bytes=_HEAD.unpack_from(data)[1])
    return (None if before == _NONE else before), list(_rows(data))


def _rows(data: bytes) -> Iterator[tuple[Action, Command]]:
    """The steps up to the first damaged one."""
    start = _HEAD.size
    while start + _ROW.size <= len(data):
        action, length, crc = _ROW.unpack_from(data, start)
        payload = data[start + _ROW.size : start + _ROW.size + length]
        if zlib.crc32(payload) != crc or action >= len(_ACTIONS):
            return
        try:
            yield _ACTIONS[action], decode_command(payload)
        except EditError:
            return
        start += _ROW.size + length
