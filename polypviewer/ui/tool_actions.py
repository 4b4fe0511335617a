"""The hand and the controls that show and change what it holds: rail, options bar, keys."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from PySide6.QtCore import QObject

from polypviewer.session.settings import Settings
from polypviewer.ui.action_set import ActionSet
from polypviewer.ui.canvas.hand import ToolOptions
from polypviewer.ui.canvas_stage import CanvasStage
from polypviewer.ui.text import translate

OPTION_OF: Final = {
    "square_nib": "square",
    "edge_aware": "edge_aware",
    "pen_pressure": "pen_pressure",
    "contiguous": "contiguous",
    "all_lesions": "all_lesions",
}
"""The option that an action turns round."""


def options_of(settings: Settings) -> ToolOptions:
    """The options that the reader left the tools with; shaping all lesions is never kept."""
    return ToolOptions(
        square=bool(settings.get("brush_square")),
        edge_aware=bool(settings.get("brush_edge_aware")),
        edge=settings.number("brush_edge"),
        pen_pressure=bool(settings.get("pen_pressure")),
        tolerance=settings.number("wand_tolerance"),
        contiguous=bool(settings.get("wand_contiguous")),
    )


def kept_options(options: ToolOptions) -> dict[str, float | bool]:
    """The same as settings."""
    return {
        "brush_square": options.square,
        "brush_edge_aware": options.edge_aware,
        "brush_edge": options.edge,
        "pen_pressure": options.pen_pressure,
        "wand_tolerance": options.tolerance,
        "wand_contiguous": options.contiguous,
    }


class ToolActions(QObject):
    """Lives as long as the window."""

    def __init__(self, actions: ActionSet, stage: CanvasStage) -> None:
        super().__init__(stage)
        self._actions, self._canvas = actions, stage.canvas
        self._options, self._rail = stage.options, stage.rail
        hand, options = self._canvas.hand, self._options
        hand.radius_changed.connect(options.show_radius)
        hand.slot_changed.connect(options.show_slot)
        hand.options_changed.connect(self._options_changed)
        options.radius_wished.connect(hand.change_radius)
        options.tolerance_wished.connect(hand.change_tolerance)
        options.strictness_wished.connect(hand.change_edge)
        options.option_wished.connect(self._toggle)
        self._canvas.tool_changed.connect(self._tool_changed)
        self._canvas.pen_seen.connect(options.show_pen)
        for tool in self._canvas.tools.values():
            tool.sketch_changed.connect(self._show_hint)
        options.show_radius(hand.radius)
        self._options_changed(hand.options)

    def table(self) -> dict[str, Callable[[], None]]:
        """The actions that change what the hand holds."""
        switches: dict[str, Callable[[], None]] = {name: partial(self._toggle, name) for name in OPTION_OF}
        return {"smaller": self._smaller, "larger": self._larger, **switches}

    def _smaller(self) -> None:
        self._canvas.hand.step_radius(-1)

    def _larger(self) -> None:
        self._canvas.hand.step_radius(1)

    def _toggle(self, name: str) -> None:
        self._canvas.hand.toggle(OPTION_OF[name])

    def _options_changed(self, options: ToolOptions) -> None:
        self._options.show_options(options)
        for name, option in OPTION_OF.items():
            self._actions[name].setChecked(bool(getattr(options, option)))

    def _tool_changed(self, name: str) -> None:
        self._rail.show_tool(name)
        self._options.show_tool(name)
        self._show_hint()

    def _show_hint(self) -> None:
        hint = self._canvas.tool.hint
        self._options.show_hint(translate(hint) if hint else "")
