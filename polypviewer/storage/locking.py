"""One writer for a project: an operating-system lock says whether, a small file beside it says who."""

from __future__ import annotations

import json
import os
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

LOCK: Final = "project.lock"
HOLDER: Final = "project.holder.json"


class ProjectLock:
    """Held from `take` to `release`, and let go by the system if the process dies, however it dies."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: IO[bytes] | None = None
        self._signed = False

    def take(self, *, on_network: bool = False) -> bool:
        """True if this process is the writer now. False if another one is. Raises OSError in a read-only folder.

        Writes nothing but an empty lock file where there is none. Where the file system knows no locks, or may keep
        them from other machines (`on_network`), the file that `sign` writes counts too.
        """
        file = (self._folder / LOCK).open("ab")
        try:
            free = _lock(file) and not (on_network and _is_signed_elsewhere(self._folder / HOLDER))
        except OSError:
            free = not _is_signed_by_the_living(self._folder / HOLDER)
        if not free:
            file.close()
            return False
        self._file = file
        return True

    def sign(self, reader: str) -> None:
        """Say who holds the lock, for others to read. Raises OSError."""
        since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
        who = {"reader": reader, "host": socket.gethostname(), "pid": os.getpid(), "since": since}
        self._signed = True
        (self._folder / HOLDER).write_text(json.dumps(who), encoding="utf-8")

    def release(self) -> None:
        """Let go."""
        if self._file is None:
            return
        if self._signed:
            (self._folder / HOLDER).unlink(missing_ok=True)
        self._file.close()
        self._file = None


def holder_of(folder: Path) -> str:
    """Who holds the project, for a person to read."""
    who = _read(folder / HOLDER)
    try:
        text = f"{who['reader']} has it open on {who['host']} since {who['since']} (process {who['pid']})"
    except KeyError:
        return "another program has it open"
    if who["host"] == socket.gethostname():
        return text
    return f"{text}; if that is no longer so, delete {HOLDER}"


def _read(path: Path) -> dict[str, object]:
    try:
        who = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return who if isinstance(who, dict) else {}


def _is_signed_elsewhere(path: Path) -> bool:
    who = _read(path)
    return bool(who) and who.get("host") != socket.gethostname()


def _is_signed_by_the_living(path: Path) -> bool:
    who = _read(path)
    if not who or _is_signed_elsewhere(path):
        return bool(who)
    number = who.get("pid")
    return isinstance(number, int) and _is_alive(number)


def _is_alive(process: int) -> bool:
    if sys.platform == "win32":  # os.kill would end it there
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> bool:
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

else:
    import fcntl

    def _lock(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
