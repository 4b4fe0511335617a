"""The cover: what lies outside the field of view is not on the screen, and the data never know of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from polypviewer.app import make_window
from polypviewer.core.geometry import Point
from polypviewer.session.session import Session
from polypviewer.ui.canvas.gestures import Canvas
from polypviewer.ui.canvas.picture import rgb_image
from polypviewer.ui.main_window import MainWindow
from polypviewer.ui.theme import active
from polypviewer.ui.view_options import ViewOptions
from tests.session.projects import make_project

HEIGHT, WIDTH = 120, 160
COVERED = ViewOptions(cover=True)


@pytest.fixture
def lit(canvas: Canvas) -> Canvas:
    """A frame with burnt-in white at the left and in an inset, fitted and at rest."""
    pixels = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    pixels[~seen()] = 255
    canvas.show_frame(pixels, np.zeros((HEIGHT, WIDTH), np.uint8))
    return canvas


def seen() -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    mask = np.zeros((HEIGHT, WIDTH), np.bool_)
    mask[:, 40:] = True
    mask[90:, 120:] = False
    return mask


def colour_at(canvas: Canvas, x: float, y: float) -> QColor:
    at = canvas.view.to_widget(Point(x, y)).toPoint()
    return canvas.grab().toImage().pixelColor(at)


def whites(image: QImage) -> int:
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)[..., :3]
    return int((pixels > 140).all(axis=2).sum())


def test_nothing_is_covered_until_it_is_wanted(lit: Canvas) -> None:
    lit.show_seen(seen())
    assert colour_at(lit, 20, 60) == QColor(255, 255, 255)


@pytest.mark.parametrize("factor", [0.3, 1.0, 1.37, 6.0])
@pytest.mark.parametrize("state", ["at rest", "moving"])
def test_no_covered_pixel_shines_through_at_any_zoom(lit: Canvas, factor: float, state: str) -> None:
    lit.set_options(ViewOptions(cover=True, mini_map=False, grid=False))
    lit.show_seen(seen())
    lit.zoom_by(factor, at=QPointF(lit.view.to_widget(Point(42.0, 88.0))))
    if state == "at rest":
        lit._settle()
    assert whites(lit.grab().toImage()) == 0
    lit.set_options(ViewOptions(mini_map=False, grid=False))
    assert whites(lit.grab().toImage()) > 100


def test_tissue_stays_in_sight_and_the_rest_has_the_colour_of_the_canvas(lit: Canvas) -> None:
    lit.set_options(COVERED)
    lit.show_seen(seen())
    assert colour_at(lit, 80, 60) == QColor(90, 90, 90)
    assert colour_at(lit, 20, 60) == colour_at(lit, 140, 110) == QColor(active().canvas)


def test_masks_lie_over_the_cover_and_hiding_them_does_not_uncover(lit: Canvas) -> None:
    labels = np.zeros((HEIGHT, WIDTH), np.uint8)
    labels[50:70, 10:30] = 1
    lit.show_frame(np.full((HEIGHT, WIDTH, 3), 255, np.uint8), labels)
    lit.set_options(ViewOptions(cover=True, fill=0.8))
    lit.show_seen(seen())
    assert colour_at(lit, 20, 60) != QColor(active().canvas)
    lit.set_hidden(True)
    assert colour_at(lit, 20, 60) == QColor(active().canvas)


def test_a_frame_whose_field_is_not_known_is_covered_as_a_whole(lit: Canvas) -> None:
    lit.set_options(COVERED)
    lit.show_seen(seen())
    lit.show_frame(np.full((50, 70, 3), 255, np.uint8), np.zeros((50, 70), np.uint8))
    assert whites(lit.grab().toImage()) == 0
    lit.show_seen(np.ones((50, 70), np.bool_))
    assert whites(lit.grab().toImage()) > 100


def test_the_mini_map_is_covered_too(lit: Canvas) -> None:
    lit.set_options(COVERED)
    lit.show_seen(seen())
    lit.zoom_by(8.0)
    assert lit.map.isVisible()
    assert lit.map._picture is not None
    assert whites(lit.map._picture) == 0


def test_an_enhanced_picture_is_covered_too(lit: Canvas) -> None:
    lit.set_options(COVERED)
    lit.show_seen(seen())
    lit.show_pixels(np.full((HEIGHT, WIDTH, 3), 255, np.uint8))
    assert colour_at(lit, 20, 60) == QColor(active().canvas)
    assert colour_at(lit, 80, 60) == QColor(255, 255, 255)


# --- in the window ---


@dataclass
class Seat:
    window: MainWindow
    session: Session


@pytest.fixture
def seat(qtbot: QtBot, tmp_path: Path) -> Iterator[Seat]:
    session = Session()
    session.settings.reader = "R-1"
    window, wiring = make_window(session)
    qtbot.addWidget(window)
    window.resize(1366, 768)
    window.show()
    assert QTest.qWaitForWindowExposed(window)
    with qtbot.waitSignal(session.frame_changed, timeout=20_000):
        wiring.project.open(make_project(tmp_path))
    window.activateWindow()  # a shortcut is heard in the active window alone
    qtbot.waitUntil(window.isActiveWindow)
    yield Seat(window, session)
    wiring.close()


def signs(window: MainWindow) -> tuple[bool, bool, bool]:
    """What is covered: the picture, by its badge, in the strip."""
    strip = window.workspace.strip.strip
    return window.seeing.options.cover, window.stage.view_bar.cover.isVisible(), strip._hides_pictures


def test_the_key_covers_says_so_and_touches_no_data(seat: Seat) -> None:
    window, session = seat.window, seat.session
    assert session.image is not None
    assert session.draft is not None
    before = session.image.copy()
    window.stage.take_focus()
    QTest.keyClick(window.canvas, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert signs(window) == (True, True, True)
    assert np.array_equal(session.image, before)
    assert not session.draft.label_map.any()
    assert session.history.last_done is None
    QTest.mouseClick(window.stage.view_bar.cover, Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    assert signs(window) == (False, False, False)


def test_the_comparison_is_covered_too(seat: Seat) -> None:
    window, session = seat.window, seat.session
    window.actions_["cover"].trigger()
    window.actions_["compare"].trigger()
    assert window.stage.compare.canvas.options.cover
    assert session.field is not None
    assert window.stage.compare.canvas._cover._seen is session.field.mask


def test_the_next_start_begins_uncovered(seat: Seat, qtbot: QtBot) -> None:
    seat.window.actions_["cover"].trigger()
    again, _ = make_window(seat.session)
    qtbot.addWidget(again)
    assert not again.seeing.options.cover


def test_the_strip_shows_lights_without_pictures(seat: Seat, qtbot: QtBot) -> None:
    strip = seat.window.workspace.strip.strip
    qtbot.waitUntil(lambda: bool(strip._pictures), timeout=10_000)
    strip._pictures.update(dict.fromkeys(strip._pictures, rgb_image(np.full((90, 120, 3), 255, np.uint8))))
    before = whites(strip.grab().toImage())
    strip.hide_pictures(hidden=True)
    assert whites(strip.grab().toImage()) < before / 10
