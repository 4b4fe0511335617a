"""Undo and redo light up what they changed, for a moment and at no other place."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from polypviewer.core.geometry import Rect
from polypviewer.core.label_map import empty_label_map
from polypviewer.ui.canvas.flash_layer import FlashLayer
from polypviewer.ui.canvas.gestures import Canvas
from tests.ui.pictures import grey_frame

CHANGED = Rect(60, 40, 30, 20)


@pytest.fixture
def canvas(qtbot: QtBot) -> Canvas:
    made = Canvas()
    qtbot.addWidget(made)
    made.resize(480, 360)
    made.show_frame(grey_frame(120, 160), empty_label_map(120, 160))
    made.show()
    assert QTest.qWaitForWindowExposed(made)
    return made


def seen(canvas: Canvas) -> NDArray[np.uint8]:
    image = canvas.grab().toImage().convertToFormat(canvas.grab().toImage().Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    return pixels[:, :, :3].copy()


def test_a_frame_around_the_changed_pixels_lights_up_and_fades(canvas: Canvas, qtbot: QtBot) -> None:
    flash = FlashLayer(canvas)
    canvas.add_layer("flash", flash)
    before = seen(canvas)
    flash.flash(CHANGED)
    changed = np.abs(seen(canvas).astype(int) - before).max(axis=2) > 20
    assert changed.any()
    around = canvas.view.covering(CHANGED, margin=10)
    rows, columns = np.nonzero(changed)
    assert around.contains(int(columns.min()), int(rows.min()))
    assert around.contains(int(columns.max()), int(rows.max()))
    inner = canvas.view.covering(CHANGED, margin=-3)
    assert not changed[inner.top() : inner.bottom(), inner.left() : inner.right()].any()
    qtbot.waitUntil(lambda: flash.is_empty, timeout=5_000)
    assert np.array_equal(seen(canvas), before)


def test_a_step_that_changed_no_pixel_lights_nothing(canvas: Canvas) -> None:
    flash = FlashLayer(canvas)
    canvas.add_layer("flash", flash)
    flash.flash(Rect(0, 0, 0, 0))
    assert flash.is_empty
