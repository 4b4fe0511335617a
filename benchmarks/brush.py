"""One brush step from the mouse event until it is painted, in our window and in napari's, with the same strokes.

Both draw a Labels mask over one frame in a window of the same size on the same display, with a brush of the same
width in image pixels. Each move is a real mouse event to the canvas; the clock stops when the paint that followed it is
done and the event loop has handed the pixels over. Ours runs on an open project: journal, proposal and panels are on.
"""

import argparse
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.display import display
from benchmarks.peers import PeerAbsentError, peer_python
from benchmarks.report import Figure, exact_range, median, note, percentile, print_report
from benchmarks.sitting import NoResultError, answer, frame, make_project, measured_by, ourselves, strokes

NAPARI = "napari[pyside6]==0.9.2"
NAPARI_NAME = "napari 0.9.2"
SIZES = {"1080p": (1080, 1920), "4k": (2160, 3840)}
WINDOW = (1920, 1080)
RADIUS = {"1080p": 20, "4k": 40}
MEDIAN_BAR_MS, P99_BAR_MS, RATIO_BAR = 1.0, 5.0, 40.0
PAUSE_S = 0.004
"""Between two events, for what runs when the hand rests; a fast mouse sends one every 1 to 8 ms."""


def sit(task: dict[str, Any]) -> dict[str, Any]:
    """Our window: draw the strokes, once to warm up and then for the clock."""
    from PySide6.QtCore import QEvent, Qt
    from PySide6.QtWidgets import QApplication

    from benchmarks.window import Watch, mouse, open_window, shown_labels
    from polypviewer.core.geometry import Point

    application = QApplication([])
    hand = open_window(Path(task["project"]), width=WINDOW[0], height=WINDOW[1])
    hand.key(Qt.Key.Key_B)
    for name, value in task.get("settings", {}).items():
        hand.session.set_setting(name, value)
    canvas, watch = hand.canvas, Watch(hand.canvas)
    canvas.hand.change_radius(task["radius"])
    labels = shown_labels(hand)
    height, width = labels.shape
    took: list[float] = []
    for number, stroke in enumerate(task["strokes"]):
        places = [canvas.view.to_widget(Point(x * width, y * height)) for x, y in stroke]
        press = watch.milliseconds(partial(mouse, canvas, QEvent.Type.MouseButtonPress, places[0]))
        steps = []
        for place in places[1:]:
            hand.rest(PAUSE_S)
            steps.append(watch.milliseconds(partial(mouse, canvas, QEvent.Type.MouseMove, place)))
        mouse(canvas, QEvent.Type.MouseButtonRelease, places[-1])
        hand.rest(0.3)
        took += [press, *steps] if number else []
    result = {"ms": took, "painted": float(np.count_nonzero(labels) / labels.size)}
    hand.until_kept()
    hand.close()
    application.quit()
    return result


def measure_ours(size: str, environment: Mapping[str, str], drawn: list[list[tuple[float, float]]]) -> dict[str, Any]:
    height, width = SIZES[size]
    with tempfile.TemporaryDirectory(prefix="polypviewer-brush-") as folder:
        project = make_project(Path(folder), height=height, width=width)
        task = {"project": str(project), "radius": RADIUS[size], "strokes": drawn}
        return measured_by(ourselves("benchmarks.brush"), task, environment=environment)


def measure_napari(
    size: str, environment: Mapping[str, str], drawn: list[list[tuple[float, float]]], *, install: bool
) -> dict[str, Any]:
    python = peer_python("napari", requirement=NAPARI, install=install)
    height, width = SIZES[size]
    with tempfile.TemporaryDirectory(prefix="polypviewer-brush-") as folder:
        picture = Path(folder) / "frame.npy"
        np.save(picture, frame(height, width, seed=0))
        task = {
            "picture": str(picture),
            "brush": 2 * RADIUS[size],
            "strokes": drawn,
            "window": WINDOW,
            "pause": PAUSE_S,
        }
        script = Path(__file__).with_name("peer_napari.py")
        return measured_by([str(python), str(script)], task, environment=environment)


def figures_of(size: str, environment: Mapping[str, str], *, quick: bool) -> dict[str, Figure]:
    """Median and 99th percentile of both, and the ratio of the medians."""
    drawn = strokes(2, 60) if quick else strokes(9, 120)
    reasons: list[str] = []
    ours = theirs = None
    try:
        ours = measure_ours(size, environment, drawn)
        note(f"ours {size}: {exact_range(ours['ms'])} ms, painted {ours['painted']:.2%}")
    except NoResultError as error:
        reasons.append(f"ours: {error}")
    try:
        theirs = measure_napari(size, environment, drawn, install=not quick)
        note(f"{NAPARI_NAME} {size}: {exact_range(theirs['ms'])} ms, painted {theirs['painted']:.2%}")
    except (NoResultError, PeerAbsentError) as error:
        reasons.append(f"{NAPARI_NAME}: {error}")
    return _figures(size, ours, theirs, why="; ".join(reasons) or None)


def _figures(
    size: str, ours: dict[str, Any] | None, theirs: dict[str, Any] | None, *, why: str | None
) -> dict[str, Figure]:
    our_median, our_p99 = _pair(ours)
    their_median, their_p99 = _pair(theirs)
    name = f"brush_step_{size}"
    times = our_median and their_median and their_median / our_median
    return {
        f"{name}_median_ms": Figure(
            ours=our_median, better="lower", bar=MEDIAN_BAR_MS, peer=their_median, peer_name=NAPARI_NAME, why=why
        ),
        f"{name}_p99_ms": Figure(
            ours=our_p99, better="lower", bar=P99_BAR_MS, peer=their_p99, peer_name=NAPARI_NAME, why=why
        ),
        f"{name}_times_faster": Figure(ours=times, better="higher", bar=RATIO_BAR, why=why),
    }


def _pair(measured: dict[str, Any] | None) -> tuple[float | None, float | None]:
    if measured is None:
        return None, None
    return median(measured["ms"]), percentile(measured["ms"], 0.99)


def main() -> None:
    """Measure, and print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer strokes, no installation of the peer")
    parser.add_argument("--sit", metavar="TASK", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.sit is not None:
        answer(sit, options.sit)
        return
    figures: dict[str, Figure] = {}
    with tempfile.TemporaryDirectory(prefix="polypviewer-brush-") as folder, display(Path(folder)) as environment:
        for size in SIZES:
            figures |= figures_of(size, environment, quick=options.quick)
    print_report("brush", figures)


if __name__ == "__main__":
    main()
