"""The strip: thumbnails with status lights. Paints only what is in view, so ten thousand frames cost nothing."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from polypviewer.core.identity import FrameRef
from polypviewer.core.review import ReviewStatus
from polypviewer.ui.canvas.picture import rgb_image
from polypviewer.ui.status_marks import MARK_PX, draw_mark, status_name
from polypviewer.ui.text import count_text, translate
from polypviewer.ui.theme import ThemeName, active, status_colour

GAP: Final = 10
LINE: Final = 4
EDGE: Final = 12
KEPT: Final = 800
KEPT_TILES: Final = 80
RATIO: Final = 4 / 3
RIM: Final = 3
"""Logical pixels around a thumbnail that the line around the current one takes."""

_Look = tuple[ReviewStatus, int | None, bool, QSize, ThemeName, float]


class Strip(QAbstractScrollArea):
    """Shows a sequence of frames; says which thumbnails it would like to have and which frame was clicked."""

    frame_wished = Signal(object)  # FrameRef
    thumbnail_wished = Signal(object)  # FrameRef

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(translate("Frames"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.horizontalScrollBar().setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._frames: Sequence[FrameRef] = ()
        self._statuses: Mapping[FrameRef, ReviewStatus] = {}
        self._names: Mapping[FrameRef, str] = {}
        self._current: int | None = None
        self._pictures: OrderedDict[FrameRef, QImage] = OrderedDict()
        self._tiles: OrderedDict[FrameRef, tuple[_Look, QPixmap]] = OrderedDict()
        self._asked: set[FrameRef] = set()
        self._hides_pictures = False

    # --- values -------------------------------------------------------------------------------------------------

    def show_frames(self, frames: Sequence[FrameRef], statuses: Mapping[FrameRef, ReviewStatus]) -> None:
        """Other frames; `statuses` is read when a light is drawn, so it may change in place."""
        self._frames, self._statuses = frames, statuses
        self._pictures.clear()
        self._tiles.clear()
        self._asked.clear()
        self._current = None
        self._take_range()
        self.viewport().update()

    def show_current(self, index: int | None) -> None:
        """Which frame is on the canvas; it is brought into view."""
        before, self._current = self._current, index
        for position in (before, index):
            if position is not None:
                self.viewport().update(self.rect_of(position).adjusted(-4, -4, 4, 4))
        if index is not None:
            self._bring_into_view(index)
            self.setAccessibleDescription(self._description(index))

    def show_thumbnail(self, ref: FrameRef, pixels: NDArray[np.uint8]) -> None:
        """A picture that was wished: `(height, width, 3)` uint8 RGB."""
        self._pictures[ref] = rgb_image(pixels)
        self._asked.discard(ref)
        while len(self._pictures) > KEPT:
            self._pictures.popitem(last=False)
        self.refresh(ref)

    def hide_pictures(self, *, hidden: bool) -> None:
        """Show status lights alone, or pictures too."""
        self._hides_pictures = hidden
        self.viewport().update()

    def refresh(self, ref: FrameRef) -> None:
        """Something about a frame changed: draw it again."""
        try:
            index = self._frames.index(ref)
        except ValueError:
            return
        self.viewport().update(self.rect_of(index).adjusted(-4, -4, 4, 4))

    # --- places -------------------------------------------------------------------------------------------------

    @property
    def tile(self) -> QSize:
        """Size of a thumbnail."""
        height = max(24, self.viewport().height() - LINE - 3 - 4)
        return QSize(round(height * RATIO), height)

    def rect_of(self, index: int) -> QRect:
        """Where a thumbnail and its light lie in the viewport."""
        left = EDGE + index * (self.tile.width() + GAP) - self.horizontalScrollBar().value()
        return QRect(left, 3, self.tile.width(), self.tile.height() + 3 + LINE)

    def index_at(self, position: QPoint) -> int | None:
        """The frame under a position of the viewport."""
        pitch = self.tile.width() + GAP
        index, rest = divmod(position.x() + self.horizontalScrollBar().value() - EDGE, pitch)
        return index if 0 <= index < len(self._frames) and rest < self.tile.width() else None

    def _take_range(self) -> None:
        whole = 2 * EDGE + len(self._frames) * (self.tile.width() + GAP) - GAP
        bar = self.horizontalScrollBar()
        bar.setRange(0, max(0, whole - self.viewport().width()))
        bar.setPageStep(self.viewport().width())
        bar.setSingleStep(self.tile.width() + GAP)

    def _bring_into_view(self, index: int) -> None:
        rect, bar = self.rect_of(index), self.horizontalScrollBar()
        margin = self.tile.width() + GAP
        if rect.left() < margin:
            bar.setValue(bar.value() + rect.left() - margin)
        elif rect.right() > self.viewport().width() - margin:
            bar.setValue(bar.value() + rect.right() - self.viewport().width() + margin)

    # --- events -------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._take_range()
        super().resizeEvent(event)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.viewport().update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        delta = event.angleDelta()
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() - (delta.x() or delta.y()))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.index_at(event.position().toPoint())
        if index is not None and event.button() == Qt.MouseButton.LeftButton:
            self.frame_wished.emit(self._frames[index])

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            index = self.index_at(event.pos())
            QToolTip.showText(event.globalPos(), "" if index is None else self._description(index), self)
            return True
        return super().viewportEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        pitch, shift = self.tile.width() + GAP, self.horizontalScrollBar().value() - EDGE
        first = max(0, (event.rect().left() + shift) // pitch)
        last = min(len(self._frames) - 1, (event.rect().right() + shift) // pitch)
        for index in range(first, last + 1):
            self._paint_tile(painter, index)
        painter.end()

    def _paint_tile(self, painter: QPainter, index: int) -> None:
        """Copy the tile as it was drawn last, unless it would look otherwise now."""
        ref, rect = self._frames[index], self.rect_of(index).adjusted(-RIM, -RIM, RIM, RIM)
        image = None if self._hides_pictures else self._pictures.get(ref)
        status, ratio = self._statuses.get(ref, ReviewStatus.UNREVIEWED), self.devicePixelRatioF()
        key = None if image is None else image.cacheKey()
        look: _Look = (status, key, index == self._current, rect.size(), active().name, ratio)
        known, tile = self._tiles.get(ref, (None, None))
        if tile is None or known != look:
            tile = QPixmap(rect.size() * ratio)
            tile.setDevicePixelRatio(ratio)
            tile.fill(Qt.GlobalColor.transparent)
            onto = QPainter(tile)
            onto.translate(-rect.topLeft())
            self._draw_tile(onto, index, image, status)
            onto.end()
            self._tiles[ref] = (look, tile)
            if len(self._tiles) > KEPT_TILES:
                self._tiles.popitem(last=False)
        painter.drawPixmap(rect.topLeft(), tile)
        if image is None and not self._hides_pictures:
            self._wish(ref)

    def _draw_tile(self, painter: QPainter, index: int, image: QImage | None, status: ReviewStatus) -> None:
        rect = self.rect_of(index)
        picture = QRect(rect.topLeft(), self.tile)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(picture, QColor(active().raised if image is None else "#000000"))
        if image is not None:
            painter.drawImage(_inside(picture, image.size()), image)
        line = QRectF(rect.left(), rect.bottom() - LINE + 1, rect.width(), LINE)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(status_colour(status))
        painter.drawRoundedRect(line, 2, 2)
        if status != ReviewStatus.UNREVIEWED:
            corner = QRectF(picture.right() - MARK_PX - 2, picture.bottom() - MARK_PX - 2, MARK_PX, MARK_PX)
            draw_mark(painter, corner, status)
        if index == self._current:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(active().knob), 2))
            painter.drawRoundedRect(picture.adjusted(-1, -1, 1, 1), 3, 3)

    def _wish(self, ref: FrameRef) -> None:
        if ref not in self._asked:
            self._asked.add(ref)
            self.thumbnail_wished.emit(ref)

    def _description(self, index: int) -> str:
        status = self._statuses.get(self._frames[index], ReviewStatus.UNREVIEWED)
        return translate(
            "Frame {number} of {count}: {status}",
            number=count_text(index + 1),
            count=count_text(len(self._frames)),
            status=status_name(status),
        )


def _inside(room: QRect, size: QSize) -> QRect:
    """The largest rectangle of the picture's shape in the middle of `room`."""
    scaled = size.scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
    left = room.left() + (room.width() - scaled.width()) // 2
    top = room.top() + (room.height() - scaled.height()) // 2
    return QRect(QPoint(left, top), scaled)
