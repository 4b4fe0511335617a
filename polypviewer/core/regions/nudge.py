"""Pushing the border of a lesion with a round tip, as one pushes soft clay.

Nothing is painted over: each place remembers how far what it shows has been carried (a displacement field, on a grid
that is fine beside the tip), and the mask is read from the untouched signed distance of the lesion at that place. So
moves of a fraction of a pixel add up, long pushes do not blur the border, and where no tip was, the mask stays as it
is, bit for bit.
"""

from __future__ import annotations

import math
from mmap import mmap
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from polypviewer.core.geometry import EMPTY_RECT, Point, Rect, between
from polypviewer.core.label_map import Mask
from polypviewer.core.paint import segment_rect
from polypviewer.core.region import region_of

Field = NDArray[np.float32]

_MOST_STEPS: Final = 32
"""Of one move: a leap of more than 14 radii pushes only along its end, as if the tip had been put down there."""
FAR: Final = 8.0
"""Pixels from the border at which the signed distance is clipped; more changes nothing that is seen."""
SMALLEST_TIP: Final = 5.0
"""Radius in pixels: a smaller tip pushes nothing that could be aimed at, in hundreds of steps for each move."""
_NODES: Final = 20
"""At least so many nodes of the grid lie within a radius: the falloff between two of them is straight to 0.3 %."""
_LONGEST_STEP: Final = 0.45
"""Of the radius: from 0.65 on, a push at once would fold the field (its steepest slope is 1.54 / radius)."""


class Nudge:
    """One lesion under a hand that pushes its border; made at the press, dropped at the release.

    `mask`: `(height, width)` bool, not painted. Not for use by two threads at once.
    """

    def __init__(self, mask: Mask) -> None:
        self._height, self._width = (int(side) for side in mask.shape)
        self._mask: Mask = np.array(mask, np.bool_, order="C")
        self._before = self._mask.copy()
        self._pitch = 0
        self._carried: Field = np.zeros((0, 0, 2), np.float32)

    def push(self, a: Point, b: Point, radius: float) -> Rect:
        """Carry what lies within `radius` pixels of the tip along `b - a`, less and less away from its centre.

        Fully at the centre, by `(1 - r² / radius²)²` at the distance r, not at all outside. Returns the rectangle in
        which the mask may have changed, inside the frame; empty if the tip did not move or touches no pixel.
        """
        radius = max(radius, SMALLEST_TIP)
        if not self._pitch:
            self._lay_grid(radius)
        a, b = self._near(a, b, radius)
        steps = math.ceil(math.dist((a.x, a.y), (b.x, b.y)) / (radius * _LONGEST_STEP))
        if steps > _MOST_STEPS:
            a, steps = _along(a, b, 1 - _MOST_STEPS / steps), _MOST_STEPS
        touched = EMPTY_RECT
        for step in range(steps):
            touched = touched.united(
                self._push_once(_along(a, b, step / steps), _along(a, b, (step + 1) / steps), radius)
            )
        if not touched.is_empty:
            self._mask[touched.slices] = self._read(touched)
        return touched

    def mask_in(self, rect: Rect) -> Mask:
        """The lesion as it is now in `rect` (inside the frame), `(rect.height, rect.width)` bool, a copy."""
        return self._mask[rect.slices].copy()

    def _near(self, a: Point, b: Point, radius: float) -> tuple[Point, Point]:
        """The part of the way on which the tip can touch the frame; no way at all where it cannot."""
        first, last = 0.0, 1.0
        for start, move, size in ((a.x, b.x - a.x, self._width), (a.y, b.y - a.y, self._height)):
            if move != 0:
                ends = sorted(((-radius - start) / move, (size + radius - start) / move))
                first, last = max(first, ends[0]), min(last, ends[1])
        return (_along(a, b, first), _along(a, b, last)) if first < last else (a, a)

    def _lay_grid(self, radius: float) -> None:
        """Nodes at every `pitch` pixels, from the outer corner of the first pixel to beyond that of the last."""
        self._pitch = max(1, int(radius / _NODES))
        rows, columns = (math.ceil(side / self._pitch) + 1 for side in (self._height, self._width))
        # Pages of its own, which cost nothing before they are touched: numpy clears 16 MB of used memory in 10 ms.
        pages = mmap(-1, rows * columns * 2 * np.dtype(np.float32).itemsize)
        self._carried = np.frombuffer(pages, np.float32).reshape(rows, columns, 2)

    def _push_once(self, a: Point, b: Point, radius: float) -> Rect:
        centre, pitch, cells = _along(a, b, 0.5), self._pitch, np.float32(self._pitch)
        rect = segment_rect(centre, centre, radius).grown(pitch).clipped(self._height, self._width)
        if rect.is_empty:
            return EMPTY_RECT
        nodes = between(rect.x // pitch, rect.y // pitch, -(-rect.right // pitch) + 1, -(-rect.bottom // pitch) + 1)
        nodes = nodes.clipped(*self._carried.shape[:2])
        x = (np.arange(nodes.x, nodes.right, dtype=np.float32) * pitch)[None, :]
        y = (np.arange(nodes.y, nodes.bottom, dtype=np.float32) * pitch)[:, None]
        away = ((x - centre.x) ** 2 + (y - centre.y) ** 2) / np.float32(radius * radius)
        share = np.maximum(1 - away, 0) ** 2
        move = np.stack((share * np.float32(b.x - a.x), share * np.float32(b.y - a.y)), axis=2)
        # What arrives here comes from where it was before this step: the fields are chained, not added.
        before = _sampled(self._carried, (x - move[..., 0]) / cells, (y - move[..., 1]) / cells)
        self._carried[nodes.slices] = before + move
        return rect

    def _carried_in(self, rect: Rect) -> Field:
        """How far what each pixel centre of `rect` shows has been carried, `(rect.height, rect.width, 2)`."""
        x, y = ((np.arange(first, last, dtype=np.float32) + np.float32(0.5)) / np.float32(self._pitch)
                for first, last in ((rect.x, rect.right), (rect.y, rect.bottom)))  # fmt: skip
        column, row = x.astype(np.intp), y.astype(np.intp)
        right, down = (x - column.astype(np.float32))[None, :, None], (y - row.astype(np.float32))[:, None, None]
        block = self._carried[row[0] : row[-1] + 2]
        across = block[:, column] * (1 - right) + block[:, column + 1] * right
        row -= row[0]
        carried: Field = across[row] * (1 - down) + across[row + 1] * down
        return carried

    def _read(self, rect: Rect) -> Mask:
        """The sign of the untouched distance at the place that each pixel of `rect` shows."""
        x, y = _centres(rect)
        carried = self._carried_in(rect)
        column = np.clip(x - carried[..., 0] - np.float32(0.5), 0, self._width - 1)
        row = np.clip(y - carried[..., 1] - np.float32(0.5), 0, self._height - 1)
        # The distance is clipped, so what lies farther off than that changes nothing here: a press costs nothing.
        window = between(int(column.min()), int(row.min()), int(column.max()) + 2, int(row.max()) + 2)
        window = window.grown(int(FAR) + 2).clipped(self._height, self._width)
        lesion, distance = signed_distance(self._before[window.slices])
        if lesion.is_empty:
            return np.zeros((rect.height, rect.width), np.bool_)
        left, top = np.float32(window.x + lesion.x), np.float32(window.y + lesion.y)
        # Read once and never added up, so the 1/32 pixel to which OpenCV rounds a place is fine enough.
        read = cv2.remap(distance, column - left, row - top, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        inside: Mask = np.asarray(read) > 0
        return inside


def signed_distance(mask: Mask) -> tuple[Rect, Field]:
    """Distance to the border in pixels, positive inside, clipped at `FAR`; beyond the rectangle it is -`FAR`.

    `mask`: `(height, width)` bool. Returns the rectangle around the lesion, inside the frame, and `(rect.height,
    rect.width)` float32: 0.5 for the first pixel inside and -0.5 for the first outside. Empty for an empty mask.
    """
    height, width = mask.shape
    rect = region_of(mask).rect
    if rect.is_empty:
        return EMPTY_RECT, np.zeros((0, 0), np.float32)
    rect = rect.grown(int(FAR) + 1).clipped(height, width)
    inside = np.ascontiguousarray(mask[rect.slices]).view(np.uint8)
    towards_out = cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_5)
    towards_in = cv2.distanceTransform(1 - inside, cv2.DIST_L2, cv2.DIST_MASK_5)
    distance = np.where(inside > 0, towards_out - 0.5, 0.5 - towards_in)
    return rect, np.clip(distance, -FAR, FAR).astype(np.float32)


def _along(a: Point, b: Point, share: float) -> Point:
    return Point(a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share)


def _centres(rect: Rect) -> tuple[Field, Field]:
    """x and y of the pixel centres of `rect`, `(1, width)` and `(height, 1)` float32."""
    x = np.arange(rect.x, rect.right, dtype=np.float32)[None, :] + np.float32(0.5)
    y = np.arange(rect.y, rect.bottom, dtype=np.float32)[:, None] + np.float32(0.5)
    return x, y


def _sampled(values: Field, column: Field, row: Field) -> Field:
    """`values`, `(height, width, channels)`, between its pixels; beyond its edge it continues as at the edge.

    `column`, `row`: `(n, m)` indices. Bilinear, in whole float32: OpenCV's remap rounds places to 1/32 pixel, and a
    slow hand would stick.
    """
    height, width, channels = values.shape
    column, row = np.clip(column, 0, width - 1), np.clip(row, 0, height - 1)
    left, top = column.astype(np.int32), row.astype(np.int32)
    right_share, lower_share = (column - left)[..., None], (row - top)[..., None]
    first = top * width + left
    next_column = np.where(left < width - 1, 1, 0)
    next_row = np.where(top < height - 1, width, 0)
    flat = values.reshape(-1, channels)
    upper = flat[first] * (1 - right_share) + flat[first + next_column] * right_share
    lower = flat[first + next_row] * (1 - right_share) + flat[first + next_row + next_column] * right_share
    between_rows: Field = upper * (1 - lower_share) + lower * lower_share
    return between_rows
