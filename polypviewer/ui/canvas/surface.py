"""The surface that layers are drawn for: the widget's size, its device pixels, and the view."""

from __future__ import annotations

import math
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
        left, top = max(rect.left(), 0), max(rect.top(), 0)
        right, bottom = min(rect.right() + 1, self.width), min(rect.bottom() + 1, self.height)
        if self.ratio != 1.0:
            left, top = int(left * self.ratio), int(top * self.ratio)
            right, bottom = math.ceil(right * self.ratio), math.ceil(bottom * self.ratio)
            size = self.device_size
            right, bottom = min(right, size.width()), min(bottom, size.height())
        return QRect(left, top, right - left, bottom - top) if left < right and top < bottom else QRect()

    def blank(self, kind: QImage.Format) -> QImage:
        """An image of the surface's device pixels."""
        image = QImage(self.device_size, kind)
        image.setDevicePixelRatio(self.ratio)
        return image
