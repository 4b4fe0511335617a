"""The hand on the canvas: mouse and wheel mapped to image coordinates once, here."""

from __future__ import annotations

import time
from enum import Enum, auto
from typing import Final

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFocusEvent, QKeyEvent, QMouseEvent, QWheelEvent

from polypviewer.ui.canvas.brush_cursor import cursor_rect
from polypviewer.ui.canvas.canvas import CanvasBase

WHEEL_STEP: Final = 120.0
ZOOM_PER_STEP: Final = 1.2
TAP_SECONDS: Final = 0.25


class _Drag(Enum):
    NONE = auto()
    PAN = auto()
    PAINT = auto()
    SIZE = auto()


class Canvas(CanvasBase):
    """The canvas that listens to the mouse."""

    space_tapped = Signal()
    tool_changed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._drag = _Drag.NONE
        self._drag_button = Qt.MouseButton.NoButton
        self._last = QPointF()
        self._space_since: float | None = None
        self._space_used = False
        self._editable = True

    def set_editable(self, editable: bool) -> None:  # noqa: FBT001 - the session's state
        """Whether tools may paint (a project may be open read-only)."""
        self._editable = editable

    def choose_tool(self, name: str) -> None:
        """Take a tool of the table into the hand."""
        self.finish_drag()
        self.tool = self.tools[name]
        self._show_shape()
        self.update()
        self.tool_changed.emit(name)

    @property
    def mouse_position(self) -> QPointF | None:
        """Where the mouse is on the canvas; None while it is elsewhere."""
        return self._mouse

    def finish_drag(self) -> None:
        """End what the hand is doing as if the button went up now (Enter accepts exactly what is painted then)."""
        if self._drag is _Drag.PAINT:
            self.tool.release()
        self._drag = _Drag.NONE

    def cancel_drag(self) -> bool:
        """Take back what the hand is doing; False if it does nothing."""
        was = self._drag
        self._drag = _Drag.NONE
        if was is _Drag.PAINT:
            self.tool.cancel()
        self._show_shape()
        return was is not _Drag.NONE

    # --- mouse --------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._drag is not _Drag.NONE or not self.has_frame:
            return
        self._last = event.position()
        self._drag = self._meaning(event)
        self._drag_button = event.button()
        if self._drag is _Drag.PAINT:
            inverted = event.button() == Qt.MouseButton.RightButton
            inverted = inverted != bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
            self.tool.press(self.view.to_image(event.position()), inverted=inverted)
        self._show_shape()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._track(event.position())
        if self._drag is _Drag.PAN:
            moved = event.position() - self._last
            self._space_used = True
            self.set_view(self.view.panned(moved.x(), moved.y()))
        elif self._drag is _Drag.PAINT:
            self.tool.move(self.view.to_image(event.position()))
        elif self._drag is _Drag.SIZE:
            self.hand.change_radius(self.hand.radius + (event.position().x() - self._last.x()) / self.view.scale / 2)
        self._last = event.position()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != self._drag_button:
            return
        was = self._drag
        self._drag = _Drag.NONE
        if was is _Drag.PAINT:
            self.tool.release()
        self._show_shape()

    def _meaning(self, event: QMouseEvent) -> _Drag:
        """What a press begins."""
        if event.button() == Qt.MouseButton.MiddleButton or self._space_since is not None:
            return _Drag.PAN
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if not self.tool.paints:
            return _Drag.PAN if event.button() == Qt.MouseButton.LeftButton else _Drag.NONE
        if shift and event.button() == Qt.MouseButton.RightButton:
            return _Drag.SIZE
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton) and self._editable:
            return _Drag.PAINT
        return _Drag.NONE

    def wheelEvent(self, event: QWheelEvent) -> None:
        delta = event.angleDelta()
        steps = (delta.y() or delta.x()) / WHEEL_STEP
        if steps and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.hand.step_radius(steps)
        elif steps and self._drag is not _Drag.PAINT:
            self.zoom_by(ZOOM_PER_STEP**steps, at=event.position())
        event.accept()

    def enterEvent(self, event: QEnterEvent) -> None:
        self._track(event.position())
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._track(None)
        super().leaveEvent(event)

    def _track(self, position: QPointF | None) -> None:
        """The mouse is somewhere else: draw the brush cursor there and only there."""
        if self.tool.paints:
            radius = self.hand.radius * self.view.scale
            for centre in (self._mouse, position):
                if centre is not None:
                    self.update(cursor_rect(centre, radius))
        self._mouse = None if position is None else QPointF(position)
        self.cursor_moved.emit(None if position is None or not self.has_frame else self.view.to_image(position))

    # --- keys that are held -------------------------------------------------------------------------------------

    def hold_space(self) -> None:
        """Space went down: the hand pans until it goes up."""
        self._space_since = time.monotonic()
        self._space_used = False
        self._show_shape()

    def release_space(self) -> None:
        """Space went up: a short press without a drag was a tap."""
        since, self._space_since = self._space_since, None
        self._show_shape()
        if since is not None and not self._space_used and time.monotonic() - since < TAP_SECONDS:
            self.space_tapped.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.cancel_drag():
            return
        super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._space_since = None
        self.set_peeking(False)
        super().focusOutEvent(event)

    def _show_shape(self) -> None:
        shape = self.tool.shape
        if self._drag is _Drag.PAN:
            shape = Qt.CursorShape.ClosedHandCursor
        elif self._space_since is not None:
            shape = Qt.CursorShape.OpenHandCursor
        self.setCursor(shape)
