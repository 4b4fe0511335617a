"""One convention for half pixels: the image pixel under a widget position is the pixel that every layer draws there."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QSize
from PySide6.QtGui import QColor, QImage, QPainter

from polypviewer.core.label_map import LabelMap
from polypviewer.core.paint import paint_segment
from polypviewer.ui.canvas.layers import blit
from polypviewer.ui.canvas.overlay import OverlayLayer, OverlayStyle
from polypviewer.ui.canvas.picture import PictureLayer
from polypviewer.ui.canvas.provenance_layer import ProvenanceLayer
from polypviewer.ui.canvas.sampling import pixels_under
from polypviewer.ui.canvas.surface import Surface
from polypviewer.ui.canvas.view import View
from polypviewer.ui.theme import lesion_colour

ZOOMS = (0.3, 0.47, 0.77, 1.0, 1.18, 1.9, 2.5, 3.3, 5.0, 8.0, 11.3, 23.7, 41.0, 64.0)
RATIOS = (1.0, 1.25, 2.0)
ODD_SIZES = ((37, 53), (101, 64), (7, 300))
EDGE = 0.06
"""How near to a pixel's edge (in pixels) nothing is asked: Qt rounds in steps of 1/65536 of the whole drawing."""


def surface_of(zoom: float, ratio: float, size: tuple[int, int]) -> Surface:
    """A surface of an odd size that shows the middle of a frame, at an uneven place."""
    height, width = size
    view = View(zoom, 90.3 - 0.5 * width * zoom, 60.7 - 0.5 * height * zoom)
    return Surface(181, 121, ratio, view)


def positions(surface: Surface, step: int = 5) -> list[tuple[int, int, QPointF]]:
    """Device pixels of a surface with the widget position of their middle."""
    size = surface.device_size
    return [
        (column, row, QPointF((column + 0.5) / surface.ratio, (row + 0.5) / surface.ratio))
        for row in range(0, size.height(), step)
        for column in range(0, size.width(), step)
    ]


def pixel_under(surface: Surface, at: QPointF, size: tuple[int, int]) -> tuple[int, int] | None:
    """Row and column of the image pixel under a widget position; None outside the frame."""
    point = surface.view.to_image(at)
    if not (0 <= point.x < size[1] and 0 <= point.y < size[0]):
        return None
    return math.floor(point.y), math.floor(point.x)


def distance_to_edge(surface: Surface, at: QPointF) -> float:
    point = surface.view.to_image(at)
    return min(point.x % 1, 1 - point.x % 1, point.y % 1, 1 - point.y % 1)


def coloured(size: tuple[int, int]) -> NDArray[np.uint8]:
    """A frame in which neighbouring pixels differ, and each pixel says where it is."""
    rows, columns = np.indices(size)
    return np.ascontiguousarray(
        np.stack([40 + rows * 37 % 200, 40 + columns * 53 % 200, 40 + (rows * 11 + columns * 29) % 200], axis=2),
        np.uint8,
    ).astype(np.uint8)


def labelled(size: tuple[int, int]) -> LabelMap:
    rows, columns = np.indices(size)
    return np.ascontiguousarray((1 + (rows * 2 + columns) % 5).astype(np.uint8))


@pytest.mark.parametrize("size", ODD_SIZES, ids=str)
@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("zoom", [zoom for zoom in ZOOMS if zoom >= 4.0])
def test_the_picture_shows_the_pixel_under_each_position(zoom: float, ratio: float, size: tuple[int, int]) -> None:
    surface, pixels = surface_of(zoom, ratio, size), coloured(size)
    layer = PictureLayer()
    layer.set_pixels(pixels)
    background = QColor(1, 2, 3)
    drawn = layer.refine(surface, background)
    for column, row, at in positions(surface):
        if distance_to_edge(surface, at) < EDGE:
            continue
        under = pixel_under(surface, at, size)
        wanted = (1, 2, 3) if under is None else tuple(int(value) for value in pixels[under])
        seen = drawn.pixelColor(column, row)
        assert (seen.red(), seen.green(), seen.blue()) == wanted, (column, row)


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("zoom", [zoom for zoom in ZOOMS if zoom < 4.0])
def test_a_smooth_picture_has_its_edges_where_they_are(zoom: float, ratio: float) -> None:
    """Blocks of 24 image pixels: away from their edges, a position shows its own block."""
    size, side = (231, 297), 24
    rows, columns = np.indices(size)
    values = (60 + 50 * ((rows // side + 2 * (columns // side)) % 4)).astype(np.uint8)
    surface = surface_of(zoom, ratio, size)
    layer = PictureLayer()
    layer.set_pixels(np.ascontiguousarray(np.repeat(values[:, :, None], 3, axis=2)))
    drawn, reach, checked = layer.refine(surface, QColor(0, 0, 0)), 1.6 + 1.6 / (zoom * ratio), 0
    for column, row, at in positions(surface):
        point, under = surface.view.to_image(at), pixel_under(surface, at, size)
        apart = min(point.x % side, side - point.x % side, point.y % side, side - point.y % side)
        if under is None or apart < reach or min(size[1] - point.x, size[0] - point.y) < reach:
            continue
        assert abs(drawn.pixelColor(column, row).red() - int(values[under])) <= 2, (column, row)
        checked += 1
    assert checked > 20


@pytest.mark.parametrize("size", ODD_SIZES, ids=str)
@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("zoom", ZOOMS)
def test_masks_show_the_label_under_each_position(zoom: float, ratio: float, size: tuple[int, int]) -> None:
    surface, labels = surface_of(zoom, ratio, size), labelled(size)
    layer = OverlayLayer()
    layer.set_label_map(labels)
    layer.set_style(OverlayStyle(fill=1.0))
    drawn = layer.render(surface)
    for column, row, at in positions(surface):
        if distance_to_edge(surface, at) < EDGE:
            continue
        under = pixel_under(surface, at, size)
        wanted = 0 if under is None else lesion_colour(int(labels[under])).rgba()
        assert drawn.pixel(column, row) == wanted, (column, row)


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("zoom", ZOOMS)
def test_layers_that_sample_agree_with_the_view(zoom: float, ratio: float) -> None:
    size = ODD_SIZES[0]
    surface = surface_of(zoom, ratio, size)
    rows, columns = pixels_under(surface, height=size[0], width=size[1])
    for column, row, at in positions(surface, step=4):
        under = pixel_under(surface, at, size)
        sampled = (int(rows[row]), int(columns[column]))
        assert (sampled == under) if under is not None else (min(sampled) == -1)


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("zoom", ZOOMS)
def test_what_is_painted_at_a_position_is_seen_there_and_nowhere_else(zoom: float, ratio: float) -> None:
    """A dab wherever the cursor is: masks and provenance show it over exactly the pixels that it painted."""
    size = ODD_SIZES[1]
    surface = surface_of(zoom, ratio, size)
    for x, y in ((90.5, 60.5), (86.3, 57.9), (93.1, 63.7)):
        point = surface.view.to_image(QPointF(x, y))
        labels = np.zeros(size, np.uint8)
        paint_segment(labels, point, point, max(0.75, 4 / zoom), value=2)
        assert labels[math.floor(point.y), math.floor(point.x)] == 2
        masks, origin = OverlayLayer(), ProvenanceLayer()
        masks.set_label_map(labels)
        origin.show_codes(labels)
        drawn = (masks.render(surface), origin.render(surface))
        for column, row, at in positions(surface, step=4):
            under = pixel_under(surface, at, size)
            if distance_to_edge(surface, at) >= EDGE:
                painted = under is not None and labels[under] > 0
                assert [QColor.fromRgba(d.pixel(column, row)).alpha() > 0 for d in drawn] == [painted, painted]


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 1.75, 2.0])
def test_copying_a_part_of_a_cache_samples_nothing_again(ratio: float) -> None:
    surface = surface_of(1.0, ratio, ODD_SIZES[0])
    generator = np.random.default_rng(7)
    size: QSize = surface.device_size
    noise = generator.integers(0, 2**24, (size.height(), size.width()), np.uint32) | np.uint32(0xFF000000)
    cache = QImage(noise.data, size.width(), size.height(), 4 * size.width(), QImage.Format.Format_RGB32).copy()
    screen = QImage(size, QImage.Format.Format_RGB32)
    screen.setDevicePixelRatio(ratio)
    for dirty in (QRect(0, 0, 181, 121), QRect(3, 5, 11, 7), QRect(33, 21, 1, 50)):
        screen.fill(0)
        painter = QPainter(screen)
        painter.setClipRect(dirty)
        blit(painter, cache, surface, dirty)
        painter.end()
        shown = np.frombuffer(screen.constBits(), np.uint32).reshape(size.height(), -1)[:, : size.width()]
        drawn = (shown & 0xFFFFFF) != 0
        assert drawn.any()
        assert np.array_equal(shown[drawn] & 0xFFFFFF, noise[drawn] & 0xFFFFFF)
