"""The trainer as a child process of the command line: the same events, without an event loop."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Generator, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, Final

from polypviewer.session.training_events import STOP_LINE, after_exit, after_line, failed, kept_stderr
from polypviewer.session.values import TrainingPhase, TrainingState

_PATIENCE: Final = (20.0, 5.0)


def trainer_command() -> tuple[str, ...]:
    """How the trainer is started; the job's folder follows."""
    return (sys.executable, "-m", "trainer.cli", "finetune")


def engine_command() -> tuple[str, ...]:
    """How the engine is started; its options follow."""
    return (sys.executable, "-m", "trainer.cli", "serve")


def follow_trainer(
    command: Sequence[str], job: Path, *, silence_seconds: float
) -> Generator[TrainingState, None, None]:
    """Run the trainer on a job and yield the state after each event; the last one is final (or CHECKING after a
    result).

    Closing the generator (Ctrl+C) asks the trainer to stop, then enforces it.
    """
    state = TrainingState(phase=TrainingPhase.RUNNING)
    try:
        process = subprocess.Popen(
            [*command, str(job)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    except OSError as error:
        yield failed(state, "training.not_started", reason=error.strerror or str(error))
        return
    lines, errors = _Listener(process.stdout), _Listener(process.stderr)
    try:
        while (line := lines.next(silence_seconds)) is not None:
            if line.strip():
                state = after_line(state, line)
                yield state
        yield after_exit(state, exit_code=process.wait(), stderr=errors.rest())
    except TimeoutError:
        process.kill()
        yield failed(state, "training.hung", seconds=silence_seconds)
    finally:
        _end(process)
        lines.join()
        errors.join()


class _Listener:
    """Reads a pipe to its end in a thread of its own, which ends with the pipe."""

    def __init__(self, pipe: IO[bytes] | None) -> None:
        self._lines: SimpleQueue[bytes | None] = SimpleQueue()
        if pipe is None:
            raise ValueError("the process has no such pipe")
        self._pipe = pipe
        self._thread = threading.Thread(target=self._listen, name="trainer-pipe", daemon=True)
        self._thread.start()

    def next(self, seconds: float) -> bytes | None:
        """The next line, None at the end. Raises TimeoutError after this silence."""
        try:
            return self._lines.get(timeout=seconds)
        except Empty:
            raise TimeoutError from None

    def rest(self) -> bytes:
        """The end of everything, once the pipe is closed."""
        self._thread.join()
        kept = b""
        while not self._lines.empty():
            kept = kept_stderr(kept, self._lines.get() or b"")
        return kept

    def join(self) -> None:
        """Wait for the thread and close the pipe."""
        self._thread.join()
        self._pipe.close()

    def _listen(self) -> None:
        for line in self._pipe:
            self._lines.put(line)
        self._lines.put(None)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Stop a trainer that still runs: by its protocol, by a signal, by force."""
    if process.poll() is None and process.stdin is not None:
        try:
            process.stdin.write(STOP_LINE)
            process.stdin.flush()
        except OSError:
            process.kill()
    for patience, force in zip(_PATIENCE, (process.terminate, process.kill), strict=True):
        try:
            process.wait(patience)
            break
        except subprocess.TimeoutExpired:
            force()
    process.wait()
    if process.stdin is not None:
        process.stdin.close()
