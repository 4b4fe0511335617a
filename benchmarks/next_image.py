"""From the key press to the painted next image, 1080p JPEGs, in our window and in labelme's.

Both step through the same folder with their own key, in a window of the same size on the same display, with the same
pause between two presses; ours reads the next frames ahead in it and runs its model on each shown frame.
"""

import argparse
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.display import display
from benchmarks.peers import PeerAbsentError, peer_python
from benchmarks.report import Figure, exact_range, median, note, percentile, print_report
from benchmarks.sitting import NoResultError, answer, make_project, measured_by, ourselves

LABELME, LABELME_NAME = "labelme==6.3.1", "labelme 6.3.1"
HEIGHT, WIDTH = 1080, 1920
WINDOW = (1920, 1080)
P95_BAR_MS = 16.0
PAUSE_S = 0.5
"""A quick reader looks at a frame for so long."""
NOT_COUNTED = 2
"""The first steps fill caches of files and code in both programs."""


def sit(task: dict[str, Any]) -> dict[str, Any]:
    """Our window: the key for the next frame, until that frame is painted."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from benchmarks.window import Watch, open_window
    from polypviewer.core.identity import FrameRef

    application = QApplication([])
    hand = open_window(Path(task["project"]), width=WINDOW[0], height=WINDOW[1])
    watch = Watch(hand.canvas)
    took = []
    for _ in range(task["count"]):
        before = hand.session.current

        def gone(before: FrameRef | None = before) -> bool:
            return hand.session.current != before

        press = partial(QTest.keyClick, hand.canvas, Qt.Key.Key_Right)
        took.append(watch.milliseconds(press, once=gone))
        hand.rest(task["pause"])
    hand.close()
    application.quit()
    return {"ms": took}


def measure_ours(folder: Path, environment: Mapping[str, str], *, count: int) -> dict[str, Any]:
    task = {"project": str(folder / "project"), "count": count, "pause": PAUSE_S}
    return measured_by(ourselves("benchmarks.next_image"), task, environment=environment)


def measure_labelme(folder: Path, environment: Mapping[str, str], *, count: int, install: bool) -> dict[str, Any]:
    python = peer_python("labelme", requirement=LABELME, install=install)
    task = {"folder": str(folder / "pictures"), "count": count, "pause": PAUSE_S, "window": WINDOW}
    script = Path(__file__).with_name("peer_labelme.py")
    return measured_by([str(python), str(script)], task, environment=environment)


def figures_of(environment: Mapping[str, str], *, quick: bool) -> dict[str, Figure]:
    """95th percentile and median of both."""
    count = 14 if quick else 60
    reasons: list[str] = []
    ours = theirs = None
    with tempfile.TemporaryDirectory(prefix="polypviewer-next-") as name:
        folder = Path(name)
        make_project(folder, height=HEIGHT, width=WIDTH, count=count + 3)
        try:
            ours = measure_ours(folder, environment, count=count)["ms"][NOT_COUNTED:]
            note(f"ours: {exact_range(ours)} ms")
        except NoResultError as error:
            reasons.append(f"ours: {error}")
        try:
            theirs = measure_labelme(folder, environment, count=count, install=not quick)["ms"][NOT_COUNTED:]
            note(f"{LABELME_NAME}: {exact_range(theirs)} ms")
        except (NoResultError, PeerAbsentError) as error:
            reasons.append(f"{LABELME_NAME}: {error}")
    why = "; ".join(reasons) or None
    return {
        "next_image_1080p_p95_ms": Figure(
            ours=ours and percentile(ours, 0.95), better="lower", bar=P95_BAR_MS,
            peer=theirs and percentile(theirs, 0.95), peer_name=LABELME_NAME, why=why,
        ),
        "next_image_1080p_median_ms": Figure(
            ours=ours and median(ours), better="lower", peer=theirs and median(theirs), peer_name=LABELME_NAME, why=why
        ),
    }  # fmt: skip


def main() -> None:
    """Measure, and print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer steps, no installation of the peer")
    parser.add_argument("--sit", metavar="TASK", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.sit is not None:
        answer(sit, options.sit)
        return
    with tempfile.TemporaryDirectory(prefix="polypviewer-next-") as folder, display(Path(folder)) as environment:
        figures = figures_of(environment, quick=options.quick)
    print_report("next_image", figures)


if __name__ == "__main__":
    main()
