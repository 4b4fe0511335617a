"""Tools and the session: strokes are painted at once, everything else is worked out on a lane and comes home."""

from __future__ import annotations

from PySide6.QtCore import QObject

from polypviewer.core.geometry import Point
from polypviewer.core.nib import Nib
from polypviewer.session.session import Session
from polypviewer.ui.canvas.tools_paint import NudgeTool, PaintTool, StrokeTool
from polypviewer.ui.main_window import MainWindow


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

    def _begun(self, value: int) -> None:
        options = self._canvas.hand.options
        if not self._session.begin_stroke(value, edge=options.edge if options.edge_aware else None):
            self._canvas.cancel_drag()

    def _nudge_begun(self, slot: int) -> None:
        if not self._session.begin_nudge(slot):
            self._canvas.cancel_drag()

    def _reached(self, point: Point, nib: Nib) -> None:
        self._session.stroke_with(point, nib)
