"""The field of view of the shown frame: found with the pixels, corrected by a reader, the limit of every brush.

It is found on the `decode` lane with each frame (`frames.py`), so it is there when the frame is. In a video, what one
frame sees the next one can see: a dark frame does not shrink the field, so the fields of the frames seen so far are
united; a frame in which none could be found (taken whole) does not count. A correction is a statement about the
medium: it holds for all its frames, and every statement stays in the project.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final
from uuid import UUID

import numpy as np

from polypviewer.core.errors import EditError
from polypviewer.core.geometry import Point
from polypviewer.core.label_map import Mask
from polypviewer.core.stated_field import WHOLE, polygon_text, stated_mask
from polypviewer.session.messages import message
from polypviewer.session.outlines import rough_outlines
from polypviewer.session.stored import state_field
from polypviewer.session.values import FieldView

if TYPE_CHECKING:
    from polypviewer.session.desk import Desk
    from polypviewer.session.keeper import Keeper
    from polypviewer.session.values import ShownFrame

SMALLEST_SHARE: Final = 0.02
"""A drawn field below this share of the frame is a slip of the hand."""
MOST_VIDEOS: Final = 4
"""So many videos' fields are kept in memory; a 4K field is 8 MB."""


class Field:
    """The window's side: which field holds for the shown frame."""

    def __init__(self, desk: Desk, *, stated: Callable[[], None]) -> None:
        """`stated` is called when another field than before holds for the medium that is shown."""
        self._desk = desk
        self._tell_stated = stated
        self.reset()

    def reset(self) -> None:
        """Another project."""
        self.shown: FieldView | None = None
        self._united: OrderedDict[UUID, Mask] = OrderedDict()
        self._unreadable: set[str] = set()

    @property
    def limit(self) -> Mask | None:
        """Where the hand may paint, `(height, width)` bool; None: everywhere."""
        if self.shown is None or bool(self._desk.settings.get("paint_outside")):
            return None
        return self.shown.mask

    def show_for_current(self) -> None:
        """Work out the field of the frame that has just come."""
        shown = self._desk.shown
        self.shown = None if shown is None else self._field_of(shown)
        if shown is not None:
            self._desk.signals.field_changed.emit(shown.ref)

    def correct(self, points: Sequence[Point]) -> None:
        """A reader drew the field, for every frame of this medium. Raises `EditError` ("field.too_small")."""
        shown = self._desk.need_editable()
        text = polygon_text(points)
        height, width = shown.draft.label_map.shape
        if stated_mask(text, height=height, width=width).mean() < SMALLEST_SHARE:
            raise EditError("field.too_small")
        self._state(text)

    def take_whole(self) -> None:
        """The whole frame is the field of this medium. Raises `EditError`."""
        self._state(WHOLE)

    def find_again(self) -> None:
        """Take the correction back: what is found in the pixels holds again. Raises `EditError`."""
        self._state(None)

    def _state(self, text: str | None) -> None:
        shown = self._desk.need_editable()
        _, keeper = self._desk.need_project()
        media_id = shown.ref.media_id
        stated = partial(self._stated, keeper, media_id, text)
        self._desk.lanes.disk.submit(state_field, keeper.store, media_id, text, on_done=stated)

    def _stated(self, keeper: Keeper, media_id: UUID, text: str | None, _nothing: None) -> None:
        """It is in the project: from now on it holds there. The same file may be in another project, too."""
        if self._desk.keeper is not keeper:
            return
        if text is None:
            self._desk.stated_fields.pop(media_id, None)
        else:
            self._desk.stated_fields[media_id] = text
        self._united.pop(media_id, None)
        self._desk.forget_proposals(media_id)
        if self._desk.shown is not None and self._desk.shown.ref.media_id == media_id:
            self.show_for_current()
            self._tell_stated()
        self._desk.signals.message.emit(message("field.found" if text is None else "field.corrected"))

    def _field_of(self, shown: ShownFrame) -> FieldView:
        text = self._desk.stated_fields.get(shown.ref.media_id)
        stated = None if text is None else self._read(text, shown)
        if stated is not None:
            return FieldView(stated, rough_outlines(stated), "whole" if text == WHOLE else "corrected")
        found = shown.found_field
        if found is None or bool(found.all()):
            return FieldView(np.ones(shown.draft.label_map.shape, np.bool_), (), "whole")
        mask = self._with_those_before(shown.ref.media_id, found)
        return FieldView(mask, rough_outlines(mask), "found")

    def _read(self, text: str, shown: ShownFrame) -> Mask | None:
        """The stated field; None, and a message the first time, where this version cannot read it."""
        height, width = shown.draft.label_map.shape
        try:
            return stated_mask(text, height=height, width=width)
        except EditError as error:
            if text not in self._unreadable:
                self._unreadable.add(text)
                self._desk.say_error(error)
            return None

    def _with_those_before(self, media_id: UUID, found: Mask) -> Mask:
        """United with what was found in other frames of the same video; a still has none."""
        item = self._desk.frames.item(media_id)
        if item is None or item.kind != "video":
            return found
        before = self._united.pop(media_id, None)
        mask = found if before is None or before.shape != found.shape else before | found
        self._united[media_id] = mask
        if len(self._united) > MOST_VIDEOS:
            self._united.popitem(last=False)
        return mask
