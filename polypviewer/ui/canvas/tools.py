"""Tools: what the mouse means on the picture. They get image coordinates and emit what the hand wishes."""

from __future__ import annotations

from typing import ClassVar, Final

from PySide6.QtCore import QObject, Qt, Signal

from polypviewer.core.geometry import Point
from polypviewer.core.label_map import BACKGROUND

SMALLEST_RADIUS: Final = 0.5
LARGEST_RADIUS: Final = 400.0
STEP: Final = 1.15


class Tool(QObject):
    """One drag is press, any number of moves, and release or cancel."""

    stroke_begun = Signal(int)  # value of the label map: 0 erases, 1-254 a lesion slot
    stroke_reached = Signal(object, float)  # Point, radius in image pixels
    stroke_ended = Signal()
    stroke_cancelled = Signal()

    name: ClassVar[str] = ""
    paints: ClassVar[bool] = False
    shape: ClassVar[Qt.CursorShape] = Qt.CursorShape.ArrowCursor

    def press(self, point: Point, *, inverted: bool) -> None:
        """The button went down; `inverted` by the right button or Alt."""

    def move(self, point: Point) -> None:
        """The mouse moved with the button down."""

    def release(self) -> None:
        """The button went up."""

    def cancel(self) -> None:
        """Escape, or the window lost the mouse: nothing of the drag stays."""


class PanTool(Tool):
    """Moves the picture; the canvas does it."""

    name = "pan"
    shape = Qt.CursorShape.OpenHandCursor


class PaintTool(Tool):
    """Brush and eraser: the same stroke with another value; inverted, each is the other."""

    paints = True
    shape = Qt.CursorShape.BlankCursor
    erases: ClassVar[bool] = False

    def __init__(self, hand: Hand, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._hand = hand
        self._drawing = False

    def press(self, point: Point, *, inverted: bool) -> None:
        self._drawing = True
        erases = self.erases != inverted
        self.stroke_begun.emit(BACKGROUND if erases else self._hand.slot)
        self.stroke_reached.emit(point, self._hand.radius)

    def move(self, point: Point) -> None:
        if self._drawing:
            self.stroke_reached.emit(point, self._hand.radius)

    def release(self) -> None:
        if self._drawing:
            self._drawing = False
            self.stroke_ended.emit()

    def cancel(self) -> None:
        if self._drawing:
            self._drawing = False
            self.stroke_cancelled.emit()


class BrushTool(PaintTool):
    """Paints the chosen lesion."""

    name = "brush"


class EraserTool(PaintTool):
    """Paints background."""

    name = "eraser"
    erases = True


class Hand(QObject):
    """What the hand holds: the size of the brush and the lesion it paints. Setters do not emit; `change_*` do."""

    radius_changed = Signal(float)
    slot_changed = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.radius = 17.0
        self.slot = 1

    def change_radius(self, radius: float) -> None:
        """Another radius, in image pixels."""
        self.radius = min(max(radius, SMALLEST_RADIUS), LARGEST_RADIUS)
        self.radius_changed.emit(self.radius)

    def step_radius(self, steps: float) -> None:
        """Larger (positive) or smaller by steps of 15 %, at least half a pixel each."""
        wanted = self.radius * STEP**steps
        if abs(wanted - self.radius) < 0.5:
            wanted = self.radius + (0.5 if steps > 0 else -0.5)
        self.change_radius(wanted)

    def change_slot(self, slot: int) -> None:
        """Paint another lesion slot (1-254)."""
        self.slot = slot
        self.slot_changed.emit(slot)


def make_tools(hand: Hand, parent: QObject) -> dict[str, Tool]:
    """The table of tools by name."""
    tools: tuple[Tool, ...] = (PanTool(parent), BrushTool(hand, parent), EraserTool(hand, parent))
    return {tool.name: tool for tool in tools}
