"""The proposal: a white dashed outline beside the mask, drawn once for a view, and piece by piece."""

from __future__ import annotations

import math
import struct
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QByteArray, QDataStream, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen

from polypviewer.ui.canvas.surface import Surface

DASH: Final = (5.0, 4.0)
LINE_PX: Final = 1.6
PENS: Final = ((QColor(0, 0, 0, 90), LINE_PX + 1.4), (QColor("#FFFFFF"), LINE_PX))
"""A dark edge under white dashes, so that they show on snow and in shadow: colours and widths in logical pixels."""
_PIECE_POINTS: Final = 512
"""So many points are stroked in a millisecond. Qt takes twice as long for a whole long line as for its pieces."""
_STEP_PX: Final = 0.5
"""Of points that lie closer on the device, one is drawn."""

Outline = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """A part of a line, or several short ones, in device pixels; `along`: pixels from the line's beginning to it."""

    path: QPainterPath
    along: float


@dataclass(slots=True, eq=False)
class _Drawing:
    """One view's lines. `left`: what is still to be drawn; `content`: device pixels outside which there is nothing."""

    image: QImage
    surface: Surface
    content: QRect
    left: list[tuple[QPen, QPainterPath]]


class ProposalLayer:
    """Closed outlines in image coordinates, `(n, 2)` float32 of x and y each."""

    def __init__(self) -> None:
        self._points: Outline = np.zeros((0, 2), np.float32)
        self._starts: NDArray[np.intp] = np.zeros(0, np.intp)
        self._shown: _Drawing | None = None
        self._coming: _Drawing | None = None
        self._spare: QImage | None = None

    @property
    def is_empty(self) -> bool:
        """True if nothing is proposed."""
        return self._starts.size == 0

    def set_outlines(self, outlines: Sequence[Outline]) -> None:
        """Draw these from now on."""
        closed = [part for outline in outlines if len(outline) for part in (outline, outline[:1])]
        self._points = np.concatenate(closed) if closed else np.zeros((0, 2), np.float32)
        lengths = [len(outline) + 1 for outline in outlines if len(outline)]
        self._starts = np.cumsum([0, *lengths])[:-1]
        self.forget()

    def forget(self) -> None:
        """The view has changed."""
        known = self._shown or self._coming
        self._spare = self._spare if known is None else known.image
        self._shown = self._coming = None

    @property
    def content(self) -> QRect:
        """The device pixels of the drawing outside which there is nothing."""
        return QRect() if self._shown is None else self._shown.content

    @property
    def drawn(self) -> tuple[QImage, Surface] | None:
        """The last drawing and its surface, for a view that is moving; None if not all lines are on it."""
        shown = self._shown
        if shown is None or self._place(shown.surface) != shown.content:
            return None
        return shown.image, shown.surface

    def render(self, surface: Surface) -> QImage:
        """The dashed lines on the whole surface, premultiplied; made once for a view."""
        self.render_some(surface, within_s=math.inf)
        if self._shown is None:
            raise RuntimeError("a surface has at least one pixel")
        return self._shown.image

    def render_some(self, surface: Surface, *, within_s: float) -> bool:
        """Go on with what `render` makes for about so many seconds; True when it is there.

        Until then `drawn` is the last view's drawing.
        """
        if self._shown is not None and self._shown.surface == surface:
            return True
        end = time.perf_counter() + within_s
        if self._coming is None or self._coming.surface != surface:
            self._coming = self._begun(surface)
        coming = self._coming
        painter = QPainter(coming.image)
        _in_device_pixels(painter, surface)
        while coming.left:
            pen, path = coming.left.pop()
            painter.strokePath(path, pen)
            if time.perf_counter() >= end:
                break
        painter.end()
        if coming.left:
            return False
        self._spare = None if self._shown is None else self._shown.image
        self._shown, self._coming = coming, None
        return True

    def draw(self, painter: QPainter, surface: Surface, *, finely: bool = True) -> None:
        """Draw the lines directly. Not `finely`: with steps at their edges."""
        painter.save()
        _in_device_pixels(painter, surface)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, finely)
        for pen, path in self._strokes(surface):
            painter.strokePath(path, pen)
        painter.restore()

    def _begun(self, surface: Surface) -> _Drawing:
        """A drawing of another view, in the memory of one that is not needed."""
        before = self._spare if self._coming is None else self._coming.image
        self._spare = None
        image = before if before is not None and before.size() == surface.device_size else None
        if image is None:
            image = surface.blank(QImage.Format.Format_ARGB32_Premultiplied)
        image.setDevicePixelRatio(surface.ratio)
        image.fill(Qt.GlobalColor.transparent)
        content = self._place(surface).intersected(surface.device_rect)
        return _Drawing(image, surface, content, list(self._strokes(surface))[::-1])

    def _strokes(self, surface: Surface) -> Iterator[tuple[QPen, QPainterPath]]:
        """What is stroked, in order: all dark edges, then all dashes."""
        pieces = list(self._pieces(surface))
        for colour, width in PENS:
            for piece in pieces:
                yield _pen(colour, width * surface.ratio, ratio=surface.ratio, along=piece.along), piece.path

    def _place(self, surface: Surface) -> QRect:
        """The device pixels that the lines may touch, on and beyond the surface."""
        if self.is_empty:
            return QRect()
        (left, top), (right, bottom) = (
            _on_device(self._points, surface).min(0),
            _on_device(self._points, surface).max(0),
        )
        reach = _reach(surface)
        whole = QRectF(float(left), float(top), float(right - left), float(bottom - top))
        return whole.toAlignedRect().adjusted(-reach, -reach, reach, reach)

    def _pieces(self, surface: Surface) -> Iterator[_Piece]:
        """The lines in parts of about `_PIECE_POINTS` points; parts out of sight are left out."""
        if self.is_empty:
            return
        points = _on_device(self._points, surface)
        along, begins = _along(points, self._starts)
        keeps = _kept(along, begins)
        points, along, begins = points[keeps], along[keeps], begins[keeps]
        reach = _reach(surface)
        width, height = surface.device_size.width() + reach, surface.device_size.height() + reach
        for first, end in _cuts(np.flatnonzero(begins), len(points)):
            part = points[first:end]
            (left, top), (right, bottom) = part.min(axis=0), part.max(axis=0)
            if left < width and top < height and right > -reach and bottom > -reach:
                yield _Piece(_path(part, begins[first:end]), float(along[first]))


def _in_device_pixels(painter: QPainter, surface: Surface) -> None:
    painter.scale(1 / surface.ratio, 1 / surface.ratio)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)


def _pen(colour: QColor, width: float, *, ratio: float, along: float) -> QPen:
    """The pen of one piece: its dashes go on where those of the piece before it end."""
    pen = QPen(colour, width)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    pen.setDashPattern([dash * LINE_PX * ratio / width for dash in DASH])
    pen.setDashOffset(along / width)
    return pen


def _reach(surface: Surface) -> int:
    """Device pixels around a line that it may touch."""
    return math.ceil((LINE_PX + 1.4) * surface.ratio) + 2


def _on_device(points: Outline, surface: Surface) -> NDArray[np.float64]:
    view, ratio = surface.view, surface.ratio
    placed: NDArray[np.float64] = points * (view.scale * ratio) + np.array((view.left, view.top)) * ratio
    return placed


def _along(points: NDArray[np.float64], starts: NDArray[np.intp]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Of each point: the length of its line up to it, and whether a line begins there."""
    begins = np.zeros(len(points), np.bool_)
    begins[starts] = True
    steps = np.zeros(len(points))
    steps[1:] = np.hypot(*np.diff(points, axis=0).T)
    steps[starts] = 0
    along = np.cumsum(steps)
    return along - np.repeat(along[starts], np.diff(np.append(starts, len(points)))), begins


def _kept(along: NDArray[np.float64], begins: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which points are drawn: the ends of each line, and one of those within a step."""
    keeps = begins.copy()
    keeps[1:] |= np.diff(np.floor(along / _STEP_PX)) != 0
    keeps[:-1] |= begins[1:]
    keeps[-1] = True
    return keeps


def _cuts(starts: NDArray[np.intp], count: int) -> Iterator[tuple[int, int]]:
    """First and end of each piece: whole short lines together, long ones cut where both parts have the point."""
    first = 0
    for start, end in zip(starts.tolist(), [*starts[1:].tolist(), count], strict=True):
        if end - start > _PIECE_POINTS:
            if first < start:
                yield first, start
            for cut in range(start, end - 1, _PIECE_POINTS):
                yield cut, min(cut + _PIECE_POINTS + 1, end)
            first = end
        elif end - first > _PIECE_POINTS:
            yield first, start
            first = start
    if first < count:
        yield first, count


def _path(points: NDArray[np.float64], begins: NDArray[np.bool_]) -> QPainterPath:
    """Lines through points, read from Qt's own form of a path: a hundred times quicker than point by point.

    The form: https://doc.qt.io/qt-6/datastreamformat.html
    """
    elements = np.empty(len(points), [("kind", ">i4"), ("x", ">f8"), ("y", ">f8")])
    elements["kind"], elements["x"], elements["y"] = ~begins, points[:, 0], points[:, 1]
    elements["kind"][0] = 0
    path = QPainterPath()
    QDataStream(QByteArray(struct.pack(">i", len(points)) + elements.tobytes() + struct.pack(">ii", 0, 0))) >> path
    return path
