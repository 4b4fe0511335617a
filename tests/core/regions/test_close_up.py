"""A close-up lies where it says, without glare, and its answers come back in place."""

from __future__ import annotations

import numpy as np

from polypviewer.core.geometry import Rect
from polypviewer.core.region import frame_mask
from polypviewer.core.regions.close_up import biggest_part, close_up, without_glare


def test_what_is_shrunk_comes_back_in_its_place() -> None:
    mask = np.zeros((400, 600), bool)
    mask[120:280, 210:390] = True
    seen = close_up(np.zeros((400, 600, 3), np.uint8), Rect(150, 80, 300, 240), most_pixels=8000, sigma=0.8)
    assert seen.image.shape[0] * seen.image.shape[1] <= 8200
    back = frame_mask(seen.region(seen.shrunk(mask)), height=400, width=600)
    assert (back != mask).sum() < 0.03 * mask.sum()


def test_a_small_part_is_never_enlarged() -> None:
    seen = close_up(np.zeros((40, 60, 3), np.uint8), Rect(5, 5, 20, 10), most_pixels=8000, sigma=0.8)
    assert seen.image.shape == (10, 20, 3)
    assert seen.scale == (1.0, 1.0)


def test_a_region_stays_inside_what_is_allowed() -> None:
    seen = close_up(np.zeros((40, 60, 3), np.uint8), Rect(10, 10, 20, 20), most_pixels=8000, sigma=0.8)
    allowed = np.zeros((40, 60), bool)
    allowed[15:20, 12:25] = True
    region = seen.region(np.ones((20, 20), np.float32), inside=allowed)
    assert region.rect == Rect(12, 15, 13, 5)
    assert seen.region(np.ones((20, 20), np.float32), inside=np.zeros((40, 60), bool)).is_empty


def test_specular_spots_take_the_colour_about_them_and_the_rest_stays() -> None:
    image = np.full((60, 60, 3), (180, 80, 70), np.uint8)
    image[28:32, 28:32] = 255
    clear = without_glare(image)
    assert np.abs(clear.astype(int) - (180, 80, 70)).max() <= 1
    assert (image[28:32, 28:32] == 255).all()


def test_the_biggest_part_is_the_only_one_left() -> None:
    mask = np.zeros((30, 30), bool)
    mask[2:5, 2:5] = mask[10:20, 10:20] = True
    assert biggest_part(mask).sum() == 100
    assert not biggest_part(np.zeros((30, 30), bool)).any()
