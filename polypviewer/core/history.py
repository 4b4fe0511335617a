"""Done and undone steps of one reader, across frames, under a budget in bytes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from polypviewer.core.command import Command

DEFAULT_BUDGET: Final = 256 * 1024 * 1024


class History:
    """Two stacks. It remembers and hands out commands; whoever asks applies the changes."""

    def __init__(self, *, budget_bytes: int = DEFAULT_BUDGET) -> None:
        self._budget = budget_bytes
        self._done: deque[Command] = deque()
        self._undone: list[Command] = []
        self._bytes = 0

    @property
    def done(self) -> tuple[Command, ...]:
        """Steps that undo can take back, oldest first."""
        return tuple(self._done)

    @property
    def undone(self) -> tuple[Command, ...]:
        """Steps that redo can make again, next one last."""
        return tuple(self._undone)

    @property
    def size_bytes(self) -> int:
        """Bytes that both stacks hold."""
        return self._bytes

    @property
    def last_done(self) -> Command | None:
        """The step that `undo` would hand out."""
        return self._done[-1] if self._done else None

    @property
    def last_undone(self) -> Command | None:
        """The step that `redo` would hand out."""
        return self._undone[-1] if self._undone else None

    def push(self, command: Command) -> None:
        """Remember a step that was just made; what was undone before it can no longer be made again."""
        self._bytes -= sum(step.size_bytes for step in self._undone)
        self._undone.clear()
        self._done.append(command)
        self._bytes += command.size_bytes
        while self._bytes > self._budget and len(self._done) > 1:
            self._bytes -= self._done.popleft().size_bytes

    def undo(self) -> Command | None:
        """Move the last done step to the undone ones and hand it out; None if there is none."""
        if not self._done:
            return None
        command = self._done.pop()
        self._undone.append(command)
        return command

    def redo(self) -> Command | None:
        """Move the last undone step to the done ones and hand it out; None if there is none."""
        if not self._undone:
            return None
        command = self._undone.pop()
        self._done.append(command)
        return command


def rebuild_history(rows: Iterable[tuple[str, Command]], *, budget_bytes: int = DEFAULT_BUDGET) -> History:
    """The history after a restart, from journal rows in order: (action, command), action "do", "undo" or "redo".

    An undo or redo row whose step has been trimmed from the journal's beginning is passed over.
    """
    history = History(budget_bytes=budget_bytes)
    for action, command in rows:
        if action == "do":
            history.push(command)
        elif action == "undo" and history.last_done is not None and history.last_done.id == command.id:
            history.undo()
        elif action == "redo" and history.last_undone is not None and history.last_undone.id == command.id:
            history.redo()
    return history
