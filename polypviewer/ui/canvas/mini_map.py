"""The mini-map: the whole picture, small, with a frame around what is in sight. A click or a drag goes there."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from polypviewer.core.geometry import Point
from polypviewer.ui.canvas.view import View
from polypviewer.ui.text import translate

LARGEST_SHARE: Final = 0.18
"""Of the canvas's width, and of its height."""
EDGE: Final = 12


class MiniMap(QWidget):
    """Lies on the canvas; says which image position should come to its middle."""

    middle_wished = Signal(object)  # Point in image coordinates

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        self.setAccessibleName(translate("Map of the picture"))
        self.setToolTip(translate("Click or drag to move the picture"))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._wanted = True
        self._picture: QImage | None = None
        self._small: QImage | None = None
        self._view = View(1.0, 0.0, 0.0)
        self._canvas_size = QSize(0, 0)
        self.hide()

    def show_wanted(self, wanted: bool) -> None:  # noqa: FBT001 - the state of a checkable action
        """Be there when the picture is larger than the canvas, or never."""
        self._wanted = wanted
        self._place()

    def show_picture(self, picture: QImage | None) -> None:
        """Another frame."""
        self._picture, self._small = picture, None
        self._place()

    def show_view(self, view: View, canvas: QSize) -> None:
        """How the picture lies on a canvas of this size."""
        self._view, self._canvas_size = view, canvas
        self._place()

    @property
    def is_needed(self) -> bool:
        """True if a part of the picture is out of sight."""
        if self._picture is None or not self._wanted:
            return False
        lies = self._view.image_rect(height=self._picture.height(), width=self._picture.width())
        return not QRectF(QPointF(0, 0), QSizeF(self._canvas_size)).adjusted(-1, -1, 1, 1).contains(lies)

    def sight(self) -> QRectF:
        """What is in sight, in the map's own logical pixels."""
        if self._picture is None:
            return QRectF()
        factor = self.width() / self._picture.width()
        corner = self._view.to_image(QPointF(0, 0))
        width, height = self._canvas_size.width(), self._canvas_size.height()
        part = QRectF(corner.x, corner.y, width / self._view.scale, height / self._view.scale)
        part = part.intersected(QRectF(0, 0, self._picture.width(), self._picture.height()))
        return QRectF(part.x() * factor, part.y() * factor, part.width() * factor, part.height() * factor)

    def _place(self) -> None:
        picture = self._picture
        if not self.is_needed or picture is None:
            self.hide()
            return
        most = QSizeF(self._canvas_size) * LARGEST_SHARE
        factor = min(most.width() / picture.width(), most.height() / picture.height())
        width, height = max(1, int(picture.width() * factor)), max(1, int(picture.height() * factor))
        left, top = self._canvas_size.width() - width - EDGE, self._canvas_size.height() - height - EDGE
        self.setGeometry(left, top, width, height)
        self.setVisible(True)
        self.update()

    def _reduced(self) -> QImage | None:
        wanted = self.size() * self.devicePixelRatioF()
        if self._picture is not None and (self._small is None or self._small.size() != wanted):
            ignore, smooth = Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
            self._small = self._picture.scaled(wanted * 2, ignore).scaled(wanted, ignore, smooth)
        return self._small

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        small = self._reduced()
        if small is not None:
            painter.drawImage(QRectF(self.rect()), small)
        sight = self.sight()
        shade = QColor(0, 0, 0, 120)
        for part in _around(sight, QRectF(self.rect())):
            painter.fillRect(part, shade)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((QColor(0, 0, 0, 160), 3.0), (QColor(255, 255, 255), 1.4)):
            painter.setPen(QPen(colour, width))
            painter.drawRect(sight.adjusted(1, 1, -1, -1))
        painter.setPen(QPen(QColor(128, 128, 128, 160), 1))
        painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._go_to(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go_to(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def _go_to(self, position: QPointF) -> None:
        if self._picture is not None:
            factor = self._picture.width() / max(1, self.width())
            self.middle_wished.emit(Point(position.x() * factor, position.y() * factor))


def _around(inner: QRectF, outer: QRectF) -> tuple[QRectF, ...]:
    """The four rectangles of `outer` that `inner` leaves."""
    return (
        QRectF(outer.left(), outer.top(), outer.width(), inner.top() - outer.top()),
        QRectF(outer.left(), inner.bottom(), outer.width(), outer.bottom() - inner.bottom()),
        QRectF(outer.left(), inner.top(), inner.left() - outer.left(), inner.height()),
        QRectF(inner.right(), inner.top(), outer.right() - inner.right(), inner.height()),
    )
