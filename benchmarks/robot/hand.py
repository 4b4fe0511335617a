"""A robot reader: it knows the truth, sees the mask, and picks the stroke that mends most in a second of a hand's time.

Its hand is not exact: each point is off by a normal error of one screen pixel. Every edit goes through the functions
that the window's tools use.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.robot.keystrokes import Effort, drag, key, thought
from polypviewer.core.geometry import Point, whole
from polypviewer.core.label_map import LabelMap, Mask
from polypviewer.core.paint import paint_segment
from polypviewer.core.proposal import Proposal, proposal_mask
from polypviewer.core.region import Scene, applied
from polypviewer.core.regions.edge_brush import EdgeTip
from polypviewer.core.regions.morphology import MORPHOLOGY
from polypviewer.core.regions.nudge import Nudge

GOAL: Final = 0.95
MOST_EDITS: Final = 60
SHAKE_SCREEN_PX: Final = 1.0
SHOWN_LINES: Final = 850
"""Screen pixels that the canvas of a 1920x1080 window leaves for the height of a fitted frame."""
RADII: Final = (0.9, 0.75, 0.6, 0.45, 0.3, 0.2, 0.12)
"""Brush sizes that are tried, as shares of the largest disc that fits."""


@dataclass(slots=True)
class Sitting:
    """One frame under correction. `mask` is the lesion as painted so far; `effort` what it has cost.

    `proposal`: what the mask was at the start, where it came from the model: its threshold can still be moved.
    """

    image: NDArray[np.uint8]
    truth: Mask
    mask: Mask
    random: np.random.Generator
    proposal: Proposal | None = None
    effort: Effort = field(default_factory=Effort)

    @property
    def zoom(self) -> float:
        """Screen pixels for one image pixel."""
        return float(SHOWN_LINES / self.truth.shape[0])

    @property
    def iou(self) -> float:
        """Against the truth."""
        union = int((self.mask | self.truth).sum())
        both = int((self.mask & self.truth).sum())
        return both / union if union else 1.0

    @property
    def is_good(self) -> bool:
        """Good enough to go on."""
        return self.iou >= GOAL

    @property
    def scene(self) -> Scene:
        """What a tool sees."""
        return Scene(self.image, self.mask.astype(np.uint8))

    def shaken(self, path: list[Point]) -> list[Point]:
        """The path as a hand draws it."""
        off = self.random.normal(0, SHAKE_SCREEN_PX / self.zoom, (len(path), 2))
        return [Point(point.x + dx, point.y + dy) for point, (dx, dy) in zip(path, off.tolist(), strict=True)]

    def keep(self, mask: Mask, effort: Effort) -> None:
        """An edit has been made."""
        self.mask = mask
        self.effort = self.effort.plus(effort)


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit that was tried on a copy."""

    mask: Mask
    effort: Effort
    gain: int


def mend(sitting: Sitting, *, tool: str = "brush") -> None:
    """Brush, erase, push, until it is good or nothing helps any more. `tool`: brush, edge, nudge, keys or all."""
    for _ in range(MOST_EDITS):
        if sitting.is_good:
            return
        edits = [edit for edit in _tries(sitting, tool) if edit.gain > 0]
        if not edits:
            return
        best = max(edits, key=_rate)
        sitting.keep(best.mask, best.effort)


def _rate(edit: Edit) -> float:
    return edit.gain / edit.effort.seconds


def _tries(sitting: Sitting, tool: str) -> Iterator[Edit]:
    if tool in ("keys", "all"):
        yield from _keys(sitting)
        yield from _thresholds(sitting)
    for wanted, adds in ((sitting.truth, True), (~sitting.truth, False)):
        wrong = largest_part(wanted & (sitting.mask != adds))
        if not wrong.any():
            continue
        for radius, path in _paths(wanted, wrong):
            yield _brushed(sitting, path, radius, adds=adds)
            if tool in ("edge", "all") and adds:
                yield _edge_brushed(sitting, path, 1.3 * radius)
        if tool in ("nudge", "all"):
            yield from _nudges(sitting, wrong, adds=adds)


def _keys(sitting: Sitting) -> Iterator[Edit]:
    """Grow and shrink by one pixel for each press, and smooth: no mouse at all."""
    for name, presses in (("grow", (1, 2, 4)), ("shrink", (1, 2, 4)), ("smooth", (1,))):
        for count in presses:
            radius = float(count) if name != "smooth" else 3.0
            made = MORPHOLOGY[name](sitting.scene, slot=1, radius=radius)
            effort = Effort()
            for _press in range(count):
                effort = effort.plus(key())
            yield _edit(sitting, applied(sitting.scene.labels, made) > 0, effort)


def _thresholds(sitting: Sitting) -> Iterator[Edit]:
    """Drag the proposal's threshold before anything is painted on it, and take it again."""
    if sitting.proposal is None or sitting.effort.strokes:
        return
    slider = [Point(0, 0), Point(100 / sitting.zoom, 0)]
    for threshold in (0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9):
        mask = proposal_mask(sitting.proposal, threshold=threshold)
        yield _edit(sitting, mask, drag(slider, zoom=sitting.zoom).plus(key()))


def _paths(wanted: Mask, wrong: Mask) -> Iterator[tuple[float, list[Point]]]:
    """Brush sizes and ways of its centre that stay inside `wanted` and pass over what is `wrong`."""
    inside = cv2.distanceTransform(np.pad(wanted.astype(np.uint8), 1, constant_values=0), cv2.DIST_L2, 5)[1:-1, 1:-1]
    largest = float(inside[wrong].max())
    reach = cv2.distanceTransform((~wrong).astype(np.uint8), cv2.DIST_L2, 5)
    for share in RADII:
        radius = max(0.6, share * largest)
        centres = (inside >= radius) & (reach <= radius)
        contours, _ = cv2.findContours(centres.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        if contours:
            loop = max(contours, key=len).reshape(-1, 2)[:: max(1, int(radius / 3))]
            for way in (loop, *_halves(loop)):
                yield radius, [Point(float(x) + 0.5, float(y) + 0.5) for x, y in way]


def _halves(loop: NDArray[np.generic]) -> tuple[NDArray[np.generic], ...]:
    """The two ways between the points of a loop that lie farthest apart: along a thin band, one of them is enough."""
    far = int(((loop - loop[0]) ** 2).sum(axis=1).argmax())
    start = int(((loop - loop[far]) ** 2).sum(axis=1).argmax())
    turned = np.roll(loop, -start, axis=0)
    end = (far - start) % len(loop)
    return (turned[: end + 1], turned[end:]) if 0 < end < len(loop) - 1 else ()


def _brushed(sitting: Sitting, path: list[Point], radius: float, *, adds: bool) -> Edit:
    labels: LabelMap = sitting.mask.astype(np.uint8)
    way = sitting.shaken(path)
    for a, b in zip(way, way[1:] or way, strict=False):
        paint_segment(labels, a, b, radius, value=int(adds))
    return _edit(sitting, labels > 0, drag(path, zoom=sitting.zoom))


def _edge_brushed(sitting: Sitting, path: list[Point], radius: float) -> Edit:
    labels: LabelMap = sitting.mask.astype(np.uint8)
    height, width = labels.shape
    way = sitting.shaken(path)
    tip = EdgeTip(sitting.image, way[0])
    for a, b in zip(way, way[1:] or way, strict=False):
        region = tip.dab(a, b, radius, height=height, width=width)
        if not region.is_empty:
            labels[region.rect.slices][region.mask] = 1
    return _edit(sitting, labels > 0, drag(path, zoom=sitting.zoom))


def _nudges(sitting: Sitting, wrong: Mask, *, adds: bool) -> Iterator[Edit]:
    """Push the border through the middle of what is wrong, from the side where the mask is right."""
    rows, columns = np.nonzero(wrong)
    deep = cv2.distanceTransform(wrong.astype(np.uint8), cv2.DIST_L2, 5)
    row, column = np.unravel_index(int(deep.argmax()), deep.shape)
    right = sitting.mask if adds else ~sitting.mask
    if not right.any():
        return
    to_right = cv2.distanceTransform((~right).astype(np.uint8), cv2.DIST_L2, 5)
    gap = float(to_right[row, column])
    slope_y, slope_x = np.gradient(to_right)
    way = np.array((slope_x[row, column], slope_y[row, column]))
    length = float(np.hypot(*way)) or 1.0
    way = way / length
    start = np.array((column + 0.5, row + 0.5)) - way * gap
    for radius in (6.0, 10.0, 16.0, 0.5 * float(np.hypot(np.ptp(rows), np.ptp(columns)))):
        for distance in (gap, 1.6 * gap):
            path = [Point(*start), Point(*(start + way * distance))]
            nudge = Nudge(sitting.mask)
            a, b = sitting.shaken(path)
            if not nudge.push(a, b, max(radius, 2.0)).is_empty:
                yield _edit(sitting, nudge.mask_in(whole(*sitting.mask.shape)), drag(path, zoom=sitting.zoom))


def _edit(sitting: Sitting, mask: Mask, effort: Effort) -> Edit:
    before, after = int((sitting.mask ^ sitting.truth).sum()), int((mask ^ sitting.truth).sum())
    return Edit(mask, thought().plus(effort), before - after)


def largest_part(mask: Mask) -> Mask:
    """The largest 8-connected region of a mask."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    if count < 2:
        return np.zeros_like(mask)
    found: Mask = labels == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    return found
