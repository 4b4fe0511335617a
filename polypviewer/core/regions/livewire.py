"""Intelligent scissors (Mortensen and Barrett 1995): the cheapest way along edges from an anchor to the pointer.

A wire sees a window about its anchor, shrunk so that one solution from the anchor answers at once; each path from it
is then a look-up. OpenCV solves it where it can; where it cannot, scikit-image does, slower, and the log says so.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from polypviewer.core.geometry import Point, Rect
from polypviewer.core.regions.close_up import CloseUp, close_up

LOG: Final = logging.getLogger("polypviewer")

Path = NDArray[np.float32]
Cell = tuple[int, int]
Solver = Callable[[NDArray[np.uint8], Cell], Callable[[Cell], NDArray[np.int32]]]

WINDOW: Final = 432
"""Side of the window in pixels of the close-up."""
_FINEST: Final = 480
"""The shorter side of the frame has at most so many pixels in the close-up: 1080p is seen at 1 to 2.25."""
_SIGMA: Final = 1.5
_CANNY: Final = (10, 35)
_STEEPEST: Final = 200
"""Contrast of an edge that counts (weak, strong), and above which an edge is as cheap as it gets, grey values."""
_SMOOTHED_OVER: Final = 5
"""Steps of a path over which its stairs are smoothed."""


@dataclass(frozen=True, slots=True, eq=False)
class LiveWire:
    """The wire of a frame; makes a new value for each anchor, and may be used from any thread.

    `image`: `(height, width, 3)` uint8 RGB, not painted.
    """

    image: NDArray[np.uint8]

    def anchored(self, point: Point) -> AnchoredWire:
        """The wire that starts at `point` (brought inside the frame) and reaches 216 pixels of the close-up far."""
        height, width = self.image.shape[:2]
        anchor = Point(min(max(point.x, 0.0), width - 1e-3), min(max(point.y, 0.0), height - 1e-3))
        scale = max(1.0, min(height, width) / _FINEST)
        reach = round(WINDOW * scale / 2)
        rect = Rect(math.floor(anchor.x), math.floor(anchor.y), 1, 1).grown(reach).clipped(height, width)
        pixels = round(rect.width / scale) * round(rect.height / scale)
        seen = close_up(self.image, rect, most_pixels=max(1, pixels), sigma=_SIGMA)
        return AnchoredWire(anchor, seen, solver()(seen.image, _cell(seen, anchor)))


@dataclass(frozen=True, slots=True, eq=False)
class AnchoredWire:
    """A wire that is held at `anchor`; its paths stay in the rectangle of what it has `seen`."""

    anchor: Point
    seen: CloseUp
    _way_to: Callable[[Cell], NDArray[np.int32]]

    def path_to(self, point: Point) -> Path:
        """The way along edges from the anchor to `point`, `(n, 2)` float32 of x, y, n >= 2, both ends exact.

        Beyond the window it goes straight, from the place of the window that is nearest to `point`.
        """
        cell = _cell(self.seen, point)
        ends = np.array([[self.anchor.x, self.anchor.y], [point.x, point.y]], np.float32)
        cells = self._way_to(cell)
        across, down = self.seen.scale
        corner = np.array([self.seen.rect.x, self.seen.rect.y], np.float32)
        way = (cells.astype(np.float32) + 0.5) * np.array([across, down], np.float32) + corner
        return np.concatenate([ends[:1], _smoothed(way)[1:-1], ends[1:]]).astype(np.float32)


def solver() -> Solver:
    """OpenCV's scissors, or scikit-image's cheapest path where this OpenCV was built without them (logged)."""
    if hasattr(getattr(cv2, "segmentation", None), "IntelligentScissorsMB"):
        return solved_by_opencv
    LOG.warning("This OpenCV has no intelligent scissors: the livewire uses scikit-image, which is slower.")
    return solved_by_skimage


def solved_by_opencv(image: NDArray[np.uint8], start: Cell) -> Callable[[Cell], NDArray[np.int32]]:
    """From a start cell (column, row) the ways `(n, 2)` int32 of columns and rows to any cell."""
    scissors = cv2.segmentation.IntelligentScissorsMB()
    scissors.setEdgeFeatureCannyParameters(*_CANNY)
    scissors.setGradientMagnitudeMaxLimit(_STEEPEST)
    scissors.applyImage(image)
    scissors.buildMap(start)

    def way_to(cell: Cell) -> NDArray[np.int32]:
        try:
            found = np.asarray(scissors.getContour(cell), np.int32).reshape(-1, 2)
        except cv2.error:  # on some maps OpenCV 4.14 finds that the way turns in a circle, and refuses
            found = np.zeros((0, 2), np.int32)
        return found if len(found) >= 2 else np.array([start, cell], np.int32)

    return way_to


def solved_by_skimage(image: NDArray[np.uint8], start: Cell) -> Callable[[Cell], NDArray[np.int32]]:
    """The same from the steepness of the grey values alone."""
    from skimage.graph import MCP_Geometric

    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))
    across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    steepness = np.asarray(cv2.magnitude(across, down))
    cost = 1.0 - 0.95 * np.minimum(steepness / max(float(np.quantile(steepness, 0.98)), 1.0), 1.0)
    paths = MCP_Geometric(cost)
    paths.find_costs([(start[1], start[0])])

    def way_to(cell: Cell) -> NDArray[np.int32]:
        found = np.array(paths.traceback((cell[1], cell[0])), np.int32)[:, ::-1]
        return found if len(found) >= 2 else np.array([start, cell], np.int32)

    return way_to


def _cell(seen: CloseUp, point: Point) -> Cell:
    """Column and row of the close-up's pixel that is nearest to a point of the frame."""
    height, width = seen.image.shape[:2]
    across, down = seen.scale
    column = math.floor((point.x - seen.rect.x) / across)
    row = math.floor((point.y - seen.rect.y) / down)
    return min(max(column, 0), width - 1), min(max(row, 0), height - 1)


def _smoothed(way: Path) -> Path:
    """A way whose stairs are averaged over a few steps; it keeps its number of points."""
    half = _SMOOTHED_OVER // 2
    padded = np.concatenate([np.repeat(way[:1], half, axis=0), way, np.repeat(way[-1:], half, axis=0)])
    total = np.cumsum(np.concatenate([np.zeros((1, 2)), padded]), axis=0)
    return np.asarray((total[_SMOOTHED_OVER:] - total[:-_SMOOTHED_OVER]) / _SMOOTHED_OVER, np.float32)
