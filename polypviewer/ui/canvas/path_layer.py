"""What a tool draws while it is under way: lasso and contour, anchors, a box, seeds. Vectors, drawn at every paint."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Final

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from polypviewer.core.geometry import Point
from polypviewer.ui.canvas.surface import Surface
from polypviewer.ui.canvas.view import View

LINE_PX: Final = 1.6
ANCHOR_PX: Final = 3.5
MARK_PX: Final = 5.0
_EDGE: Final = QColor(0, 0, 0, 150)
_ADDS: Final = QColor("#FFFFFF")
_TAKES_AWAY: Final = QColor("#FF9E8F")
_AROUND: Final = QColor("#FF9E8F")
_MARGIN: Final = 10

Line = tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Sketch:
    """All in image coordinates. `path`: what stands; `rubber`: what follows the mouse, drawn dashed.

    `anchors`: points that can be taken back; the first is larger, and filled while a click would close the path
    (`closes`). `box`: two corners. `lesion`, `around`: strokes of seeds.
    """

    path: Line = ()
    rubber: Line = ()
    anchors: Line = ()
    closes: bool = False
    takes_away: bool = False
    box: tuple[Point, Point] | None = None
    lesion: tuple[Line, ...] = ()
    around: tuple[Line, ...] = ()

    @property
    def points(self) -> list[Point]:
        """Every point of it."""
        marks = [point for line in (*self.lesion, *self.around) for point in line]
        return [*self.path, *self.rubber, *self.anchors, *(self.box or ()), *marks]


NO_SKETCH: Final = Sketch()


class PathLayer:
    """The sketch of the tool in the hand, in the table of layers."""

    stays: ClassVar[bool] = True

    def __init__(self) -> None:
        self._sketch = NO_SKETCH
        self._colour = _ADDS
        self._corners: tuple[Point, Point] | None = None

    @property
    def is_empty(self) -> bool:
        """True while no tool is under way."""
        return self._sketch == NO_SKETCH

    def show(self, sketch: Sketch, *, lesion_colour: QColor) -> None:
        """Another sketch; seeds of the lesion have its colour."""
        self._sketch, self._colour = sketch, lesion_colour
        self._corners = corners(sketch)

    def rect(self, view: View) -> QRect:
        """The logical pixels that it touches."""
        if self._corners is None:
            return QRect()
        first, last = (view.to_widget(corner) for corner in self._corners)
        left, top, right, bottom = (
            math.floor(first.x()),
            math.floor(first.y()),
            math.ceil(last.x()),
            math.ceil(last.y()),
        )
        return QRect(left - _MARGIN, top - _MARGIN, right - left + 2 * _MARGIN, bottom - top + 2 * _MARGIN)

    def forget(self) -> None:
        """Nothing is kept for a view."""

    def paint(self, painter: QPainter, surface: Surface, dirty: QRect, *, moving: bool) -> None:
        """Draw all of it; the painter clips."""
        draw_sketch(painter, self._sketch, surface.view, lesion_colour=self._colour)


def corners(sketch: Sketch) -> tuple[Point, Point] | None:
    """The upper left and lower right end of all its points, in image coordinates; a traced contour has thousands."""
    points = sketch.points
    if not points:
        return None
    across, down = [point.x for point in points], [point.y for point in points]
    return Point(min(across), min(down)), Point(max(across), max(down))


def draw_sketch(painter: QPainter, sketch: Sketch, view: View, *, lesion_colour: QColor) -> None:
    """Draw it on the widget."""
    if sketch == NO_SKETCH:
        return
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    ink = _TAKES_AWAY if sketch.takes_away else _ADDS
    _draw_line(painter, sketch.path, view, ink)
    _draw_line(painter, sketch.rubber, view, ink, dashed=True)
    if sketch.box is not None:
        _draw_box(painter, sketch.box, view, ink)
    _draw_anchors(painter, sketch, view, ink)
    for lines, colour in ((sketch.lesion, lesion_colour), (sketch.around, _AROUND)):
        for line in lines:
            _draw_mark(painter, line, view, colour)
    painter.restore()


def _draw_line(painter: QPainter, line: Line, view: View, ink: QColor, *, dashed: bool = False) -> None:
    if len(line) < 2:
        return
    polyline = QPolygonF([view.to_widget(point) for point in line])
    for colour, width in ((_EDGE, LINE_PX + 1.4), (ink, LINE_PX)):
        pen = QPen(colour, width)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        if dashed and colour is ink:
            pen.setDashPattern([4.0, 3.0])
        painter.setPen(pen)
        painter.drawPolyline(polyline)


def _draw_box(painter: QPainter, box: tuple[Point, Point], view: View, ink: QColor) -> None:
    a, b = box
    c, d = Point(b.x, a.y), Point(a.x, b.y)
    _draw_line(painter, (a, c, b, d, a), view, ink, dashed=True)


def _draw_anchors(painter: QPainter, sketch: Sketch, view: View, ink: QColor) -> None:
    for number, point in enumerate(sketch.anchors):
        at, half = view.to_widget(point), ANCHOR_PX + (2.0 if number == 0 else 0.0)
        painter.setPen(QPen(_EDGE, 1.2))
        painter.setBrush(ink if number or sketch.closes else QColor(0, 0, 0, 90))
        painter.drawRect(QRectF(at.x() - half, at.y() - half, 2 * half, 2 * half))
        if number == 0 and not sketch.closes:
            painter.setPen(QPen(ink, 1.4))
            painter.drawRect(QRectF(at.x() - half + 1, at.y() - half + 1, 2 * half - 2, 2 * half - 2))
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _draw_mark(painter: QPainter, line: Line, view: View, colour: QColor) -> None:
    """A stroke of seeds: thick and round, so that one click is a dot; a minus stands in what is around."""
    at = [view.to_widget(point) for point in line]
    for ink, width in ((_EDGE, 2 * MARK_PX + 3), (colour, 2 * MARK_PX)):
        painter.setPen(QPen(ink, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
        if len(at) == 1:
            painter.drawPoint(at[0])
        else:
            painter.drawPolyline(QPolygonF(at))
    painter.setPen(QPen(QColor(0, 0, 0, 220), 1.6))
    painter.drawLine(at[0] - QPointF(3, 0), at[0] + QPointF(3, 0))
    if colour is not _AROUND:
        painter.drawLine(at[0] - QPointF(0, 3), at[0] + QPointF(0, 3))
