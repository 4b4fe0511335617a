"""Enhanced pixels: what each kind does to a picture, and that the picture itself is never touched."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from polypviewer.core.enhance import (
    IDENTITY,
    Enhancement,
    enhanced,
    enhancement_of,
    enhancement_text,
    highlights,
    tone_table,
    without_highlights,
)

KINDS = (
    Enhancement(brightness=0.2),
    Enhancement(contrast=1.6),
    Enhancement(gamma=2.0),
    Enhancement(clahe=3.0),
    Enhancement(mode="red_free"),
    Enhancement(mode="nbi"),
    Enhancement(specular=True),
    Enhancement(deinterlace=True),
    Enhancement(-0.1, 1.3, 0.8, 2.0, "nbi", specular=True, deinterlace=True),
)


def tissue(height: int = 120, width: int = 160) -> np.ndarray:
    """A reddish gradient with a white highlight, read-only as frames are."""
    rows = np.linspace(60, 200, height)[:, None] * np.ones(width)
    image = np.stack([rows, 0.5 * rows, 0.35 * rows], axis=2).astype(np.uint8)
    cv2.circle(image, (80, 60), 3, (252, 250, 248), -1)
    image.flags.writeable = False
    return image


@pytest.mark.parametrize("kind", KINDS, ids=enhancement_text)
@pytest.mark.parametrize("size", [(120, 160), (121, 161), (1, 1), (2, 3)])
def test_every_kind_gives_a_new_picture_of_the_same_size(kind: Enhancement, size: tuple[int, int]) -> None:
    image = tissue()[: size[0], : size[1]] if size[0] <= 120 else tissue(*size)
    before = image.copy()
    made = enhanced(image, kind)
    assert made.shape == image.shape
    assert made.dtype == np.uint8
    assert np.array_equal(image, before)
    assert not np.shares_memory(made, image)


def test_the_identity_changes_nothing() -> None:
    assert IDENTITY.is_identity
    assert np.array_equal(enhanced(tissue(), IDENTITY), tissue())
    assert not any(kind.is_identity for kind in KINDS)


def test_the_table_runs_from_contrast_over_brightness_to_gamma() -> None:
    assert tone_table(IDENTITY) is None
    steep = tone_table(Enhancement(contrast=2.0))
    assert steep is not None
    assert (steep[0], steep[63], steep[255]) == (0, 0, 255)
    assert abs(int(steep[128]) - 128) <= 1
    lighter = tone_table(Enhancement(gamma=2.0))
    assert lighter is not None
    assert lighter[64] == round(255 * (64 / 255) ** 0.5)
    assert np.all(np.diff(lighter.astype(int)) >= 0)
    white = tone_table(Enhancement(brightness=1.0))
    assert white is not None
    assert white.min() == 255


def test_red_free_is_the_green_channel_as_grey() -> None:
    image = tissue()
    made = enhanced(image, Enhancement(mode="red_free"))
    assert all(np.array_equal(made[:, :, channel], image[:, :, 1]) for channel in range(3))


def test_the_imitation_of_nbi_shows_green_as_red_and_blue_as_green_and_blue() -> None:
    image = tissue()
    made = enhanced(image, Enhancement(mode="nbi"))
    assert np.array_equal(made, image[:, :, [1, 2, 2]])


def test_a_highlight_is_filled_from_the_tissue_around_it_and_nothing_else_changes() -> None:
    image = tissue()
    spots = highlights(image)
    assert spots[60, 80]
    assert spots.sum() < 500
    made = without_highlights(image)
    assert np.array_equal(made[~spots], image[~spots])
    expected = tissue()[60, 20].astype(int)
    assert np.abs(made[60, 80].astype(int) - expected).max() < 20


def test_overexposed_mucosa_is_no_highlight_for_its_folds_must_stay() -> None:
    image = tissue().copy()
    image[20:100, 20:90] = (240, 228, 215)
    assert not highlights(image)[40:80, 40:70].any()


def test_writing_beside_the_field_of_view_stays() -> None:
    image = np.zeros((240, 320, 3), np.uint8)
    image[:, 140:] = (190, 90, 70)
    cv2.putText(image, "12:31", (10, 100), cv2.FONT_HERSHEY_PLAIN, 1.5, (255, 255, 255), 2)
    assert np.array_equal(enhanced(image, Enhancement(specular=True)), image)


def test_a_picture_that_is_all_highlight_stays_a_picture() -> None:
    white = np.full((33, 41, 3), 255, np.uint8)
    assert enhanced(white, Enhancement(specular=True)).shape == white.shape


def test_red_tissue_is_no_highlight_however_bright() -> None:
    image = np.full((40, 40, 3), (255, 150, 140), np.uint8)
    assert not highlights(image).any()


def test_local_contrast_lets_faint_folds_stand_out_and_keeps_the_hue() -> None:
    image = np.full((128, 128, 3), (120, 60, 45), np.uint8)
    image[:, (np.arange(128) // 8) % 2 == 1] = (126, 63, 47)
    made = enhanced(image, Enhancement(clahe=4.0))
    assert made[:, :, 0].std() > 1.5 * image[:, :, 0].std()
    red, green, blue = made[64, 100].astype(int)
    assert red > green > blue


def test_woven_fields_become_one() -> None:
    """The two fields of a capture show different moments: only the even lines' moment stays."""
    image = np.zeros((40, 60, 3), np.uint8)
    image[0::2, :30] = 200
    image[1::2, 30:] = 200
    made = enhanced(image, Enhancement(deinterlace=True))
    assert np.array_equal(made[0::2], image[0::2])
    assert (made[:, :30] == 200).all()
    assert (made[:, 30:] == 0).all()


@pytest.mark.parametrize("kind", [IDENTITY, *KINDS], ids=enhancement_text)
def test_the_text_in_the_settings_is_read_again(kind: Enhancement) -> None:
    assert enhancement_of(enhancement_text(kind)) == kind


@pytest.mark.parametrize("text", ["", "nonsense", "gamma=", "gamma=nan", "mode=sepia", "clahe=x=y", "specular"])
def test_a_text_that_says_nothing_is_the_identity(text: str) -> None:
    assert enhancement_of(text) == IDENTITY


def test_numbers_are_held_in_their_ranges() -> None:
    assert enhancement_of("gamma=99 brightness=-7") == replace(IDENTITY, gamma=5.0, brightness=-1.0)
    assert Enhancement(contrast=0.0).within().contrast == 0.2
