"""What touches the canvas: a mouse button or a pen, as one value, so that both do the same."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QInputDevice, QMouseEvent, QPointingDevice, QTabletEvent

from polypviewer.ui.canvas.tool import Touch
from polypviewer.ui.canvas.view import View

_ALT, _SHIFT = Qt.KeyboardModifier.AltModifier.value, Qt.KeyboardModifier.ShiftModifier.value
_PENS = (QInputDevice.DeviceType.Stylus, QInputDevice.DeviceType.Airbrush)


@dataclass(frozen=True, slots=True)
class Contact:
    """`position` in the widget; `pressure` 0-1; `tilt_x`, `tilt_y` in degrees; `rubber`: the eraser end of a pen."""

    position: QPointF
    button: Qt.MouseButton
    modifiers: Qt.KeyboardModifier
    rubber: bool = False
    pressure: float = 1.0
    tilt_x: float = 0.0
    tilt_y: float = 0.0

    @property
    def has_alt(self) -> bool:
        """True while Alt is held."""
        return bool(self.modifiers.value & _ALT)

    @property
    def has_shift(self) -> bool:
        """True while Shift is held."""
        return bool(self.modifiers.value & _SHIFT)

    def touch(self, view: View) -> Touch:
        """The same in image coordinates; the right button and Alt each invert."""
        inverted = (self.button == Qt.MouseButton.RightButton) != self.has_alt
        return Touch(view.to_image(self.position), inverted, self.rubber, self.pressure, self.tilt_x, self.tilt_y)


def contact_of_mouse(event: QMouseEvent) -> Contact:
    """A mouse."""
    return Contact(event.position(), event.button(), event.modifiers())


def contact_of_pen(event: QTabletEvent) -> Contact:
    """A pen on a tablet or a screen."""
    rubber = event.pointerType() == QPointingDevice.PointerType.Eraser
    return Contact(
        event.position(), event.button(), event.modifiers(), rubber, event.pressure(), event.xTilt(), event.yTilt()
    )


def is_pen(event: QMouseEvent) -> bool:
    """True for a mouse event that Qt or the system made of a pen: the pen's own event has been heard already."""
    return event.pointingDevice().type() in _PENS
