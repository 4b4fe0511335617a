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

    def take(self, reader: str) -> bool:
        """True if this process is the writer now. False if another one is. Raises OSError in a read-only folder."""
        file = (self._folder / LOCK).open("ab")
        if not _lock(file):
            file.close()
            return False
        self._file = file
        _write_holder(self._folder / HOLDER, reader)
        return True

    def release(self) -> None:
        """Let go."""
        if self._file is None:
            return
        (self._folder / HOLDER).unlink(missing_ok=True)
        self._file.close()
        self._file = None


def holder_of(folder: Path) -> str:
    """Who holds the project, for a person to read."""
    try:
        who = json.loads((folder / HOLDER).read_text(encoding="utf-8"))
        return f"{who['reader']} has it open on {who['host']} since {who['since']} (process {who['pid']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another program has it open"


def _write_holder(path: Path, reader: str) -> None:
    since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    who = {"reader": reader, "host": socket.gethostname(), "pid": os.getpid(), "since": since}
    path.write_text(json.dumps(who), encoding="utf-8")


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> bool:
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
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
