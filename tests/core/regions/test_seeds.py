"""One click grows to the lesion, a click beside it takes away, and no seeds raise."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from polypviewer.core.label_map import Mask, empty_label_map
from polypviewer.core.region import Region, Scene, frame_mask
from polypviewer.core.regions.seeds import BACKGROUND_SEED, LESION_SEED, grow_from_seeds

HEIGHT, WIDTH = 300, 400


def disc(x: float = 200, y: float = 150, radius: float = 60) -> Mask:
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH] + 0.5
    inside: Mask = np.hypot(columns - x, rows - y) <= radius
    return inside


def scene(inside: Mask, *, limit: Mask | None = None) -> Scene:
    colours = np.where(inside[..., None], (180.0, 70.0, 60.0), (210.0, 150.0, 130.0))
    colours = cv2.GaussianBlur(colours, (0, 0), 1.0) + np.random.default_rng(2).normal(0, 4, colours.shape)
    return Scene(np.asarray(np.clip(colours, 0, 255), np.uint8), empty_label_map(HEIGHT, WIDTH), limit)


def seeds(
    *, lesion: tuple[tuple[int, int], ...] = (), background: tuple[tuple[int, int], ...] = ()
) -> NDArray[np.uint8]:
    marks = np.zeros((HEIGHT, WIDTH), np.uint8)
    for places, kind in ((lesion, LESION_SEED), (background, BACKGROUND_SEED)):
        for x, y in places:
            marks[y, x] = kind
    return marks


def mask_of(region: Region) -> Mask:
    return frame_mask(region, height=HEIGHT, width=WIDTH)


def agreement(found: Mask, truth: Mask) -> float:
    return float((found & truth).sum() / (found | truth).sum())


@pytest.mark.parametrize("click", [(200, 150), (175, 130), (225, 180)])
def test_one_click_in_a_lesion_gives_the_lesion(click: tuple[int, int]) -> None:
    assert agreement(mask_of(grow_from_seeds(scene(disc()), seeds(lesion=(click,)))), disc()) > 0.9


def test_one_click_outside_the_lesion_does_not_take_it() -> None:
    found = mask_of(grow_from_seeds(scene(disc()), seeds(lesion=((200, 40),))))
    assert (found & disc()).sum() < 0.05 * disc().sum()


def test_a_click_beside_it_takes_away_what_hangs_together_in_colour() -> None:
    two = disc(160, 150, 40) | disc(240, 150, 45)
    both = mask_of(grow_from_seeds(scene(two), seeds(lesion=((160, 150), (240, 150)))))
    one = mask_of(grow_from_seeds(scene(two), seeds(lesion=((160, 150),), background=((240, 150),))))
    assert agreement(both, two) > 0.9
    assert one[150, 160]
    assert not one[150, 240]
    assert one.sum() < 0.65 * both.sum()


def test_the_same_seeds_give_the_same_region() -> None:
    first, second = (grow_from_seeds(scene(disc()), seeds(lesion=((190, 150),))) for _ in range(2))
    assert first.rect == second.rect
    assert np.array_equal(first.mask, second.mask)


def test_every_piece_holds_a_seed_and_lies_in_the_limit() -> None:
    limit = np.zeros((HEIGHT, WIDTH), bool)
    limit[:, :230] = True
    found = mask_of(grow_from_seeds(scene(disc(), limit=limit), seeds(lesion=((190, 150),))))
    assert found[150, 190]
    assert not (found & ~limit).any()
    assert cv2.connectedComponents(found.astype(np.uint8))[0] == 2


def test_without_a_seed_of_the_lesion_nothing_grows() -> None:
    assert grow_from_seeds(scene(disc()), seeds()).is_empty
    assert grow_from_seeds(scene(disc()), seeds(background=((10, 10),))).is_empty


@pytest.mark.parametrize("value", [0, 90, 255])
def test_on_a_frame_of_one_colour_nothing_grows(value: int) -> None:
    flat = Scene(np.full((HEIGHT, WIDTH, 3), value, np.uint8), empty_label_map(HEIGHT, WIDTH))
    assert grow_from_seeds(flat, seeds(lesion=((200, 150),))).is_empty


@pytest.mark.parametrize("kind", [LESION_SEED, BACKGROUND_SEED])
def test_seeds_everywhere_and_no_limit_at_all_do_not_raise(kind: int) -> None:
    marks = np.full((HEIGHT, WIDTH), kind, np.uint8)
    grow_from_seeds(scene(disc()), marks)
    grow_from_seeds(scene(disc(), limit=np.zeros((HEIGHT, WIDTH), bool)), marks)


@pytest.mark.parametrize("shape", [(1, 1), (2, 40), (5, 5)])
def test_a_tiny_frame_does_not_raise(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 255, (*shape, 3), np.uint8)
    marks = np.zeros(shape, np.uint8)
    marks[shape[0] // 2, shape[1] // 2] = LESION_SEED
    region = grow_from_seeds(Scene(image, empty_label_map(*shape)), marks)
    assert region.mask.shape == (region.rect.height, region.rect.width)


place = st.tuples(st.integers(0, WIDTH - 1), st.integers(0, HEIGHT - 1))


@settings(max_examples=15, deadline=None)
@given(st.lists(place, min_size=1, max_size=5), st.lists(place, max_size=5))
def test_any_seeds_give_a_region_inside_the_frame(
    lesion: list[tuple[int, int]], background: list[tuple[int, int]]
) -> None:
    region = grow_from_seeds(scene(disc()), seeds(background=tuple(background), lesion=tuple(lesion)))
    assert region.mask.shape == (region.rect.height, region.rect.width)
    assert region.rect.clipped(HEIGHT, WIDTH) == region.rect


def test_on_real_frames_one_click_gives_most_of_the_lesion(shared_data: Path) -> None:
    found = []
    for name in ("1", "12", "39", "48", "102"):
        pixels = cv2.imread(str(shared_data / "cvc-clinicdb-sequences" / "images" / f"{name}.png"))
        mask = cv2.imread(str(shared_data / "cvc-clinicdb-sequences" / "masks" / f"{name}.png"), cv2.IMREAD_GRAYSCALE)
        assert pixels is not None
        assert mask is not None
        truth = mask > 127
        depth = np.asarray(cv2.distanceTransform(np.pad(truth, 1).astype(np.uint8), cv2.DIST_L2, 5))[1:-1, 1:-1]
        marks = np.zeros(truth.shape, np.uint8)
        marks[np.unravel_index(int(depth.argmax()), depth.shape)] = LESION_SEED
        frame = Scene(np.ascontiguousarray(pixels[..., ::-1]).astype(np.uint8), empty_label_map(*truth.shape))
        region = grow_from_seeds(frame, marks)
        found.append(agreement(frame_mask(region, height=truth.shape[0], width=truth.shape[1]), truth))
    assert np.median(found) > 0.6
