"""Projects for tests: real folders with real pictures, and a session on them with an event loop."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from polypviewer.core.exam_rules import ExamRule
from polypviewer.core.geometry import Point
from polypviewer.core.identity import FrameRef
from polypviewer.core.label_map import LabelMap
from polypviewer.core.record import ExamKey
from polypviewer.session.importing import import_media
from polypviewer.session.jobs import project_for_command
from polypviewer.session.messages import Message
from polypviewer.session.session import Session
from polypviewer.session.store_door import direct_door
from polypviewer.storage import create_project

READER = "R-1"


def picture(seed: int, *, height: int = 96, width: int = 128) -> NDArray[np.uint8]:
    """A reddish picture with a redder disc, `(height, width, 3)` uint8 RGB."""
    rng = np.random.default_rng(seed)
    image = rng.integers(40, 90, (height, width, 3), dtype=np.uint8)
    image[:, :, 0] += 80
    cv2.circle(image, (width // 2, height // 2), 20, (240, 60, 60), -1)
    return image


def write_pictures(folder: Path, count: int) -> list[Path]:
    """PNG files of different content."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"picture-{number}.png" for number in range(count)]
    for number, path in enumerate(paths):
        cv2.imwrite(str(path), picture(number)[:, :, ::-1])
    return paths


def make_project(folder: Path, *, pictures: int = 4, exam: str = "E-0001") -> Path:
    """A project in `folder/project` with pictures in `folder/pictures`."""
    project = folder / "project"
    create_project(project, name="Test")
    paths = write_pictures(folder / "pictures", pictures)
    with project_for_command(project, reader=READER, writes=True) as store:
        import_media(direct_door(store), paths, ExamRule("unknown"), tell=quiet, exam=ExamKey(exam, "given"))
    return project


def quiet(_progress: object) -> None:
    """Listens to progress and says nothing."""


def opened(qtbot: QtBot, project: Path) -> Session:
    """A session whose first frame is on the screen."""
    session = Session()
    with qtbot.waitSignal(session.frame_changed, timeout=20_000):
        session.open(project, READER)
    return session


def go(qtbot: QtBot, session: Session, ref: FrameRef) -> None:
    """Show a frame and wait for it."""
    if session.current != ref:
        with qtbot.waitSignal(session.frame_changed, timeout=20_000):
            session.go_to(ref)


def paint(session: Session, *points: tuple[float, float], value: int = 1, radius: float = 6.0) -> None:
    """One stroke."""
    session.begin_stroke(value)
    for x, y in points:
        session.stroke_to(Point(x, y), radius)
    session.end_stroke()


def labels(session: Session) -> LabelMap:
    """The label map of the shown frame, as it is painted in place."""
    assert session.draft is not None
    return session.draft.label_map


def mask_of(session: Session) -> LabelMap:
    """The same as it is now."""
    return labels(session).copy()


def codes(messages: list[Message]) -> list[str]:
    """What was said, by its codes."""
    return [told.code for told in messages]


def until_saved(qtbot: QtBot, session: Session) -> None:
    """Wait until everything is on disk."""
    qtbot.waitUntil(lambda: not session.is_dirty, timeout=20_000)


def closing(session: Session, check: Callable[[], None]) -> None:
    """Run a check and close the session whatever comes of it."""
    try:
        check()
    finally:
        session.close()
