"""Shaping, merging, splitting and copying lesions, and the field of view: actions of the table to the session."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from PySide6.QtCore import QObject

from polypviewer.core.label_map import BACKGROUND, slots_present
from polypviewer.session.session import Session
from polypviewer.ui.main_window import MainWindow
from polypviewer.ui.tool_work import label_at

SHAPES: Final[dict[str, dict[str, float]]] = {
    "grow": {"radius": 1.0},
    "shrink": {"radius": 1.0},
    "smooth": {},
    "fill_holes": {},
    "remove_islands": {},
    "convex_hull": {},
}
"""The shapes of `core.regions.morphology` by the id of their action, and the numbers that they get."""


class LesionWiring(QObject):
    """Lives as long as the window."""

    def __init__(self, window: MainWindow, session: Session) -> None:
        super().__init__(window)
        self._window, self._session = window, session
        page = window.panel.lesions
        page.merge_wished.connect(self._merge)
        page.split_wished.connect(session.split_lesion)
        window.actions_["paint_outside"].setChecked(bool(session.settings.get("paint_outside")))

    def handlers(self) -> dict[str, Callable[[], None]]:
        """The actions that this wiring does."""
        shapes: dict[str, Callable[[], None]] = {name: partial(self._shape, name) for name in SHAPES}
        return {
            **shapes,
            "merge_lesions": self._merge_other,
            "split_lesion": self._split,
            "clear_frame": self._session.clear_frame,
            "copy_mask": self._session.copy_mask,
            "paste_mask": self._session.paste_mask,
            "paint_outside": self._paint_outside,
            "find_field": self._session.find_field,
            "whole_field": self._session.take_whole_field,
        }

    @property
    def _slot(self) -> int:
        return self._window.canvas.hand.slot

    def _shape(self, name: str) -> None:
        slot = None if self._window.canvas.hand.options.all_lesions else self._slot
        self._session.reshape_lesions(name, slot, **SHAPES[name])

    def _split(self) -> None:
        self._session.split_lesion(self._slot)

    def _merge_other(self) -> None:
        """The lesion under the cursor, or the only other one; where it is not clear which, the page with all."""
        others = self._others()
        under = self._slot_under_the_cursor()
        if under in others:
            self._merge(under)
        elif len(others) == 1:
            self._merge(others[0])
        else:
            self._window.show_page(self._window.panel.lesions)

    def _merge(self, slot: int) -> None:
        self._session.merge_lesions(slot, into=self._slot)

    def _paint_outside(self) -> None:
        self._session.set_setting("paint_outside", self._window.actions_["paint_outside"].isChecked())

    def _others(self) -> list[int]:
        draft = self._session.draft
        return [] if draft is None else [slot for slot in slots_present(draft.label_map) if slot != self._slot]

    def _slot_under_the_cursor(self) -> int:
        draft, at = self._session.draft, self._window.canvas.mouse_position
        if draft is None or at is None:
            return BACKGROUND
        return label_at(draft.label_map, self._window.canvas.view.to_image(at))
