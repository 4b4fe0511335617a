"""A hand at a small frame whose lesion is known, for tests of tools in the real window."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from polypviewer.core.curve import curve_points
from polypviewer.core.geometry import Point
from polypviewer.core.label_map import LabelMap, Mask, polyp_mask
from polypviewer.core.nib import Nib
from polypviewer.core.paint import paint_nib_segment
from polypviewer.core.region import Region, Scene, applied, painted
from tests.e2e.hand import LEFT, PLAIN, Hand
from tests.mouse import glide

CONTROL = Qt.KeyboardModifier.ControlModifier
Key = Qt.Key
Places = list[tuple[float, float]]


class Bench:
    """A hand at a small frame whose lesion is known."""

    def __init__(self, hand: Hand, truth: Mask) -> None:
        self.hand, self.truth, self.session = hand, truth, hand.session
        rows, columns = np.nonzero(truth)
        height, width = truth.shape
        self.left, self.right = columns.min() / width, (columns.max() + 1) / width
        self.top, self.bottom = rows.min() / height, (rows.max() + 1) / height
        self.middle = ((columns.mean() + 0.5) / width, (rows.mean() + 0.5) / height)

    @property
    def labels(self) -> LabelMap:
        assert self.session.draft is not None
        return self.session.draft.label_map

    @property
    def scene(self) -> Scene:
        scene = self.session.scene()
        assert scene is not None
        return scene

    def point(self, place: tuple[float, float]) -> Point:
        """Where in the image the hand really is when it goes to a place."""
        return self.hand.canvas.view.to_image(QPointF(self.hand.at(*place)))

    def move(self, place: tuple[float, float]) -> None:
        """Until the canvas knows: an X server may tell of its own pointer in between."""
        canvas, target = self.hand.canvas, self.hand.at(*place)

        def is_there() -> bool:
            for place in (target + QPoint(1, 1), target):
                glide(canvas, place)
                QApplication.processEvents()
            return canvas.mouse_position is not None and canvas.mouse_position.toPoint() == target

        self.hand.until(is_there, what="the mouse")

    def click(self, place: tuple[float, float], button: Qt.MouseButton = LEFT) -> None:
        self.move(place)
        QTest.mouseClick(self.hand.canvas, button, PLAIN, self.hand.at(*place))
        QApplication.processEvents()

    def step(self, do: Callable[[], None]) -> LabelMap:
        """Do what is exactly one step for undo; returns the label map after it."""
        before, steps = self.labels.copy(), len(self.session.history.done)
        do()
        self.hand.until(lambda: len(self.session.history.done) > steps, what="the step")
        self.hand.until(lambda: not self.session.shaping.is_busy, what="the tool to be done")
        after = self.labels.copy()
        self.hand.key(Key.Key_Z, CONTROL)
        assert np.array_equal(self.labels, before)
        self.hand.key(Key.Key_Y, CONTROL)
        assert np.array_equal(self.labels, after)
        assert len(self.session.history.done) == steps + 1
        return after

    def previewed(self) -> None:
        self.hand.until(lambda: self.session.preview is not None, what="a preview")

    def ellipse(self, share: float = 1.0, count: int = 24) -> Places:
        """Places around the lesion."""
        angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
        across, down = (self.right - self.left) / 2 * share, (self.bottom - self.top) / 2 * share
        x, y = (self.left + self.right) / 2, (self.top + self.bottom) / 2
        return [(float(x + across * np.cos(a)), float(y + down * np.sin(a))) for a in angles]

    def overlap(self, labels: LabelMap) -> float:
        """Intersection over union with the truth."""
        mask = polyp_mask(labels)
        return float((mask & self.truth).sum() / max(1, (mask | self.truth).sum()))


def stroke(bench: Bench, places: Places, *, value: int, nib: Nib) -> LabelMap:
    """What a stroke through these places paints on the label map as it is."""
    points = [bench.point(place) for place in places]
    after = bench.labels.copy()
    limit = bench.scene.limit if value else None
    way = [points[0]]
    for number, (a, b) in enumerate(pairwise(points)):
        way += curve_points(points[number - 1] if number else None, a, b)
    for a, b in zip([way[0], *way], way, strict=False):
        paint_nib_segment(after, a, b, nib, nib, value=value, limit=limit)
    return after


def with_region(scene: Scene, region: Region, *, value: int = 1) -> LabelMap:
    """The scene with a region painted."""
    return applied(scene.labels, painted(scene, region, value=value))


def lasso(bench: Bench, places: Places, *, button: Qt.MouseButton = LEFT) -> LabelMap:
    bench.hand.key(Key.Key_P)
    return bench.step(lambda: bench.hand.drag(places, button=button))
