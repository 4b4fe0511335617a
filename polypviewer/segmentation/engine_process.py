"""A child process that speaks JSON lines (docs/formats.md section 4): start, one line out, one line in, end.

The child ends when its stdin ends, so it never outlives this program, however that ends. Nothing here blocks but
`receive` and `stop`, both with a limit in seconds; `kill` returns at once and wakes a waiting `receive`.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from typing import IO, Final

from polypviewer.core.errors import SegmentationError

LONGEST_LINE: Final = 1 << 20
_REAP_SECONDS: Final = 5.0

Message = Mapping[str, object]


class EngineProcess:
    """One run of an engine; a second run is a second object. One thread may talk to it; any thread may `kill` it."""

    def __init__(self, command: Sequence[str]) -> None:
        """Start `command`. Raises `SegmentationError` ("engine.not_started")."""
        self._complaints: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 # lives as long as the process
        try:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._complaints,
                # Ctrl+C in a terminal goes to us, and we end the child in order.
                start_new_session=os.name == "posix",
            )
        except OSError as error:
            self._complaints.close()
            raise SegmentationError("engine.not_started", reason=error.strerror or str(error)) from error
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._listener = threading.Thread(target=self._listen, name=f"engine {self._process.pid}", daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        """The process id of the child."""
        return self._process.pid

    def send(self, message: Message) -> None:
        """Write one line. Raises `SegmentationError` ("engine.died") if the child is gone."""
        stdin = self._process.stdin
        try:
            if stdin is None or stdin.closed:
                raise BrokenPipeError
            stdin.write(json.dumps(message).encode("utf-8") + b"\n")
            stdin.flush()
        except (BrokenPipeError, OSError) as error:
            raise self._died() from error

    def receive(self, *, seconds: float) -> Message:
        """The next line, waiting for at most `seconds`.

        Raises `SegmentationError`: "engine.hung" when none comes, "engine.died" at the end, "engine.bad_reply".
        """
        try:
            line = self._lines.get(timeout=max(0.0, seconds))
        except queue.Empty as error:
            raise SegmentationError("engine.hung", seconds=seconds) from error
        if line is None:
            self._lines.put(None)
            raise self._died()
        return _message(line)

    def kill(self) -> None:
        """End the child now, without waiting."""
        with contextlib.suppress(OSError):
            self._process.kill()

    def stop(self, *, seconds: float) -> None:
        """End the child: ask, close its stdin, wait for at most `seconds`, then kill it. May be called twice."""
        with contextlib.suppress(SegmentationError):
            self.send({"type": "stop"})
        self._close_stdin()
        try:
            self._process.wait(timeout=max(0.0, seconds))
        except subprocess.TimeoutExpired:
            self.kill()
            self._process.wait(timeout=_REAP_SECONDS)
        self._listener.join(timeout=_REAP_SECONDS)
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._complaints.close()

    def _close_stdin(self) -> None:
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def _listen(self) -> None:
        """Runs in a thread of its own until the child's stdout ends."""
        stdout = self._process.stdout
        with contextlib.suppress(OSError, ValueError):
            while stdout is not None and (line := stdout.readline(LONGEST_LINE)):
                self._lines.put(line)
        self._lines.put(None)

    def _died(self) -> SegmentationError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=_REAP_SECONDS)
        code = self._process.returncode
        ended = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        complaint = self._last_complaint()
        return SegmentationError("engine.died", reason=f"{ended}: {complaint}" if complaint else ended)

    def _last_complaint(self) -> str:
        """The last line that the child wrote to stderr."""
        if self._complaints.closed:
            return ""
        end = self._complaints.seek(0, os.SEEK_END)
        self._complaints.seek(max(0, end - 4096))
        lines = self._complaints.read().decode("utf-8", errors="replace").strip().splitlines()
        return lines[-1].strip().rstrip(".") if lines else ""


class Deadline:
    """Seconds that are left of a limit, over several waits."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds left; 0 when none are."""
        return max(0.0, self._end - time.monotonic())


def _message(line: bytes) -> Message:
    try:
        message = json.loads(line)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        reason = f"no JSON: {line[:60]!r}"
        raise SegmentationError("engine.bad_reply", reason=reason) from error
    if not isinstance(message, dict):
        raise SegmentationError("engine.bad_reply", reason=f"no JSON object: {line[:60]!r}")
    return message
