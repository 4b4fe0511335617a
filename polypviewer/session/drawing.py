"""Drawing: what happens between press and release, in place on the shown draft; at the end, one patch.

A stroke is one of three kinds: a plain one, one that keeps to the edge of where it started, and one that pushes the
border. All of them are restored exactly by Escape.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, Protocol

from polypviewer.core.command import MaskChange
from polypviewer.core.errors import EditError
from polypviewer.core.geometry import EMPTY_RECT, Point, Rect
from polypviewer.core.label_map import BACKGROUND, IGNORE, Mask
from polypviewer.core.nib import Nib, Step
from polypviewer.session.strokes import EdgeStroke, NudgeStroke, Stroke

if TYPE_CHECKING:
    from polypviewer.core.draft import Draft
    from polypviewer.core.patch import MaskPatch
    from polypviewer.session.desk import Desk
    from polypviewer.session.values import ShownFrame

KINDS: Final = {BACKGROUND: "erase", IGNORE: "ignore"}
FARTHEST: Final = 1e7
"""Image pixels: no hand is farther from the frame."""


class AnyStroke(Protocol):
    """What a drag paints with."""

    draft: Draft
    kind: str

    def reach(self, point: Point, nib: Nib) -> Rect:
        """Paint on to a point; returns what may have changed."""

    def patch(self) -> MaskPatch:
        """What the whole stroke changed."""

    def restore(self) -> Rect:
        """Put every pixel back."""


class Drawing:
    """At most one stroke is in the air."""

    def __init__(self, desk: Desk, *, limit_of: Callable[[], Mask | None]) -> None:
        self._desk = desk
        self._limit_of = limit_of
        self._stroke: AnyStroke | None = None

    @property
    def is_drawing(self) -> bool:
        """True between press and release."""
        return self._stroke is not None

    def reset(self) -> None:
        """Another project."""
        self._stroke = None

    def begin(self, value: int, *, edge: float | None = None) -> None:
        """The press: `value` 0 erases, 1-254 paints a lesion slot, 255 ignore.

        `edge`: how strictly the stroke keeps to the edge of where it starts, 0-1; None: not at all.
        Raises `EditError` when refused.
        """
        shown = self._ready()
        limit = None if value == BACKGROUND else self._limit_of()
        if edge is None:
            self._stroke = Stroke(shown.draft, value=value, limit=limit)
        else:
            self._stroke = EdgeStroke(shown.draft, shown.image, value=value, limit=limit, strictness=edge)
        self._stroke.kind = KINDS.get(value, "stroke")

    def begin_nudge(self, slot: int) -> None:
        """The press of the nudge: it pushes the border of the lesion at the tip, else that of `slot`."""
        shown = self._ready()
        self._stroke = NudgeStroke(shown.draft, slot=slot, limit=self._limit_of())

    def follow(self, steps: Iterable[Step]) -> Rect:
        """Paint on, step by step, and say once what changed: one move of the mouse is shown once.

        Nothing without a press, nor where a pen tells no place or no nib.
        """
        rect = EMPTY_RECT
        for point, nib in steps:
            if self._stroke is not None and _is_told(point, nib):
                rect = rect.united(self._stroke.reach(_near(point), nib))
        if not rect.is_empty:
            self._desk.signals.pixels_changed.emit(rect)
        return rect

    def finish(self) -> tuple[str, MaskChange] | None:
        """The release: the kind of step and its change of pixels; None if no pixel changed."""
        stroke, self._stroke = self._stroke, None
        if stroke is None:
            return None
        patch = stroke.patch()
        return None if patch.is_empty else (stroke.kind, MaskChange(stroke.draft.frame, patch))

    def cancel(self) -> None:
        """Escape: the label map is as it was at the press."""
        stroke, self._stroke = self._stroke, None
        if stroke is not None:
            self._desk.signals.pixels_changed.emit(stroke.restore())

    def _ready(self) -> ShownFrame:
        shown = self._desk.need_editable()
        if self._stroke is not None:
            raise EditError("edit.stroke_under_way")
        return shown


def _is_told(point: Point, nib: Nib) -> bool:
    """False for what a broken tablet says: not a number, or without end."""
    numbers = (point.x, point.y, nib.radius, nib.stretch, nib.angle)
    return all(map(math.isfinite, numbers)) and nib.stretch > 0


def _near(point: Point) -> Point:
    """The point, not farther away than anything can be drawn for."""
    return Point(min(max(point.x, -FARTHEST), FARTHEST), min(max(point.y, -FARTHEST), FARTHEST))
