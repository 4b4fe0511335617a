"""Tools that point at something and let the picture say how far it reaches: bucket, wand, seeds, box."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject

from polypviewer.core.geometry import Point
from polypviewer.ui.canvas.hand import REACH_PX, Hand
from polypviewer.ui.canvas.path_layer import NO_SKETCH, Line, Sketch
from polypviewer.ui.canvas.tool import Tool, Touch
from polypviewer.ui.canvas.tools_path import away
from polypviewer.ui.canvas.wishes import CutOut, Drop, Fill, Grow, Match, PickIsland, Take

TOLERANCE_PER_PX: Final = 0.15
"""How much a drag of one logical pixel changes the tolerance of the wand."""


class FillTool(Tool):
    """One click, one filled region."""

    name = "fill"
    glyph = "fill"

    def press(self, touch: Touch) -> None:
        self.wished.emit(Fill(touch.point, touch.takes_away))


class IslandTool(Tool):
    """One click on a part of a lesion; then the tool before is in the hand again."""

    glyph = "island"
    signed = False

    def press(self, touch: Touch) -> None:
        self.wished.emit(PickIsland(self.name, touch.point))


class KeepIslandTool(IslandTool):
    """Of the lesion only the clicked part stays."""

    name = "keep_island"
    waits = "Click on the part that stays"


class MoveIslandTool(IslandTool):
    """The clicked part goes to the painted lesion."""

    name = "move_island"
    waits = "Click on the part that goes to the painted lesion"


class WandTool(Tool):
    """A press shows what would be taken, a drag to the right takes more, one to the left less; the release takes it."""

    name = "wand"
    glyph = "wand"
    waits = "Press and drag right for more, left for less"
    goes_on = "Release takes it, Esc drops"

    def __init__(self, hand: Hand, parent: QObject | None = None) -> None:
        super().__init__(hand, parent)
        self._wish: Match | None = None
        self._began_with = 0.0

    @property
    def sketch(self) -> Sketch:
        if self._wish is None:
            return NO_SKETCH
        return Sketch(anchors=(self._wish.point,), closes=True, takes_away=self._wish.takes_away)

    def press(self, touch: Touch) -> None:
        self._began_with = self.hand.options.tolerance
        self._ask(Match(touch.point, self._began_with, touch.takes_away))

    def move(self, touch: Touch) -> None:
        if self._wish is None:
            return
        moved = (touch.point.x - self._wish.point.x) / self.hand.reach * REACH_PX
        self.hand.change_tolerance(self._began_with + TOLERANCE_PER_PX * moved)
        if self.hand.options.tolerance != self._wish.tolerance:
            self._ask(Match(self._wish.point, self.hand.options.tolerance, self._wish.takes_away))

    def release(self) -> None:
        wish, self._wish = self._wish, None
        if wish is not None:
            self.sketch_changed.emit()
            self.wished.emit(Match(wish.point, wish.tolerance, wish.takes_away, is_final=True))

    def confirm(self) -> bool:
        if self._wish is None:
            return False
        self.release()
        return True

    def cancel(self) -> bool:
        if self._wish is None:
            return False
        self._wish = None
        self.hand.change_tolerance(self._began_with)
        self.sketch_changed.emit()
        self.wished.emit(Drop())
        return True

    def _ask(self, wish: Match) -> None:
        self._wish = wish
        self.sketch_changed.emit()
        self.wished.emit(wish)


class PreviewTool(Tool):
    """Its drags make a preview that stands until Enter takes it or Escape drops it."""

    def forget(self) -> None:
        """The preview has been taken, or has gone with its frame."""
        raise NotImplementedError

    @property
    def is_under_way(self) -> bool:
        """True while something would be taken."""
        raise NotImplementedError

    def cancel(self) -> bool:
        if not self.is_under_way:
            return False
        self.forget()
        self.wished.emit(Drop())
        return True

    def confirm(self) -> bool:
        self.release()
        if not self.is_under_way:
            return False
        self.wished.emit(Take())
        return True


class SeedsTool(PreviewTool):
    """Left clicks and strokes mark the lesion, right ones what is around it; the lesion is grown after each."""

    name = "seeds"
    glyph = "seeds"
    waits = "Click on the lesion; right button: around it"
    goes_on = "Enter applies, Backspace takes a mark back, Esc drops"

    def __init__(self, hand: Hand, parent: QObject | None = None) -> None:
        super().__init__(hand, parent)
        self._marks: list[tuple[bool, list[Point]]] = []
        self._drawing = False

    @property
    def is_under_way(self) -> bool:
        return bool(self._marks)

    @property
    def sketch(self) -> Sketch:
        return Sketch(lesion=self._lines(around=False), around=self._lines(around=True))

    def press(self, touch: Touch) -> None:
        self._drawing = True
        self._marks.append((touch.takes_away, [touch.point]))
        self.sketch_changed.emit()

    def move(self, touch: Touch) -> None:
        if self._drawing and away(self._marks[-1][1][-1], touch.point) >= 1.0:
            self._marks[-1][1].append(touch.point)
            self.sketch_changed.emit()

    def release(self) -> None:
        if self._drawing:
            self._drawing = False
            self._ask()

    def step_back(self) -> bool:
        if not self._marks:
            return False
        self._marks.pop()
        self._drawing = False
        self.sketch_changed.emit()
        self._ask()
        return True

    def forget(self) -> None:
        self._marks, self._drawing = [], False
        self.sketch_changed.emit()

    def _ask(self) -> None:
        lesion = self._lines(around=False)
        self.wished.emit(Grow(lesion, self._lines(around=True)) if lesion else Drop())

    def _lines(self, *, around: bool) -> tuple[Line, ...]:
        return tuple(tuple(line) for is_around, line in self._marks if is_around == around)


class BoxTool(PreviewTool):
    """A box is dragged around the lesion, which is cut out of it."""

    name = "box"
    glyph = "box"
    waits = "Drag a box around the lesion"
    goes_on = "Enter applies, Esc drops"

    def __init__(self, hand: Hand, parent: QObject | None = None) -> None:
        super().__init__(hand, parent)
        self._corners: tuple[Point, Point] | None = None
        self._takes_away = False
        self._drawing = False

    @property
    def is_under_way(self) -> bool:
        return self._corners is not None

    @property
    def sketch(self) -> Sketch:
        return Sketch(box=self._corners, takes_away=self._takes_away)

    def press(self, touch: Touch) -> None:
        self._corners, self._takes_away, self._drawing = (touch.point, touch.point), touch.takes_away, True
        self.sketch_changed.emit()

    def move(self, touch: Touch) -> None:
        if self._drawing and self._corners is not None:
            self._corners = (self._corners[0], touch.point)
            self.sketch_changed.emit()

    def release(self) -> None:
        if not self._drawing or self._corners is None:
            return
        self._drawing = False
        a, b = self._corners
        if min(abs(a.x - b.x), abs(a.y - b.y)) < 2:
            self.cancel()
        else:
            self.wished.emit(CutOut(a, b, self._takes_away))

    def forget(self) -> None:
        self._corners, self._drawing = None, False
        self.sketch_changed.emit()
