"""How an image lies in the widget: one scale and one origin, and the mapping in both directions.

Widget coordinates are logical pixels, image coordinates those of `core.geometry` (pixel centres at +0.5).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRect, QRectF

from polypviewer.core.geometry import Point, Rect
from polypviewer.core.screen_pixels import SMALLEST_SCALE, fitted_scale

LARGEST: Final = 64.0


@dataclass(frozen=True, slots=True)
class View:
    """`scale`: logical pixels for one image pixel; `left`, `top`: where the image's outer corner lies in the widget."""

    scale: float
    left: float
    top: float

    def to_image(self, position: QPointF) -> Point:
        """The image position under a widget position."""
        return Point((position.x() - self.left) / self.scale, (position.y() - self.top) / self.scale)

    def to_widget(self, point: Point) -> QPointF:
        """The widget position of an image position."""
        return QPointF(self.left + point.x * self.scale, self.top + point.y * self.scale)

    def image_rect(self, *, height: int, width: int) -> QRectF:
        """Where a frame of (height, width) lies in the widget."""
        return QRectF(self.left, self.top, width * self.scale, height * self.scale)

    def covering(self, rect: Rect, *, margin: int) -> QRect:
        """The whole widget pixels that image pixels `rect` touch, with `margin` more on each side."""
        left = math.floor(self.left + rect.x * self.scale) - margin
        top = math.floor(self.top + rect.y * self.scale) - margin
        right = math.ceil(self.left + rect.right * self.scale) + margin
        bottom = math.ceil(self.top + rect.bottom * self.scale) + margin
        return QRect(left, top, right - left, bottom - top)

    def zoomed(self, factor: float, *, at: QPointF) -> View:
        """Scaled by `factor`; the image position under `at` stays there."""
        scale = min(max(self.scale * factor, SMALLEST_SCALE), LARGEST)
        change = scale / self.scale
        return View(scale, at.x() - (at.x() - self.left) * change, at.y() - (at.y() - self.top) * change)

    def panned(self, dx: float, dy: float) -> View:
        """Moved by logical pixels."""
        return View(self.scale, self.left + dx, self.top + dy)


def fitted(*, height: int, width: int, room: QRectF) -> View:
    """The whole frame as large as it goes into `room`, in its middle."""
    scale = fitted_scale(height, width, room=(room.width(), room.height()))
    return centred(scale, height=height, width=width, room=room)


def centred(scale: float, *, height: int, width: int, room: QRectF) -> View:
    """The frame at a scale with its middle in the middle of `room`."""
    centre = room.center()
    return View(scale, centre.x() - width * scale / 2, centre.y() - height * scale / 2)


def brought_near(rect: Rect, *, share: float, least: float, most: float, room: QRectF) -> View:
    """Image pixels `rect` in the middle of `room`, filling a `share` of it at a scale within `least` and `most`."""
    wanted = share * min(room.width() / max(1, rect.width), room.height() / max(1, rect.height))
    scale = min(max(wanted, least), max(most, least))
    centre = room.center()
    middle_x, middle_y = rect.x + rect.width / 2, rect.y + rect.height / 2
    return View(scale, centre.x() - middle_x * scale, centre.y() - middle_y * scale)


def kept_inside(view: View, *, height: int, width: int, room: QRectF, least: float = 48.0) -> View:
    """The view moved so that at least `least` logical pixels of the picture stay in `room`."""
    rect = view.image_rect(height=height, width=width)
    dx = max(0.0, room.left() + least - rect.right()) - max(0.0, rect.left() - (room.right() - least))
    dy = max(0.0, room.top() + least - rect.bottom()) - max(0.0, rect.top() - (room.bottom() - least))
    return view.panned(dx, dy) if dx or dy else view
