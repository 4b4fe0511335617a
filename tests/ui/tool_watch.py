"""A hand on a canvas for tests of tools: clicks and drags at fractions of the image, and what the tools wish then."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from polypviewer.core.geometry import Point
from polypviewer.core.nib import Step
from polypviewer.ui.canvas.gestures import Canvas
from polypviewer.ui.canvas.tools_paint import NudgeTool, PaintTool, StrokeTool
from tests.mouse import glide

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NONE, SHIFT, ALT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier
HEIGHT, WIDTH = 480, 640
CORNERS = ((0.3, 0.3), (0.6, 0.3), (0.6, 0.6))


class Watch:
    """Writes down what tools wish."""

    def __init__(self, canvas: Canvas) -> None:
        self.wishes: list[object] = []
        self.begun: list[tuple[int, bool]] = []
        self.pushed: list[int] = []
        self.reached: list[Step] = []
        self.touches = 0
        self.ended = self.cancelled = 0
        for tool in canvas.tools.values():
            tool.wished.connect(self.wishes.append)
            if isinstance(tool, StrokeTool):
                tool.stroke_reached.connect(self._reached)
                tool.stroke_ended.connect(self._ended)
                tool.stroke_cancelled.connect(self._cancelled)
            if isinstance(tool, PaintTool):
                tool.stroke_begun.connect(self._begun)
            if isinstance(tool, NudgeTool):
                tool.nudge_begun.connect(self.pushed.append)

    def _begun(self, value: int, keeps_edges: bool) -> None:  # noqa: FBT001 - argument of a signal
        self.begun.append((value, keeps_edges))

    def _reached(self, steps: Sequence[Step]) -> None:
        self.touches += 1
        self.reached += steps

    def _ended(self) -> None:
        self.ended += 1

    def _cancelled(self) -> None:
        self.cancelled += 1


def at(canvas: Canvas, across: float, down: float) -> QPoint:
    """Where a fraction of the image lies in the widget."""
    return canvas.view.to_widget(Point(WIDTH * across, HEIGHT * down)).toPoint()


def click(
    canvas: Canvas, across: float, down: float, button: Qt.MouseButton = LEFT, held: Qt.KeyboardModifier = NONE
) -> None:
    glide(canvas, at(canvas, across, down))
    QTest.mouseClick(canvas, button, held, at(canvas, across, down))


def drag(canvas: Canvas, *points: tuple[float, float], button: Qt.MouseButton = LEFT) -> None:
    QTest.mousePress(canvas, button, NONE, at(canvas, *points[0]))
    for point in points[1:]:
        glide(canvas, at(canvas, *point))
    QTest.mouseRelease(canvas, button, NONE, at(canvas, *points[-1]))


def near(point: Point, across: float, down: float) -> bool:
    """Within a widget pixel."""
    return abs(point.x - WIDTH * across) < 1 and abs(point.y - HEIGHT * down) < 1
