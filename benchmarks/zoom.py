"""Frames per second while the picture is panned and zoomed, drawn by the processor: mask and proposal are shown.

A frame is a mouse event, or a step of the glide after a notch of the wheel, handled and painted; the rate is the one
that 95 % of the frames keep. Beside it: the longest time for which the window's thread was busy in one piece after the
hand came to rest.
"""

import argparse
import math
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.display import display
from benchmarks.report import Figure, exact_range, note, percentile, print_report
from benchmarks.sitting import NoResultError, answer, make_project, measured_by, ourselves, put_large_proposal

SIZES = {"1080p": (1080, 1920), "4k": (2160, 3840)}
BARS_FPS = {"pan_1080p": 60.0, "zoom_1080p": 60.0, "pan_4k": 60.0, "zoom_4k": 30.0}
STILL_BAR_MS = 10.0
PAUSE_S = 0.002
GLIDE_S, REST_S = 0.07, 0.6
"""Between two notches of the wheel, in which the view glides; and after them, until everything is drawn finely."""


def sit(task: dict[str, Any]) -> dict[str, Any]:
    """Our window, as large as the frame: pan at 1:1 in circles, then zoom in and out at a wandering place."""
    from PySide6.QtCore import QEvent, QPointF, Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from benchmarks.window import Watch, mouse, open_window, wheel

    application = QApplication([])
    height, width = task["size"]
    hand = open_window(Path(task["project"]), width=width, height=height)
    hand.session.take_proposal()
    canvas, watch = hand.canvas, Watch(hand.canvas)
    QTest.keyClick(canvas, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    hand.rest(1.0)
    middle = QPointF(canvas.width() // 2, canvas.height() // 2)
    held = Qt.MouseButton.MiddleButton
    pan, zoom, still = [], [], []
    mouse(canvas, QEvent.Type.MouseButtonPress, middle, button=held)
    for number in range(task["frames"]):
        turn = (number + 1) / 15
        place = middle + QPointF(round(320 * math.sin(turn)), round(200 * math.sin(0.7 * turn)))
        pan.append(watch.milliseconds(partial(mouse, canvas, QEvent.Type.MouseMove, place, button=held)))
        hand.rest(PAUSE_S)
    mouse(canvas, QEvent.Type.MouseButtonRelease, middle, button=held)
    still.append(watch.turns(REST_S)[1])
    for number in range(task["frames"] // 4):
        place = middle + QPointF(80 * math.sin(number / 9), 60 * math.cos(number / 7))
        wheel(canvas, place, 0.5 if number // 8 % 2 == 0 else -0.5)
        zoom += watch.turns(GLIDE_S)[0]
        if number % 8 == 7:
            still.append(watch.turns(REST_S)[1])
    hand.until_kept()
    hand.close()
    application.quit()
    return {"pan": pan, "zoom": zoom, "still": still}


def rates_of(size: str, folder: Path, environment: Mapping[str, str], *, quick: bool) -> dict[str, Figure]:
    """The rates at one size of frame and window."""
    height, width = SIZES[size]
    why, measured = None, {}
    project = make_project(folder / size, height=height, width=width)
    put_large_proposal(project, height=height, width=width)
    task = {"project": str(project), "size": (height, width), "frames": 110 if quick else 400}
    try:
        measured = measured_by(ourselves("benchmarks.zoom"), task, environment=environment)
    except NoResultError as error:
        why = str(error)
    figures = {}
    for kind in ("pan", "zoom"):
        took = measured.get(kind)
        if took:
            note(f"{kind} {size}: {exact_range(took)} ms")
        rate = 1000 / percentile(took, 0.95) if took else None
        figures[f"{kind}_{size}_fps"] = Figure(ours=rate, better="higher", bar=BARS_FPS[f"{kind}_{size}"], why=why)
    still = measured.get("still")
    figures[f"still_{size}_longest_piece_ms"] = Figure(
        ours=max(still) if still else None, better="lower", bar=STILL_BAR_MS, why=why
    )
    return figures


def main() -> None:
    """Measure, and print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer frames")
    parser.add_argument("--sit", metavar="TASK", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.sit is not None:
        answer(sit, options.sit)
        return
    figures: dict[str, Figure] = {}
    for size, (height, width) in SIZES.items():
        with (
            tempfile.TemporaryDirectory(prefix="polypviewer-zoom-") as name,
            display(Path(name), screen=f"{width}x{height}x24") as environment,
        ):
            figures |= rates_of(size, Path(name), environment, quick=options.quick)
    print_report("zoom", figures)


if __name__ == "__main__":
    main()
