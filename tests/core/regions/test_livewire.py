"""The wire follows edges, keeps its ends, and does so with and without OpenCV's scissors."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from polypviewer.core.geometry import Point
from polypviewer.core.regions.livewire import LiveWire, solved_by_opencv, solved_by_skimage, solver

HEIGHT, WIDTH = 300, 400


def disc(*, scale: int = 1) -> NDArray[np.uint8]:
    """A red disc of radius 80 about (200, 150) on paler tissue, with noise."""
    rows, columns = np.mgrid[0 : HEIGHT * scale, 0 : WIDTH * scale] + 0.5
    inside = np.hypot(columns - 200 * scale, rows - 150 * scale) <= 80 * scale
    colours = np.where(inside[..., None], (180.0, 70.0, 60.0), (210.0, 150.0, 130.0))
    colours = cv2.GaussianBlur(colours, (0, 0), 1.0 * scale) + np.random.default_rng(2).normal(0, 3, colours.shape)
    return np.asarray(np.clip(colours, 0, 255), np.uint8)


@pytest.mark.parametrize("scale", [1, 4])
def test_the_wire_follows_the_border_between_two_points_of_it(scale: int) -> None:
    wire = LiveWire(disc(scale=scale)).anchored(Point(280.0 * scale, 150.0 * scale))
    path = wire.path_to(Point(200.0 * scale, 70.0 * scale))
    away = np.abs(np.hypot(path[:, 0] / scale - 200, path[:, 1] / scale - 150) - 80)
    assert away.max() <= 4
    assert away.mean() <= 1.5


def test_both_ends_are_exact_and_no_step_is_long() -> None:
    wire = LiveWire(disc()).anchored(Point(60.25, 40.75))
    path = wire.path_to(Point(261.5, 222.25))
    assert path.dtype == np.float32
    assert path[0].tolist() == [60.25, 40.75]
    assert path[-1].tolist() == [261.5, 222.25]
    assert np.hypot(*np.diff(path, axis=0).T).max() < 5


def test_the_shortest_path_has_two_points() -> None:
    wire = LiveWire(disc()).anchored(Point(60.25, 40.75))
    assert wire.path_to(Point(60.3, 40.8)).shape == (2, 2)


def test_beyond_the_window_the_wire_goes_straight() -> None:
    image = np.full((400, 1200, 3), 128, np.uint8)
    path = LiveWire(image).anchored(Point(20, 200)).path_to(Point(1100, 200))
    assert path[-1].tolist() == [1100, 200]
    assert path[-2, 0] < 300


def test_glare_does_not_draw_the_wire_away_from_the_border() -> None:
    image = disc()
    cv2.circle(image, (252, 85), 7, (255, 255, 255), -1)
    path = LiveWire(image).anchored(Point(280, 150)).path_to(Point(200, 70))
    assert np.abs(np.hypot(path[:, 0] - 200, path[:, 1] - 150) - 80).max() <= 6


def test_another_anchor_leaves_the_first_wire_as_it_is() -> None:
    live = LiveWire(disc())
    first = live.anchored(Point(280, 150))
    before = first.path_to(Point(200, 70))
    live.anchored(Point(10, 10)).path_to(Point(300, 200))
    assert np.array_equal(first.path_to(Point(200, 70)), before)


def test_wires_of_one_frame_may_be_asked_from_several_threads() -> None:
    live = LiveWire(disc())
    points = [Point(280, 150), Point(200, 70), Point(120, 150), Point(200, 230)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda point: live.anchored(point).path_to(Point(40, 40)), points))
    for point, path in zip(points, together, strict=True):
        assert np.array_equal(path, live.anchored(point).path_to(Point(40, 40)))


@pytest.mark.parametrize("image", [np.zeros((60, 80, 3), np.uint8), np.full((1, 1, 3), 9, np.uint8)])
def test_on_a_flat_or_tiny_frame_there_is_still_a_path(image: NDArray[np.uint8]) -> None:
    path = LiveWire(image).anchored(Point(0.5, 0.5)).path_to(Point(50.5, 30.5))
    assert path[0].tolist() == [0.5, 0.5]
    assert path[-1].tolist() == [50.5, 30.5]


coordinate = st.floats(-50, 450, allow_nan=False)
FRAME = disc()


@settings(max_examples=25, deadline=None)
@given(coordinate, coordinate, coordinate, coordinate)
def test_from_anywhere_to_anywhere_there_is_a_finite_path(ax: float, ay: float, bx: float, by: float) -> None:
    path = LiveWire(FRAME).anchored(Point(ax, ay)).path_to(Point(bx, by))
    assert path.shape[1] == 2
    assert len(path) >= 2
    assert np.isfinite(path).all()


def test_without_the_scissors_scikit_image_follows_the_border_too_and_the_log_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delattr(cv2, "segmentation")
    with caplog.at_level(logging.WARNING, logger="polypviewer"):
        assert solver() is solved_by_skimage
        path = LiveWire(disc()).anchored(Point(280, 150)).path_to(Point(200, 70))
    assert "no intelligent scissors" in caplog.text
    assert np.abs(np.hypot(path[:, 0] - 200, path[:, 1] - 150) - 80).max() <= 5


def test_this_opencv_has_the_scissors() -> None:
    assert solver() is solved_by_opencv


def test_on_real_frames_seven_points_with_wires_beat_seven_straight_lines(shared_data: Path) -> None:
    straight, wired = [], []
    for name in ("12", "30", "84", "102"):
        pixels = cv2.imread(str(shared_data / "cvc-clinicdb-sequences" / "images" / f"{name}.png"))
        mask = cv2.imread(str(shared_data / "cvc-clinicdb-sequences" / "masks" / f"{name}.png"), cv2.IMREAD_GRAYSCALE)
        assert pixels is not None
        assert mask is not None
        truth = (mask > 127).astype(np.uint8)
        border = max(cv2.findContours(truth, 0, cv2.CHAIN_APPROX_NONE)[0], key=len)[:, 0]
        corners = [Point(float(x) + 0.5, float(y) + 0.5) for x, y in border[np.arange(5) * len(border) // 5]]
        live = LiveWire(np.asarray(pixels[..., ::-1], np.uint8))
        pairs = zip(corners, [*corners[1:], corners[0]], strict=True)
        way = np.concatenate([live.anchored(a).path_to(b) for a, b in pairs])
        straight.append(agreement(np.array([[p.x, p.y] for p in corners]), truth))
        wired.append(agreement(way, truth))
    assert np.mean(wired) > np.mean(straight)


def agreement(way: NDArray[np.float32] | NDArray[np.float64], truth: NDArray[np.uint8]) -> float:
    """Intersection over union of what a closed way holds and the truth."""
    held = np.zeros_like(truth)
    cv2.fillPoly(held, [np.floor(way).astype(np.int32)], 1)
    return float((held & truth).sum() / (held | truth).sum())
