"""The time line: the curve of proposal area, the status of every frame, the place we are at."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from polypviewer.core.review import ReviewStatus
from polypviewer.ui.text import clock_text, translate
from polypviewer.ui.theme import active, status_colour, text_font

EDGE: Final = 12
CODES: Final = tuple(ReviewStatus)
"""A frame's status as one byte is its place in this tuple."""
TICKS_S: Final = (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)
_TICK_GAP: Final = 120


class Timeline(QWidget):
    """One row of pixels a frame or many; a click goes there."""

    frame_wished = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setMouseTracking(True)
        self.setMinimumHeight(84)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(translate("Time line"))
        self._seconds: NDArray[np.float64] = np.zeros(0)
        self._codes: NDArray[np.uint8] = np.zeros(0, np.uint8)
        self._areas: NDArray[np.float32] = np.zeros(0, np.float32)
        self._current = 0

    def show_video(self, seconds: NDArray[np.float64], codes: NDArray[np.uint8], areas: NDArray[np.float32]) -> None:
        """Another video: seconds from the start, status (place in `CODES`) and proposal area for each frame.

        `areas` are fractions of the frame, NaN where nothing is known; all three have one entry a frame.
        """
        self._seconds, self._codes, self._areas = seconds, codes, areas
        self._current = 0
        self.update()

    def show_current(self, index: int) -> None:
        """Where we are."""
        self._current = index
        self.update()

    def show_status(self, index: int, status: ReviewStatus) -> None:
        """A light changed."""
        if index < len(self._codes):
            self._codes[index] = CODES.index(status)
            self.update()

    def show_area(self, index: int, area: float) -> None:
        """A proposal came; its area as a fraction of the frame."""
        if index < len(self._areas):
            self._areas[index] = area
            self.update()

    @property
    def count(self) -> int:
        """Frames of the video."""
        return len(self._codes)

    def x_of(self, index: int) -> float:
        """Where a frame lies."""
        return EDGE + (self.width() - 2 * EDGE) * (index + 0.5) / max(1, self.count)

    def index_at(self, x: float) -> int:
        """The frame under a place."""
        fraction = (x - EDGE) / max(1, self.width() - 2 * EDGE)
        return min(max(int(fraction * self.count), 0), max(0, self.count - 1))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.count:
            self.frame_wished.emit(self.index_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and self.count:
            self.frame_wished.emit(self.index_at(event.position().x()))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.count:
            self._paint_curve(painter)
            self._paint_lights(painter)
            self._paint_ticks(painter)
            self._paint_head(painter)
        painter.end()

    def _lights_rect(self) -> QRectF:
        return QRectF(EDGE, self.height() - 30, self.width() - 2 * EDGE, 5)

    def _paint_curve(self, painter: QPainter) -> None:
        base, top = self._lights_rect().top() - 8, 6.0
        columns = max(1, min(self.width() - 2 * EDGE, self.count))
        heights = largest_of_columns(self._areas, columns)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(active().line), 1))
        painter.drawLine(QPointF(EDGE, base), QPointF(self.width() - EDGE, base))
        if np.isnan(heights).all():
            return
        largest = max(float(np.nanmax(heights)), 1e-6)
        step = (self.width() - 2 * EDGE) / columns
        points = [
            QPointF(EDGE + (column + 0.5) * step, base - (base - top) * (0.0 if np.isnan(height) else height / largest))
            for column, height in enumerate(heights.tolist())
        ]
        painter.setPen(QPen(QColor(active().proposed), 1.4))
        painter.drawPolyline(QPolygonF(points))

    def _paint_lights(self, painter: QPainter) -> None:
        rect = self._lights_rect()
        columns = max(1, min(int(rect.width()), self.count))
        shown = strongest_of_columns(self._codes, columns)
        step = rect.width() / columns
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        starts = np.flatnonzero(np.diff(shown, prepend=255)).tolist()
        for start, end in zip(starts, [*starts[1:], columns], strict=True):
            left, right = rect.left() + start * step, rect.left() + end * step
            gap = 1.0 if step > 4 else 0.0
            painter.fillRect(
                QRectF(left, rect.top(), right - left - gap, rect.height()), status_colour(CODES[int(shown[start])])
            )

    def _paint_ticks(self, painter: QPainter) -> None:
        painter.setPen(QColor(active().quiet))
        painter.setFont(text_font(pixels=11))
        total = float(self._seconds[-1]) if len(self._seconds) else 0.0
        if total <= 0:
            return
        room = (self.width() - 2 * EDGE) / total
        every = next((step for step in TICKS_S if step * room >= _TICK_GAP), TICKS_S[-1])
        for second in range(0, int(total) + 1, every):
            index = int(np.searchsorted(self._seconds, second))
            left = self.x_of(min(index, self.count - 1))
            if left + 60 < self.width():
                painter.drawText(QPointF(left, self.height() - 8), clock_text(second).removesuffix(".000"))

    def _paint_head(self, painter: QPainter) -> None:
        x = round(self.x_of(self._current)) + 0.5
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(active().text), 1.4))
        painter.drawLine(QPointF(x, 4), QPointF(x, self._lights_rect().bottom() + 3))
        painter.setBrush(QColor(active().text))
        painter.drawRoundedRect(QRectF(x - 3.5, 1, 7, 7), 2, 2)


def largest_of_columns(values: NDArray[np.float32], columns: int) -> NDArray[np.float32]:
    """The largest known value in each of `columns` equal stretches, NaN where none is known."""
    starts = np.linspace(0, len(values), columns, endpoint=False).astype(np.intp)
    known = np.where(np.isnan(values), np.float32(-1), values)
    largest: NDArray[np.float32] = np.maximum.reduceat(known, starts).astype(np.float32)
    largest[largest < 0] = np.nan
    return largest


def strongest_of_columns(codes: NDArray[np.uint8], columns: int) -> NDArray[np.uint8]:
    """The most telling status in each of `columns` equal stretches: `CODES` goes from silent to loud."""
    starts = np.linspace(0, len(codes), columns, endpoint=False).astype(np.intp)
    strongest: NDArray[np.uint8] = np.maximum.reduceat(codes, starts)
    return strongest
