"""A quiet horizontal slider that leaves the focus to the canvas when it is dragged."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSlider

from polypviewer.ui.theme import TARGET, active

HANDLE: Final = 6.0
GROOVE: Final = 4.0


class CanvasSlider(QSlider):
    """Whole steps between two ends; a click goes there at once."""

    def __init__(self, lowest: int, highest: int, *, name: str) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setRange(lowest, highest)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMinimumHeight(TARGET)

    def show_value(self, value: int) -> None:
        """Another value that no hand has chosen: nothing is emitted."""
        blocked = self.blockSignals(True)
        self.setValue(value)
        self.blockSignals(blocked)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(96, TARGET)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._go_to(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self._go_to(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.setSliderDown(False)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def _go_to(self, position: QPointF) -> None:
        fraction = (position.x() - HANDLE) / max(1.0, self.width() - 2 * HANDLE)
        self.setValue(round(self.minimum() + min(max(fraction, 0.0), 1.0) * (self.maximum() - self.minimum())))

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, middle = active(), self.height() / 2
        span = max(1, self.maximum() - self.minimum())
        x = HANDLE + (self.width() - 2 * HANDLE) * (self.value() - self.minimum()) / span
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.hover))
        painter.drawRoundedRect(QRectF(0, middle - GROOVE / 2, self.width(), GROOVE), 2, 2)
        if self.isEnabled():
            painter.setBrush(QColor(tokens.bright))
            painter.drawRoundedRect(QRectF(0, middle - GROOVE / 2, x, GROOVE), 2, 2)
            if self.hasFocus():
                painter.setPen(QPen(QColor(tokens.focus), 2))
            painter.setBrush(QColor(tokens.knob))
            painter.drawEllipse(QPointF(x, middle), HANDLE, HANDLE)
        painter.end()
