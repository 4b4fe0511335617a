"""The heat map: how probable the model finds a polyp at each pixel, in colours that rise evenly in lightness."""

from __future__ import annotations

from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter, qRgba

from polypviewer.ui.canvas.layers import CachedLayer
from polypviewer.ui.canvas.picture import SHOW_PIXELS_FROM
from polypviewer.ui.canvas.surface import Surface

STOPS: Final = (
    (68, 1, 84), (71, 44, 122), (59, 81, 139), (44, 113, 142), (33, 144, 141),
    (39, 173, 129), (92, 200, 99), (170, 220, 50), (253, 231, 37),
)  # fmt: skip
"""Nine even stops of "viridis" by S. van der Walt and N. Smith (matplotlib, CC0), with linear steps between."""

FAINTEST: Final = 8
"""Probabilities below this (of 255) are not drawn."""
BELOW, ABOVE = 0.26, 0.58
"""Opacity of a sure pixel under and over the threshold."""


class HeatLayer(CachedLayer):
    """Shows a probability, `(height, width)` uint8 with 255 for 1."""

    goes_along: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        self._probability: NDArray[np.uint8] | None = None
        self._corner = (0, 0)
        self._threshold = 0.5
        self._image: QImage | None = None

    @property
    def is_empty(self) -> bool:
        """True if nothing is probable anywhere."""
        return self._probability is None

    @property
    def threshold(self) -> float:
        """From which probability on, 0-1, colours are strong."""
        return self._threshold

    def show_probability(self, probability: NDArray[np.uint8] | None) -> None:
        """Another frame's probability, at frame size; None: nothing. The part that is drawn is copied."""
        self._probability = None
        if probability is not None:
            rows = np.flatnonzero(probability.max(axis=1, initial=0) >= FAINTEST)
            columns = np.flatnonzero(probability.max(axis=0, initial=0) >= FAINTEST)
            if rows.size:
                top, left = int(rows[0]), int(columns[0])
                part = probability[top : int(rows[-1]) + 1, left : int(columns[-1]) + 1]
                self._probability, self._corner = np.ascontiguousarray(part), (left, top)
        self._recolour()

    def show_threshold(self, threshold: float) -> None:
        """Colours are strong from this probability on, 0-1."""
        if threshold != self._threshold:
            self._threshold = threshold
            self._recolour()

    def draw(self, painter: QPainter, surface: Surface) -> None:
        """Smooth like the picture, single pixels when they are large."""
        image = self._coloured()
        if image is None:
            return
        view, (left, top) = surface.view, self._corner
        place = QRectF(
            view.left + left * view.scale,
            view.top + top * view.scale,
            image.width() * view.scale,
            image.height() * view.scale,
        )
        smooth = view.scale * surface.ratio < SHOW_PIXELS_FROM
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(place, image)

    def _recolour(self) -> None:
        self._image = None
        self.forget()

    def _coloured(self) -> QImage | None:
        if self._image is None and self._probability is not None:
            height, width = self._probability.shape
            indexed = QImage(self._probability.data, width, height, width, QImage.Format.Format_Indexed8)
            indexed.setColorTable(heat_table(self._threshold))
            self._image = indexed.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
        return self._image


def heat_colour(probability: float) -> tuple[int, int, int]:
    """Red, green and blue of a probability of 0-1."""
    place = min(max(probability, 0.0), 1.0) * (len(STOPS) - 1)
    low = min(int(place), len(STOPS) - 2)
    part = place - low
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(STOPS[low], STOPS[low + 1], strict=True))
    return red, green, blue


def heat_table(threshold: float) -> list[int]:
    """256 colours with their opacity: none for the improbable, a step at the threshold (0-1)."""
    table = [0] * 256
    for value in range(FAINTEST, 256):
        probability = value / 255
        strength = ABOVE if probability >= threshold else BELOW
        alpha = round(255 * strength * (0.35 + 0.65 * probability))
        table[value] = qRgba(*heat_colour(probability), alpha)
    return table
