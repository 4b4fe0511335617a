"""The tool in the hand: what it shows on the canvas, and the cursor that says what a press would do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QPainter

from polypviewer.core.geometry import Point
from polypviewer.core.label_map import LabelMap
from polypviewer.core.region import Reshape
from polypviewer.ui.canvas.brush_cursor import aim_cursor, cursor_rect, draw_cursor, joined, reach_of
from polypviewer.ui.canvas.contact import Contact
from polypviewer.ui.canvas.field_layer import FieldLayer
from polypviewer.ui.canvas.outline import Outline
from polypviewer.ui.canvas.path_layer import PathLayer
from polypviewer.ui.canvas.preview_layer import PreviewLayer
from polypviewer.ui.canvas.seeing import SeeingCanvas
from polypviewer.ui.canvas.tool import Grip, Touch
from polypviewer.ui.canvas.tools_paint import StrokeTool
from polypviewer.ui.theme import lesion_colour
from polypviewer.ui.view_options import ViewOptions


class Drag(Enum):
    NONE = auto()
    PAN = auto()
    TOOL = auto()
    SIZE = auto()


class ToolCanvas(SeeingCanvas):
    """A canvas with a tool; `gestures.Canvas` moves it."""

    tool_changed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._drag = Drag.NONE
        self._pans = False
        self._tool_before = self.tool.name
        self._editable = True
        self._alt = False
        self._touch: Touch | None = None
        self._path, self._preview, self._field = PathLayer(), PreviewLayer(), FieldLayer()
        self.add_layer("field", self._field, over="masks")
        self.add_layer("preview", self._preview)
        self.add_layer("path", self._path, over="preview")
        for tool in self.tools.values():
            tool.sketch_changed.connect(self._sketch_changed)
        self.view_changed.connect(self._scale_changed)
        self.hand.options_changed.connect(self._options_changed)

    # --- what tools show ----------------------------------------------------------------------------------------

    def show_frame(self, pixels: NDArray[np.uint8] | None, label_map: LabelMap | None) -> None:
        """Another frame: what the hand was doing on the one before is over."""
        self.cancel_drag()
        self._preview.clear()
        super().show_frame(pixels, label_map)
        self._scale_changed(self.zoom)

    def set_options(self, options: ViewOptions) -> None:
        """See this from now on."""
        self._field.show_wanted(options.field)
        super().set_options(options)

    def show_preview(self, label_map: LabelMap, reshape: Reshape | None) -> None:
        """Draw what a tool would make of the label map; None: nothing."""
        if reshape is None:
            self._preview.clear()
        else:
            self._preview.show_reshape(label_map, reshape)
        self.update()

    def show_field(self, outlines: Sequence[Outline]) -> None:
        """Draw the field of view's outlines, `(n, 2)` float32 of x and y in image coordinates, faintly."""
        self._field.show_outlines(outlines)
        self.update()

    # --- tools --------------------------------------------------------------------------------------------------

    def set_editable(self, editable: bool) -> None:  # noqa: FBT001 - the session's state
        """Whether tools may paint (a project may be open read-only)."""
        self._editable = editable
        self._show_shape()

    def choose_tool(self, name: str) -> None:
        """Take a tool of the table into the hand; what the one before had under way is dropped."""
        self.finish_drag()
        if name != self.tool.name:
            self.tool.cancel()
            self._tool_before = self.tool.name
            self.tool = self.tools[name]
        self._show_shape()
        self.update()
        self.tool_changed.emit(name)

    def choose_tool_before(self) -> None:
        """Back to the tool that was in the hand before this one."""
        self.choose_tool(self._tool_before)

    @property
    def mouse_position(self) -> QPointF | None:
        """Where the mouse is on the canvas; None while it is elsewhere."""
        return self._mouse

    def finish_drag(self) -> None:
        """End what the hand is doing as if the button went up now (Enter accepts exactly what is painted then)."""
        if self._drag is Drag.TOOL:
            self.tool.release()
        self._drag = Drag.NONE

    def cancel_drag(self) -> bool:
        """Take back what the hand is doing; False if it does nothing."""
        was = self._drag
        self._drag = Drag.NONE
        dropped = self.tool.cancel()
        self._show_shape()
        return dropped or was is not Drag.NONE

    def confirm(self) -> bool:
        """Enter: True if it closed or took what the tool has under way."""
        return self.tool.confirm()

    def step_back(self) -> bool:
        """Backspace: True if it took a point of the tool back."""
        return self.tool.step_back()

    # --- the cursor ---------------------------------------------------------------------------------------------

    def paint_hand(self, painter: QPainter) -> None:
        """The tip of the tool where the mouse is."""
        tool = self.tool
        if self._mouse is not None and isinstance(tool, StrokeTool) and self.has_frame and self._editable:
            nib = tool.nib(self._cursor_touch())
            draw_cursor(painter, self._mouse, nib, self.view.scale, sign=self._sign(), ratio=self.devicePixelRatioF())

    def _cursor_touch(self) -> Touch:
        """The touch that the tip is drawn for: a pen that only hovers has no pressure yet."""
        touch = self._touch
        if touch is None or self._drag is Drag.TOOL:
            return touch or Touch(Point(0.0, 0.0))
        return Touch(touch.point, touch.inverted, touch.rubber, 1.0, touch.tilt_x, touch.tilt_y)

    def _sign(self) -> str:
        if not self.tool.signed:
            return ""
        touch = self._touch
        if touch is not None and touch.rubber:
            return "-"
        inverted = touch.inverted if touch is not None and self._drag is Drag.TOOL else self._alt
        return "+" if self.tool.adds(inverted=inverted) else "-"

    def _follow(self, contact: Contact) -> Touch:
        """The cursor goes where mouse or pen is, and shows what they would do there; returns the touch it is."""
        held = self._touch if self._drag is Drag.TOOL and contact.button == Qt.MouseButton.NoButton else None
        self._touch = touch = contact.touch(self.view)
        if held is not None and held.inverted != touch.inverted:
            self._touch = replace(touch, inverted=held.inverted)
        self._hold_alt(held=contact.has_alt)
        self._track(contact.position)
        return touch

    def _track(self, position: QPointF | None) -> None:
        """The mouse is somewhere else: draw the tip there and only there."""
        if isinstance(self.tool, StrokeTool):
            reach = reach_of(self.tool.nib(self._cursor_touch())) * self.view.scale
            places = [cursor_rect(centre, reach) for centre in (self._mouse, position) if centre is not None]
            for place in joined(places):
                self.update(place)
        self._mouse = None if position is None else QPointF(position)
        self.cursor_moved.emit(None if position is None or not self.has_frame else self.view.to_image(position))

    def _hold_alt(self, *, held: bool) -> None:
        if held != self._alt:
            self._alt = held
            self._show_shape()
            self.update()

    def _show_shape(self) -> None:
        if self._drag is Drag.PAN:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self._pans or self.tool.grip is Grip.MOVES:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        elif not self._editable:
            self.setCursor(Qt.CursorShape.ForbiddenCursor)
        elif self.tool.grip is Grip.SIZED:
            self.setCursor(Qt.CursorShape.BlankCursor)
        else:
            self.setCursor(aim_cursor(self.tool.glyph, self._sign()))

    def _sketch_changed(self) -> None:
        """Draw the sketch again where it was and where it is."""
        before = self._path.rect(self.view)
        self._path.show(self.tool.sketch, lesion_colour=lesion_colour(self.hand.slot))
        self.update(before.united(self._path.rect(self.view)))

    def _scale_changed(self, _zoom: float) -> None:
        self.hand.scale = self.view.scale

    def _options_changed(self, _options: object) -> None:
        self.update()
