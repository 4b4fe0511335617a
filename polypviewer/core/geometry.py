"""Image coordinates, fixed once for the whole program.

Continuous coordinates: (0, 0) is the outer corner of the first pixel and (width, height) that of the last. Pixel (x, y)
covers [x, x+1) x [y, y+1) and has its centre at (x + 0.5, y + 0.5). Rectangles are whole pixels, half-open.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    """A continuous position in image coordinates, in pixels."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Rect:
    """Whole pixels [x, x + width) x [y, y + height); empty when width or height is 0."""

    x: int
    y: int
    width: int
    height: int

    @property
    def is_empty(self) -> bool:
        """True if no pixel lies inside."""
        return self.width <= 0 or self.height <= 0

    @property
    def right(self) -> int:
        """First column right of the rectangle."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """First row below the rectangle."""
        return self.y + self.height

    @property
    def slices(self) -> tuple[slice, slice]:
        """(rows, columns) to index an array of shape (height, width, ...)."""
        return slice(self.y, self.bottom), slice(self.x, self.right)

    def united(self, other: Rect) -> Rect:
        """The smallest rectangle around both; an empty one adds nothing."""
        if self.is_empty:
            return other
        if other.is_empty:
            return self
        return between(
            min(self.x, other.x), min(self.y, other.y), max(self.right, other.right), max(self.bottom, other.bottom)
        )

    def clipped(self, height: int, width: int) -> Rect:
        """The part inside a frame of (height, width)."""
        return between(max(self.x, 0), max(self.y, 0), min(self.right, width), min(self.bottom, height))

    def moved(self, dx: int, dy: int) -> Rect:
        """The rectangle `dx` pixels further right and `dy` further down."""
        return Rect(self.x + dx, self.y + dy, self.width, self.height)

    def grown(self, margin: int) -> Rect:
        """The rectangle with `margin` pixels more on each side; may leave the frame."""
        return Rect(self.x - margin, self.y - margin, self.width + 2 * margin, self.height + 2 * margin)


EMPTY_RECT = Rect(0, 0, 0, 0)


def between(left: int, top: int, right: int, bottom: int) -> Rect:
    """The rectangle [left, right) x [top, bottom), empty if the corners are crossed."""
    if right <= left or bottom <= top:
        return EMPTY_RECT
    return Rect(left, top, right - left, bottom - top)


def whole(height: int, width: int) -> Rect:
    """The rectangle of a whole frame of (height, width)."""
    return Rect(0, 0, width, height)
