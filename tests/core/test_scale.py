"""Sizes of lesions in pixels, and in millimetres at a known scale."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from polypviewer.core.geometry import Point
from polypviewer.core.scale import lesion_size, scale_of, scale_text


def rectangle(height: int, width: int) -> np.ndarray:
    mask = np.zeros((60, 80), bool)
    mask[10 : 10 + height, 5 : 5 + width] = True
    return mask


def test_the_longest_diameter_of_a_rectangle_is_its_diagonal_between_outer_corners() -> None:
    size = lesion_size(rectangle(30, 40))
    assert size is not None
    assert size.area == 1200
    assert size.diameter == pytest.approx(50.0)
    assert set(size.ends) in ({Point(5, 10), Point(45, 40)}, {Point(45, 10), Point(5, 40)})


def test_one_pixel_is_as_long_as_its_diagonal() -> None:
    size = lesion_size(rectangle(1, 1))
    assert size is not None
    assert size.diameter == pytest.approx(math.sqrt(2))


def test_a_disc_is_as_long_as_its_equivalent_diameter() -> None:
    disc = np.zeros((300, 300), np.uint8)
    cv2.circle(disc, (150, 150), 100, 1, -1)
    size = lesion_size(disc > 0)
    assert size is not None
    assert size.diameter == pytest.approx(201, abs=1.5)
    assert size.equivalent == pytest.approx(201, abs=1.5)


def test_a_slanted_strip_is_measured_along_itself() -> None:
    strip = np.zeros((300, 300), np.uint8)
    cv2.line(strip, (30, 40), (230, 190), 1, 3)
    size = lesion_size(strip > 0)
    assert size is not None
    assert size.diameter == pytest.approx(250, abs=5)
    assert size.equivalent < 50


def test_every_pixel_of_random_masks_lies_within_the_longest_diameter() -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        mask = rng.random((12, 17)) < 0.1
        if not mask.any():
            continue
        rows, columns = np.nonzero(mask)
        corners = np.concatenate([np.stack([columns + dx, rows + dy], 1) for dx in (0, 1) for dy in (0, 1)])
        farthest = max(math.dist(a, b) for a in corners for b in corners)
        size = lesion_size(mask)
        assert size is not None
        assert size.diameter == pytest.approx(farthest)


def test_an_empty_mask_has_no_size() -> None:
    assert lesion_size(np.zeros((10, 10), bool)) is None


def test_millimetres_are_said_to_hold_at_the_known_scale_only() -> None:
    size = lesion_size(rectangle(30, 40))
    assert size is not None
    known = size.at_scale(0.1)
    assert known.diameter == pytest.approx(5.0)
    assert known.area == pytest.approx(12.0)
    assert known.words == "5 mm at the known scale"


@pytest.mark.parametrize("value", [0.05, 1 / 3, 1e-4, 10.0])
def test_a_scale_is_read_again_without_loss(value: float) -> None:
    assert scale_of(scale_text(value)) == value


@pytest.mark.parametrize("text", ["", "five", "0", "-1", "nan", "inf", "1000"])
def test_a_scale_that_cannot_be_meant_is_none(text: str) -> None:
    assert scale_of(text) is None
