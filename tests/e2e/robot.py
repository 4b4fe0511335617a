"""A random robot at the real window: seeded mouse, keys and wheel. `python -m tests.e2e.robot --seed 1 --seconds 60`.

It draws, decides, undoes in storms, changes frames, tools, layouts and sizes, and opens and closes what can be opened.
What must hold is written in `robot_checks`: no exception, no warning of Qt, no stalled window, no lost mask. The last
line on stdout is a JSON object; the exit code is 1 if anything was found.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QKeySequence, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QWidget

from polypviewer.core.exam_rules import ExamRule
from polypviewer.datasets.demo import generate_demo
from polypviewer.media.write import write_png, write_video
from polypviewer.session.importing import import_media
from polypviewer.session.jobs import project_for_command
from polypviewer.session.store_door import direct_door
from polypviewer.storage import create_project
from polypviewer.ui.actions import ACTIONS, ActionSpec, keys_of
from tests.e2e.hand import PLAIN, Hand
from tests.e2e.robot_checks import Oracle
from tests.e2e.watchdog import BAR_MS, WatchedApplication
from tests.mouse import glide

READER: Final = "AB"
CONTROL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
LEFT, RIGHT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton
LEFT_ALONE: Final = frozenset(
    {"open_project", "new_project", "open_demo", "import_files", "import_folder", "export_kvasir", "export_coco",
     "quit", "fine_tune", "stop_training", "rename_reader", "propose_all", "cover"}
)  # fmt: skip
"""What leads out of the project, to files, or to minutes of other programs' work.

And the cover of burnt-in text, which paints a whole frame on the window's thread: 40-60 ms at 1080p, above the bar.
"""
LARGEST_TIP: Final = 48.0
"""Image pixels; what larger ones cost is measured by the benchmarks."""
REACH: Final = 0.08
"""Of the frame: how far the mouse gets between two events at most, as a quick hand does."""
ANSWERS_EVERY_MS: Final = 60
CHECKED_EVERY: Final = 150
UNDO_MEGABYTES: Final = 4


class Robot:
    """One run. `rng` decides everything, so a seed repeats it (up to the machine's own timing)."""

    def __init__(self, hand: Hand, oracle: Oracle, *, seed: int) -> None:
        self.hand, self.oracle = hand, oracle
        self.rng = random.Random(seed)
        self.deeds = 0
        self._table: dict[Callable[[], None], int] = {
            self.draw: 30, self.interrupted_drag: 6, self.press_a_key: 40, self.undo_storm: 5, self.walk: 12,
            self.roll: 10, self.pan: 4, self.hover: 4, self.resize: 2, self.choose_in_palette: 2, self.type_comment: 2,
            self.click_a_button: 8, self.click_below: 5, self.press_any_key: 4, self.save_and_reopen: 1,
        }  # fmt: skip
        self._answers = QTimer(interval=ANSWERS_EVERY_MS)
        self._answers.timeout.connect(self._answer)
        self._answers.start()

    def act(self) -> None:
        """One deed."""
        deed = self.rng.choices(list(self._table), list(self._table.values()))[0]
        self.oracle.watchdog.doing = f"deed {self.deeds}: {deed.__name__}"
        self.deeds += 1
        deed()
        QApplication.processEvents()
        # What a running event loop does between two events, and `processEvents` does not.
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        self.hand.canvas.hand.change_radius(min(self.hand.canvas.hand.radius, LARGEST_TIP))
        self.oracle.remember()

    def stop(self) -> None:
        """No more answers."""
        self._answers.stop()

    # --- the picture ---

    def draw(self) -> None:
        """A drag with either button, sometimes far outside the picture."""
        self._drag(self._points(self.rng.randint(1, 6)), button=self.rng.choice([LEFT, LEFT, LEFT, RIGHT]))

    def interrupted_drag(self) -> None:
        """Something else happens while the button is down."""
        canvas, places = self.hand.canvas, [self.hand.at(*point) for point in self._points(4)]
        if not canvas.isVisible():
            return
        QTest.mousePress(canvas, LEFT, PLAIN, places[0])
        glide(canvas, places[1])
        self.rng.choice([self.press_a_key, self.roll, self.walk, self.undo_storm, self._escape])()
        if canvas.isVisible():
            glide(canvas, places[2])
        QTest.mouseRelease(canvas, LEFT, PLAIN, places[3])

    def roll(self) -> None:
        """The wheel over the canvas."""
        canvas = self.hand.canvas
        at = self._somewhere(canvas)
        for _ in range(self.rng.randint(1, 4)):
            turn = QPoint(0, self.rng.choice([120, -120, 40, -40]))
            event = QWheelEvent(
                QPointF(at), QPointF(canvas.mapToGlobal(at)), QPoint(), turn, Qt.MouseButton.NoButton,
                self.rng.choice([PLAIN, PLAIN, SHIFT, CONTROL]), Qt.ScrollPhase.NoScrollPhase, False,
            )  # fmt: skip
            QApplication.sendEvent(canvas, event)
            QApplication.processEvents()

    def pan(self) -> None:
        """The middle button moves the picture."""
        self._drag(self._points(3), button=MIDDLE)

    def hover(self) -> None:
        """The mouse goes over the window without a button."""
        for _ in range(self.rng.randint(1, 8)):
            if self.hand.canvas.isVisible():
                glide(self.hand.canvas, self._somewhere(self.hand.canvas))

    def _drag(self, points: list[tuple[float, float]], *, button: Qt.MouseButton) -> None:
        """Nothing where another page lies over the picture."""
        if self.hand.canvas.isVisible():
            self.hand.drag(points, button=button)

    # --- keys ---

    def press_a_key(self) -> None:
        """A key of the action table, where it is on."""
        spec = self.rng.choice(self._allowed())
        self._press(spec)

    def press_any_key(self) -> None:
        """Any key at all, with modifiers that lead nowhere outside."""
        key = self.rng.choice(list("abcdefghijklmnoprstuvwxyz,.-+[]0123456789 "))
        QTest.keyClick(self._focused(), ord(key), self.rng.choice([PLAIN, SHIFT, ALT]))

    def undo_storm(self) -> None:
        """Many steps back and forth without waiting."""
        for _ in range(self.rng.randint(2, 12)):
            key = self.rng.choice([Qt.Key.Key_Z, Qt.Key.Key_Z, Qt.Key.Key_Y])
            QTest.keyClick(self._focused(), key, CONTROL)

    def walk(self) -> None:
        """Frame after frame, faster than they come."""
        for _ in range(self.rng.randint(1, 5)):
            QTest.keyClick(self._focused(), self.rng.choice([Qt.Key.Key_D, Qt.Key.Key_A, Qt.Key.Key_Right]))
        if self.rng.random() < 0.7:
            self.oracle.settle()

    def choose_in_palette(self) -> None:
        """Find an action by its name, or think better of it."""
        spec = self.rng.choice(self._allowed())
        QTest.keyClick(self._focused(), Qt.Key.Key_K, CONTROL)
        QApplication.processEvents()
        if self.hand.window.palette_.isVisible():
            QTest.keyClicks(self._focused(), spec.text)
            QTest.keyClick(self._focused(), self.rng.choice([Qt.Key.Key_Return, Qt.Key.Key_Escape]))

    def type_comment(self) -> None:
        """A comment in the panel."""
        QTest.keyClick(self._focused(), Qt.Key.Key_C)
        QApplication.processEvents()
        if self.hand.window.panel.frame.comment.hasFocus():
            QTest.keyClicks(self._focused(), self.rng.choice(["flat", "behind a fold", ""]))
            QTest.keyClick(self._focused(), self.rng.choice([Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_Tab]))

    def _press(self, spec: ActionSpec) -> None:
        keys = keys_of(spec, self.hand.window.actions_.preset)
        if keys:
            QTest.keySequence(self._focused(), QKeySequence(self.rng.choice(keys)))
        elif self.hand.window.actions_[spec.id].isEnabled():
            self.hand.window.actions_[spec.id].trigger()

    def _allowed(self) -> list[ActionSpec]:
        return [spec for spec in ACTIONS if spec.id not in LEFT_ALONE]

    def _escape(self) -> None:
        QTest.keyClick(self._focused(), Qt.Key.Key_Escape)

    # --- the window ---

    def resize(self) -> None:
        """Another size of the window."""
        self.hand.window.resize(self.rng.randint(960, 1700), self.rng.randint(600, 1000))
        QApplication.processEvents()

    def click_a_button(self) -> None:
        """Any button that can be seen and does not lead out."""
        buttons = [b for b in self.hand.window.findChildren(QAbstractButton) if self._may_click(b)]
        if buttons:
            button = self.rng.choice(buttons)
            QTest.mouseClick(button, LEFT, PLAIN, self._somewhere(button))

    def click_below(self) -> None:
        """The strip, or the time line."""
        workspace = self.hand.window.workspace
        for widget in (workspace.strip.strip.viewport(), workspace.transport.timeline):
            if widget.isVisible():
                QTest.mouseClick(widget, LEFT, PLAIN, self._somewhere(widget))

    def save_and_reopen(self) -> None:
        """Close the project and open it again."""
        self.oracle.settle()
        QTest.keyClick(self._focused(), Qt.Key.Key_S, CONTROL)
        self.oracle.reopen()

    def _may_click(self, button: QAbstractButton) -> bool:
        told = " ".join((button.objectName(), button.text(), button.toolTip(), button.accessibleName()))
        outside = [spec.text for spec in ACTIONS if spec.id in LEFT_ALONE] + [
            "Open",
            "New",
            "Export",
            "Reader",
            "Train",
        ]
        return button.isVisible() and button.isEnabled() and not any(word in told for word in outside)

    def _answer(self) -> None:
        """A dialog that was opened is closed again, as by Escape; popups too."""
        popup = QApplication.activePopupWidget()
        modal = QApplication.activeModalWidget()
        if popup is not None:
            popup.close()
        elif isinstance(modal, QDialog):
            modal.reject()
            self.hand.window.activateWindow()

    # --- places ---

    def _points(self, count: int) -> list[tuple[float, float]]:
        reach = self.rng.choice([0.0, 0.0, 0.3])
        x, y = self.rng.random(), self.rng.random()
        points = [(x, y)]
        for _ in range(count):
            x, y = x + self.rng.uniform(-REACH, REACH), y + self.rng.uniform(-REACH, REACH)
            points.append((min(max(x, -reach), 1 + reach), min(max(y, -reach), 1 + reach)))
        return points

    def _somewhere(self, widget: QWidget) -> QPoint:
        return QPoint(self.rng.randrange(max(widget.width(), 1)), self.rng.randrange(max(widget.height(), 1)))

    def _focused(self) -> QWidget:
        return QApplication.focusWidget() or self.hand.canvas


def make_project(folder: Path) -> Path:
    """Stills of three kinds (full HD, odd and turned by EXIF, small) and a video."""
    made = generate_demo(folder / "demo", seed=3, write_video=write_video, exams=1, stills=2, clip_frames=20)
    rng = np.random.default_rng(1)
    large, turned = folder / "large.png", folder / "turned.jpg"
    write_png(large, np.kron(rng.integers(60, 200, (30, 40, 3), np.uint8), np.ones((36, 48, 1), np.uint8)))
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(rng.integers(60, 200, (213, 317, 3), np.uint8)).save(turned, quality=95, exif=exif)
    project = folder / "project"
    create_project(project, name="robot")
    with project_for_command(project, reader=READER, writes=True) as store:
        paths = [large, turned, *made.stills, made.clip]
        import_media(direct_door(store), paths, ExamRule("unknown"), tell=lambda _progress: None)
    return project


def run(*, seed: int, seconds: float, bar: float, folder: Path) -> dict[str, object]:
    """Let the robot work; what it did and what was found."""
    application = WatchedApplication()
    project = make_project(folder)
    hand = Hand(width=1366, height=768)
    oracle = Oracle(hand, project, application.watchdog, bar=bar)
    # The history grows to its budget by design; a small one is full before memory is watched.
    hand.session.set_setting("undo_megabytes", UNDO_MEGABYTES)
    hand.open(project)
    oracle.begin()
    robot = Robot(hand, oracle, seed=seed)
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end and not oracle.findings:
            robot.act()
            if robot.deeds % CHECKED_EVERY == 0:
                oracle.check()
        robot.stop()
        oracle.finish()
    except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - whatever it is, it is a finding
        oracle.found(error)
    return {"seed": seed, "deeds": robot.deeds, **oracle.report()}


def main(arguments: list[str]) -> int:
    """The command line; 0 if nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.robot", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--bar", type=float, default=BAR_MS, help="milliseconds a handler may take")
    told = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="robot-", ignore_cleanup_errors=True) as folder:
        faulthandler.enable()
        report = run(seed=told.seed, seconds=told.seconds, bar=told.bar, folder=Path(folder))
    sys.stdout.write(json.dumps(report) + "\n")
    return 1 if report["findings"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
