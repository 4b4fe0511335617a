"""Where a hand may paint: tissue, without what the console drew over it, also where that was blackened."""

import cv2
import numpy as np

from polypviewer.core.painting_field import black_corners, painting_field


def octagon(height: int = 300, width: int = 400) -> np.ndarray:
    image = np.zeros((height, width, 3), np.uint8)
    cut = 60
    corners = [(cut, 0), (width - cut, 0), (width, cut), (width, height - cut), (width - cut, height), (cut, height)]
    corners += [(0, height - cut), (0, cut)]
    cv2.fillPoly(image, [np.array(corners, np.int32)], (190, 110, 90))
    return image


def test_an_octagons_corners_are_no_rectangles() -> None:
    assert black_corners(octagon()) == []


def test_a_blackened_inset_is_no_place_to_paint() -> None:
    image = octagon()
    image[200:, :130] = 0
    field = painting_field(image)
    assert not field[205:295, 5:125].any()
    assert field[100:190, 20:380].all()
    assert field[205:280, 140:330].all()


def test_a_frame_without_any_border_is_free_everywhere() -> None:
    assert painting_field(np.full((120, 160, 3), 140, np.uint8)).all()


def test_a_circle_is_found() -> None:
    image = np.zeros((240, 320, 3), np.uint8)
    cv2.circle(image, (160, 120), 100, (180, 100, 80), -1)
    tissue = image.any(axis=2)
    field = painting_field(image)
    assert (field & tissue).sum() / (field | tissue).sum() > 0.96
