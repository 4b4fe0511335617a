import math

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from polypviewer.core.geometry import EMPTY_RECT, Point, Rect
from polypviewer.core.label_map import LabelMap
from polypviewer.core.paint import paint_segment
from polypviewer.ui.canvas.overlay import LINE_PX, OverlayLayer, OverlayStyle, colour_table
from polypviewer.ui.canvas.surface import Surface
from polypviewer.ui.canvas.view import View
from polypviewer.ui.theme import lesion_colour
from tests.ui.pictures import checkered_labels

SURFACES = [
    Surface(160, 120, 1.0, View(1.0, 0.0, 0.0)),
    Surface(160, 120, 1.0, View(2.37, 5.4, -3.3)),
    Surface(160, 120, 1.0, View(0.61, 20.25, 11.75)),
    Surface(160, 120, 2.0, View(3.0, -14.5, 2.25)),
    Surface(160, 120, 1.5, View(7.9, 1.1, 0.3)),
]


def argb(image: QImage) -> NDArray[np.uint32]:
    rows = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.bytesPerLine() // 4)
    return rows[:, : image.width()].copy()


def image_position(surface: Surface, column: int, row: int) -> tuple[float, float]:
    """The continuous image position under the middle of a device pixel."""
    view = surface.view
    return (
        ((column + 0.5) / surface.ratio - view.left) / view.scale,
        ((row + 0.5) / surface.ratio - view.top) / view.scale,
    )


@pytest.mark.parametrize("surface", SURFACES, ids=lambda s: f"{s.view.scale}x{s.ratio}")
def test_every_device_pixel_has_the_colour_of_the_label_under_it(surface: Surface) -> None:
    labels = checkered_labels(40, 50, side=9)
    layer = OverlayLayer()
    layer.set_label_map(labels)
    layer.set_style(OverlayStyle(fill=1.0))
    drawn = argb(layer.render(surface))
    checked = 0
    for row in range(0, drawn.shape[0], 3):
        for column in range(0, drawn.shape[1], 3):
            x, y = image_position(surface, column, row)
            if min(x % 1, 1 - x % 1, y % 1, 1 - y % 1) < 0.03:
                continue  # on a pixel's very edge Qt rounds by 1/65536
            inside = 0 <= x < 50 and 0 <= y < 40
            label = int(labels[math.floor(y), math.floor(x)]) if inside else 0
            if label == 255:
                continue
            expected = lesion_colour(label).rgba() if label else 0
            assert int(drawn[row, column]) == expected, (column, row, x, y, label)
            checked += 1
    assert checked > 300


@pytest.mark.parametrize("surface", SURFACES, ids=lambda s: f"{s.view.scale}x{s.ratio}")
def test_refreshing_a_rectangle_gives_the_same_as_drawing_everything(surface: Surface) -> None:
    labels = checkered_labels(40, 50, side=5)
    layer = OverlayLayer()
    layer.set_label_map(labels)
    layer.render(surface)
    for a, b, value in (
        (Point(3, 4), Point(30, 22), 1),
        (Point(44, 2), Point(10, 38), 0),
        (Point(25, 20), Point(25, 20), 255),
    ):
        layer.refresh(paint_segment(labels, a, b, 3.4, value=value))
    fresh = OverlayLayer()
    fresh.set_label_map(labels)
    assert np.array_equal(argb(layer.render(surface)), argb(fresh.render(surface)))


def test_a_large_change_is_there_when_it_is_shown_next_at_rest_and_on_the_move() -> None:
    surface = Surface(600, 500, 1.0, View(1.0, 0.0, 0.0))
    labels = checkered_labels(500, 600, side=50)
    layer, fresh = OverlayLayer(), OverlayLayer()
    for each in (layer, fresh):
        each.set_label_map(labels)
    layer.render(surface)
    labels[20:450, 30:580] = 3
    layer.refresh(Rect(30, 20, 550, 430))
    labels[100:110, 100:110] = 0
    layer.refresh(Rect(100, 100, 10, 10))
    assert layer.drawn is not None
    assert np.array_equal(argb(layer.drawn[0]), argb(fresh.render(surface)))
    labels[20:450, 30:580] = 0
    layer.refresh(Rect(30, 20, 550, 430))
    fresh.forget()
    assert np.array_equal(argb(layer.render(surface)), argb(fresh.render(surface)))


def test_only_the_touched_rectangle_is_drawn_again() -> None:
    surface = Surface(400, 300, 1.0, View(2.0, 0.0, 0.0))
    labels = np.zeros((150, 200), np.uint8)
    layer = OverlayLayer()
    layer.set_label_map(labels)
    image = layer.render(surface)
    image.fill(QColor(1, 2, 3, 255))
    labels[20:24, 30:34] = 1
    touched = layer.refresh(Rect(30, 20, 4, 4))
    changed = argb(image) != QColor(1, 2, 3, 255).rgba()
    rows, columns = np.nonzero(changed)
    assert touched.left() <= columns.min()
    assert columns.max() <= touched.right()
    assert touched.top() <= rows.min()
    assert rows.max() <= touched.bottom()
    assert changed.sum() < 24 * 24


def test_the_line_is_two_pixels_wide_at_every_zoom_and_inside_the_mask() -> None:
    labels = np.zeros((40, 40), np.uint8)
    labels[10:30, 10:30] = 1
    for scale in (1.0, 3.0, 9.0):
        surface = Surface(380, 380, 1.0, View(scale, 0.0, 0.0))
        layer = OverlayLayer()
        layer.set_label_map(labels)
        layer.set_style(OverlayStyle(outlined=True))
        row = argb(layer.render(surface))[round(20 * scale)]
        drawn = np.flatnonzero(row).tolist()
        left, right = round(10 * scale), round(30 * scale)
        assert drawn == [left, left + 1, right - 2, right - 1]


def test_ignored_pixels_are_hatched_and_background_is_clear() -> None:
    labels = np.zeros((60, 60), np.uint8)
    labels[:, 30:] = 255
    layer = OverlayLayer()
    layer.set_label_map(labels)
    drawn = argb(layer.render(Surface(60, 60, 1.0, View(1.0, 0.0, 0.0))))
    assert not drawn[:, :29].any()
    inner = drawn[5:55, 35:55] != 0
    assert 0.1 < inner.mean() < 0.5


def test_the_label_map_is_viewed_and_not_copied() -> None:
    labels: LabelMap = np.zeros((20, 20), np.uint8)
    layer = OverlayLayer()
    layer.set_label_map(labels)
    layer.set_style(OverlayStyle(fill=1.0))
    surface = Surface(20, 20, 1.0, View(1.0, 0.0, 0.0))
    layer.render(surface)
    labels[5:15, 5:15] = 2
    layer.refresh(Rect(5, 5, 10, 10))
    assert int(argb(layer.render(surface))[10, 10]) == lesion_colour(2).rgba()


def test_the_colour_table_has_every_index() -> None:
    table = colour_table(OverlayStyle(fill=0.5))
    assert len(table) == 256
    assert table[0] == table[255] == 0
    assert all(QColor.fromRgba(table[slot]).alpha() == 128 for slot in range(1, 255))


def test_nothing_is_refreshed_before_anything_was_drawn() -> None:
    layer = OverlayLayer()
    layer.set_label_map(np.zeros((4, 4), np.uint8))
    assert layer.refresh(Rect(0, 0, 2, 2)).isEmpty()
    layer.render(Surface(8, 8, 1.0, View(1.0, 0.0, 0.0)))
    assert layer.refresh(EMPTY_RECT).width() <= 2 * (LINE_PX + 2)
