"""The known scale of a medium: a reader's statement in millimetres per pixel, kept with who said it and when."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final
from uuid import UUID

from polypviewer.core.errors import EditError
from polypviewer.core.scale import is_possible, scale_of, scale_text

if TYPE_CHECKING:
    from polypviewer.session.desk import Desk
    from polypviewer.session.keeper import Keeper

MM_PER_PIXEL: Final = "mm_per_pixel"
"""The statement field in which a reader states a medium's scale."""


class Scaling:
    """The window's side."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._scales: dict[UUID, float] = {}

    @property
    def scale(self) -> float | None:
        """Millimetres per pixel of the shown medium; None: not known."""
        shown = self._desk.shown
        return None if shown is None else self._scales.get(shown.ref.media_id)

    def read(self) -> None:
        """Another project is open: ask it."""
        self._scales = {}
        if self._desk.keeper is not None:
            keeper = self._desk.keeper
            ask = partial(keeper.store.latest_statements, MM_PER_PIXEL)
            self._desk.lanes.disk.submit(ask, on_done=partial(self._came, keeper), key="scales")

    def state(self, mm_per_pixel: float | None) -> None:
        """State the scale of the shown medium, for all its frames; None takes it back. Raises `EditError`."""
        media_id = self._desk.need_editable().ref.media_id
        _, keeper = self._desk.need_project()
        if mm_per_pixel is not None and not is_possible(mm_per_pixel):
            raise EditError("scale.impossible", value=mm_per_pixel)
        text = None if mm_per_pixel is None else scale_text(mm_per_pixel)
        stated = partial(self._stated, keeper, media_id, mm_per_pixel)
        self._desk.lanes.disk.submit(keeper.store.state, media_id, MM_PER_PIXEL, text, on_done=stated)

    def _came(self, keeper: Keeper, texts: dict[UUID, str]) -> None:
        if self._desk.keeper is not keeper:
            return
        known = {media_id: scale_of(text) for media_id, text in texts.items()}
        self._scales = {media_id: scale for media_id, scale in known.items() if scale is not None}
        self._desk.signals.scale_changed.emit()

    def _stated(self, keeper: Keeper, media_id: UUID, mm_per_pixel: float | None, _nothing: None) -> None:
        """It is in the project: from now on it holds there. The same file may be in another project, too."""
        if self._desk.keeper is not keeper:
            return
        self._scales.pop(media_id, None)
        if mm_per_pixel is not None:
            self._scales[media_id] = mm_per_pixel
        self._desk.signals.scale_changed.emit()
