"""From a wish of the hand to what a tool makes of the scene. Everything here runs on the lane, one thing at a time."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from polypviewer.core.geometry import Point, Rect, between
from polypviewer.core.label_map import BACKGROUND, LabelMap
from polypviewer.core.paint import paint_segment
from polypviewer.core.region import Reshape, Scene, painted
from polypviewer.core.regions.fill import fill_region
from polypviewer.core.regions.grabcut import grabcut_region
from polypviewer.core.regions.livewire import AnchoredWire, LiveWire
from polypviewer.core.regions.polygon import polygon_region
from polypviewer.core.regions.seeds import BACKGROUND_SEED, LESION_SEED, grow_from_seeds
from polypviewer.core.regions.wand import colour_distance, wand_from_distance
from polypviewer.ui.canvas.wishes import CutOut, Enclose, Fill, Follow, Grow, Leg, Match

MARK: Final = 1.5
"""Radius of a mark, in image pixels."""


def enclose(scene: Scene, *, wish: Enclose, value: int) -> Reshape:
    """What lies inside an outline becomes `value`."""
    region = polygon_region(wish.outline, height=scene.height, width=scene.width)
    return painted(scene, region, value=value)


def fill(scene: Scene, *, wish: Fill, value: int) -> Reshape:
    """The region about a point becomes `value`. Raises `EditError` where it is open."""
    return painted(scene, fill_region(scene, wish.point), value=value)


def cut_out(scene: Scene, *, wish: CutOut, value: int) -> Reshape:
    """The lesion in a box becomes `value`."""
    return painted(scene, grabcut_region(scene, box_of(wish.a, wish.b)), value=value)


def grow(scene: Scene, *, wish: Grow, value: int) -> Reshape:
    """The lesion about the marks becomes `value`."""
    seeds = np.zeros((scene.height, scene.width), np.uint8)
    for lines, seed in ((wish.lesion, LESION_SEED), (wish.around, BACKGROUND_SEED)):
        for line in lines:
            for a, b in zip(line, (*line[1:], line[-1]), strict=True):
                paint_segment(seeds, a, b, MARK, value=seed)
    return painted(scene, grow_from_seeds(scene, seeds), value=value)


class Matching:
    """The wand: how far each colour is from the clicked one is worked out once for a press."""

    def __init__(self) -> None:
        self._made_for: tuple[NDArray[np.uint8], object, Point] | None = None
        self._distance: NDArray[np.float32] = np.zeros((0, 0), np.float32)

    def match(self, scene: Scene, *, wish: Match, contiguous: bool, value: int) -> Reshape:
        """What looks like the pixel at a point becomes `value`."""
        if not self._holds(scene, wish.point):
            self._distance = colour_distance(scene, wish.point)
            self._made_for = (scene.image, scene.limit, wish.point)
        region = wand_from_distance(self._distance, wish.point, wish.tolerance, contiguous=contiguous)
        return painted(scene, region, value=value)

    def _holds(self, scene: Scene, point: Point) -> bool:
        if self._made_for is None:
            return False
        image, limit, at = self._made_for
        return image is scene.image and limit is scene.limit and at == point


class Tracing:
    """The live wire: from an anchor the way to every pixel is solved once."""

    def __init__(self) -> None:
        self._wire: AnchoredWire | None = None
        self._made_for: tuple[NDArray[np.uint8], Point] | None = None

    def trace(self, scene: Scene, *, leg: Leg) -> Leg:
        """The leg with the way that follows the edges."""
        if self._wire is None or self._made_for is None or not self._holds(scene, leg.a):
            self._wire = LiveWire(scene.image).anchored(leg.a)
            self._made_for = (scene.image, leg.a)
        path = self._wire.path_to(leg.b)
        return Leg(leg.a, leg.b, tuple(Point(float(x), float(y)) for x, y in path))

    def follow(self, scene: Scene, *, wish: Follow, value: int) -> Reshape:
        """What lies inside a contour of legs becomes `value`; legs without a way get theirs first."""
        legs = [leg if leg.path else self.trace(scene, leg=leg) for leg in wish.legs]
        outline = [point for leg in legs for point in leg.path]
        return painted(scene, polygon_region(outline, height=scene.height, width=scene.width), value=value)

    def _holds(self, scene: Scene, anchor: Point) -> bool:
        return self._made_for is not None and self._made_for[0] is scene.image and self._made_for[1] == anchor


def box_of(a: Point, b: Point) -> Rect:
    """The whole pixels between two corners."""
    return between(
        math.floor(min(a.x, b.x)), math.floor(min(a.y, b.y)), math.ceil(max(a.x, b.x)), math.ceil(max(a.y, b.y))
    )


def label_at(label_map: LabelMap, point: Point) -> int:
    """The label under a point in image coordinates; background outside the frame."""
    height, width = label_map.shape
    inside = 0 <= point.x < width and 0 <= point.y < height
    return int(label_map[int(point.y), int(point.x)]) if inside else BACKGROUND
