"""The proposal's lines: drawn in pieces for a view, and the same as if they were drawn at once."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from polypviewer.ui.canvas.gestures import Canvas
from polypviewer.ui.canvas.outline import Outline, ProposalLayer
from polypviewer.ui.canvas.surface import Surface
from polypviewer.ui.canvas.view import View

SURFACES = [
    Surface(500, 400, 1.0, View(1.0, 20.0, 10.0)),
    Surface(500, 400, 1.0, View(0.31, 33.3, 7.7)),
    Surface(500, 400, 1.5, View(2.7, -310.5, -120.25)),
]


def ring(x: float, y: float, radius: float, *, points: int) -> Outline:
    turn = np.linspace(0, 2 * np.pi, points, endpoint=False)
    return np.stack([x + radius * np.cos(turn), y + radius * np.sin(turn)], 1).astype(np.float32)


LONG, SHORT = ring(220, 180, 150, points=4000), [ring(60 + 9 * n, 40, 3, points=12) for n in range(30)]


def pixels(image: QImage) -> NDArray[np.uint32]:
    return np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1).copy()


def shown_on(canvas: Canvas) -> NDArray[np.uint32]:
    """What the screen shows, without painting anything for it."""
    return pixels(canvas.screen().grabWindow(canvas.winId()).toImage().convertToFormat(QImage.Format.Format_RGB32))


def layer_of(*outlines: Outline) -> ProposalLayer:
    layer = ProposalLayer()
    layer.set_outlines(outlines)
    return layer


@pytest.mark.parametrize("surface", SURFACES, ids=lambda s: f"{s.view.scale}x{s.ratio}")
def test_lines_drawn_in_pieces_equal_lines_drawn_at_once(qapp: object, surface: Surface) -> None:
    at_once, in_pieces = layer_of(LONG, *SHORT), layer_of(LONG, *SHORT)
    in_pieces.render(SURFACES[0] if surface is not SURFACES[0] else SURFACES[1])
    turns = 0
    while not in_pieces.render_some(surface, within_s=1e-9):
        turns += 1
    assert turns >= 3
    assert np.array_equal(pixels(in_pieces.render(surface)), pixels(at_once.render(surface)))


def test_the_last_view_s_lines_stand_until_the_next_are_there(qapp: object) -> None:
    layer = layer_of(LONG)
    before = pixels(layer.render(SURFACES[0]))
    assert not layer.render_some(SURFACES[1], within_s=1e-9)
    assert layer.drawn is not None
    image, surface = layer.drawn
    assert surface == SURFACES[0]
    assert np.array_equal(pixels(image), before)


def test_dashes_go_on_across_pieces(qapp: object) -> None:
    """However many points a line has, its dashes and gaps are equally long."""
    surface = Surface(900, 100, 1.0, View(1.0, 0.0, 0.0))
    corners = [(10, 10.5), (890, 10.5), (890, 80.5), (10, 80.5)]
    top = np.stack([np.linspace(10, 890, 1700), np.full(1700, 10.5)], 1)
    few, many = np.array(corners, np.float32), np.concatenate([top, corners[2:]]).astype(np.float32)
    drawn = [pixels(layer_of(line).render(surface))[10, 20:880] >> 24 > 200 for line in (few, many)]
    assert (drawn[0] != drawn[1]).mean() < 0.02
    assert 0.45 < drawn[1].mean() < 0.65


def test_lines_out_of_sight_cost_nothing_and_draw_nothing(qapp: object) -> None:
    far = Surface(300, 200, 1.0, View(1.0, -2000.0, 0.0))
    layer = layer_of(LONG)
    assert layer.render_some(far, within_s=0.0)
    assert not pixels(layer.render(far)).any()


@pytest.mark.parametrize("outlines", [(), (np.zeros((0, 2), np.float32),)], ids=["none", "empty"])
def test_no_points_are_no_lines(qapp: object, outlines: tuple[Outline, ...]) -> None:
    layer = layer_of(*outlines)
    assert layer.is_empty
    assert not pixels(layer.render(SURFACES[0])).any()


def test_a_proposal_comes_on_the_canvas_by_itself(qtbot: QtBot) -> None:
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(500, 400)
    canvas.show_frame(np.full((360, 440, 3), 40, np.uint8), np.zeros((360, 440), np.uint8))
    canvas.show()
    assert QTest.qWaitForWindowExposed(canvas)
    before = shown_on(canvas)
    canvas.show_proposal([LONG])
    qtbot.waitUntil(lambda: not np.array_equal(shown_on(canvas), before))
