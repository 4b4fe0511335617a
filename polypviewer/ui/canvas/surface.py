"""The surface that layers are drawn for: the widget's size, its device pixels, and the view."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QImage

from polypviewer.ui.canvas.view import View


@dataclass(frozen=True, slots=True)
class Surface:
    """`width`, `height` in logical pixels; `ratio` device pixels for each."""

    width: int
    height: int
    ratio: float
    view: View

    @property
    def device_size(self) -> QSize:
        """Whole device pixels."""
        return QSize(max(1, round(self.width * self.ratio)), max(1, round(self.height * self.ratio)))

    @property
    def device_rect(self) -> QRect:
        """All device pixels."""
        return QRect(0, 0, self.device_size.width(), self.device_size.height())

    def to_device(self, rect: QRect) -> QRect:
        """The device pixels that logical pixels `rect` touch, clipped to the surface."""
        left = int(rect.left() * self.ratio)
        top = int(rect.top() * self.ratio)
        right = int(-(-(rect.left() + rect.width()) * self.ratio // 1))
        bottom = int(-(-(rect.top() + rect.height()) * self.ratio // 1))
        return QRect(left, top, right - left, bottom - top).intersected(self.device_rect)

    def blank(self, kind: QImage.Format) -> QImage:
        """An image of the surface's device pixels."""
        image = QImage(self.device_size, kind)
        image.setDevicePixelRatio(self.ratio)
        return image
