"""A box gives the lesion in it, the same each time, and never an error."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from polypviewer.core.geometry import Rect
from polypviewer.core.label_map import Mask, empty_label_map
from polypviewer.core.region import Region, Scene, frame_mask
from polypviewer.core.regions.grabcut import grabcut_region

HEIGHT, WIDTH = 300, 400


def disc(x: float = 200, y: float = 150, radius: float = 70) -> Mask:
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH] + 0.5
    inside: Mask = np.hypot(columns - x, rows - y) <= radius
    return inside


def scene(inside: Mask, *, limit: Mask | None = None) -> Scene:
    colours = np.where(inside[..., None], (180.0, 70.0, 60.0), (210.0, 150.0, 130.0))
    colours = cv2.GaussianBlur(colours, (0, 0), 1.0) + np.random.default_rng(2).normal(0, 4, colours.shape)
    image = np.asarray(np.clip(colours, 0, 255), np.uint8)
    return Scene(image, empty_label_map(HEIGHT, WIDTH), limit)


def mask_of(region: Region) -> Mask:
    return frame_mask(region, height=HEIGHT, width=WIDTH)


def agreement(region: Region, truth: Mask) -> float:
    height, width = truth.shape
    found = frame_mask(region, height=height, width=width)
    return float((found & truth).sum() / (found | truth).sum())


BOX = Rect(120, 70, 160, 160)


def test_a_box_around_a_lesion_gives_its_border() -> None:
    assert agreement(grabcut_region(scene(disc()), BOX), disc()) > 0.93


def test_the_same_box_gives_the_same_region() -> None:
    first = grabcut_region(scene(disc()), BOX)
    np.random.default_rng().random()
    cv2.setRNGSeed(77)
    second = grabcut_region(scene(disc()), BOX)
    assert first.rect == second.rect
    assert np.array_equal(first.mask, second.mask)


def test_the_region_stays_inside_the_box_and_the_limit() -> None:
    limit = np.zeros((HEIGHT, WIDTH), bool)
    limit[:, :210] = True
    box = Rect(150, 70, 130, 160)
    found = mask_of(grabcut_region(scene(disc(), limit=limit), box))
    assert found.any()
    assert not (found & ~limit).any()
    outside = np.ones((HEIGHT, WIDTH), bool)
    outside[box.slices] = False
    assert not (found & outside).any()


def test_the_region_is_one_piece() -> None:
    two = disc(150, 150, 35) | disc(260, 150, 20)
    region = grabcut_region(scene(two), Rect(100, 100, 190, 100))
    assert cv2.connectedComponents(region.mask.astype(np.uint8))[0] == 2


def test_what_is_marked_as_background_is_left_out() -> None:
    marked = np.zeros((HEIGHT, WIDTH), bool)
    marked[80:220, 215:235] = True
    found = mask_of(grabcut_region(scene(disc()), BOX, background=marked))
    assert not found[100:200, 218:232].any()


def test_what_is_marked_as_lesion_is_taken() -> None:
    marked = disc(200, 150, 8)
    region = grabcut_region(scene(disc()), BOX, foreground=marked)
    assert (mask_of(region) & marked).sum() >= 0.9 * marked.sum()


@pytest.mark.parametrize(
    "box",
    [Rect(0, 0, 0, 0), Rect(50, 50, 1, 200), Rect(900, 900, 50, 50), Rect(-300, -300, 200, 200), Rect(10, 10, -5, 9)],
)
def test_a_degenerate_box_gives_an_empty_region(box: Rect) -> None:
    assert grabcut_region(scene(disc()), box).is_empty


@pytest.mark.parametrize("value", [0, 255])
@pytest.mark.parametrize("box", [BOX, Rect(0, 0, WIDTH, HEIGHT)])
def test_a_flat_frame_gives_an_empty_region(value: int, box: Rect) -> None:
    flat = Scene(np.full((HEIGHT, WIDTH, 3), value, np.uint8), empty_label_map(HEIGHT, WIDTH))
    assert grabcut_region(flat, box).is_empty


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_marks_that_leave_no_choice_do_not_raise(share: float) -> None:
    everywhere = np.full((HEIGHT, WIDTH), share > 0.5)
    grabcut_region(scene(disc()), BOX, foreground=everywhere, background=everywhere)
    grabcut_region(scene(disc(), limit=everywhere), BOX)


def test_a_lesion_that_fills_the_frame_is_found_in_a_box_of_the_frame() -> None:
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH] + 0.5
    large = np.hypot((columns - 200) / 180, (rows - 150) / 135) <= 1
    assert agreement(grabcut_region(scene(large), Rect(0, 0, WIDTH, HEIGHT)), large) > 0.93


@settings(max_examples=25, deadline=None)
@given(st.integers(-50, 450), st.integers(-50, 350), st.integers(0, 500), st.integers(0, 500), st.booleans())
def test_any_box_gives_a_region_in_it(x: int, y: int, width: int, height: int, noise: bool) -> None:  # noqa: FBT001 - a drawn value
    pixels: NDArray[np.uint8] = np.random.default_rng(1).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)
    frame = Scene(pixels, empty_label_map(HEIGHT, WIDTH)) if noise else scene(disc())
    region = grabcut_region(frame, Rect(x, y, width, height))
    assert region.mask.shape == (region.rect.height, region.rect.width)
    assert region.is_empty or Rect(x, y, width, height).united(region.rect) == Rect(x, y, width, height)


def test_on_real_frames_a_box_gives_most_of_the_lesion(shared_data: Path) -> None:
    found = []
    for name in ("30", "39", "84", "93", "102"):
        pixels = cv2.imread(str(shared_data / "cvc-clinicdb-sequences" / "images" / f"{name}.png"))
        mask = cv2.imread(str(shared_data / "cvc-clinicdb-sequences" / "masks" / f"{name}.png"), cv2.IMREAD_GRAYSCALE)
        assert pixels is not None
        assert mask is not None
        truth = mask > 127
        box = Rect(*(int(side) for side in cv2.boundingRect(truth.astype(np.uint8)))).grown(4)
        frame = Scene(np.ascontiguousarray(pixels[..., ::-1]).astype(np.uint8), empty_label_map(*truth.shape))
        found.append(agreement(grabcut_region(frame, box), truth))
    assert np.mean(found) > 0.75
