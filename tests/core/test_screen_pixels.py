import numpy as np
import pytest

from polypviewer.core.screen_pixels import screen_pixels, shrunk


def test_screen_pixels_keep_every_value_in_the_order_of_the_screen() -> None:
    image = np.random.default_rng(3).integers(0, 256, (7, 9, 3), dtype=np.uint8)
    pixels = screen_pixels(image)
    assert np.array_equal(pixels[..., 2::-1], image)
    assert (pixels[..., 3] == 255).all()


@pytest.mark.parametrize(("height", "width"), [(1, 1), (33, 60), (50, 51), (99, 160), (100, 161), (25, 161)])
def test_a_shrunk_picture_has_the_size_that_was_asked_for_and_the_same_mean(height: int, width: int) -> None:
    rows, columns = np.mgrid[0:100, 0:161]
    image = np.stack([rows * 2, columns, (rows + columns) // 2], axis=2).astype(np.uint8)
    small = shrunk(screen_pixels(image), height=height, width=width)
    assert small.shape == (height, width, 4)
    assert (small[..., 3] == 255).all()
    assert np.abs(small[..., 2::-1].mean((0, 1)) - image.mean((0, 1))).max() < 2.0


def test_shrinking_to_a_half_averages_four_pixels() -> None:
    image = np.zeros((4, 4, 3), np.uint8)
    image[::2, ::2] = 200
    assert (shrunk(screen_pixels(image), height=2, width=2)[..., :3] == 50).all()
