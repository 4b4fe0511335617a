"""The brush holds at edges and in its colours, bridges glare, and never leaves its round tip."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from polypviewer.core.geometry import Point, whole
from polypviewer.core.label_map import Mask
from polypviewer.core.region import Region, frame_mask
from polypviewer.core.regions.edge_brush import EdgeTip

HEIGHT, WIDTH = 240, 320
TISSUE = np.array((215, 160, 140), np.float32)
POLYP = np.array((190, 70, 60), np.float32)


def scene(*, radius: float = 60.0, noise: float = 4.0) -> tuple[NDArray[np.uint8], Mask]:
    """A red disc about (160, 120) on paler tissue, lit from the left, with the sensor's noise."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32) + 0.5
    inside = np.hypot(columns - 160, rows - 120) <= radius
    colours = np.where(inside[..., None], POLYP, TISSUE)
    colours = cv2.GaussianBlur(colours, (0, 0), 1.0) * (1.05 - 0.0006 * columns)[..., None]
    colours += np.random.default_rng(5).normal(0, noise, colours.shape)
    return np.clip(colours, 0, 255).astype(np.uint8), inside


def mask_of(region: Region) -> Mask:
    return frame_mask(region, height=HEIGHT, width=WIDTH)


def stroke(image: NDArray[np.uint8], *path: tuple[float, float], radius: float, sensitivity: float = 0.5) -> Mask:
    points = [Point(x, y) for x, y in path]
    tip = EdgeTip(image, points[0], sensitivity=sensitivity)
    taken = np.zeros((HEIGHT, WIDTH), bool)
    for a, b in zip([points[0], *points], points, strict=False):
        taken |= mask_of(tip.dab(a, b, radius, height=HEIGHT, width=WIDTH))
    return taken


def test_a_tip_over_the_edge_takes_its_own_side_only() -> None:
    image, inside = scene()
    taken = stroke(image, (200, 120), radius=35)
    assert (taken & ~inside).sum() <= 0.02 * taken.sum()
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH] + 0.5
    in_reach = inside & (np.hypot(columns - 200, rows - 120) <= 35)
    assert (taken & in_reach).sum() >= 0.9 * in_reach.sum()


def test_the_same_holds_for_a_stroke_outside_the_lesion() -> None:
    image, inside = scene()
    taken = stroke(image, (235, 60), (235, 120), (235, 180), radius=30)
    assert (taken & inside).sum() <= 0.02 * taken.sum()


def test_nothing_is_taken_beyond_the_radius() -> None:
    image, _ = scene()
    taken = stroke(image, (150, 120), (170, 120), radius=12)
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH] + 0.5
    distance = np.hypot(columns - np.clip(columns, 150, 170), rows - 120)
    assert not taken[distance > 12.01].any()
    assert taken[distance < 11.5].mean() > 0.97


def test_a_pointer_that_leaves_the_colours_takes_nothing_there() -> None:
    image, inside = scene()
    taken = stroke(image, *((x, 120) for x in range(160, 300, 4)), radius=10)
    assert taken[120, 160]
    assert not taken[:, 240:].any()
    assert (taken & ~inside).sum() <= 0.05 * taken.sum()


def test_glare_inside_the_lesion_is_bridged() -> None:
    image, _ = scene()
    clear = stroke(image, (160, 120), radius=25)
    cv2.ellipse(image, (165, 118), (6, 12), 0, 0, 360, (255, 255, 252), -1)
    assert stroke(image, (150, 120), (160, 120), radius=25)[clear].mean() > 0.95


def test_a_press_on_glare_starts_from_the_tissue_about_it() -> None:
    image, inside = scene()
    cv2.circle(image, (160, 120), 5, (255, 255, 255), -1)
    taken = stroke(image, (160.5, 120.5), (200, 120), radius=30)
    assert taken.sum() > 2000
    assert (taken & ~inside).sum() <= 0.03 * taken.sum()


def test_a_more_sensitive_tip_takes_no_more() -> None:
    image, _ = scene(noise=8)
    areas = [int(stroke(image, (200, 120), radius=35, sensitivity=s).sum()) for s in (0.0, 0.5, 1.0)]
    assert areas == sorted(areas, reverse=True)


def test_the_reference_follows_the_light_along_the_stroke() -> None:
    columns = np.arange(WIDTH, dtype=np.float32)
    image = np.broadcast_to(POLYP * (0.7 + 0.002 * columns)[:, None], (HEIGHT, WIDTH, 3)).astype(np.uint8)
    taken = stroke(image, *((x, 120) for x in range(20, 300, 4)), radius=15)
    assert taken[120, 20:300].all()


def test_the_smallest_tip_takes_the_pixel_under_the_cursor() -> None:
    image, _ = scene()
    taken = stroke(image, (150.2, 110.9), radius=0.5)
    assert taken[110, 150]


def test_a_dab_outside_the_frame_is_empty() -> None:
    image, _ = scene()
    tip = EdgeTip(image, Point(-40, 900))
    assert tip.dab(Point(-40, 900), Point(-60, 900), 20, height=HEIGHT, width=WIDTH).is_empty


@pytest.mark.parametrize("value", [0, 128, 255])
def test_on_a_flat_frame_the_brush_is_a_plain_brush(value: int) -> None:
    image = np.full((HEIGHT, WIDTH, 3), value, np.uint8)
    taken = stroke(image, (160, 120), radius=20)
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH] + 0.5
    assert np.array_equal(taken, np.hypot(columns - 160, rows - 120) <= 20)


coordinate = st.floats(-30, 350, allow_nan=False)


@settings(max_examples=60, deadline=None)
@given(coordinate, coordinate, coordinate, coordinate, st.floats(0.2, 80), st.floats(0, 1))
def test_any_dab_gives_a_region_inside_the_frame(
    ax: float, ay: float, bx: float, by: float, radius: float, sensitivity: float
) -> None:
    image, _ = scene()
    tip = EdgeTip(image, Point(ax, ay), sensitivity=sensitivity)
    region = tip.dab(Point(ax, ay), Point(bx, by), radius, height=HEIGHT, width=WIDTH)
    assert region.mask.shape == (region.rect.height, region.rect.width)
    assert region.rect.clipped(whole(HEIGHT, WIDTH).height, WIDTH) == region.rect


def test_on_real_frames_a_generous_stroke_leaks_less_than_a_plain_brush(shared_data: Path) -> None:
    for name in ("12", "96", "84"):
        pixels = cv2.imread(str(shared_data / "cvc-clinicdb-sequences" / "images" / f"{name}.png"))
        truth = cv2.imread(str(shared_data / "cvc-clinicdb-sequences" / "masks" / f"{name}.png"), cv2.IMREAD_GRAYSCALE)
        assert pixels is not None
        assert truth is not None
        lesion, image = truth > 127, np.asarray(pixels[..., ::-1], np.uint8)
        plain, held = sweep(image, lesion, radius=14)
        assert (held & ~lesion).sum() < 0.75 * (plain & ~lesion).sum(), name
        assert (held & lesion).sum() > 0.85 * (plain & lesion).sum(), name


def sweep(image: NDArray[np.uint8], lesion: Mask, *, radius: float) -> tuple[Mask, Mask]:
    """Along the inside of the border at half the radius: what a plain and what this brush takes."""
    height, width = lesion.shape
    depth = cv2.distanceTransform(lesion.view(np.uint8), cv2.DIST_L2, 5)
    contours, _ = cv2.findContours((depth >= radius / 2).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    way = [Point(float(x) + 0.5, float(y) + 0.5) for x, y in max(contours, key=len)[::3, 0]]
    tip = EdgeTip(image, way[0])
    plain, held = np.zeros((height, width), np.uint8), np.zeros((height, width), bool)
    for a, b in zip([way[0], *way], way, strict=False):
        cv2.circle(plain, (int(b.x), int(b.y)), int(radius), 1, -1)
        held |= frame_mask(tip.dab(a, b, radius, height=height, width=width), height=height, width=width)
    return plain > 0, held
