"""Pictures of every layout, in both themes and sizes, empty, normal and broken, drawn by the real window on the demo.

`python -m tests.e2e.screenshots OUT [--quick]`; `--quick` leaves out the training. Needs a display, or Xvfb, or the
offscreen platform.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

from tests.mouse import glide
from tests.surroundings import Xvfb, isolate_home, xcb_failure

if TYPE_CHECKING:
    from polypviewer.ui.theme import ThemeName

SIZES = ((1920, 1080), (1366, 768))
THEMES = ("dark", "light")
LAYOUTS = ("review", "video", "train")
SECONDS = 300.0
STEPS = 24


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--quick", action="store_true", help="leave out the training")
    wanted = parser.parse_args()
    wanted.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="polypviewer-screenshots-") as home:
        os.environ.update(isolate_home(Path(home)))
        os.environ["POLYPVIEWER_HOME"] = str(Path(home) / "polypviewer")
        server = _display()
        try:
            return _photograph(wanted.out, Path(home), trains=not wanted.quick)
        finally:
            if server is not None:
                server.stop()


def _display() -> Xvfb | None:
    """A display of our own where Xvfb is installed, so that pictures do not depend on anybody's desktop."""
    if "QT_QPA_PLATFORM" in os.environ or not Xvfb.installed() or xcb_failure() is not None:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        return None
    server = Xvfb()
    os.environ.update(DISPLAY=server.display, QT_QPA_PLATFORM="xcb")
    return server


class Studio:
    """The real window and session, and a camera."""

    def __init__(self, out: Path) -> None:
        from PySide6.QtWidgets import QApplication

        from polypviewer.app import make_window
        from polypviewer.session.demo_project import READER
        from polypviewer.session.session import Session

        self.application = QApplication.instance() or QApplication(["polypviewer"])
        self.out = out
        self.session = Session()
        self.session.settings.reader = READER
        self.window, self.wiring = make_window(self.session)
        self.count = 0

    def wait(self, seconds: float) -> None:
        self.until(lambda: False, seconds)

    def until(self, done: Callable[[], bool], seconds: float = SECONDS) -> bool:
        """Let the window live until something is so."""
        ends = time.monotonic() + seconds
        while not done() and time.monotonic() < ends:
            self.application.processEvents()
            time.sleep(0.005)
        return done()

    def dress(self, theme: str, size: tuple[int, int]) -> None:
        """Theme and size, as at a start."""
        self.window.use_theme(cast("ThemeName", theme))
        self.window.resize(*size)
        self.window.workspace.fold_for(size[0])
        self.window.show()
        self.wait(0.3)

    def shoot(self, *words: str) -> None:
        """One picture of the window."""
        self.wait(0.35)
        path = self.out / f"{'-'.join(words)}.png"
        if not self.window.grab().save(str(path)):
            raise OSError(f"{path} could not be written")
        self.count += 1
        sys.stdout.write(f"{path}\n")

    def open(self, project: Path) -> None:
        self.wiring.project.open(project)
        self.until(lambda: self.session.current is not None)
        self.until(lambda: self.session.proposal is not None, 20)


def _photograph(out: Path, home: Path, *, trains: bool) -> int:
    studio = Studio(out)
    try:
        _every(studio, "empty", _empty)
        studio.open(_demo(home / "demo"))
        _correct_by_hand(studio)
        if trains:
            _train(studio)
        _every(studio, "normal", _normal)
        _seeing(studio)
        _every(studio, "broken", _broken)
        _extras(studio)
    finally:
        studio.wiring.close()
        studio.window.close()
    sys.stdout.write(f"{studio.count} pictures in {out}\n")
    return 0


def _every(studio: Studio, state: str, prepare: Callable[[Studio, str], None]) -> None:
    for theme in THEMES:
        for size in SIZES:
            studio.dress(theme, size)
            for layout in LAYOUTS:
                studio.window.do(layout)
                prepare(studio, layout)
                studio.shoot(layout, theme, f"{size[0]}x{size[1]}", state)


def _demo(folder: Path) -> Path:
    """The demo project with the stills of some exams corrected."""
    from polypviewer.session.demo_project import READER, correct_stills, make_demo
    from polypviewer.session.jobs import project_for_command

    place = make_demo(folder, tell=_silent)
    with project_for_command(folder, reader=READER, writes=True) as store:
        correct_stills(store, place, tell=_silent, exams=("E-0001", "E-0002", "E-0003", "E-0004"))
    return folder


def _silent(_progress: object) -> None:
    """Nobody watches."""


def _correct_by_hand(studio: Studio) -> None:
    """What a reader does: proposals for all, one taken and corrected with the brush, one left for later."""
    session = studio.session
    studio.window.do("review")
    session.propose_all()
    studio.until(lambda: session.proposing.is_proposing_all, 10)
    studio.until(lambda: not session.proposing.is_proposing_all)
    session.next_in_queue()
    studio.until(lambda: session.proposal is not None, 20)
    session.needs_work()
    session.next_in_queue()
    studio.wait(1.0)
    studio.until(lambda: session.proposal is not None, 20)
    if session.proposal is not None and session.proposal.kept:
        session.take_proposal()
        _brush(studio)


def _brush(studio: Studio) -> None:
    """One stroke of the eraser along the lower edge of the proposal, with the real mouse."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    from polypviewer.core.geometry import Point

    shown, canvas = studio.session.proposal, studio.window.canvas
    if shown is None:
        return
    rect = max(shown.kept, key=lambda component: component.area).rect
    studio.window.do("eraser")
    canvas.hand.change_radius(max(4.0, rect.height / 6))
    path = [
        canvas.view.to_widget(Point(rect.x + rect.width * across, rect.y + rect.height * down)).toPoint()
        for across, down in ((-0.05, 0.55), (0.1, 0.8), (0.3, 0.98), (0.6, 1.05))
    ]
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=path[0])
    for place in path[1:]:
        glide(canvas, place)
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=path[-1])
    studio.window.do("brush")


def _train(studio: Studio) -> None:
    studio.session.set_setting("finetune_steps", STEPS)
    studio.session.fine_tune()
    studio.until(lambda: studio.session.training.is_active, 20)
    studio.until(lambda: not studio.session.training.is_active)


def _empty(studio: Studio, _layout: str) -> None:
    studio.window.stage.message.dismiss()


def _normal(studio: Studio, layout: str) -> None:
    """Review on the corrected still, Video in the middle of the clip."""
    studio.window.stage.message.dismiss()
    studio.window.show_page(studio.window.panel.frame) if layout == "review" and studio.window.width() > 1440 else None
    frames = studio.session.frames
    if layout == "video":
        videos = [item for item in frames.media if item.kind == "video"]
        start = next(n for n, ref in enumerate(frames) if ref.media_id == videos[0].id)
        _go(studio, start + videos[0].frame_count // 2)
    elif layout == "review":
        edited = next((n for n, ref in enumerate(frames) if studio.session.statuses[ref] == "edited"), 0)
        _go(studio, edited)


def _go(studio: Studio, position: int) -> None:
    ref = studio.session.frames[position]
    studio.session.go_to(ref)
    studio.until(lambda: studio.session.current == ref, 20)
    studio.until(lambda: studio.session.proposal is not None, 10)
    studio.wait(0.3)


def _broken(studio: Studio, layout: str) -> None:
    """A file that cannot be read stands in the list with its reason; an error stands in the bar with its cure."""
    from polypviewer.core.exam_rules import ExamRule
    from polypviewer.session.messages import Message

    if not any(item.broken for item in studio.session.frames.media):
        folder = studio.out / "broken"
        folder.mkdir(exist_ok=True)
        text = folder / "really a text.jpg"
        text.write_text("This is no picture.", "utf-8")
        studio.session.import_paths([text], ExamRule("unknown"))
        studio.until(lambda: any(item.broken for item in studio.session.frames.media), 30)
    if layout == "review":
        studio.window.show_page(studio.window.panel.media)
    cure = "Free some space; until then everything is kept in this window."
    told = Message("save.failed", "error", "The last edits are not on disk: the disk is full.", cure, "OSError 28")
    studio.window.stage.message.dismiss()
    studio.window.stage.message.show_message(told)


def _extras(studio: Studio) -> None:
    """Palette, keys, the panel's pages, and the dialogs that may stop the hand."""
    from polypviewer.ui.dialogs import ExamRuleDialog, FirstStartDialog

    window = studio.window
    window.stage.message.dismiss()
    for theme in THEMES:
        studio.dress(theme, SIZES[0])
        window.do("review")
        for page in ("lesions", "history", "model", "media"):
            window.show_page(getattr(window.panel, page))
            studio.shoot("panel", page, theme)
        window.show_page(window.panel.frame)
        window.palette_.open()
        studio.shoot("palette", theme)
        window.palette_.close_palette()
        window.sheet.open()
        studio.shoot("keys", theme)
        window.sheet.close_sheet()
        files = [Path(f"exam {n % 3}") / f"patient{n % 3}_{n:03}.png" for n in range(30)]
        for name, dialog in (
            ("first-start", FirstStartDialog(parent=window)),
            ("exams", ExamRuleDialog(files, parent=window)),
        ):
            dialog.show()
            studio.wait(0.3)
            dialog.grab().save(str(studio.out / f"dialog-{name}-{theme}.png"))
            studio.count += 1
            dialog.close()


def _seeing(studio: Studio) -> None:
    """Every layer, a comparison, an enhanced view, high zoom, large text, and high contrast."""
    window = studio.window
    for theme in (*THEMES, "contrast"):
        studio.dress(theme, SIZES[0])
        window.do("review")
        _normal(studio, "review")
        for action in ("heat", "difference", "compare", "view_panel"):
            window.actions_[action].trigger()
        studio.shoot("seeing", "layers", theme)
        for action in ("heat", "difference", "compare", "view_panel"):
            window.actions_[action].trigger()
        window.canvas.zoom_by(20.0)
        studio.shoot("seeing", "pixels", theme)
        window.canvas.fit()
        window.dressing.use_text(150)
        studio.shoot("seeing", "large-text", theme)
        window.dressing.use_text(100)


if __name__ == "__main__":
    sys.exit(main())
