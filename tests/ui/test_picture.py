import math

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from polypviewer.ui.canvas.gestures import Canvas
from polypviewer.ui.canvas.picture import PictureLayer
from polypviewer.ui.canvas.surface import Surface
from polypviewer.ui.canvas.view import View
from tests.ui.pictures import checkered_labels

GREY = QColor(30, 32, 36)
SURFACES = [
    Surface(330, 270, 1.0, View(1.0, 12.0, 7.0)),
    Surface(330, 270, 1.0, View(0.43, 31.7, 3.2)),
    Surface(330, 270, 1.0, View(2.37, -140.3, -33.3)),
    Surface(330, 270, 1.5, View(0.61, 20.25, 11.75)),
    Surface(330, 270, 2.0, View(9.0, -314.5, 52.25)),
]


def frame(height: int = 240, width: int = 320) -> NDArray[np.uint8]:
    return np.random.default_rng(5).integers(0, 256, (height, width, 3), dtype=np.uint8)


def pixels(image: QImage) -> NDArray[np.uint32]:
    return np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1) & np.uint32(0xFFFFFF)


@pytest.mark.parametrize("surface", SURFACES, ids=lambda s: f"{s.view.scale}x{s.ratio}")
def test_a_picture_refined_in_pieces_equals_one_refined_at_once(surface: Surface) -> None:
    at_once, in_pieces = PictureLayer(), PictureLayer()
    for layer in (at_once, in_pieces):
        layer.set_pixels(frame())
        layer.refine(Surface(330, 270, surface.ratio, View(1.3, 50.0, 60.0)), GREY)
    turns = 0
    while not in_pieces.refine_some(surface, GREY, within_s=1e-9):
        turns += 1
    assert turns >= 3
    assert np.array_equal(pixels(in_pieces.refine(surface, GREY)), pixels(at_once.refine(surface, GREY)))


def test_at_one_to_one_every_pixel_is_the_frames_own_and_around_it_is_background() -> None:
    layer, image = PictureLayer(), frame()
    layer.set_pixels(image)
    drawn = pixels(layer.refine(Surface(400, 300, 1.0, View(1.0, 30.0, 20.0)), GREY))
    own = image.astype(np.uint32)
    assert np.array_equal(drawn[20:260, 30:350], own[..., 0] << 16 | own[..., 1] << 8 | own[..., 2])
    drawn[20:260, 30:350] = GREY.rgb() & 0xFFFFFF
    assert (drawn == GREY.rgb() & 0xFFFFFF).all()


def test_another_view_before_the_pieces_are_done_begins_anew() -> None:
    layer, other = PictureLayer(), PictureLayer()
    for each in (layer, other):
        each.set_pixels(frame())
    layer.refine_some(SURFACES[1], GREY, within_s=1e-9)
    assert np.array_equal(pixels(layer.refine(SURFACES[2], GREY)), pixels(other.refine(SURFACES[2], GREY)))


def test_a_canvas_that_was_moved_and_rested_shows_what_a_fresh_one_shows(qtbot: QtBot) -> None:
    shown = []
    for moves in (True, False):
        canvas = Canvas()
        qtbot.addWidget(canvas)
        canvas.resize(500, 400)
        canvas.show_frame(frame(), checkered_labels(240, 320, side=40))
        turn = np.linspace(0, 2 * math.pi, 60, endpoint=False)
        canvas.show_proposal([np.stack([150 + 70 * np.cos(turn), 120 + 70 * np.sin(turn)], 1).astype(np.float32)])
        canvas.show()
        assert QTest.qWaitForWindowExposed(canvas)
        canvas.grab()
        view = View(1.7, -40.0, -25.0)
        if moves:
            for step in range(4):
                canvas.set_view(view.panned(13.0 * step, 7.0 * step))
                canvas.grab()
        canvas.set_view(view)
        qtbot.wait(300)
        canvas.map.hide()
        image = canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        assert image.pixelColor(QPoint(250, 200)) != GREY
        shown.append(pixels(image))
    assert np.array_equal(shown[0], shown[1])
