"""Shaping: tools that look at the whole scene. They work on the `shape` lane, show a preview, and end in one Command.

A request gets a snapshot of the frame. What comes home counts only if the frame is still as the snapshot was: a
preview never outlives the pixels it was made for, and a late answer never touches what was painted meanwhile.
Requests that act at once are done one after the other, each on the scene that the one before has left.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np

from polypviewer.core.draft import Draft
from polypviewer.core.errors import EditError
from polypviewer.core.label_map import Mask
from polypviewer.core.region import Reshape, Scene
from polypviewer.session.messages import message
from polypviewer.session.values import Preview

if TYPE_CHECKING:
    from polypviewer.core.regions.clipping import Clipping
    from polypviewer.session.desk import Desk
    from polypviewer.session.editing import Editing
    from polypviewer.session.field import Field

T = TypeVar("T")
Work = Callable[[Scene], Reshape]

MOST_WAITING: Final = 16
"""A held key asks faster than a tool answers: what goes beyond this is not taken on."""


@dataclass(frozen=True, slots=True, eq=False)
class ShapeRequest:
    """`kind` names the step in the history. `work` runs on the lane: a pure function that raises `EditError` to refuse.

    `at_once`: becomes a Command when it comes home; otherwise a preview that the reader takes or drops.
    """

    kind: str
    work: Work
    at_once: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """The scene that a worker sees, and the draft that it was taken from."""

    draft: Draft
    scene: Scene

    def is_fresh(self, draft: Draft | None, limit: Mask | None) -> bool:
        """True while the shown draft, and where the hand may paint, are as they were looked at, pixel by pixel."""
        if draft is not self.draft or not np.array_equal(draft.label_map, self.scene.labels):
            return False
        before = self.scene.limit
        return limit is before or (limit is not None and before is not None and np.array_equal(limit, before))


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """A request that acts at once, and the draft that it was made for."""

    draft: Draft
    request: ShapeRequest


class Shaping:
    """The window's side of the tools."""

    def __init__(self, desk: Desk, editing: Editing, field: Field) -> None:
        self._desk, self._editing, self._field = desk, editing, field
        self._clipping: Clipping | None = None
        self.reset()

    def reset(self) -> None:
        """Another project: nothing waits, nothing is previewed; what was copied stays in the hand."""
        self.preview: Preview | None = None
        self._look: _Look | None = None
        self._waiting: deque[_Waiting] = deque()
        self._busy = False
        self._project = object()
        self._desk.lanes.shape.forget("preview")

    @property
    def is_busy(self) -> bool:
        """True while a request that acts at once is under way."""
        return self._busy

    def scene(self) -> Scene:
        """The shown frame as it is now. Raises `EditError` without one."""
        shown = self._desk.need_frame()
        return Scene(shown.image, shown.draft.label_map.copy(), self._field.limit)

    def ask(self, work: Callable[[Scene], T], then: Callable[[T], None], *, key: str) -> None:
        """What a tool prepares by itself: `work` on the lane, the answer to `then` if the same frame is still shown."""
        draft = self._desk.need_frame().draft
        home = partial(self._answered, draft, then)
        self._desk.lanes.shape.submit(work, self.scene(), on_done=home, key=("ask", key))

    def shape(self, request: ShapeRequest) -> None:
        """Do it on the lane. Raises `EditError` if the project may not be edited or a stroke is in the air."""
        self._desk.need_editable()
        if self._editing.is_drawing:
            raise EditError("edit.stroke_under_way")
        if not request.at_once:
            look = self._look_now()
            done, failed = partial(self._previewed, look, request.kind), self._preview_failed
            self._desk.lanes.shape.submit(request.work, look.scene, on_done=done, on_error=failed, key="preview")
            return
        self.drop_preview()
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append(_Waiting(self._desk.need_frame().draft, request))
        self._work_off()

    def take_preview(self) -> bool:
        """The preview becomes one Command; False if there is none."""
        preview, look = self.preview, self._look
        self.drop_preview()
        if preview is None or look is None:
            return False
        self._keep(look, preview.kind, preview.reshape)
        return True

    def drop_preview(self) -> bool:
        """No preview, and none that is still being worked on; False if there was none to see."""
        self._desk.lanes.shape.forget("preview")
        was, self.preview, self._look = self.preview, None, None
        if was is not None:
            self._desk.signals.preview_changed.emit(None)
        return was is not None

    def drop_stale(self) -> None:
        """The frame or its field of view changed, or another one is shown."""
        if self._look is not None and not self._is_fresh(self._look):
            self.drop_preview()

    # --- copy and paste ---

    def copy(self, slot: int | None) -> None:
        """Remember the mask of the shown frame, or one lesion of it. Raises `EditError` if there is none."""
        from polypviewer.core.regions.clipping import cut_clipping

        labels = self._desk.need_frame().draft.label_map
        clipping = cut_clipping(labels, slot=slot)
        if not clipping.labels.any():
            raise EditError("edit.nothing_selected")
        self._clipping = clipping
        self._desk.signals.message.emit(message("mask.copied"))

    def paste(self) -> None:
        """Paint what was copied at its place in the shown frame. Raises `EditError`."""
        from polypviewer.core.regions.clipping import pasted

        clipping = self._clipping
        if clipping is None:
            raise EditError("edit.nothing_copied")
        self.shape(ShapeRequest("paste", partial(pasted, clipping=clipping)))

    # --- one way home for all ---

    def _look_now(self) -> _Look:
        return _Look(self._desk.need_frame().draft, self.scene())

    def _is_fresh(self, look: _Look) -> bool:
        shown = self._desk.shown
        return look.is_fresh(None if shown is None else shown.draft, self._field.limit)

    def _work_off(self) -> None:
        if self._busy or not self._waiting:
            return
        request, look = self._waiting.popleft().request, self._look_now()
        self._busy = True
        done = partial(self._came, self._project, look, request.kind)
        failed = partial(self._failed, self._project, look)
        self._desk.lanes.shape.submit(request.work, look.scene, on_done=done, on_error=failed)

    def _came(self, project: object, look: _Look, kind: str, reshape: Reshape) -> None:
        if project is not self._project:
            return
        self._busy = False
        self._keep(look, kind, reshape)
        self._work_off()

    def _failed(self, project: object, look: _Look, error: Exception) -> None:
        """A refusal ends what waits behind it: it was asked for in the belief that this one works."""
        if project is not self._project:
            return
        self._busy = False
        self._drop_behind(look)
        self._desk.say_error(error)
        self._work_off()

    def _drop_behind(self, look: _Look) -> None:
        """What waits for the same frame is not made; what was asked for on the next one is."""
        self._waiting = deque(waits for waits in self._waiting if waits.draft is not look.draft)

    def _keep(self, look: _Look, kind: str, reshape: Reshape) -> None:
        if not self._is_fresh(look) or self._editing.is_drawing:
            self._drop_behind(look)
            self._desk.say_error(EditError("edit.frame_changed"))
        elif not self._editing.reshape(kind, reshape):
            self._desk.say_error(EditError("edit.nothing_changes"))

    def _previewed(self, look: _Look, kind: str, reshape: Reshape) -> None:
        if not self._is_fresh(look):
            return
        self.preview, self._look = Preview(kind, look.draft.frame, reshape), look
        self._desk.signals.preview_changed.emit(self.preview)

    def _preview_failed(self, error: Exception) -> None:
        self.drop_preview()
        self._desk.say_error(error)

    def _answered(self, draft: Draft, then: Callable[[T], None], answer: T) -> None:
        if self._desk.shown is not None and self._desk.shown.draft is draft:
            then(answer)
