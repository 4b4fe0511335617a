"""What tools show on the canvas: cursors, previews, the field of view."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from polypviewer.core.geometry import Point, Rect
from polypviewer.core.region import Reshape
from polypviewer.ui.canvas.gestures import Canvas
from polypviewer.ui.view_options import ViewOptions
from tests.mouse import glide
from tests.ui.pictures import grey_frame
from tests.ui.tool_watch import HEIGHT, WIDTH, at


def test_the_cursor_says_what_a_press_would_do(canvas: Canvas) -> None:
    canvas.choose_tool("lasso")
    glide(canvas, at(canvas, 0.5, 0.5))
    adds = canvas.cursor().pixmap().toImage()
    QTest.keyPress(canvas, Qt.Key.Key_Alt)
    takes_away = canvas.cursor().pixmap().toImage()
    assert adds != takes_away
    QTest.keyRelease(canvas, Qt.Key.Key_Alt)
    assert canvas.cursor().pixmap().toImage() == adds


@pytest.mark.parametrize("square", [False, True])
def test_the_tip_is_drawn_in_its_true_size(canvas: Canvas, square: bool) -> None:  # noqa: FBT001 - parametrized
    plain = shown(canvas)
    canvas.choose_tool("brush")
    canvas.hand.change_radius(40.0)
    if square:
        canvas.hand.toggle("square")
    glide(canvas, at(canvas, 0.5, 0.5))
    QApplication.processEvents()
    rows, columns = np.nonzero((shown(canvas) != plain).any(axis=2))
    reach = 40.0 * canvas.view.scale
    middle = at(canvas, 0.5, 0.5)
    assert columns.min() == pytest.approx(middle.x() - reach, abs=2.5)
    assert rows.min() == pytest.approx(middle.y() - reach, abs=2.5)
    corner = (round(middle.y() - reach), round(middle.x() - reach))
    has_corner = (
        (shown(canvas) != plain).any(axis=2)[corner[0] - 2 : corner[0] + 3, corner[1] - 2 : corner[1] + 3].any()
    )
    assert has_corner == square


def test_a_preview_shows_what_comes_and_what_goes(canvas: Canvas) -> None:
    labels = np.zeros((HEIGHT, WIDTH), np.uint8)
    labels[100:200, 100:200] = 1
    canvas.show_frame(grey_frame(HEIGHT, WIDTH), labels)
    after = np.zeros((100, 300), np.uint8)
    after[:, 150:] = 2
    plain = shown(canvas)
    canvas.show_preview(labels, Reshape(Rect(100, 100, 300, 100), after))
    previewed = shown(canvas)
    changed = (previewed != plain).any(axis=2)

    def share(x: int, y: int) -> float:
        place = canvas.view.to_widget(Point(x, y)).toPoint()
        return float(changed[place.y() - 8 : place.y() + 8, place.x() - 8 : place.x() + 8].mean())

    assert share(325, 150) == 1.0
    assert 0.1 < share(150, 150) < 0.7
    assert share(225, 150) == 0.0
    assert share(500, 400) == 0.0
    canvas.show_preview(labels, None)
    assert (shown(canvas) == plain).all()


def test_the_field_of_view_is_a_faint_line(canvas: Canvas) -> None:
    plain = shown(canvas)
    canvas.show_field([np.array([[100, 100], [500, 100], [500, 400], [100, 400]], np.float32)])
    difference = np.abs(shown(canvas).astype(int) - plain.astype(int)).max(axis=2)
    assert 0 < difference.max() < 120
    assert 0 < (difference > 0).mean() < 0.02


def shown(canvas: Canvas) -> NDArray[np.uint8]:
    """What stands on the screen, `(height, width, 4)` uint8."""
    image = canvas.grab().toImage().convertToFormat(canvas.grab().toImage().Format.Format_RGB32)
    array = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4).copy()
    array[..., 3] = 255
    return array


def test_the_field_of_view_can_be_switched_off(canvas: Canvas) -> None:
    plain = shown(canvas)
    canvas.show_field([np.array([[100, 100], [500, 100], [500, 400], [100, 400]], np.float32)])
    canvas.set_options(ViewOptions(field=False))
    assert (shown(canvas) == plain).all()


def test_a_line_of_labels_255_in_a_preview_is_hatched_and_not_filled(canvas: Canvas) -> None:
    labels = np.zeros((HEIGHT, WIDTH), np.uint8)
    canvas.show_frame(grey_frame(HEIGHT, WIDTH), labels)
    plain = shown(canvas)
    canvas.show_preview(labels, Reshape(Rect(100, 100, 200, 200), np.full((200, 200), 255, np.uint8)))
    place = canvas.view.to_widget(Point(200, 200)).toPoint()
    changed = (shown(canvas) != plain).any(axis=2)
    part = changed[place.y() - 20 : place.y() + 20, place.x() - 20 : place.x() + 20]
    assert 0.1 < part.mean() < 0.7
