"""labelme, as its users start it on a folder, at the same work: run by the Python of labelme's own environment.

Prints one JSON object: milliseconds from each call of its action for the next image until that image was painted.
"""

import json
import os
import sys
import time
from typing import Any

from PyQt5 import QtCore, QtGui, QtWidgets


class Painted(QtCore.QObject):  # type: ignore[misc]  # PyQt5 is in labelme's environment only
    """Which image labelme's canvas has painted last."""

    def __init__(self) -> None:
        super().__init__()
        self.image = 0

    def eventFilter(self, watched: Any, event: Any) -> bool:
        if event.type() == QtCore.QEvent.Paint and type(watched).__name__ == "Canvas":
            self.image = watched.pixmap.cacheKey()
        return False


def rest(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QtWidgets.QApplication.processEvents()
        time.sleep(0.002)


def work(task: dict[str, Any]) -> dict[str, Any]:
    window = next(
        widget for widget in QtWidgets.QApplication.topLevelWidgets() if isinstance(widget, QtWidgets.QMainWindow)
    )
    window.resize(*task["window"])
    next_image = next(
        action for action in window.findChildren(QtWidgets.QAction) if QtGui.QKeySequence("D") in action.shortcuts()
    )
    painted = Painted()
    QtWidgets.QApplication.instance().installEventFilter(painted)
    rest(1.0)
    next_image.trigger()
    rest(1.0)
    took = []
    for _ in range(task["count"]):
        before = painted.image
        start = time.perf_counter()
        next_image.trigger()  # what its key does; a window without a window manager hears no shortcuts
        while painted.image == before:
            QtWidgets.QApplication.processEvents()
            if time.perf_counter() - start > 10:
                raise TimeoutError("the next image did not come in 10 s")
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
