"""A smooth way through the points of a fast stroke."""

from __future__ import annotations

import math
from typing import Final

from polypviewer.core.geometry import Point

_SHORTEST: Final = 4.0
"""Pixels; a shorter way is straight: no corner of it is seen."""
_FLATNESS: Final = 0.1
"""Pixels that the straight pieces may lie beside the curve."""


def curve_points(before: Point | None, a: Point, b: Point) -> list[Point]:
    """Points on the way from `a` to `b`, `b` last and `a` left out; all in image coordinates.

    A quadratic Bezier curve that leaves `a` in the direction from `before` to `b`. Through points on a circle, piece
    follows piece without a corner; the sharper the turn at `a`, the straighter the way. It is straight (only `b`)
    without `before`, below 4 px, and where the hand turned back.
    """
    way = math.hypot(b.x - a.x, b.y - a.y)
    if before is None or way < _SHORTEST:
        return [b]
    aim_x, aim_y = b.x - before.x, b.y - before.y
    aim = math.hypot(aim_x, aim_y)
    turn = ((b.x - a.x) * aim_x + (b.y - a.y) * aim_y) / max(way * aim, 1e-9)
    if turn <= 0:
        return [b]
    # Half the way seen along the tangent makes both ends of the curve alike; sharp turns fade to straight instead.
    reach = way * min(0.5 / turn, turn) / aim
    return _bezier(a, Point(a.x + aim_x * reach, a.y + aim_y * reach), b)


def _bezier(a: Point, control: Point, b: Point) -> list[Point]:
    bend = math.hypot(a.x - 2 * control.x + b.x, a.y - 2 * control.y + b.y)
    pieces = max(1, math.ceil(math.sqrt(bend / (4 * _FLATNESS))))
    return [_on_curve(a, control, b, piece / pieces) for piece in range(1, pieces)] + [b]


def _on_curve(a: Point, control: Point, b: Point, t: float) -> Point:
    first, middle, last = (1 - t) * (1 - t), 2 * t * (1 - t), t * t
    return Point(first * a.x + middle * control.x + last * b.x, first * a.y + middle * control.y + last * b.y)
