"""Undo and redo in the window, from the key press until painted, and what a thousand strokes cost to keep.

The steps are an accepted proposal over a third of the frame, strokes from small to very large, and an erasing one; they
are undone and made again several times with Ctrl+Z and Ctrl+Y on an open project.
"""

import argparse
import tempfile
import tracemalloc
from collections.abc import Mapping
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

from benchmarks.display import display
from benchmarks.report import Figure, exact_range, median, note, percentile, print_report, timed
from benchmarks.sitting import NoResultError, answer, make_project, measured_by, ourselves, put_large_proposal, strokes

SIZES = {"1080p": (1080, 1920), "4k": (2160, 3840)}
WINDOW = (1920, 1080)
STEP_BAR_MS, HISTORY_BAR_MB = 8.0, 20.0
RADII = (12, 20, 30, 60, 100, 150, 200, 250)
"""Brushes of the strokes in image pixels of a 1080p frame; twice that at 4K."""
STROKES = 1000


def sit(task: dict[str, Any]) -> dict[str, Any]:
    """Our window: make the steps, then undo and redo all of them `rounds` times."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from benchmarks.window import Watch, open_window, shown_labels

    application = QApplication([])
    hand = open_window(Path(task["project"]), width=WINDOW[0], height=WINDOW[1])
    session, canvas = hand.session, hand.canvas
    accepted: list[float] = []
    with timed(accepted):
        session.accept(stay=True)
    hand.rest(0.3)
    paint(hand, shown_labels(hand).shape, scale=task["scale"])
    steps, watch = len(session.history.done), Watch(canvas)
    calls: list[float] = []
    painted: list[float] = []
    for _ in range(task["rounds"]):
        for key, act in ((Qt.Key.Key_Z, session.undo), (Qt.Key.Key_Y, session.redo)):
            for _ in range(steps):
                press = partial(QTest.keyClick, canvas, key, Qt.KeyboardModifier.ControlModifier)
                painted.append(watch.milliseconds(press))
                hand.rest(0.08)
            for _ in range(steps):
                (session.redo if act == session.undo else session.undo)()
            for _ in range(steps):
                with timed(calls):
                    act()
                hand.rest(0.08)
    hand.until_kept()
    hand.close()
    application.quit()
    return {
        "calls": [1000 * took for took in calls], "painted": painted, "accept": 1000 * accepted[0], "steps": steps,
    }  # fmt: skip


def paint(hand: Any, size: tuple[int, ...], *, scale: float) -> None:
    """One stroke with each brush, in turn on two lesions, and one that erases."""
    from polypviewer.core.geometry import Point

    height, width = size
    drawn = strokes(len(RADII), 40)
    for number, (radius, places) in enumerate(zip(RADII, drawn, strict=True)):
        hand.session.begin_stroke(0 if number == 3 else 2 + number % 2)
        for x, y in places:
            hand.session.stroke_to(Point(x * width, y * height), radius * scale)
        hand.session.end_stroke()
        hand.rest(0.05)


def keep_a_thousand(_task: dict[str, Any]) -> dict[str, Any]:
    """A thousand strokes of a hand at 1080p, without a window: bytes in the history, as it counts and as they are."""
    from polypviewer.core.command import Command, MaskChange
    from polypviewer.core.command_codec import encode_command
    from polypviewer.core.geometry import EMPTY_RECT, Point
    from polypviewer.core.history import History
    from polypviewer.core.identity import FrameRef
    from polypviewer.core.label_map import empty_label_map
    from polypviewer.core.paint import paint_segment
    from polypviewer.core.patch import patch_between

    height, width = SIZES["1080p"]
    labels, history, journal = empty_label_map(height, width), History(), 0
    frame = FrameRef(UUID(int=1), 0)
    tracemalloc.start()
    for number in range(STROKES):
        places = [Point(x * width, y * height) for x, y in strokes(1 + number % 12, 40)[-1]]
        before, rect = labels.copy(), EMPTY_RECT
        for a, b in pairwise(places):
            rect = rect.united(paint_segment(labels, a, b, 12 + number % 40, value=number % 4))
        change = MaskChange(frame, patch_between(before, labels, rect))
        command = Command(UUID(int=number), UUID(int=7), "stroke", (change,))
        history.push(command)
        journal += len(encode_command(command))
        del before
    used, _ = tracemalloc.get_traced_memory()
    return {"counted_mb": history.size_bytes / 1e6, "measured_mb": used / 1e6, "journal_mb": journal / 1e6}


def steps_of(size: str, environment: Mapping[str, str], *, quick: bool) -> dict[str, Figure]:
    """99th percentile and median of a step, and what accepting the proposal took."""
    height, width = SIZES[size]
    why = measured = None
    with tempfile.TemporaryDirectory(prefix="polypviewer-undo-") as folder:
        project = make_project(Path(folder), height=height, width=width)
        put_large_proposal(project, height=height, width=width)
        task = {"project": str(project), "scale": height / 1080, "rounds": 2 if quick else 12}
        try:
            measured = measured_by(ourselves("benchmarks.undo"), task, environment=environment)
            note(f"{size}: {measured['steps']} steps, call {exact_range(measured['calls'])} ms")
            note(f"{size}: until painted {exact_range(measured['painted'])} ms")
        except NoResultError as error:
            why = str(error)
    painted, calls = (measured["painted"], measured["calls"]) if measured else ([], [])
    accept = measured["accept"] if measured else None
    name = f"undo_or_redo_{size}"
    return {
        f"{name}_call_p99_ms": _figure(calls, share=0.99, why=why),
        f"{name}_painted_p99_ms": _figure(painted, share=0.99, why=why),
        f"{name}_painted_median_ms": Figure(ours=median(painted) if painted else None, better="lower", why=why),
        f"accept_large_proposal_{size}_ms": Figure(ours=accept, better="lower", bar=STEP_BAR_MS, why=why),
    }


def _figure(values: list[float], *, share: float, why: str | None) -> Figure:
    ours = percentile(values, share) if values else None
    return Figure(ours=ours, better="lower", bar=STEP_BAR_MS, why=why)


def kept_figures() -> dict[str, Figure]:
    """Megabytes of a thousand strokes."""
    kept = measured_by([*ourselves("benchmarks.undo")[:-1], "--keep"], {}, environment={})
    return {
        "history_1000_strokes_counted_mb": Figure(ours=kept["counted_mb"], better="lower", bar=HISTORY_BAR_MB),
        "history_1000_strokes_measured_mb": Figure(ours=kept["measured_mb"], better="lower", bar=HISTORY_BAR_MB),
        "journal_1000_strokes_mb": Figure(ours=kept["journal_mb"], better="lower"),
    }


def main() -> None:
    """Measure, and print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--sit", metavar="TASK", help=argparse.SUPPRESS)
    parser.add_argument("--keep", metavar="TASK", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.sit is not None:
        answer(sit, options.sit)
        return
    if options.keep is not None:
        answer(keep_a_thousand, options.keep)
        return
    figures: dict[str, Figure] = {}
    with tempfile.TemporaryDirectory(prefix="polypviewer-undo-") as folder, display(Path(folder)) as environment:
        for size in SIZES:
            figures |= steps_of(size, environment, quick=options.quick)
    print_report("undo", figures | kept_figures())


if __name__ == "__main__":
    main()
