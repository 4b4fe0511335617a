"""Tab on the picture: the next lesion, then the next proposed region, in the middle and as large as it is handy."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject

from polypviewer.core.component_boxes import Part, part_after, parts_of
from polypviewer.core.identity import FrameRef
from polypviewer.session.messages import message
from polypviewer.session.session import Session
from polypviewer.ui.main_window import MainWindow
from polypviewer.ui.text import translate


class ComponentWiring(QObject):
    """Lives as long as the window."""

    def __init__(self, window: MainWindow, session: Session) -> None:
        super().__init__(window)
        self._window, self._session = window, session
        self._last: Part | None = None
        session.frame_changed.connect(self._frame_changed)

    def handlers(self) -> dict[str, Callable[[], None]]:
        """The actions that this wiring does."""
        return {"next_component": partial(self._go, 1), "previous_component": partial(self._go, -1)}

    def _frame_changed(self, _ref: FrameRef) -> None:
        self._last = None

    def _go(self, step: int) -> None:
        draft, shown = self._session.draft, self._session.proposal
        if draft is None:
            return
        parts = parts_of(draft.label_map, () if shown is None else shown.kept)
        part = part_after(parts, self._last, step=step)
        self._last = part
        if part is None:
            self._session.message.emit(message("component.none"))
            return
        if part.slot:
            self._window.canvas.hand.change_slot(part.slot)
        self._window.canvas.glide_to_rect(part.rect)
        self._say(part, parts.index(part) + 1, len(parts))

    def _say(self, part: Part, place: int, count: int) -> None:
        """For a screen reader: what lies in the middle now."""
        what = translate("lesion {slot}", slot=part.slot) if part.slot else translate("proposed region")
        words = translate("{what}, {place} of {count}", what=what, place=place, count=count)
        self._window.canvas.setAccessibleDescription(words)
