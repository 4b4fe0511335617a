"""Small generated frames for tests that look at the screen, and pictures of the canvas kept beside the tests, halved.

`DRAW_PICTURES=1` in the environment draws the kept pictures anew instead of comparing with them.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage

from polypviewer.core.exam_rules import ExamRule
from polypviewer.core.label_map import Mask
from polypviewer.core.record import ExamKey
from polypviewer.datasets.demo import generate_demo
from polypviewer.media.write import write_video
from polypviewer.session.importing import import_media
from polypviewer.session.jobs import project_for_command
from polypviewer.session.store_door import direct_door
from polypviewer.storage import create_project
from tests.e2e.hand import Hand

PICTURES = Path(__file__).parent / "pictures"
READER = "AB"
SIDES = (320, 256)
"""Width and height of the frames: the demo's, halved."""
SHOWN = (320, 240)
MOST_DIFFERENT = 0.02
"""Share of the pixels of a picture that may differ visibly: lines may fall on the neighbouring pixel."""


@dataclass(frozen=True, slots=True)
class SmallFrames:
    """`paths` of PNG files; `truth`: where the lesion of the first one is, `(height, width)` bool."""

    paths: tuple[Path, ...]
    truth: Mask


def small_frames(folder: Path) -> SmallFrames:
    """Two frames of the demo at half their size."""
    made = generate_demo(folder / "demo", seed=3, write_video=write_video, exams=1, stills=2, clip_frames=1)
    paths = []
    for number, still in enumerate(made.stills[:2]):
        image = cv2.imread(str(still))
        assert image is not None
        paths.append(folder / f"frame-{number}.png")
        cv2.imwrite(str(paths[-1]), cv2.resize(image, SIDES, interpolation=cv2.INTER_AREA))
    mask = cv2.imread(str(made.masks[0]), cv2.IMREAD_GRAYSCALE)
    assert mask is not None
    inside = cv2.resize((mask > 0).astype(np.float32), SIDES, interpolation=cv2.INTER_AREA)
    return SmallFrames(tuple(paths), np.asarray(inside) > 0.5)


def make_small_project(folder: Path, frames: SmallFrames) -> Path:
    """A project with these frames."""
    project = folder / "project"
    create_project(project, name="Small")
    with project_for_command(project, reader=READER, writes=True) as store:
        exam = ExamKey("E-0001", "given")
        import_media(direct_door(store), list(frames.paths), ExamRule("unknown"), tell=_quiet, exam=exam)
    return project


def look(hand: Hand, name: str) -> None:
    """The middle of the canvas looks as in the kept picture. Only on Linux: elsewhere lines are drawn otherwise."""
    hand.until(lambda: hand.canvas._layers["flash"].is_empty, what="the flash of undo to be over")
    hand.rest(0.2)
    seen = _middle(hand)
    kept = PICTURES / f"{name}.png"
    if os.environ.get("DRAW_PICTURES") == "1":
        cv2.imwrite(str(kept), seen[:, :, ::-1])
    elif sys.platform == "linux":
        expected = cv2.imread(str(kept))
        assert expected is not None, f"{kept.name} is not there; DRAW_PICTURES=1 draws it"
        apart = np.abs(seen.astype(np.int16) - expected[:, :, ::-1]).max(axis=2)
        share = float((apart > 40).mean())
        assert share <= MOST_DIFFERENT, f"{share:.1%} of {kept.name} look otherwise"


def _middle(hand: Hand) -> NDArray[np.uint8]:
    """The middle 320 by 240 pixels of the canvas at half that size: `(120, 160, 3)` uint8 RGB."""
    width, height = SHOWN
    canvas = hand.canvas
    part = QRect((canvas.width() - width) // 2, (canvas.height() - height) // 2, width, height)
    image = canvas.grab(part).toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    pixels = rows[:height, : 3 * width].reshape(height, width, 3)
    half = cv2.resize(np.ascontiguousarray(pixels), (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    return np.asarray(half, np.uint8)


def _quiet(_progress: object) -> None:
    """Listens to progress and says nothing."""
