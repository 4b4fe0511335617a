"""What may be asked of a session's tools: strokes, shapes, lesions, the field of view. Refusals become messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QObject

from polypviewer.core.errors import PolypViewerError
from polypviewer.core.geometry import Point, Rect
from polypviewer.core.identity import FrameRef
from polypviewer.core.nib import Nib, Step
from polypviewer.core.region import Scene
from polypviewer.session.lanes import PATIENT
from polypviewer.session.session_view import SessionView
from polypviewer.session.settings import Settings
from polypviewer.session.shaping import ShapeRequest

T = TypeVar("T")


class ToolsFront(SessionView):
    """The hand's side of a session; `session.Session` adds the rest."""

    def __init__(self, *, settings: Settings | None = None, parent: QObject | None = None) -> None:
        super().__init__(settings=settings, parent=parent)
        self.field_changed.connect(self._field_to_keep_to)

    # --- strokes ---

    def begin_stroke(self, value: int, *, edge: float | None = None) -> bool:
        """The press: 0 erases, 1-254 paints a lesion slot, 255 ignore. False (and a message) when refused.

        `edge`: how strictly the stroke keeps to the edge of where it starts, 0-1; None: not at all.
        """
        return self._began(partial(self.drawing.begin, value, edge=edge))

    def begin_nudge(self, slot: int) -> bool:
        """The press of the nudge: the border of the lesion at the tip is pushed, else that of `slot`."""
        return self._began(partial(self.drawing.begin_nudge, slot))

    def stroke_to(self, point: Point, radius: float) -> Rect:
        """Paint on to a point with a round nib; `radius` in image pixels. Returns what changed."""
        return self.stroke_along([(point, Nib(radius))])

    def stroke_along(self, steps: Iterable[Step]) -> Rect:
        """Paint on, step by step, with nibs that may be square, or pressed and tilted by a pen. Returns what changed.

        `pixels_changed` is emitted once, however many steps a move of the mouse makes.
        """
        return self.drawing.follow(steps)

    def end_stroke(self) -> None:
        """The release."""
        with self._speaking():
            self.editing.end_stroke()

    def cancel_stroke(self) -> None:
        """Escape."""
        self.drawing.cancel()

    # --- shapes ---

    def scene(self) -> Scene | None:
        """The shown frame as it is now, for a tool that prepares something; None without one."""
        return self.shaping.scene() if self.current is not None else None

    def ask(self, work: Callable[[Scene], T], then: Callable[[T], None], *, key: str) -> None:
        """Run `work` on the scene on a lane; the answer goes to `then` if the same frame is still shown."""
        with self._speaking():
            self.shaping.ask(work, then, key=key)

    def shape(self, request: ShapeRequest) -> None:
        """Let a tool work: a preview, or one Command at once."""
        with self._speaking():
            self.shaping.shape(request)

    def prepare_clicks(self) -> None:
        """The tool that grows from clicks is in the hand: load its library on the lane, before the first click."""
        from polypviewer.core.regions.seeds import load_walker

        self._desk.lanes.shape.submit(load_walker, key="load walker", rank=PATIENT)

    def take_preview(self) -> bool:
        """The preview becomes one Command; False if none stands."""
        stood = self.preview is not None
        with self._speaking():
            self.shaping.take_preview()
        return stood

    def drop_preview(self) -> bool:
        """Escape: no preview; False if there was none."""
        return self.shaping.drop_preview()

    def copy_mask(self, slot: int | None = None) -> None:
        """Remember the shown frame's mask, or one lesion of it."""
        with self._speaking():
            self.shaping.copy(slot)

    def paste_mask(self) -> None:
        """Paste what was copied, at its place; what a person painted stays."""
        with self._speaking():
            self.shaping.paste()

    # --- lesions ---

    def reshape_lesions(self, name: str, slot: int | None, **numbers: float) -> None:
        """Grow, shrink, smooth, fill holes, ... (`core.regions.morphology.MORPHOLOGY`) one lesion, or each (None)."""
        from polypviewer.core.regions.morphology import MORPHOLOGY

        self.shape(ShapeRequest(name, partial(MORPHOLOGY[name], slot=slot, **numbers)))

    def keep_island(self, point: Point) -> None:
        """Of the lesion under a point, only the clicked island stays."""
        from polypviewer.core.regions.morphology import keep_island

        self.shape(ShapeRequest("keep_island", partial(keep_island, point=point)))

    def merge_lesions(self, slot: int, *, into: int) -> None:
        """The pixels of one lesion slot become another's."""
        from polypviewer.core.regions.lesions import merge_lesions

        self.shape(ShapeRequest("merge_lesions", partial(merge_lesions, slot=slot, into=into)))

    def split_lesion(self, slot: int) -> None:
        """Every further island of a lesion becomes a lesion of its own."""
        from polypviewer.core.regions.lesions import split_islands

        self.shape(ShapeRequest("split_lesion", partial(split_islands, slot=slot)))

    def move_island(self, point: Point, slot: int) -> None:
        """The island under a point becomes part of the lesion `slot`."""
        from polypviewer.core.regions.lesions import recolour_island

        self.shape(ShapeRequest("recolour_island", partial(recolour_island, point=point, slot=slot)))

    def clear_frame(self) -> None:
        """Nothing is painted in the shown frame any more; undo brings it back."""
        from polypviewer.core.regions.lesions import clear_frame

        self.shape(ShapeRequest("clear", clear_frame))

    # --- the field of view ---

    def correct_field(self, points: Sequence[Point]) -> None:
        """The reader drew the field of view of this medium."""
        with self._speaking():
            self.fields.correct(points)

    def take_whole_field(self) -> None:
        """The whole frame is the field of view of this medium."""
        with self._speaking():
            self.fields.take_whole()

    def find_field(self) -> None:
        """Take the correction of the field of view back."""
        with self._speaking():
            self.fields.find_again()

    # --- between the parts ---

    def _field_to_keep_to(self, _ref: FrameRef) -> None:
        self.shaping.drop_stale()

    def _began(self, begin: Callable[[], None]) -> bool:
        self.shaping.drop_preview()
        with self._speaking():
            begin()
        return self.drawing.is_drawing

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        """What is refused is said in the message bar."""
        try:
            yield
        except PolypViewerError as error:
            self._desk.say_error(error)
