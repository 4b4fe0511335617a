"""Tools that draw a closed outline: lasso and polygon, the contour that follows edges, the outline of the field."""

from __future__ import annotations

import math
from typing import Final

from PySide6.QtCore import QObject

from polypviewer.core.geometry import Point
from polypviewer.ui.canvas.hand import Hand
from polypviewer.ui.canvas.path_layer import NO_SKETCH, Line, Sketch
from polypviewer.ui.canvas.tool import Tool, Touch
from polypviewer.ui.canvas.wishes import Enclose, Follow, Leg, OutlineField, Trace

FEWEST: Final = 3
"""Points of an outline that encloses anything."""
_STILL: Final = 0.35
"""A hand that has moved less than this share of the reach has clicked, not dragged."""


class OutlineTool(Tool):
    """Clicks set points, a drag draws freehand; the outline closes by a click on its first point, or by Enter."""

    def __init__(self, hand: Hand, parent: QObject | None = None) -> None:
        super().__init__(hand, parent)
        self._points: list[Point] = []
        self._steps: list[int] = []  # how many points each click or drag has added
        self._pressed: Point | None = None
        self._dragged = False
        self._takes_away = False
        self._mouse: Point | None = None

    def finish(self, outline: Line) -> object:
        """What is wished once the outline is closed."""
        raise NotImplementedError

    @property
    def sketch(self) -> Sketch:
        if not self._points:
            return NO_SKETCH
        first, last = self._points[0], self._points[-1]
        if self._mouse is None:
            rubber: Line = ()
        else:
            rubber = (last, self._mouse, first) if len(self._points) > 1 else (last, self._mouse)
        return Sketch(
            tuple(self._points), rubber, self._anchors(), closes=self._would_close(), takes_away=self._takes_away
        )

    def press(self, touch: Touch) -> None:
        if self._closes_at(touch.point):
            self.confirm()
            return
        if not self._points:
            self._takes_away = touch.takes_away
        self._pressed, self._dragged = touch.point, False
        self._mouse = touch.point
        self._add(touch.point, step=True)

    def press_again(self, touch: Touch) -> bool:
        if not self._points:
            return False
        self.confirm()
        return True

    def move(self, touch: Touch) -> None:
        if self._pressed is None:
            return
        self._mouse = touch.point
        if not self._dragged and away(self._pressed, touch.point) < self.hand.reach * _STILL:
            return
        self._dragged = True
        self._add(touch.point, step=False)

    def hover(self, point: Point | None) -> None:
        if self._points:
            self._mouse = point
            self.sketch_changed.emit()

    def release(self) -> None:
        began_here = self._pressed is not None and len(self._steps) == 1
        self._pressed = None
        if self._dragged and began_here and len(self._points) >= FEWEST:
            self.confirm()
        self._dragged = False

    def cancel(self) -> bool:
        if not self._points:
            return False
        self._points, self._steps, self._pressed = [], [], None
        self.sketch_changed.emit()
        return True

    def confirm(self) -> bool:
        if not self._points:
            return False
        if len(self._points) >= FEWEST:
            outline = tuple(self._points)
            self.cancel()
            self.wished.emit(self.finish(outline))
        return True

    def step_back(self) -> bool:
        if not self._points:
            return False
        del self._points[-self._steps.pop() :]
        self._pressed = None
        self.sketch_changed.emit()
        return True

    def _add(self, point: Point, *, step: bool) -> None:
        if step:
            self._steps.append(0)
        self._points.append(point)
        self._steps[-1] += 1
        self.sketch_changed.emit()

    def _anchors(self) -> Line:
        """The points that clicks have set; of a drag its first."""
        starts, at = [], 0
        for count in self._steps:
            starts.append(self._points[at])
            at += count
        return tuple(starts)

    def _would_close(self) -> bool:
        return self._mouse is not None and self._pressed is None and self._closes_at(self._mouse)

    def _closes_at(self, point: Point) -> bool:
        return len(self._points) >= FEWEST and away(self._points[0], point) <= self.hand.reach


class LassoTool(OutlineTool):
    """Takes what lies inside, or takes it away."""

    name = "lasso"
    glyph = "lasso"
    waits = "Drag, or click corner by corner"
    goes_on = "Enter closes, Backspace takes a point back, Esc drops"

    def finish(self, outline: Line) -> object:
        return Enclose(outline, self._takes_away)


class FieldTool(OutlineTool):
    """Draws the field of view anew."""

    name = "correct_field"
    glyph = "field"
    signed = False
    waits = "Draw around what the endoscope sees"
    goes_on = "Enter closes, Backspace takes a point back, Esc drops"

    def finish(self, outline: Line) -> object:
        return OutlineField(outline)


class LivewireTool(Tool):
    """Clicks set anchors; between them, and on to the mouse, the contour follows the edges of the picture."""

    name = "livewire"
    glyph = "livewire"
    waits = "Click along the border"
    goes_on = "Enter closes, Backspace takes a point back, Esc drops"

    def __init__(self, hand: Hand, parent: QObject | None = None) -> None:
        super().__init__(hand, parent)
        self._first: Point | None = None
        self._legs: list[Leg] = []
        self._rubber: Leg | None = None
        self._mouse: Point | None = None
        self._takes_away = False

    @property
    def sketch(self) -> Sketch:
        if self._first is None:
            return NO_SKETCH
        path = [self._first, *(point for leg in self._legs for point in leg.line)]
        rubber = () if self._rubber is None else self._rubber.line
        anchors = (self._first, *(leg.b for leg in self._legs))
        closes = self._mouse is not None and self._closes_at(self._mouse)
        return Sketch(tuple(path), rubber, anchors, closes=closes, takes_away=self._takes_away)

    def press(self, touch: Touch) -> None:
        if self._closes_at(touch.point):
            self.confirm()
        elif self._first is None:
            self._first, self._takes_away = touch.point, touch.takes_away
            self.sketch_changed.emit()
        elif away(self._last, touch.point) > 0:
            self._anchor(touch.point)

    def press_again(self, touch: Touch) -> bool:
        if self._first is None:
            return False
        self.confirm()
        return True

    def move(self, touch: Touch) -> None:
        self.hover(touch.point)

    def hover(self, point: Point | None) -> None:
        if self._first is None:
            return
        self._mouse = point
        if point is None:
            self._rubber = None
        else:
            before = self._rubber
            self._rubber = Leg(self._last, point)
            self.wished.emit(Trace(self._rubber, is_rubber=True))
            if before is not None and before.path and before.a == self._last:
                self._rubber = Leg(self._last, point, (*before.path, point))
        self.sketch_changed.emit()

    def show_trace(self, leg: Leg) -> None:
        """A way along the edges has been found."""
        self._legs = [leg if (old.a, old.b) == (leg.a, leg.b) else old for old in self._legs]
        if self._rubber is not None and self._rubber.a == leg.a and self._first is not None:
            self._rubber = Leg(leg.a, self._rubber.b, (*leg.path, self._rubber.b))
        self.sketch_changed.emit()

    def cancel(self) -> bool:
        if self._first is None:
            return False
        self._first, self._rubber, self._legs = None, None, []
        self.sketch_changed.emit()
        return True

    def confirm(self) -> bool:
        if self._first is None:
            return False
        if len(self._legs) + 1 >= FEWEST - 1:
            legs, first = (*self._legs, Leg(self._last, self._first)), self._takes_away
            self.cancel()
            self.wished.emit(Follow(legs, first))
        return True

    def step_back(self) -> bool:
        if self._first is None:
            return False
        if self._legs:
            self._legs.pop()
            self._rubber = None
            self.sketch_changed.emit()
            return True
        return self.cancel()

    @property
    def _last(self) -> Point:
        if self._legs:
            return self._legs[-1].b
        assert self._first is not None  # noqa: S101 - only asked for while the contour is under way
        return self._first

    def _anchor(self, point: Point) -> None:
        leg = Leg(self._last, point)
        self._legs.append(leg)
        self._rubber = None
        self.wished.emit(Trace(leg, is_rubber=False))
        self.sketch_changed.emit()

    def _closes_at(self, point: Point) -> bool:
        enough = len(self._legs) >= FEWEST - 1
        return enough and self._first is not None and away(self._first, point) <= self.hand.reach


def away(a: Point, b: Point) -> float:
    """The distance of two points, in image pixels."""
    return math.hypot(a.x - b.x, a.y - b.y)
