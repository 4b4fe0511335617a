"""Tools that work while the button is down: brush, eraser, ignore brush, and the tip that pushes a border."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, Final

from PySide6.QtCore import QObject, Signal

from polypviewer.core.curve import curve_points
from polypviewer.core.label_map import BACKGROUND, IGNORE
from polypviewer.core.nib import Nib, Step
from polypviewer.core.regions.nudge import SMALLEST_TIP
from polypviewer.ui.canvas.hand import SMALLEST_RADIUS, Hand
from polypviewer.ui.canvas.tool import Grip, Tool, Touch

LIGHTEST: Final = 0.1
"""The share of the radius that the lightest touch of a pen leaves."""
MOST_STRETCH: Final = 3.0


class StrokeTool(Tool):
    """One drag is one stroke."""

    stroke_reached = Signal(object)  # the steps that one touch makes: a sequence of Step
    stroke_ended = Signal()
    stroke_cancelled = Signal()

    grip = Grip.SIZED
    may_be_square: ClassVar[bool] = True
    is_curved: ClassVar[bool] = True
    """Whether the way between two points of the mouse is a curve, of many short strokes."""

    def __init__(self, hand: Hand, parent: QObject | None = None) -> None:
        super().__init__(hand, parent)
        self._drawing = False
        self._trail: tuple[Step, ...] = ()

    def begin(self, touch: Touch) -> None:
        """Say which stroke begins."""
        raise NotImplementedError

    @property
    def keeps_edges(self) -> bool:
        """True while its strokes stay within the edge of where they start."""
        return False

    def nib(self, touch: Touch) -> Nib:
        """The tip that a touch has; what keeps to edges and what pushes is round."""
        tip = nib_of(touch, self.hand)
        if tip.shape == "square" and (self.keeps_edges or not self.may_be_square):
            return replace(tip, shape="round")
        return tip

    def press(self, touch: Touch) -> None:
        self._drawing = True
        self._trail = ()
        self.begin(touch)
        self._reach(touch)

    def move(self, touch: Touch) -> None:
        self._reach(touch)

    def release(self) -> None:
        if self._drawing:
            self._drawing = False
            self.stroke_ended.emit()

    def cancel(self) -> bool:
        if not self._drawing:
            return False
        self._drawing = False
        self.stroke_cancelled.emit()
        return True

    def _reach(self, touch: Touch) -> None:
        """On to a touch, by a curve that passes through every point that the mouse was at."""
        if not self._drawing:
            return
        nib = self.nib(touch)
        step = (touch.point, nib)
        self.stroke_reached.emit(_on_the_way(self._trail, step) if self.is_curved else (step,))
        self._trail = (*self._trail[-1:], step)


class PaintTool(StrokeTool):
    """Brush, eraser and ignore brush: the same stroke with another value."""

    stroke_begun = Signal(int, bool)  # value of the label map: 0, a lesion slot or 255; whether it keeps to edges

    erases: ClassVar[bool] = False
    may_keep_edges: ClassVar[bool] = True

    def paints_with(self) -> int:
        """What it writes where it does not erase."""
        return self.hand.slot

    def adds(self, *, inverted: bool) -> bool:
        return self.erases == inverted

    def begin(self, touch: Touch) -> None:
        erases = touch.rubber or not self.adds(inverted=touch.inverted)
        self.stroke_begun.emit(BACKGROUND if erases else self.paints_with(), self.keeps_edges)

    @property
    def keeps_edges(self) -> bool:
        return self.may_keep_edges and self.hand.options.edge_aware


class BrushTool(PaintTool):
    """Paints the chosen lesion."""

    name = "brush"


class EraserTool(PaintTool):
    """Paints background."""

    name = "eraser"
    erases = True


class IgnoreTool(PaintTool):
    """Paints pixels that neither train nor count."""

    name = "ignore"
    may_keep_edges = False

    def paints_with(self) -> int:
        return IGNORE


class NudgeTool(StrokeTool):
    """Pushes the border of a lesion; nothing is inverted."""

    name = "nudge"
    signed = False
    may_be_square = False
    is_curved = False
    nudge_begun = Signal(int)  # the lesion slot that is pushed where none lies under the tip

    def nib(self, touch: Touch) -> Nib:
        """Never smaller than what can push."""
        tip = super().nib(touch)
        return replace(tip, radius=max(tip.radius, SMALLEST_TIP))

    def begin(self, touch: Touch) -> None:
        self.nudge_begun.emit(self.hand.slot)


def nib_of(touch: Touch, hand: Hand) -> Nib:
    """The tip for a touch: pressure makes it smaller, tilt stretches it towards where the pen leans."""
    radius = hand.radius
    if hand.options.pen_pressure:
        radius *= max(touch.pressure, LIGHTEST)
    if hand.options.square:
        return Nib(max(radius, SMALLEST_RADIUS), "square")
    if not (touch.tilt_x or touch.tilt_y):
        return Nib(max(radius, SMALLEST_RADIUS))
    across, down = math.tan(math.radians(touch.tilt_x)), math.tan(math.radians(touch.tilt_y))
    stretch = min(math.sqrt(1 + across * across + down * down), MOST_STRETCH)
    return Nib(max(radius, SMALLEST_RADIUS), "round", stretch, math.atan2(down, across))


def _on_the_way(trail: Sequence[Step], step: Step) -> tuple[Step, ...]:
    """The steps from the end of a trail to `step`, with a tip that changes evenly on the way."""
    if not trail:
        return (step,)
    (point, nib), (start, tip) = step, trail[-1]
    points = curve_points(trail[0][0] if len(trail) > 1 else None, start, point)
    if tip.radius == nib.radius:
        return tuple((at, nib) for at in points)
    grows = (nib.radius - tip.radius) / len(points)
    return tuple((at, replace(nib, radius=tip.radius + grows * number)) for number, at in enumerate(points, start=1))
