"""The picture layer: the frame's pixels, nearest while moving, refined when still."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from polypviewer.ui.canvas.surface import Surface

SHOW_PIXELS_FROM: Final = 4.0
"""From so many device pixels for one image pixel on, single pixels are shown as they are."""


class PictureLayer:
    """Holds the frame and its rendering at view resolution."""

    def __init__(self) -> None:
        self._image: QImage | None = None
        self._refined: QImage | None = None
        self._reduced: QImage | None = None

    @property
    def image(self) -> QImage | None:
        """The frame as Qt draws it."""
        return self._image

    def set_pixels(self, pixels: NDArray[np.uint8] | None) -> None:
        """Take another frame: `(height, width, 3)` uint8 RGB, or None."""
        self._image = None if pixels is None else rgb_image(pixels)
        self._reduced = None
        self.forget()

    def forget(self) -> None:
        """The view has changed: what was refined is not right any more."""
        self._refined = None

    def refine(self, surface: Surface, background: QColor) -> QImage:
        """The picture on its background at view resolution, made once for a view."""
        if self._refined is None:
            drawn = surface.blank(QImage.Format.Format_RGB32)
            drawn.fill(background)
            painter = QPainter(drawn)
            self._draw_refined(painter, surface)
            painter.end()
            self._refined = drawn
        return self._refined

    def draw_nearest(self, painter: QPainter, surface: Surface) -> None:
        """Draw the visible part quickly, for a view that is moving."""
        if self._image is not None:
            painter.drawImage(_target(self._image, surface), self._image)

    def _draw_refined(self, painter: QPainter, surface: Surface) -> None:
        if self._image is None:
            return
        scale = surface.view.scale * surface.ratio
        if scale < 1.0:
            self._reduced = reduced(self._image, scale, made_before=self._reduced)
        drawn = self._reduced if scale < 1.0 and self._reduced is not None else self._image
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < SHOW_PIXELS_FROM)
        painter.drawImage(_target(self._image, surface), drawn)


def reduced(image: QImage, scale: float, *, made_before: QImage | None = None) -> QImage:
    """The frame averaged down to the device pixels that it covers; `made_before` is taken if it has that size."""
    width, height = max(1, round(image.width() * scale)), max(1, round(image.height() * scale))
    if made_before is not None and (made_before.width(), made_before.height()) == (width, height):
        return made_before
    return image.scaled(width, height, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)


def _target(image: QImage, surface: Surface) -> QRectF:
    return surface.view.image_rect(height=image.height(), width=image.width())


def rgb_image(pixels: NDArray[np.uint8]) -> QImage:
    """`(height, width, 3)` uint8 RGB as an image of its own in the format that is drawn fastest."""
    height, width, _ = pixels.shape
    contiguous = np.ascontiguousarray(pixels)
    return QImage(contiguous.data, width, height, 3 * width, QImage.Format.Format_RGB888).convertToFormat(
        QImage.Format.Format_RGB32
    )
