"""Settling: the frames of a step on many frames get their revisions and their lights a few at a time.

Their step is in the journal already, so nothing is at risk. What matters is that the hand goes on: between two slices
the `disk` lane loads frames and writes strokes, and the window's thread is free.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final

from polypviewer.core.identity import FrameIdentity, FrameRef
from polypviewer.core.label_map import has_polyp

if TYPE_CHECKING:
    from polypviewer.session.desk import Desk
    from polypviewer.session.keeper import Keeper
    from polypviewer.session.keeping import Keeping

SLICE: Final = 4
"""Frames at a time: about 60 ms of the `disk` lane at 1080p."""


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """What is kept of some frames now: fields and whether a lesion is there; those that have a revision of it."""

    kept: Mapping[FrameRef, tuple[Mapping[str, str], bool]]
    revised: frozenset[FrameRef]
    error: Exception | None = None


class Settling:
    """The window's side; one slice is under way at a time."""

    def __init__(self, desk: Desk, keeping: Keeping) -> None:
        self._desk, self._keeping = desk, keeping
        self.reset()

    def reset(self) -> None:
        """Another project. What was not settled is in the journal and is found there at the next opening."""
        self._project = object()
        self._waiting: dict[FrameRef, FrameIdentity | None] = {}
        self._is_busy = False

    def take(self, frames: Mapping[FrameRef, FrameIdentity | None]) -> None:
        """Settle these frames, none of which is shown; the identities of those that nothing may be kept of yet."""
        self._waiting |= frames
        self._go_on()

    def _go_on(self) -> None:
        if self._is_busy or not self._waiting:
            return
        _, keeper = self._desk.need_project()
        frames = {ref: self._waiting.pop(ref) for ref in list(islice(self._waiting, SLICE))}
        edits = {ref: self._keeping.edits_of(ref) for ref in frames}
        self._is_busy = True
        came = partial(self._came, self._project, edits)
        self._desk.lanes.disk.submit(settle_slice, keeper, frames, on_done=came)

    def _came(self, project: object, edits: Mapping[FrameRef, int], settled: Settled) -> None:
        if project is not self._project:
            return
        self._is_busy = False
        shown = self._desk.shown
        for ref, (values, has_mask) in settled.kept.items():
            # Who edited it meanwhile saw it on the screen: its light and its revision follow from there.
            if self._keeping.edits_of(ref) == edits[ref] and (shown is None or shown.ref != ref):
                self._desk.light(ref, values, has_mask=has_mask)
        self._keeping.revised({ref for ref in settled.revised if self._keeping.edits_of(ref) == edits[ref]})
        if settled.error is not None:
            self._waiting.clear()
            self._desk.say_error(settled.error)
        self._go_on()


def settle_slice(keeper: Keeper, frames: Mapping[FrameRef, FrameIdentity | None]) -> Settled:
    """On the lane. An error is carried home with what is known all the same."""
    error: Exception | None = None
    revised: frozenset[FrameRef] = frozenset()
    try:
        revised = keeper.settle(frames)
    except Exception as worse:  # noqa: BLE001 - it is told at home
        error = worse
    drafts = {ref: keeper.peek(ref).draft for ref in frames}
    kept = {ref: (draft.values, has_polyp(draft.label_map)) for ref, draft in drafts.items()}
    return Settled(kept, revised, error)
