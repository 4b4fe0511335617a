"""What every tool is: it gets the hand in image coordinates and says what the hand wishes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import ClassVar

from PySide6.QtCore import QObject, Signal

from polypviewer.core.geometry import Point
from polypviewer.ui.canvas.hand import Hand
from polypviewer.ui.canvas.path_layer import NO_SKETCH, Sketch


class Grip(Enum):
    """How a tool lies in the hand, which is how its cursor looks."""

    MOVES = auto()  # the picture, not the mask: an open hand
    SIZED = auto()  # a tip of the true size
    AIMED = auto()  # a cross


@dataclass(frozen=True, slots=True)
class Touch:
    """Mouse or pen at a point in image coordinates.

    `inverted`: by the right button or Alt. `rubber`: with the eraser end of a pen. `pressure` 0-1, 1 for a mouse;
    `tilt_x`, `tilt_y`: degrees from upright, to the right and towards the reader.
    """

    point: Point
    inverted: bool = False
    rubber: bool = False
    pressure: float = 1.0
    tilt_x: float = 0.0
    tilt_y: float = 0.0

    @property
    def takes_away(self) -> bool:
        """What the touch means to a tool that adds."""
        return self.inverted or self.rubber


class Tool(QObject):
    """One drag is press, any number of moves, and release or cancel; between drags the tool hears where the mouse is.

    A tool that needs more than one drag (a polygon) is under way in between: `confirm`, `step_back` and `cancel` are
    Enter, Backspace and Escape, and say whether they meant anything to it.
    """

    wished = Signal(object)  # one of `wishes`
    sketch_changed = Signal()

    name: ClassVar[str] = ""
    glyph: ClassVar[str] = ""  # the icon beside the cross of an aimed tool
    grip: ClassVar[Grip] = Grip.AIMED
    signed: ClassVar[bool] = True  # it adds, or takes away when inverted
    waits: ClassVar[str] = ""  # what it waits for, in a few words
    goes_on: ClassVar[str] = ""  # what may be done while it is under way

    def __init__(self, hand: Hand, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.hand = hand

    @property
    def sketch(self) -> Sketch:
        """What the tool draws over the picture while it is under way."""
        return NO_SKETCH

    @property
    def hint(self) -> str:
        """What may be done next, for the options bar; "" where the hand knows."""
        return self.waits if self.sketch == NO_SKETCH else self.goes_on

    def adds(self, *, inverted: bool) -> bool:
        """What the next press would do."""
        return not inverted

    def press(self, touch: Touch) -> None:
        """The button went down."""

    def press_again(self, touch: Touch) -> bool:
        """The second press of a double click; False: it is a press like any other."""
        return False

    def move(self, touch: Touch) -> None:
        """The mouse moved with the button down."""

    def hover(self, point: Point | None) -> None:
        """The mouse moved with no button down; None: it left."""

    def release(self) -> None:
        """The button went up."""

    def cancel(self) -> bool:
        """Escape, another tool, another frame: nothing of what is under way stays."""
        return False

    def confirm(self) -> bool:
        """Enter."""
        return False

    def step_back(self) -> bool:
        """Backspace: the last point goes."""
        return False


class PanTool(Tool):
    """Moves the picture; the canvas does it."""

    name = "pan"
    grip = Grip.MOVES
    signed = False
