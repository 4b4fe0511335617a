"""From the mouse to the exported file: what is painted on an odd picture turned by EXIF is stored and exported."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from polypviewer.app import make_window
from polypviewer.core.exam_rules import ExamRule
from polypviewer.core.geometry import Point
from polypviewer.core.label_map import IGNORE, LabelMap, polyp_mask
from polypviewer.media.image import read_image
from polypviewer.session.importing import import_media
from polypviewer.session.jobs import project_for_command
from polypviewer.session.session import Session
from polypviewer.session.store_door import direct_door
from polypviewer.storage import create_project, open_project
from tests.mouse import glide
from tests.session.projects import quiet, until_saved

READER = "R-1"
STORED_HEIGHT, STORED_WIDTH = 71, 113
LEFT, RIGHT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.KeyboardModifier.NoModifier
TURNED_ON_ITS_SIDE = (5, 6, 7, 8)


def turned_picture(folder: Path, orientation: int) -> Path:
    rng = np.random.default_rng(orientation)
    pixels = rng.integers(60, 200, (STORED_HEIGHT, STORED_WIDTH, 3), np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = folder / "turned.jpg"
    Image.fromarray(pixels).save(path, quality=95, exif=exif)
    return path


class Seat:
    """A window on a project of one picture, and a hand."""

    def __init__(self, qtbot: QtBot, project: Path) -> None:
        self.session = Session()
        self.session.settings.set("propose_on_show", value=False)
        self.session.settings.reader = READER
        self.window, self.wiring = make_window(self.session)
        qtbot.addWidget(self.window)
        self.window.resize(1111, 777)
        self.window.show()
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow)
        with qtbot.waitSignal(self.session.frame_changed, timeout=20_000):
            self.wiring.project.open(project)

    @property
    def labels(self) -> LabelMap:
        assert self.session.draft is not None
        return self.session.draft.label_map

    def at(self, across: float, down: float) -> QPoint:
        height, width = self.labels.shape
        return self.window.canvas.view.to_widget(Point(width * across, height * down)).toPoint()

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
        QTest.keyClick(self.window.canvas, key, modifier)

    def drag(self, *places: tuple[float, float], button: Qt.MouseButton = LEFT) -> None:
        canvas = self.window.canvas
        QTest.mousePress(canvas, button, NONE, self.at(*places[0]))
        for place in places[1:]:
            glide(canvas, self.at(*place))
        QTest.mouseRelease(canvas, button, NONE, self.at(*places[-1]))

    def pixel_under(self, place: tuple[float, float]) -> tuple[int, int]:
        point = self.window.canvas.view.to_image(self.at(*place).toPointF())
        return int(point.y), int(point.x)


def paint_two_lesions(seat: Seat) -> LabelMap:
    """Two slots, an erased notch and a stroke that runs off the picture; returns what is painted."""
    seat.key(Qt.Key.Key_B)
    seat.window.canvas.hand.change_radius(5.3)
    seat.key(Qt.Key.Key_1)
    seat.drag((0.2, 0.2), (0.4, 0.35), (0.3, 0.4))
    seat.key(Qt.Key.Key_2)
    seat.drag((0.8, 0.9), (1.3, 1.2))
    seat.drag((0.3, 0.3), (0.32, 0.31), button=RIGHT)
    assert seat.labels[seat.pixel_under((0.4, 0.35))] == 1
    assert seat.labels[seat.pixel_under((0.8, 0.9))] == 2
    assert seat.labels[seat.pixel_under((0.31, 0.305))] == 0
    return seat.labels.copy()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_painted_is_stored_is_exported_pixel_by_pixel(qtbot: QtBot, tmp_path: Path, orientation: int) -> None:
    picture, project, out = turned_picture(tmp_path, orientation), tmp_path / "project", tmp_path / "out"
    create_project(project, name="turned")
    with project_for_command(project, reader=READER, writes=True) as store:
        import_media(direct_door(store), [picture], ExamRule("unknown"), tell=quiet)
    seat = Seat(qtbot, project)
    try:
        painted = paint_two_lesions(seat)
        seat.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
        until_saved(qtbot, seat.session)
        shown = seat.session.image
        assert shown is not None
        with qtbot.waitSignal(seat.session.message, timeout=20_000):
            seat.session.export(out, "kvasir")
    finally:
        seat.wiring.close()
    upright = (STORED_WIDTH, STORED_HEIGHT) if orientation in TURNED_ON_ITS_SIDE else (STORED_HEIGHT, STORED_WIDTH)
    assert painted.shape == upright
    assert not (painted == IGNORE).any()
    (mask,), (image,) = (out / "masks").iterdir(), (out / "images").iterdir()
    exported = cv2.imread(str(mask), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(exported, np.where(polyp_mask(painted), 255, 0))
    np.testing.assert_array_equal(read_image(image), shown)
    stored = open_project(project, reader=READER)
    try:
        (item,) = stored.media()
        (head,) = stored.heads()
        np.testing.assert_array_equal(stored.label_map(head), painted)
        assert (item.height, item.width) == upright
    finally:
        stored.close()
