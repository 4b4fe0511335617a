"""The picture layer: the frame's pixels, nearest while moving, refined when still."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QRegion

from polypviewer.core.screen_pixels import ScreenPicture, screen_pixels, shrunk
from polypviewer.ui.canvas.surface import Surface

SHOW_PIXELS_FROM: Final = 4.0
"""From so many device pixels for one image pixel on, single pixels are shown as they are."""
_BAND_PX: Final = 64


class PictureLayer:
    """Holds the frame and its rendering at view resolution."""

    def __init__(self) -> None:
        self._pixels: NDArray[np.uint8] | None = None
        self._prepared: ScreenPicture | None = None
        self._image: QImage | None = None
        self._reduced: QImage | None = None
        self._refined: QImage | None = None
        self._refined_for: tuple[Surface, int] | None = None
        self._refined_rows = 0

    @property
    def image(self) -> QImage | None:
        """The frame as Qt draws it."""
        return self._image

    def prepare(self, prepared: ScreenPicture | None) -> None:
        """What a lane has made of the frame that comes next; it is taken only for the array that it was made of."""
        self._prepared = prepared

    def set_pixels(self, pixels: NDArray[np.uint8] | None) -> None:
        """Take another frame: `(height, width, 3)` uint8 RGB, or None."""
        prepared, self._prepared = self._prepared, None
        self._reduced = None
        if pixels is None:
            self._pixels = None
        elif prepared is not None and prepared.source is pixels:
            self._pixels = prepared.whole
            self._reduced = None if prepared.reduced is None else _image_of(prepared.reduced)
        else:
            self._pixels = screen_pixels(pixels)
        self._image = None if self._pixels is None else _image_of(self._pixels)
        self.forget()

    def forget(self) -> None:
        """What was refined is not right any more."""
        self._refined_for = None

    def refine(self, surface: Surface, background: QColor) -> QImage:
        """The picture on its background at view resolution, made once for a view."""
        self.refine_some(surface, background, within_s=math.inf)
        if self._refined is None:
            raise RuntimeError("a surface has at least one pixel")
        return self._refined

    def refine_some(self, surface: Surface, background: QColor, *, within_s: float) -> bool:
        """Go on with what `refine` makes for about so many seconds; True when it is there."""
        end = time.perf_counter() + within_s
        if self._refined is None or self._refined_for != (surface, background.rgba()):
            self._refined_for, self._refined_rows = (surface, background.rgba()), 0
            if self._refined is None or self._refined.size() != surface.device_size:
                self._refined = surface.blank(QImage.Format.Format_RGB32)
            self._refined.setDevicePixelRatio(surface.ratio)
            self._reduce(surface.view.scale * surface.ratio)
        rows = surface.height if math.isinf(within_s) else _BAND_PX
        while self._refined_rows < surface.height:
            band = QRect(0, self._refined_rows, surface.width, rows)
            painter = QPainter(self._refined)
            painter.setClipRect(band)
            self._draw_refined(painter, surface, background)
            painter.end()
            self._refined_rows += rows
            if time.perf_counter() >= end:
                break
        return self._refined_rows >= surface.height

    def draw_nearest(self, painter: QPainter, surface: Surface, background: QColor) -> None:
        """Draw the visible part on its background quickly, for a view that is moving."""
        if self._image is not None:
            _fill_around(painter, surface, _target(self._image, surface), background)
            painter.drawImage(_target(self._image, surface), self._image)

    def _draw_refined(self, painter: QPainter, surface: Surface, background: QColor) -> None:
        if self._image is None:
            painter.fillRect(QRect(0, 0, surface.width, surface.height), background)
            return
        scale, target = surface.view.scale * surface.ratio, _target(self._image, surface)
        _fill_around(painter, surface, target, background)
        if scale < 1.0 and self._reduced is not None:
            self._copy_reduced(painter, surface, target)
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < SHOW_PIXELS_FROM)
        painter.drawImage(target, self._image)

    def _copy_reduced(self, painter: QPainter, surface: Surface, target: QRectF) -> None:
        """Pixel by pixel at the nearest whole device pixel, which is at most half of one away: nothing is resampled."""
        if self._reduced is not None:
            self._reduced.setDevicePixelRatio(surface.ratio)
            left, top = (round(side * surface.ratio) / surface.ratio for side in (target.left(), target.top()))
            painter.drawImage(QPointF(left, top), self._reduced)

    def _reduce(self, scale: float) -> None:
        """The frame averaged down to the device pixels that it covers; what was made before is taken if it fits."""
        if self._pixels is None or scale >= 1.0:
            return
        height, width = (max(1, round(side * scale)) for side in self._pixels.shape[:2])
        if self._reduced is None or (self._reduced.height(), self._reduced.width()) != (height, width):
            self._reduced = _image_of(shrunk(self._pixels, height=height, width=width))


def rgb_image(pixels: NDArray[np.uint8]) -> QImage:
    """`(height, width, 3)` uint8 RGB as an image of its own in the format that is drawn fastest."""
    return _image_of(screen_pixels(pixels)).copy()


def _image_of(pixels: NDArray[np.uint8]) -> QImage:
    """A view of `(height, width, 4)` uint8 screen pixels, which it keeps alive."""
    height, width, _ = pixels.shape
    return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)


def _target(image: QImage, surface: Surface) -> QRectF:
    return surface.view.image_rect(height=image.height(), width=image.width())


def _fill_around(painter: QPainter, surface: Surface, target: QRectF, background: QColor) -> None:
    """Fill what the picture leaves, and the pixels at its edge that it covers in part."""
    inner = QRect(math.ceil(target.left()) + 1, math.ceil(target.top()) + 1, 0, 0)
    inner.setRight(math.floor(target.right()) - 3)
    inner.setBottom(math.floor(target.bottom()) - 3)
    whole = QRegion(0, 0, surface.width, surface.height)
    for rect in cast("Iterable[QRect]", whole.subtracted(QRegion(inner))):
        painter.fillRect(rect, background)
