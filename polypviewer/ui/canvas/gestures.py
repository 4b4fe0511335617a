"""The hand on the canvas: mouse, pen and wheel mapped to image coordinates once, here."""

from __future__ import annotations

import time
from typing import Final

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFocusEvent, QKeyEvent, QMouseEvent, QTabletEvent, QWheelEvent

from polypviewer.ui.canvas.contact import Contact, contact_of_mouse, contact_of_pen, is_pen
from polypviewer.ui.canvas.tool import Grip
from polypviewer.ui.canvas.tool_canvas import Drag, ToolCanvas

WHEEL_STEP: Final = 120.0
ZOOM_PER_STEP: Final = 1.2
TAP_SECONDS: Final = 0.25
_ACTING: Final = (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton)


class Canvas(ToolCanvas):
    """The canvas that listens to mouse and pen."""

    space_tapped = Signal()
    entered = Signal()  # Enter, and the hand had nothing to close
    escaped = Signal()  # Escape, and the hand had nothing to take back
    pen_seen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._drag_button = Qt.MouseButton.NoButton
        self._last = QPointF()
        self._space_since = 0.0
        self._space_used = False
        self._pen_down = False
        self.setTabletTracking(True)

    # --- mouse and pen ------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self._is_heard(event):
            self._press(contact_of_mouse(event))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._is_heard(event):
            return
        contact = contact_of_mouse(event)
        if not (self._meaning(contact) is Drag.TOOL and self.tool.press_again(contact.touch(self.view))):
            self._press(contact)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self._is_heard(event):
            self._move(contact_of_mouse(event))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if not self._is_heard(event):
            self._release(event.button())

    def tabletEvent(self, event: QTabletEvent) -> None:
        """A pen. It is accepted always, so that no mouse event follows that would paint again."""
        contact = contact_of_pen(event)
        if event.type() == QEvent.Type.TabletPress:
            self.pen_seen.emit()
            self._hold_pen(down=True)
            self._press(contact)
        elif event.type() == QEvent.Type.TabletMove:
            self._move(contact)
        elif event.type() == QEvent.Type.TabletRelease:
            self._release(event.button())
            self._hold_pen(down=False)
        event.accept()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """While a pen is down: it may leave the tablet without a release."""
        if event.type() == QEvent.Type.TabletLeaveProximity:
            self._release(self._drag_button)
            self._hold_pen(down=False)
        return False

    def _is_heard(self, event: QMouseEvent) -> bool:
        """A pen speaks for itself; what the system makes of it for the mouse is not heard again."""
        return self._pen_down or is_pen(event)

    def _hold_pen(self, *, down: bool) -> None:
        application = QCoreApplication.instance()
        if down != self._pen_down and application is not None:
            self._pen_down = down
            if down:
                application.installEventFilter(self)
            else:
                application.removeEventFilter(self)

    def _press(self, contact: Contact) -> None:
        if self._drag is not Drag.NONE or not self.has_frame:
            return
        self._last = contact.position
        self._drag = self._meaning(contact)
        self._drag_button = contact.button
        touch = self._follow(contact)
        if self._drag is Drag.TOOL:
            self.tool.press(touch)
        self._show_shape()

    def _move(self, contact: Contact) -> None:
        touch = self._follow(contact)
        if self._drag is Drag.PAN:
            moved = contact.position - self._last
            self._space_used = True
            self.set_view(self.view.panned(moved.x(), moved.y()))
        elif self._drag is Drag.TOOL:
            self.tool.move(touch)
        elif self._drag is Drag.SIZE:
            self.hand.change_radius(self.hand.radius + (contact.position.x() - self._last.x()) / self.view.scale / 2)
        elif self.has_frame:
            self.tool.hover(touch.point)
        self._last = contact.position

    def _release(self, button: Qt.MouseButton) -> None:
        if button != self._drag_button:
            return
        was = self._drag
        self._drag = Drag.NONE
        if was is Drag.TOOL:
            self.tool.release()
        self._show_shape()

    def _meaning(self, contact: Contact) -> Drag:
        """What a press begins."""
        if contact.button == Qt.MouseButton.MiddleButton or self._pans:
            return Drag.PAN
        if self.tool.grip is Grip.MOVES:
            return Drag.PAN if contact.button == Qt.MouseButton.LeftButton else Drag.NONE
        if contact.has_shift and contact.button == Qt.MouseButton.RightButton and self.tool.grip is Grip.SIZED:
            return Drag.SIZE
        return Drag.TOOL if contact.button in _ACTING and self._editable else Drag.NONE

    def wheelEvent(self, event: QWheelEvent) -> None:
        delta = event.angleDelta()
        steps = (delta.y() or delta.x()) / WHEEL_STEP
        if steps and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.hand.step_radius(steps)
        elif steps and self._drag is not Drag.TOOL:
            self.zoom_by(ZOOM_PER_STEP**steps, at=event.position())
        event.accept()

    def enterEvent(self, event: QEnterEvent) -> None:
        self._track(event.position())
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._track(None)
        if self._drag is Drag.NONE:
            self.tool.hover(None)
        super().leaveEvent(event)

    # --- keys that are held -------------------------------------------------------------------------------------

    def hold_space(self) -> None:
        """Space went down: the hand pans until it goes up."""
        self._pans, self._space_used = True, False
        self._space_since = time.monotonic()
        self._show_shape()

    def release_space(self) -> None:
        """Space went up: a short press without a drag was a tap."""
        held, self._pans = self._pans, False
        self._show_shape()
        if held and not self._space_used and time.monotonic() - self._space_since < TAP_SECONDS:
            self.space_tapped.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Alt:
            self._hold_alt(held=True)
        if event.key() == Qt.Key.Key_Escape:
            if not self.cancel_drag():
                self.escaped.emit()
            return
        super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Alt:
            self._hold_alt(held=False)
        super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._pans = False
        self._hold_alt(held=False)
        self.set_peeking(False)
        super().focusOutEvent(event)
