import math

import pytest
from PySide6.QtCore import QPointF, QRectF

from polypviewer.core.geometry import Point, Rect
from polypviewer.ui.canvas.view import LARGEST, View, centred, fitted, kept_inside

ZOOMS = (0.07, 0.25, 0.5, 0.9, 1.0, 1.18, 2.0, 3.3, 8.0, 64.0)


@pytest.mark.parametrize("scale", ZOOMS)
def test_the_middle_of_a_pixel_maps_to_its_half_and_back(scale: float) -> None:
    view = View(scale, 13.25, -7.5)
    for pixel in (0, 1, 17, 719):
        at = view.to_widget(Point(pixel + 0.5, pixel + 0.5))
        back = view.to_image(at)
        assert math.floor(back.x) == pixel
        assert back.x == pytest.approx(pixel + 0.5, abs=1e-6)
        assert back.y == pytest.approx(pixel + 0.5, abs=1e-6)


@pytest.mark.parametrize("scale", ZOOMS)
def test_a_hair_left_of_a_pixels_edge_is_the_pixel_before(scale: float) -> None:
    view = View(scale, 40.0, 0.0)
    edge = view.to_widget(Point(10.0, 0.0))
    assert math.floor(view.to_image(edge - QPointF(0.01, 0)).x) == 9
    assert math.floor(view.to_image(edge + QPointF(0.01, 0)).x) == 10


@pytest.mark.parametrize("factor", [0.3, 1.2, 5.0, 1000.0])
def test_zooming_leaves_what_is_under_the_cursor_under_the_cursor(factor: float) -> None:
    view, at = View(1.3, 20.0, 30.0), QPointF(333.0, 217.0)
    before, after = view.to_image(at), view.zoomed(factor, at=at).to_image(at)
    assert after.x == pytest.approx(before.x)
    assert after.y == pytest.approx(before.y)


def test_zoom_ends_somewhere() -> None:
    view = View(1.0, 0.0, 0.0)
    for _ in range(200):
        view = view.zoomed(1.2, at=QPointF(0, 0))
    assert view.scale == LARGEST


def test_fitting_shows_the_whole_picture_in_the_middle() -> None:
    room = QRectF(68, 52, 1500, 800)
    rect = fitted(height=576, width=720, room=room).image_rect(height=576, width=720)
    assert room.contains(rect)
    assert rect.height() == pytest.approx(800)
    assert rect.center().x() == pytest.approx(room.center().x())


def test_the_picture_cannot_be_lost_out_of_sight() -> None:
    room = QRectF(0, 0, 800, 600)
    view = kept_inside(
        centred(1.0, height=100, width=100, room=room).panned(-5000, 9000), height=100, width=100, room=room
    )
    assert room.intersects(view.image_rect(height=100, width=100))


def test_what_covers_a_rectangle_covers_all_of_it() -> None:
    view = View(1.37, 10.6, 3.2)
    touched = view.covering(Rect(5, 6, 7, 8), margin=0)
    assert touched.contains(view.to_widget(Point(5.01, 6.01)).toPoint())
    assert touched.right() + 1 >= view.to_widget(Point(12, 14)).x()
    assert touched.bottom() + 1 >= view.to_widget(Point(12, 14)).y()
