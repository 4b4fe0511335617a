"""Heat map, provenance, grid, crosshair and mini-map: each draws the right colour over the right pixel."""

import math
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from polypviewer.core.geometry import Point, Rect
from polypviewer.core.provenance import ADDED, IGNORED, KEPT, NOTHING, REMOVED, provenance
from polypviewer.ui.canvas.crosshair import CrosshairLayer
from polypviewer.ui.canvas.gestures import Canvas
from polypviewer.ui.canvas.glide import between
from polypviewer.ui.canvas.grid_layer import GRID_FROM, GridLayer
from polypviewer.ui.canvas.heat_layer import FAINTEST, STOPS, HeatLayer, heat_colour, heat_table
from polypviewer.ui.canvas.mini_map import LARGEST_SHARE
from polypviewer.ui.canvas.provenance_layer import KINDS, ProvenanceLayer
from polypviewer.ui.canvas.surface import Surface
from polypviewer.ui.canvas.view import View
from polypviewer.ui.view_options import ViewOptions
from tests.mouse import glide
from tests.ui.pictures import grey_frame

SURFACES = [
    Surface(160, 120, 1.0, View(1.0, 0.0, 0.0)),
    Surface(160, 120, 1.0, View(2.37, 5.4, -3.3)),
    Surface(161, 119, 1.25, View(4.8, -20.5, 11.75)),
    Surface(160, 120, 2.0, View(9.0, -14.5, 2.25)),
]


def argb(image: QImage) -> NDArray[np.uint32]:
    rows = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.bytesPerLine() // 4)
    return rows[:, : image.width()].copy()


def under(surface: Surface, column: int, row: int) -> tuple[float, float]:
    """The image position under the middle of a device pixel."""
    view = surface.view
    return ((column + 0.5) / surface.ratio - view.left) / view.scale, (
        (row + 0.5) / surface.ratio - view.top
    ) / view.scale


def some_codes(height: int, width: int) -> NDArray[np.uint8]:
    rows, columns = np.indices((height, width))
    values = np.array([NOTHING, KEPT, ADDED, REMOVED, IGNORED, NOTHING], np.uint8)
    return np.ascontiguousarray(values[((rows // 5) * 5 + columns // 7) % len(values)])


def rgb(colour: QColor) -> tuple[int, int, int]:
    return colour.red(), colour.green(), colour.blue()


def lightness(colour: tuple[int, int, int]) -> float:
    """CIE L* of an sRGB colour."""
    linear = [(c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4) for c in colour]
    y = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 116 * y ** (1 / 3) - 16 if y > 0.008856 else 903.3 * y


# --- heat map ---


def test_the_heat_map_rises_evenly_in_lightness() -> None:
    steps = np.diff([lightness(heat_colour(value / 32)) for value in range(33)])
    assert (steps > 0).all()
    assert steps.max() < 2 * steps.mean()
    assert heat_colour(0.0) == STOPS[0]
    assert heat_colour(1.0) == STOPS[-1]


def test_the_heat_map_is_clear_where_nothing_is_probable_and_steps_up_at_the_threshold() -> None:
    opacity = [QColor.fromRgba(entry).alpha() for entry in heat_table(0.6)]
    assert not any(opacity[:FAINTEST])
    assert all(a <= b for a, b in pairwise(opacity))
    assert opacity[153] > 1.5 * opacity[152]
    assert opacity[255] < 255


@pytest.mark.parametrize("surface", SURFACES[2:], ids=lambda s: f"{s.view.scale}x{s.ratio}")
def test_every_device_pixel_has_the_heat_of_the_pixel_under_it(surface: Surface) -> None:
    probability = np.zeros((31, 37), np.uint8)
    probability[4:27, 3:33] = np.arange(23 * 30).reshape(23, 30) % 200 + 50
    layer = HeatLayer()
    layer.show_probability(probability)
    layer.show_threshold(0.4)
    drawn, table = argb(layer.render(surface)), heat_table(0.4)
    for row in range(0, drawn.shape[0], 5):
        for column in range(0, drawn.shape[1], 5):
            x, y = under(surface, column, row)
            if min(x % 1, 1 - x % 1, y % 1, 1 - y % 1) < 0.06:
                continue
            inside = 0 <= x < 37 and 0 <= y < 31
            expected = table[probability[math.floor(y), math.floor(x)]] if inside else 0
            assert int(drawn[row, column]) >> 24 == expected >> 24, (column, row)


def test_another_threshold_needs_no_other_probability() -> None:
    layer = HeatLayer()
    layer.show_probability(np.full((20, 20), 128, np.uint8))
    layer.show_threshold(0.9)
    weak = argb(layer.render(SURFACES[0]))[10, 10] >> 24
    layer.show_threshold(0.2)
    assert argb(layer.render(SURFACES[0]))[10, 10] >> 24 > weak


def test_an_improbable_frame_has_no_heat() -> None:
    layer = HeatLayer()
    layer.show_probability(np.full((20, 20), FAINTEST - 1, np.uint8))
    assert layer.is_empty


# --- provenance ---


@pytest.mark.parametrize("surface", SURFACES, ids=lambda s: f"{s.view.scale}x{s.ratio}")
def test_every_device_pixel_has_the_colour_of_its_provenance(surface: Surface) -> None:
    codes = some_codes(41, 53)
    layer = ProvenanceLayer()
    layer.show_codes(codes)
    drawn = layer.render(surface)
    hues = {kind.code: QColor(kind.colour) for kind in KINDS}
    for row in range(0, drawn.height(), 3):
        for column in range(0, drawn.width(), 3):
            x, y = under(surface, column, row)
            code = int(codes[math.floor(y), math.floor(x)]) if 0 <= x < 53 and 0 <= y < 41 else NOTHING
            seen = drawn.pixelColor(column, row)
            if code == NOTHING:
                assert seen.alpha() == 0
            else:
                wanted = hues[code]
                apart = [abs(a - b) for a, b in zip(rgb(seen), rgb(wanted), strict=True)]
                assert seen.alpha() > 0, (column, row, code)
                assert max(apart) < 12, (column, row, code)


@pytest.mark.parametrize("surface", SURFACES, ids=lambda s: f"{s.view.scale}x{s.ratio}")
def test_what_is_refreshed_is_what_a_whole_drawing_would_show(surface: Surface) -> None:
    labels = np.zeros((41, 53), np.uint8)
    labels[8:20, 10:30] = 1
    base = np.zeros((41, 53), np.bool_)
    base[10:24, 14:40] = True
    codes = provenance(labels, base)
    layer = ProvenanceLayer()
    layer.show_codes(codes)
    layer.render(surface)
    labels[15:30, 5:20] = 2
    labels[9:12, 20:26] = 0
    changed = Rect(5, 9, 25, 21)
    codes[changed.slices] = provenance(labels[changed.slices], base[changed.slices])
    layer.refresh(changed)
    partly = argb(layer.render(surface))
    layer.forget()
    assert np.array_equal(partly, argb(layer.render(surface)))


def test_kinds_differ_by_lightness_by_colour_and_by_hatching() -> None:
    assert len({kind.hatch for kind in KINDS}) == len(KINDS)
    lights = sorted(lightness(rgb(QColor(kind.colour))) for kind in KINDS)
    assert min(np.diff(lights)) > 5


# --- grid and crosshair ---


def test_the_grid_is_there_from_twelve_device_pixels_on() -> None:
    layer = GridLayer()
    layer.show_size(height=20, width=20)
    for scale, ratio in ((GRID_FROM - 0.1, 1.0), (GRID_FROM / 2 - 0.1, 2.0)):
        assert not argb(layer.render(Surface(100, 100, ratio, View(scale, 0, 0)))).any()
    for scale, ratio in ((GRID_FROM, 1.0), (GRID_FROM / 2, 2.0), (64.0, 1.25)):
        assert argb(layer.render(Surface(100, 100, ratio, View(scale, 0, 0)))).any()
    layer.show_wanted(False)
    assert layer.is_empty


def test_lines_of_the_grid_lie_on_the_edges_of_pixels() -> None:
    layer = GridLayer()
    layer.show_size(height=9, width=9)
    drawn = argb(layer.render(Surface(200, 200, 1.0, View(16.0, 8.0, 24.0))))
    columns = set(np.flatnonzero(drawn[30]))
    assert columns <= {8 + 16 * n for n in range(10)} | {8 + 16 * n - 1 for n in range(10)}
    assert len(columns) >= 9
    assert not drawn[:, :7].any()


def test_the_crosshair_asks_for_two_thin_strips_and_no_more() -> None:
    layer = CrosshairLayer()
    size = QSize(900, 700)
    assert layer.show_at(QPointF(50, 60), size).isEmpty()
    layer.show_wanted(True)
    asked = layer.show_at(QPointF(450, 350), size)
    assert asked.boundingRect() == QRect(0, 0, 900, 700)
    assert not any(asked.contains(QPoint(x, y)) for x in (100, 440, 460, 800) for y in (100, 340, 360, 600))


# --- on the canvas ---


@pytest.fixture
def canvas(qtbot: QtBot) -> Canvas:
    made = Canvas()
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show_frame(grey_frame(480, 640), np.zeros((480, 640), np.uint8))
    made.show()
    assert QTest.qWaitForWindowExposed(made)
    return made


def test_provenance_stands_in_for_the_masks(canvas: Canvas) -> None:
    labels = np.zeros((480, 640), np.uint8)
    labels[200:280, 300:400] = 1
    canvas.show_frame(grey_frame(480, 640), labels)
    middle = canvas.view.to_widget(Point(350, 240)).toPoint()
    masks = canvas.grab().toImage().pixelColor(middle)
    canvas.show_provenance(provenance(labels, None))
    assert canvas.grab().toImage().pixelColor(middle) != masks
    canvas.show_provenance(None)
    assert canvas.grab().toImage().pixelColor(middle) == masks


def test_another_frame_takes_heat_and_provenance_of_the_last_one_away(canvas: Canvas) -> None:
    plain = canvas.grab().toImage()
    canvas.show_probability(np.full((480, 640), 255, np.uint8))
    canvas.show_provenance(np.full((480, 640), ADDED, np.uint8))
    assert canvas.grab().toImage() != plain
    canvas.show_frame(grey_frame(480, 640), np.zeros((480, 640), np.uint8))
    assert canvas.grab().toImage() == plain


def test_hiding_hides_heat_and_provenance_and_leaves_the_crosshair(canvas: Canvas) -> None:
    canvas.show_probability(np.full((480, 640), 255, np.uint8))
    canvas.set_hidden(True)
    middle = canvas.rect().center()
    assert canvas.grab().toImage().pixelColor(middle) == QColor(90, 90, 90)
    canvas.set_options(ViewOptions(crosshair=True))
    glide(canvas, QPoint(300, 300))
    assert canvas.grab().toImage().pixelColor(500, 300) != QColor(90, 90, 90)


def test_the_mini_map_is_there_only_while_a_part_is_out_of_sight(canvas: Canvas) -> None:
    assert canvas.map.isHidden()
    canvas.zoom_by(3.0)
    assert canvas.map.isVisible()
    assert canvas.map.width() <= LARGEST_SHARE * canvas.width()
    assert canvas.map.height() <= LARGEST_SHARE * canvas.height()
    canvas.set_options(ViewOptions(mini_map=False))
    assert canvas.map.isHidden()
    canvas.set_options(ViewOptions())
    canvas.fit()
    assert canvas.map.isHidden()


def test_the_frame_in_the_mini_map_is_what_is_in_sight(canvas: Canvas) -> None:
    canvas.zoom_by(4.0)
    factor = canvas.map.width() / 640
    corner = canvas.view.to_image(QPointF(0, 0))
    sight = canvas.map.sight()
    assert sight.left() == pytest.approx(corner.x * factor, abs=0.5)
    assert sight.width() == pytest.approx(canvas.width() / canvas.view.scale * factor, abs=0.5)


def test_a_click_in_the_mini_map_brings_that_place_to_the_middle(canvas: Canvas) -> None:
    canvas.zoom_by(5.0)
    wanted = QPoint(canvas.map.width() // 3, canvas.map.height() // 2)
    QTest.mouseClick(canvas.map, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, wanted)
    middle = canvas.view.to_image(QPointF(canvas.rect().center()))
    assert middle.x == pytest.approx(640 / 3, abs=12)
    assert middle.y == pytest.approx(240, abs=12)


# --- zoom ---


def test_the_wheel_stops_at_half_of_what_fits(canvas: Canvas) -> None:
    fitting = canvas.view.scale
    for _ in range(40):
        canvas.zoom_by(1 / 1.2)
    assert canvas.view.scale == pytest.approx(min(fitting / 2, 1.0))


def test_a_small_picture_can_be_seen_one_to_one(canvas: Canvas) -> None:
    canvas.show_frame(grey_frame(20, 20), np.zeros((20, 20), np.uint8))
    canvas.one_to_one()
    assert canvas.zoom == pytest.approx(1.0)


def test_zooming_in_ends_at_sixty_four(canvas: Canvas) -> None:
    for _ in range(60):
        canvas.zoom_by(1.2)
    assert canvas.view.scale == 64.0


def test_a_glide_ends_exactly_where_it_should(canvas: Canvas, qtbot: QtBot) -> None:
    goal = canvas.zoomed(canvas.view, 2.0)
    canvas.glide_to(goal)
    qtbot.waitUntil(lambda: canvas.view == goal)


def test_two_quick_presses_zoom_twice(canvas: Canvas, qtbot: QtBot) -> None:
    before = canvas.view.scale
    canvas.glide_by(1.25)
    canvas.glide_by(1.25)
    qtbot.waitUntil(lambda: canvas.view.scale == pytest.approx(before * 1.25**2))


def test_the_hand_ends_a_glide(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.glide_by(8.0)
    canvas.set_view(canvas.view.panned(10, 0))
    held = canvas.view
    qtbot.wait(200)
    assert canvas.view == held


def test_after_gliding_to_fit_the_picture_follows_the_window(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.zoom_by(4.0)
    canvas.glide_to_fit()
    qtbot.wait(200)
    canvas.resize(500, 400)
    lies = canvas.view.image_rect(height=480, width=640)
    assert QRect(0, 0, 500, 400).contains(lies.toAlignedRect())


@pytest.mark.parametrize("part", [0.0, 0.3, 0.7])
def test_a_glide_holds_the_point_that_both_views_share(part: float) -> None:
    begin = View(1.3, 20.0, 30.0)
    at = QPointF(333.0, 217.0)
    end = begin.zoomed(5.0, at=at)
    held, now = begin.to_image(at), between(begin, end, part).to_image(at)
    assert now.x == pytest.approx(held.x)
    assert now.y == pytest.approx(held.y)
