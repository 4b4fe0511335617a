"""Events: one JSON object a line, to the application on stdout and to `events.jsonl` beside the run."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TextIO

from trainer.files import disk_trouble

PROTOCOL = 1
ENGINE_PROTOCOL = "polypviewer/engine/1"
Tell = Callable[..., None]
"""`tell(type, **fields)`."""


class Stopped(Exception):  # noqa: N818 # no error: somebody wanted it
    """Somebody asked the run to end; `reason` says who."""

    def __init__(self, reason: str, step: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.step = step


class Events:
    """Writes events to a stream where one is given, and to a file once there is one."""

    def __init__(
        self, path: Path | None, stream: TextIO | None, *, watch: Callable[[Mapping[str, object]], None] | None = None
    ) -> None:
        self._stream = stream
        self._watch = watch
        self._file: TextIO | None = None
        self.last_step = 0
        self.keep(path)

    def keep(self, path: Path | None) -> None:
        """Write to this file too from now on. Raises SurroundingsError when it cannot be written."""
        if path is None:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a", encoding="utf-8", buffering=1)
        except OSError as error:
            raise disk_trouble(error, path) from error

    def tell(self, kind: str, **fields: object) -> None:
        """Write one event; raises TrainingError when the application no longer listens."""
        step = fields.get("step")
        self.last_step = step if isinstance(step, int) else self.last_step
        event = {"protocol": PROTOCOL, "type": kind, **fields}
        line = json.dumps(event, ensure_ascii=False)
        if self._file is not None:
            self._file.write(line + "\n")
        try:
            if self._stream is not None:
                self._stream.write(line + "\n")
                self._stream.flush()
        except BrokenPipeError:
            self._stream = None
            raise Stopped("the application is gone", self.last_step) from None
        if self._watch is not None:
            self._watch(event)

    def close(self) -> None:
        """Close the file; the stream belongs to somebody else."""
        if self._file is not None:
            self._file.close()


def protocol_stream() -> TextIO:
    """The real stdout for protocol lines; file descriptor 1 becomes stderr, so that nothing else reaches it."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(kept, "w", encoding="utf-8", buffering=1)


def say(stream: TextIO, message: Mapping[str, object]) -> None:
    """One line of JSON, at once."""
    stream.write(json.dumps(message, ensure_ascii=False) + "\n")
    stream.flush()


class StopSwitch:
    """Turns on when stdin says `{"type": "stop"}` or ends."""

    def __init__(self) -> None:
        self._reason: str | None = None

    def listen(self, stream: TextIO) -> None:
        """Read the stream in a thread that never holds up the end of the process."""
        threading.Thread(target=self._read, args=(stream,), daemon=True, name="stop-switch").start()

    def raise_if_on(self, step: int) -> None:
        """Raise Stopped when somebody asked for it."""
        if self._reason is not None:
            raise Stopped(self._reason, step)

    @property
    def is_on(self) -> bool:
        """Whether somebody asked."""
        return self._reason is not None

    def turn_on(self, reason: str) -> None:
        """Ask; who asked first is remembered."""
        self._reason = self._reason or reason

    def _read(self, stream: TextIO) -> None:
        for line in stream:
            try:
                message = json.loads(line)
            except json.JSONDecodeError:
                continue
            if isinstance(message, dict) and message.get("type") == "stop":
                self.turn_on("asked to stop")
                return
        self.turn_on("the application is gone")


class Pace:
    """Seconds so far and left, from steps done."""

    def __init__(self, steps: int, done: int = 0) -> None:
        self._started = time.monotonic()
        self._first = done
        self.steps = steps

    def at(self, step: int) -> dict[str, float]:
        """`seconds` and `seconds_left` after `step` steps."""
        seconds = time.monotonic() - self._started
        left = seconds / max(1, step - self._first) * (self.steps - step)
        return {"seconds": round(seconds, 2), "seconds_left": round(left, 1)}
