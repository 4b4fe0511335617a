"""How long from the start of the process to a window that shows an image and answers: ours, a peer's, and bare Qt's.

All three are whole processes on the same display, started one after the other with every file in the page cache. Each
says "ready" on standard error once its first image was painted and the event loop was free; the clock is the parent's.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from benchmarks.display import display
from benchmarks.peers import PeerAbsentError, peer_python
from benchmarks.report import ROOT, Figure, exact_range, median, note, print_report

LABELME = "labelme==6.3.1"
BAR_S = 1.5
PATIENCE_S = 60.0
READY = re.compile(r"\bready")

PEER_PROGRAM = """
import sys
from PyQt5 import QtCore, QtWidgets

class FirstPaint(QtCore.QObject):
    painted = False
    def eventFilter(self, watched, event):
        if event.type() == QtCore.QEvent.Paint and type(watched).__name__ == "Canvas" and not self.painted:
            pixmap = getattr(watched, "pixmap", None)
            if pixmap is not None and not pixmap.isNull():
                self.painted = True
                QtCore.QTimer.singleShot(0, ready)
        return False

def ready():
    sys.stderr.write("ready\\n")
    sys.stderr.flush()
    QtWidgets.QApplication.quit()

watch = FirstPaint()
original = QtWidgets.QApplication.exec_
def run(*args):
    QtWidgets.QApplication.instance().installEventFilter(watch)
    return original()
QtWidgets.QApplication.exec_ = run
QtWidgets.QApplication.exec = run
sys.argv = ["labelme", sys.argv[1]]
from labelme.__main__ import main
main()
"""
"""labelme as its users start it, with a filter that sees the first painting of the opened image on its canvas."""

BARE_PROGRAM = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

class Picture(QWidget):
    def paintEvent(self, event):
        QPainter(self).drawPixmap(self.rect(), pixmap)
        QTimer.singleShot(0, ready)

def ready():
    sys.stderr.write("ready\\n")
    sys.stderr.flush()
    app.quit()

app = QApplication(sys.argv)
pixmap = QPixmap(sys.argv[1])
window = QMainWindow()
window.setCentralWidget(Picture())
window.resize(1366, 768)
window.show()
app.exec()
"""
"""The least that a Python program with Qt can do: import it, read the image, show it in a window."""


class NotReadyError(Exception):
    """The process ended, or the patience did, before it said that it is ready."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer runs, no installation of the peer")
    quick: bool = parser.parse_args().quick
    repeats = 3 if quick else 9
    with tempfile.TemporaryDirectory(prefix="polypviewer-startup-") as folder, display(Path(folder)) as environment:
        environment |= {"POLYPVIEWER_STARTUP_TRACE": "1", "POLYPVIEWER_QUIT_WHEN_READY": "1"}
        image = write_image(Path(folder) / "frame.jpg")
        figure = startup_figure(image, environment=environment, repeats=repeats, install=not quick)
    print_report("startup", {"window_ready_s": figure})


def startup_figure(image: Path, *, environment: dict[str, str], repeats: int, install: bool) -> Figure:
    """Median seconds until the window is ready: of the application, of labelme, and of a bare Qt window."""
    project = image.parent / "project"
    reasons = []
    ours = None
    try:
        make_project(project, image=image, environment=environment)
        ours = measure("ours", our_command(project), environment=environment, repeats=repeats)
    except NotReadyError as error:
        reasons.append(str(error))
    peer = None
    try:
        python = peer_python("labelme", requirement=LABELME, install=install)
        peer = measure(LABELME, [str(python), "-c", PEER_PROGRAM, str(image)], environment=environment, repeats=repeats)
    except (PeerAbsentError, NotReadyError) as error:
        reasons.append(str(error))
    bare = measure(
        "bare Qt", [sys.executable, "-c", BARE_PROGRAM, str(image)], environment=environment, repeats=repeats
    )
    return Figure(
        ours=ours,
        better="lower",
        bar=BAR_S,
        peer=peer,
        peer_name=LABELME.replace("==", " "),
        limit=bare,
        why="; ".join(reasons) or None,
    )


def our_command(project: Path) -> list[str]:
    return [sys.executable, "-m", "polypviewer", str(project)]


def make_project(project: Path, *, image: Path, environment: dict[str, str]) -> None:
    """A project of one image, made by the command line. Raises NotReadyError with its message where that fails."""
    for command in (["new", str(project)], ["import", str(project), str(image), "--exam", "unknown"]):
        done = subprocess.run(
            [sys.executable, "-m", "polypviewer", *command],
            env=environment, cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise NotReadyError(f"polypviewer {command[0]} failed: {last_line(done.stderr or done.stdout)}")


def measure(name: str, command: list[str], *, environment: dict[str, str], repeats: int) -> float:
    """Median seconds until `command` says "ready", after one run that fills the page cache."""
    seconds_until_ready(command, environment=environment)
    seconds = [seconds_until_ready(command, environment=environment) for _ in range(repeats)]
    note(f"{name}: {median(seconds):.3f} s ({exact_range(seconds)})")
    return median(seconds)


def seconds_until_ready(command: list[str], *, environment: dict[str, str]) -> float:
    """Start `command` and wait for the word "ready" on its standard error. Raises NotReadyError."""
    start = time.perf_counter()
    with subprocess.Popen(
        command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            return _wait_for_word(process, start=start)
        finally:
            process.kill()


def _wait_for_word(process: "subprocess.Popen[str]", *, start: float) -> float:
    if process.stderr is None:
        raise NotReadyError("no standard error to listen to")
    said = ""
    for line in process.stderr:
        if READY.search(line):
            return time.perf_counter() - start
        said = line.strip() or said
        if time.perf_counter() - start > PATIENCE_S:
            break
    raise NotReadyError(f"{Path(process.args[0]).name} was never ready: {said}")  # type: ignore[index, arg-type]


def last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no message"])[-1]


def write_image(path: Path) -> Path:
    """A 1920x1080 JPEG with smooth structure, about as large as a real frame; the seed is fixed."""
    noise = np.random.default_rng(7).integers(0, 255, (34, 60, 3), dtype=np.uint8)
    smooth = cv2.resize(noise, (1920, 1080), interpolation=cv2.INTER_CUBIC)
    cv2.imwrite(str(path), smooth)
    return path


if __name__ == "__main__":
    main()
