"""The mouse of the tests: moves that arrive.

`QTest.mousePress` and `mouseRelease` hand a widget its event; `QTest.mouseMove` warps the system's pointer instead and
handles events once: on X11 more than half of such moves come too late, and none where another window lies above.
"""

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

NO_BUTTON = Qt.MouseButton.NoButton


def glide(widget: QWidget, place: QPoint) -> None:
    """Move the mouse to a place of a shown widget, in its own pixels; handled when this returns."""
    assert widget.isVisible(), "a widget that is not shown has no mouse"
    within, on_screen = QPointF(place), QPointF(widget.mapToGlobal(place))
    plain = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(widget, QMouseEvent(QEvent.Type.MouseMove, within, on_screen, NO_BUTTON, NO_BUTTON, plain))
    QApplication.processEvents()
