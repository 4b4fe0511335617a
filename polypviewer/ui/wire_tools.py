"""Tools and the session: strokes are painted at once, everything else is worked out on a lane and comes home."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from PySide6.QtCore import QObject

from polypviewer.core.label_map import BACKGROUND, IGNORE
from polypviewer.core.nib import Step
from polypviewer.core.region import Reshape, Scene
from polypviewer.session.session import Session
from polypviewer.session.shaping import ShapeRequest
from polypviewer.session.values import Preview
from polypviewer.ui import tool_work
from polypviewer.ui.canvas.tools_paint import NudgeTool, PaintTool, StrokeTool
from polypviewer.ui.canvas.tools_path import LivewireTool
from polypviewer.ui.canvas.tools_region import IslandTool, KeepIslandTool, PreviewTool
from polypviewer.ui.canvas.wishes import (
    CutOut,
    Drop,
    Enclose,
    Fill,
    Follow,
    Grow,
    Leg,
    Match,
    OutlineField,
    PickIsland,
    Take,
    Trace,
)
from polypviewer.ui.main_window import MainWindow
from polypviewer.ui.tool_work import label_at

Work = Callable[[Scene], Reshape]


class StrokeWiring(QObject):
    """Brush, eraser, ignore brush and the tip that pushes a border. Lives as long as the window."""

    def __init__(self, window: MainWindow, session: Session) -> None:
        super().__init__(window)
        self._canvas, self._session = window.canvas, session
        for tool in window.canvas.tools.values():
            if isinstance(tool, StrokeTool):
                tool.stroke_reached.connect(self._reached)
                tool.stroke_ended.connect(session.end_stroke)
                tool.stroke_cancelled.connect(session.cancel_stroke)
            if isinstance(tool, PaintTool):
                tool.stroke_begun.connect(self._begun)
            if isinstance(tool, NudgeTool):
                tool.nudge_begun.connect(self._nudge_begun)

    def _begun(self, value: int, keeps_edges: bool) -> None:  # noqa: FBT001 - argument of a signal
        edge = self._canvas.hand.options.edge if keeps_edges else None
        if not self._session.begin_stroke(value, edge=edge):
            self._canvas.cancel_drag()

    def _nudge_begun(self, slot: int) -> None:
        if not self._session.begin_nudge(slot):
            self._canvas.cancel_drag()

    def _reached(self, steps: Sequence[Step]) -> None:
        self._session.stroke_along(steps)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was wished last, and how it is done; a preview of it stands, or is on its way (`is_pending`)."""

    wish: object
    kind: str
    work: Work
    is_pending: bool


class ShapeWiring(QObject):
    """The tools that look at the whole scene: wishes to the session, previews to the canvas."""

    def __init__(self, window: MainWindow, session: Session) -> None:
        super().__init__(window)
        self._window, self._canvas, self._session = window, window.canvas, session
        self._matching, self._tracing = tool_work.Matching(), tool_work.Tracing()
        self._asked: _Asked | None = None
        self._deeds: Final[dict[type, Callable[[object], None]]] = {}
        for kind, deed in self._table():
            self._deeds[kind] = deed
        for tool in window.canvas.tools.values():
            tool.wished.connect(self._wished)
        session.preview_changed.connect(self._preview_changed)
        session.field_changed.connect(self._field_changed)
        window.canvas.escaped.connect(self.drop)
        window.canvas.entered.connect(self._entered)
        window.canvas.tool_changed.connect(self._tool_chosen)
        window.canvas.tool_changed.connect(self._tool_changed)
        window.stage.options.apply_wished.connect(self.take)
        window.stage.options.drop_wished.connect(self.drop)

    def _table(self) -> tuple[tuple[type, Callable[..., None]], ...]:
        return (
            (Enclose, self._enclose),
            (Fill, self._fill),
            (Match, self._match),
            (Grow, self._grow),
            (CutOut, self._cut_out),
            (Trace, self._trace),
            (Follow, self._follow),
            (OutlineField, self._outline_field),
            (PickIsland, self._pick_island),
            (Take, self._take_wished),
            (Drop, self._drop_wished),
        )

    def take(self) -> bool:
        """Enter: the preview becomes one step; False if there is none, and none on its way."""
        asked, self._asked = self._asked, None
        if asked is None:
            return self._session.take_preview()
        self._forget_marks()
        if asked.is_pending or self._session.preview is None:
            self._session.shape(ShapeRequest(asked.kind, asked.work))
        else:
            self._session.take_preview()
        return True

    def _entered(self) -> None:
        self.take()

    def drop(self) -> None:
        """Escape: no preview, and none on its way."""
        self._asked = None
        self._forget_marks()
        self._session.drop_preview()

    # --- what the hand wishes -----------------------------------------------------------------------------------

    def _wished(self, wish: object) -> None:
        self._deeds[type(wish)](wish)

    def _enclose(self, wish: Enclose) -> None:
        value = self._value(takes_away=wish.takes_away)
        self._session.shape(ShapeRequest("lasso", partial(tool_work.enclose, wish=wish, value=value)))

    def _fill(self, wish: Fill) -> None:
        value = self._value(takes_away=wish.takes_away)
        self._session.shape(ShapeRequest("fill", partial(tool_work.fill, wish=wish, value=value)))

    def _match(self, wish: Match) -> None:
        value, contiguous = self._value(takes_away=wish.takes_away), self._canvas.hand.options.contiguous
        work = partial(self._matching.match, wish=wish, contiguous=contiguous, value=value)
        if not wish.is_final:
            self._preview(wish, "wand", work)
            return
        if self._asked is None or self._asked.wish != replace(wish, is_final=False):
            self._asked = _Asked(wish, "wand", work, is_pending=True)
        self.take()

    def _grow(self, wish: Grow) -> None:
        self._preview(wish, "seeds", partial(tool_work.grow, wish=wish, value=self._canvas.hand.slot))

    def _cut_out(self, wish: CutOut) -> None:
        value = self._value(takes_away=wish.takes_away)
        self._preview(wish, "box", partial(tool_work.cut_out, wish=wish, value=value))

    def _trace(self, wish: Trace) -> None:
        key = "rubber" if wish.is_rubber else f"leg {wish.leg.a} {wish.leg.b}"
        self._session.ask(partial(self._tracing.trace, leg=wish.leg), self._traced, key=key)

    def _traced(self, leg: Leg) -> None:
        tool = self._canvas.tool
        if isinstance(tool, LivewireTool):
            tool.show_trace(leg)

    def _follow(self, wish: Follow) -> None:
        value = self._value(takes_away=wish.takes_away)
        self._session.shape(ShapeRequest("livewire", partial(self._tracing.follow, wish=wish, value=value)))

    def _outline_field(self, wish: OutlineField) -> None:
        self._session.correct_field(wish.outline)
        self._canvas.choose_tool_before()

    def _pick_island(self, wish: PickIsland) -> None:
        if wish.deed == KeepIslandTool.name:
            self._session.keep_island(wish.point)
        else:
            self._session.move_island(wish.point, self._canvas.hand.slot)
        self._canvas.choose_tool_before()

    def _tool_chosen(self, name: str) -> None:
        """By its key with the mouse on a lesion, that island is meant; from a menu, the next click says which."""
        at, draft = self._canvas.mouse_position, self._session.draft
        if not isinstance(self._canvas.tool, IslandTool) or at is None or draft is None:
            return
        point = self._canvas.view.to_image(at)
        if label_at(draft.label_map, point) not in (BACKGROUND, IGNORE):
            self._pick_island(PickIsland(name, point))

    def _take_wished(self, _wish: Take) -> None:
        self.take()

    def _drop_wished(self, _wish: Drop) -> None:
        self._asked = None
        self._session.drop_preview()

    def _preview(self, wish: object, kind: str, work: Work) -> None:
        """Ask for a preview of it."""
        self._asked = _Asked(wish, kind, work, is_pending=True)
        self._session.shape(ShapeRequest(kind, work, at_once=False))

    def _value(self, *, takes_away: bool) -> int:
        return BACKGROUND if takes_away else self._canvas.hand.slot

    # --- the session speaks -------------------------------------------------------------------------------------

    def _preview_changed(self, preview: Preview | None) -> None:
        draft = self._session.draft
        if preview is not None and self._asked is not None:
            self._asked = _Asked(self._asked.wish, self._asked.kind, self._asked.work, is_pending=False)
        elif preview is None and self._asked is not None and not self._asked.is_pending:
            self._asked = None
            self._forget_marks()
        if draft is not None:
            self._canvas.show_preview(draft.label_map, None if preview is None else preview.reshape)
        self._window.stage.options.show_preview(stands=preview is not None)

    def _field_changed(self, _ref: object) -> None:
        field = self._session.field
        self._canvas.show_field(() if field is None else field.outlines)

    def _tool_changed(self, name: str) -> None:
        if name == "seeds":
            self._session.prepare_clicks()

    def _forget_marks(self) -> None:
        """Seeds and box go with their preview."""
        tool = self._canvas.tool
        if isinstance(tool, PreviewTool):
            tool.forget()
