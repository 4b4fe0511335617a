"""napari, as its users start it, at the same work: run by the Python of napari's own environment with a task as JSON.

Prints one JSON object: milliseconds of each brush step until it was painted, and the share of the frame painted.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import napari
import numpy as np
from qtpy.QtCore import QEvent, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QApplication

LEFT, NO_BUTTON, PLAIN = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier


class Painted:
    """Counts what the canvas has drawn."""

    def __init__(self, canvas: Any) -> None:
        self.count = 0
        canvas._scene_canvas.events.draw.connect(self._drawn, position="last")

    def _drawn(self, _event: object = None) -> None:
        self.count += 1

    def milliseconds(self, act: Callable[[], object]) -> float:
        before = self.count
        start = time.perf_counter()
        act()
        while self.count == before:
            QApplication.processEvents()
            if time.perf_counter() - start > 5:
                raise TimeoutError("nothing was painted for 5 s")
        return (time.perf_counter() - start) * 1000


def rest(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.002)


def mouse(widget: Any, kind: QEvent.Type, place: QPointF) -> None:
    changed = NO_BUTTON if kind == QEvent.Type.MouseMove else LEFT
    held = NO_BUTTON if kind == QEvent.Type.MouseButtonRelease else LEFT
    QApplication.sendEvent(widget, QMouseEvent(kind, place, widget.mapToGlobal(place), changed, held, PLAIN))


def place_of(viewer: Any, native: Any, x: float, y: float) -> QPointF:
    """Where an image position lies on the canvas."""
    centre, zoom = viewer.camera.center, viewer.camera.zoom
    return QPointF((x - centre[-1]) * zoom + native.width() / 2, (y - centre[-2]) * zoom + native.height() / 2)


def work(task: dict[str, Any]) -> dict[str, Any]:
    viewer = napari.Viewer(show=True)
    viewer.window.resize(*task["window"])
    picture = np.load(task["picture"])
    height, width, _ = picture.shape
    viewer.add_image(picture, rgb=True)
    layer = viewer.add_labels(np.zeros((height, width), np.uint8), opacity=0.5)
    layer.brush_size = task["brush"]
    layer.mode = "paint"
    rest(1.5)
    viewer.reset_view()
    rest(0.5)
    canvas = viewer.window._qt_viewer.canvas
    native, painted, took = canvas.native, Painted(canvas), []
    for number, stroke in enumerate(task["strokes"]):
        places = [place_of(viewer, native, x * width, y * height) for x, y in stroke]
        steps = [painted.milliseconds(partial(mouse, native, QEvent.Type.MouseButtonPress, places[0]))]
        for place in places[1:]:
            rest(task["pause"])
            steps.append(painted.milliseconds(partial(mouse, native, QEvent.Type.MouseMove, place)))
        mouse(native, QEvent.Type.MouseButtonRelease, places[-1])
        rest(0.3)
        took += steps if number else []
    return {"ms": took, "painted": float(np.count_nonzero(layer.data) / layer.data.size)}


if __name__ == "__main__":
    napari.qt.get_qapp()
    print(json.dumps(work(json.loads(sys.argv[1]))), flush=True)
    os._exit(0)  # its own shutdown takes seconds, and nothing of it is measured
