"""The trainer as a child process of the window.

Qt reads its pipe, a clock watches for silence, Stop is asked, then enforced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QProcess, QTimer, Signal, Slot

from polypviewer.session.training_events import STOP_LINE, after_exit, after_line, failed, kept_stderr
from polypviewer.session.values import TrainingPhase, TrainingState

_STOP_MS: Final = 20_000
_TERMINATE_MS: Final = 5_000


class TrainerProcess(QObject):
    """One run, from `start` to `ended`. `changed` carries the state after each event; `ended` the last one, once."""

    changed = Signal(object)  # TrainingState
    ended = Signal(object, bytes)  # TrainingState, end of stderr

    def __init__(self, command: Sequence[str], *, silence_seconds: float, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._command = tuple(command)
        self._silence = silence_seconds
        self._state = TrainingState(phase=TrainingPhase.RUNNING)
        self._line = b""
        self._stderr = b""
        self._over = False
        self._process = QProcess(self)
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.readyReadStandardError.connect(self._read_stderr)
        self._process.finished.connect(self._finished)
        self._process.errorOccurred.connect(self._not_started)
        self._watch = QTimer(self, singleShot=True)
        self._watch.timeout.connect(self._silent)
        self._patience = QTimer(self, singleShot=True)
        self._patience.timeout.connect(self._enforce)

    @property
    def pid(self) -> int:
        """The child's process id, 0 when none runs."""
        return self._process.processId()

    def start(self, job: Path) -> None:
        """Start the trainer on a job's folder."""
        self._process.start(self._command[0], [*self._command[1:], str(job)])
        self._watch.start(int(self._silence * 1000))

    def stop(self) -> None:
        """Ask it to stop; after 20 s it is told by the system, after 5 more it is killed."""
        if self._over or self._state.phase is TrainingPhase.STOPPING:
            return
        self._state = replace(self._state, phase=TrainingPhase.STOPPING)
        self._process.write(STOP_LINE)
        self._patience.start(_STOP_MS)
        self.changed.emit(self._state)

    def kill(self) -> None:
        """End it now and wait for that; nothing is emitted any more."""
        self._over = True
        self._watch.stop()
        self._patience.stop()
        if self._process.state() != QProcess.ProcessState.NotRunning:
            self._process.closeWriteChannel()
            if not self._process.waitForFinished(1_000):
                self._process.kill()
                self._process.waitForFinished(5_000)

    @Slot()
    def _read(self) -> None:
        self._line += bytes(self._process.readAllStandardOutput().data())
        *lines, self._line = self._line.split(b"\n")
        self._watch.start(int(self._silence * 1000))
        for line in lines:
            if line.strip():
                self._state = after_line(self._state, line)
        if lines and not self._over and self._state.is_active:
            self.changed.emit(self._state)

    @Slot()
    def _read_stderr(self) -> None:
        self._stderr = kept_stderr(self._stderr, bytes(self._process.readAllStandardError().data()))

    @Slot()
    def _silent(self) -> None:
        self._state = failed(self._state, "training.hung", seconds=self._silence)
        self._process.kill()

    @Slot()
    def _enforce(self) -> None:
        self._process.terminate()
        self._patience.timeout.disconnect(self._enforce)
        self._patience.timeout.connect(self._process.kill)
        self._patience.start(_TERMINATE_MS)

    @Slot()
    def _finished(self) -> None:
        self._read()
        self._read_stderr()
        crashed = self._process.exitStatus() is QProcess.ExitStatus.CrashExit
        self._end(after_exit(self._state, exit_code=None if crashed else self._process.exitCode(), stderr=self._stderr))

    @Slot(QProcess.ProcessError)
    def _not_started(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self._end(failed(self._state, "training.not_started", reason=self._process.errorString()))

    def _end(self, state: TrainingState) -> None:
        if self._over:
            return
        self._over = True
        self._watch.stop()
        self._patience.stop()
        self.ended.emit(state, self._stderr)
