"""labelme, as its users start it on a folder, at the same work: run by the Python of labelme's own environment.

Prints one JSON object: milliseconds from each press of its key for the next image until that image was painted.
"""

import json
import os
import sys
import time
from typing import Any

from PyQt5 import QtCore, QtTest, QtWidgets


class Painted(QtCore.QObject):  # type: ignore[misc]  # PyQt5 is in labelme's environment only
    """Counts the paint events of labelme's canvas."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def eventFilter(self, watched: Any, event: Any) -> bool:
        if event.type() == QtCore.QEvent.Paint and type(watched).__name__ == "Canvas":
            self.count += 1
        return False


def rest(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QtWidgets.QApplication.processEvents()
        time.sleep(0.002)


def canvas_of(window: Any) -> Any:
    return next(widget for widget in window.findChildren(QtWidgets.QWidget) if type(widget).__name__ == "Canvas")


def shown(window: Any) -> int:
    """Which image is on the canvas."""
    return int(canvas_of(window).pixmap.cacheKey())


def work(task: dict[str, Any]) -> dict[str, Any]:
    window = next(
        widget for widget in QtWidgets.QApplication.topLevelWidgets() if isinstance(widget, QtWidgets.QMainWindow)
    )
    window.resize(*task["window"])
    window.activateWindow()  # as a window manager does; its keys are shortcuts of the active window
    painted = Painted()
    QtWidgets.QApplication.instance().installEventFilter(painted)
    rest(2.0)
    took = []
    for _ in range(task["count"]):
        image = shown(window)
        start = time.perf_counter()
        QtTest.QTest.keyClick(window, QtCore.Qt.Key_D)
        while shown(window) == image:
            QtWidgets.QApplication.processEvents()
            if time.perf_counter() - start > 10:
                raise TimeoutError("the next image did not come in 10 s")
        before = painted.count
        while painted.count == before:
            QtWidgets.QApplication.processEvents()
        took.append((time.perf_counter() - start) * 1000)
        rest(task["pause"])
    return {"ms": took}


def run_instead(task: dict[str, Any]) -> None:
    """Let labelme start as always, and work where its event loop would begin."""

    def run(*_args: object) -> int:
        try:
            print(json.dumps(work(task)), flush=True)
        finally:
            os._exit(0)  # without a result the caller says so; labelme would show a dialog and wait

    QtWidgets.QApplication.exec_ = run
    QtWidgets.QApplication.exec = run
    sys.argv = ["labelme", task["folder"]]
    from labelme.__main__ import main

    main()


if __name__ == "__main__":
    run_instead(json.loads(sys.argv[1]))
