"""The shown frame, when something else than the hand changed it on disk: an import brought its mask."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from polypviewer.core.geometry import Rect
from polypviewer.session.keeper import StoredFrame

if TYPE_CHECKING:
    from polypviewer.session.desk import Desk
    from polypviewer.session.drawing import Drawing
    from polypviewer.session.keeping import Keeping
    from polypviewer.session.values import ShownFrame


class Reloading:
    """Belongs to the thread of the window. What the hand does meanwhile goes before what is on disk."""

    def __init__(self, desk: Desk, keeping: Keeping, drawing: Drawing) -> None:
        self._desk, self._keeping, self._drawing = desk, keeping, drawing

    def reload(self) -> None:
        """Show what is on disk of the shown frame, once it holds every step that was made on it."""
        shown, keeper = self._desk.shown, self._desk.keeper
        if shown is not None and keeper is not None:
            came = partial(self._came, shown, self._keeping.edits_of(shown.ref))
            self._desk.lanes.disk.submit(keeper.peek, shown.ref, on_done=came, key="reload")

    def _came(self, shown: ShownFrame, edits: int, stored: StoredFrame) -> None:
        desk = self._desk
        if desk.shown is not shown or self._drawing.is_drawing:
            return
        if self._keeping.edits_of(shown.ref) != edits:
            self.reload()
            return
        draft, found = shown.draft, stored.draft
        if draft.values == found.values and np.array_equal(draft.label_map, found.label_map):
            return
        draft.label_map[:] = found.label_map
        draft.values = dict(found.values)
        _, keeper = desk.need_project()
        desk.lanes.disk.submit(keeper.took, shown.ref)
        height, width = draft.label_map.shape
        desk.signals.pixels_changed.emit(Rect(0, 0, width, height))
        desk.relight(draft)
        desk.signals.draft_changed.emit(shown.ref)
