"""The base of a draft: the proposed mask that its pixels came from, for the provenance view.

Where the step that took the proposal is still in the history, the base is what that step painted, to the pixel, at
whatever threshold it was taken. Otherwise it is the newest revision that holds the proposal as it came; otherwise the
proposal at its own threshold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from polypviewer.core.command import Change, Command, MaskChange, ValueChange
from polypviewer.core.draft import Draft
from polypviewer.core.identity import FrameRef
from polypviewer.core.label_map import Mask, empty_label_map, polyp_mask
from polypviewer.core.patch import apply_patch
from polypviewer.core.proposal import proposal_mask
from polypviewer.core.review import Origin

if TYPE_CHECKING:
    from polypviewer.session.desk import Desk
    from polypviewer.storage.store import ProjectStore


class Bases:
    """The window's side."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def ask(self, then: Callable[[Mask | None], None]) -> None:
        """The base of the shown frame, `(height, width)` bool; None where all was drawn by hand.

        At once where it is known, else from the `disk` lane; not at all if another frame is shown by then.
        """
        desk = self._desk
        desk.lanes.disk.forget("base")
        draft = desk.need_frame().draft
        named = draft.value("proposal_id")
        if named is None:
            then(None)
            return
        base = base_in_history(desk.history.done, draft)
        if base is not None or desk.keeper is None:
            then(base)
            return
        ask = partial(stored_base, desk.keeper.store, draft.frame, named)
        desk.lanes.disk.submit(ask, on_done=partial(self._came, draft, then), key="base")

    def _came(self, draft: Draft, then: Callable[[Mask | None], None], base: Mask | None) -> None:
        if self._desk.shown is not None and self._desk.shown.draft is draft:
            then(base)


def base_in_history(done: Iterable[Command], draft: Draft) -> Mask | None:
    """What the last done step painted that took a proposal into this frame; None if no such step is there."""
    for command in reversed(tuple(done)):
        if any(_takes(change, draft.frame) for change in command.changes):
            painted = empty_label_map(*draft.label_map.shape)
            for change in command.changes:
                if isinstance(change, MaskChange) and change.frame == draft.frame:
                    apply_patch(painted, change.patch)
            return painted > 0
    return None


def stored_base(store: ProjectStore, ref: FrameRef, proposal_id: str) -> Mask | None:
    """On the lane: the base from what is stored; None if nothing of the proposal is left."""
    for stored in store.revisions(ref):
        if stored.values.get("proposal_id") == proposal_id and stored.values.get("origin") == Origin.PROPOSAL:
            return polyp_mask(store.label_map(stored))
    proposal = store.proposal_of_id(ref, proposal_id)
    return None if proposal is None else proposal_mask(proposal)


def _takes(change: Change, frame: FrameRef) -> bool:
    """Pixels that a person changes are "drawn" from then on, so a proposal that is taken always says its origin."""
    says = isinstance(change, ValueChange) and (change.field, change.after) == ("origin", Origin.PROPOSAL)
    return says and change.frame == frame
