"""The table of tools."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject

from polypviewer.ui.canvas.hand import Hand
from polypviewer.ui.canvas.tool import PanTool, Tool
from polypviewer.ui.canvas.tools_paint import BrushTool, EraserTool, IgnoreTool, NudgeTool
from polypviewer.ui.canvas.tools_path import FieldTool, LassoTool, LivewireTool
from polypviewer.ui.canvas.tools_region import (
    BoxTool,
    FillTool,
    KeepIslandTool,
    MoveIslandTool,
    SeedsTool,
    WandTool,
)

TOOLS: Final[tuple[type[Tool], ...]] = (
    PanTool, BrushTool, EraserTool, IgnoreTool, LassoTool, FillTool, WandTool, SeedsTool, BoxTool, LivewireTool,
    NudgeTool, FieldTool, KeepIslandTool, MoveIslandTool,
)  # fmt: skip


def make_tools(hand: Hand, parent: QObject) -> dict[str, Tool]:
    """Every tool by its name, which is also the id of its action."""
    return {kind.name: kind(hand, parent) for kind in TOOLS}
