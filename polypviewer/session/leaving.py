"""The way out of a project: nothing that is not on disk is left behind unless a person says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from polypviewer.session.keeping import Keeping, Kept

if TYPE_CHECKING:
    from polypviewer.session.desk import Desk
    from polypviewer.session.editing import Editing
    from polypviewer.session.keeper import Keeper

PATIENCE_S: Final = 1.0
"""So long the window may wait for the disk; a slower answer is waited for while the window goes on."""


@dataclass(frozen=True, slots=True, eq=False)
class AtRisk:
    """`steps` edits on `frames` frames are not on disk, so their project stays open until somebody chooses.

    `try_again` writes and leaves, or asks again; `leave` leaves without them; doing nothing stays.
    """

    steps: int
    frames: int
    try_again: Callable[[], None]
    leave: Callable[[], None]


class Leaving:
    """Belongs to the thread of the window."""

    def __init__(self, desk: Desk, keeping: Keeping, editing: Editing, *, let_go: Callable[[], None]) -> None:
        """`let_go` closes the project as it is."""
        self._desk, self._keeping, self._editing = desk, keeping, editing
        self._let_go = let_go

    def prepare(self) -> None:
        """Release what is in the hand; an edited frame becomes a revision."""
        if self._desk.shown is not None:
            self._editing.leave(self._desk.shown)

    def save(self) -> None:
        """Write what waits and the stroke in the air, also when ending that stroke fails."""
        try:
            self._editing.end_stroke()
        finally:
            self._keeping.save_now()

    def leave(self, then: Callable[[], None]) -> None:
        """Write what waits, let go of the project, then `then`; `edits_at_risk` instead if the disk does not take it.

        Without a project, or while one is only being opened, `then` runs at once; with a quick disk, before this
        returns.
        """
        keeper = self._desk.keeper
        if keeper is None:
            self._let_go()
            then()
            return
        self.prepare()
        if not self._keeping.is_dirty:
            self._go(then)
            return
        self._keeping.save_now(on_done=partial(self._tried, keeper, then))
        self._desk.lanes.disk.catch_up(PATIENCE_S)

    def _tried(self, keeper: Keeper, then: Callable[[], None], kept: Kept) -> None:
        if self._desk.keeper is not keeper or (not kept.waiting.steps and self._keeping.is_under_way):
            self.leave(then)
        elif kept.waiting.steps:
            again, leave = partial(self.leave, then), partial(self._go, then)
            self._desk.signals.edits_at_risk.emit(AtRisk(kept.waiting.steps, kept.waiting.frames, again, leave))
        else:
            self._go(then)

    def _go(self, then: Callable[[], None]) -> None:
        self.prepare()
        self._let_go()
        then()
