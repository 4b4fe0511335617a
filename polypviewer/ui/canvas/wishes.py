"""What a tool wishes: frozen values in image coordinates, from the tools to whoever knows a session."""

from __future__ import annotations

from dataclasses import dataclass

from polypviewer.core.geometry import Point

Line = tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Enclose:
    """Take what lies inside a closed outline; the last point is joined to the first."""

    outline: Line
    takes_away: bool


@dataclass(frozen=True, slots=True)
class Fill:
    """Pour into the region about a point."""

    point: Point
    takes_away: bool


@dataclass(frozen=True, slots=True)
class Match:
    """Take what looks like the pixel at a point, within a tolerance of 0-100; `is_final` once the hand lets go."""

    point: Point
    tolerance: float
    takes_away: bool
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class Grow:
    """Grow a lesion from strokes on it and on what is around it."""

    lesion: tuple[Line, ...]
    around: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class CutOut:
    """Cut the lesion out of a box between two corners."""

    a: Point
    b: Point
    takes_away: bool


@dataclass(frozen=True, slots=True)
class Leg:
    """A stretch of a contour from `a` to `b`; `path` is empty until it has been found."""

    a: Point
    b: Point
    path: Line = ()

    @property
    def line(self) -> Line:
        """The path, or straight on while it is not there."""
        return self.path or (self.a, self.b)


@dataclass(frozen=True, slots=True)
class Trace:
    """Find the way along edges for a leg; `is_rubber`: only for the mouse, the next one replaces it."""

    leg: Leg
    is_rubber: bool


@dataclass(frozen=True, slots=True)
class Follow:
    """Take what lies inside a contour of legs; the last one ends where the first begins."""

    legs: tuple[Leg, ...]
    takes_away: bool


@dataclass(frozen=True, slots=True)
class PickIsland:
    """Do `deed`, the name of the tool, with the part of a lesion at a point."""

    deed: str
    point: Point


@dataclass(frozen=True, slots=True)
class OutlineField:
    """The field of view is what lies inside this outline."""

    outline: Line


@dataclass(frozen=True, slots=True)
class Take:
    """Take the preview of what was wished last."""


@dataclass(frozen=True, slots=True)
class Drop:
    """Drop the preview, and what was asked for and is not there yet."""
