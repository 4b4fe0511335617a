"""Still images: every kind gives the pixels that a viewer would show."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import cv2
import numpy as np
import pytest
from PIL import Image

from polypviewer.core.errors import MediaError
from polypviewer.core.media_names import IMAGE_SUFFIXES
from polypviewer.media.file_bytes import fingerprint
from polypviewer.media.image import decode_with_pillow, open_image, read_image, scaled_to_8_bits
from polypviewer.media.orientation import oriented
from polypviewer.media.readers import READERS, SUPPORTED_SUFFIXES, open_media, probe
from tests.media.made_files import picture

ORIENTATION = 0x0112
EXACT = ("png", "tif", "bmp")


def with_orientation(value: int) -> Image.Exif:
    exif = Image.Exif()
    exif[ORIENTATION] = value
    return exif


@pytest.mark.parametrize("suffix", EXACT)
def test_a_lossless_image_gives_the_pixels_that_were_saved(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(picture()).save(path)
    np.testing.assert_array_equal(read_image(path), picture())


def test_a_lossless_webp_gives_the_pixels_that_were_saved(tmp_path: Path) -> None:
    Image.fromarray(picture()).save(tmp_path / "a.webp", lossless=True)
    np.testing.assert_array_equal(read_image(tmp_path / "a.webp"), picture())


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied_and_stated(tmp_path: Path, suffix: str, orientation: int) -> None:
    plain, turned = tmp_path / f"plain.{suffix}", tmp_path / f"turned.{suffix}"
    Image.fromarray(picture()).save(plain)
    Image.fromarray(picture()).save(turned, exif=with_orientation(orientation))
    info = probe(turned)
    pixels = read_image(turned)
    np.testing.assert_array_equal(pixels, oriented(read_image(plain), orientation))
    assert (info.height, info.width, info.orientation) == (*pixels.shape[:2], orientation)
    assert pixels.shape[:2] == ((90, 130) if orientation < 5 else (130, 90))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_deep_tiff_is_turned_once(tmp_path: Path, orientation: int) -> None:
    grey = picture()[:, :, 0]
    path = tmp_path / "deep.tif"
    Image.fromarray(grey.astype(np.uint16) * 257).save(path, tiffinfo={ORIENTATION: orientation})
    np.testing.assert_array_equal(read_image(path)[:, :, 0], oriented(grey, orientation))


def test_a_nonsense_orientation_is_no_orientation(tmp_path: Path) -> None:
    Image.fromarray(picture()).save(tmp_path / "a.jpg", exif=with_orientation(0))
    assert probe(tmp_path / "a.jpg").orientation == 1


@pytest.mark.parametrize(
    ("mode", "suffix"), [("L", "png"), ("L", "jpg"), ("P", "png"), ("P", "bmp"), ("1", "png"), ("CMYK", "tif")]
)
def test_other_colour_modes_give_what_pillow_converts(tmp_path: Path, mode: str, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(picture()).convert(mode).save(path)
    with Image.open(path) as image:
        np.testing.assert_array_equal(read_image(path), np.asarray(image.convert("RGB")))


def test_a_cmyk_jpeg_is_read_as_rgb(tmp_path: Path) -> None:
    Image.fromarray(picture()).convert("CMYK").save(tmp_path / "a.jpg", quality=95)
    difference = read_image(tmp_path / "a.jpg").astype(int) - picture()
    assert abs(difference).mean() < 4


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_alpha_is_dropped_and_never_blended(tmp_path: Path, mode: str) -> None:
    image = Image.fromarray(picture()).convert(mode)
    image.putalpha(Image.fromarray(np.tile(np.arange(130, dtype=np.uint8), (90, 1))))
    image.save(tmp_path / "a.png")
    expected = np.asarray(Image.fromarray(picture()).convert("L" if mode == "LA" else "RGB").convert("RGB"))
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), expected)


@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize(("factor", "depth"), [(257, 16), (16, 12), (4, 10)])
def test_deep_samples_are_shifted_from_the_depth_they_use(tmp_path: Path, suffix: str, factor: int, depth: int) -> None:
    samples = picture().astype(np.uint16) * factor
    assert samples.max() < 1 << depth
    path = tmp_path / f"deep.{suffix}"
    path.write_bytes(cv2.imencode(f".{suffix}", samples[:, :, ::-1])[1].tobytes())
    np.testing.assert_array_equal(read_image(path), picture())


def test_floating_point_samples_between_0_and_1_are_brightness() -> None:
    np.testing.assert_array_equal(scaled_to_8_bits(np.array([[0.0, 0.5, 1.0]]), name="a")[0, :, 0], [0, 128, 255])


@pytest.mark.parametrize("values", [[[-1, 5]], [[70_000, 5]], [[0.5, 1.5]], [[0.5, np.nan]]])
def test_values_that_are_no_brightness_are_refused(values: list[list[float]]) -> None:
    with pytest.raises(MediaError, match="no brightness"):
        scaled_to_8_bits(np.array(values), name="a")


def test_a_floating_point_tiff_is_read(tmp_path: Path) -> None:
    Image.fromarray(picture()[:, :, 0].astype(np.float32) / 255).save(tmp_path / "f.tif")
    np.testing.assert_array_equal(read_image(tmp_path / "f.tif")[:, :, 0], picture()[:, :, 0])


def test_the_fast_path_and_pillow_give_the_same_pixels(tmp_path: Path) -> None:
    for quality, subsampling in ((95, 0), (75, 2), (60, 1)):
        path = tmp_path / f"{quality}.jpg"
        Image.fromarray(picture(333, 411)).save(
            path, quality=quality, subsampling=subsampling, progressive=quality < 70
        )
        np.testing.assert_array_equal(read_image(path), decode_with_pillow(path.read_bytes(), name="a"))


def test_the_two_paths_agree_on_real_frames(shared_data: Path) -> None:
    for path in sorted((shared_data / "kvasir-seg" / "images").iterdir())[:20]:
        np.testing.assert_array_equal(read_image(path), decode_with_pillow(path.read_bytes(), name="a"))


def test_names_with_spaces_and_other_alphabets_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "Müller 内視鏡"
    folder.mkdir()
    Image.fromarray(picture()).save(folder / "fråme №1 .PNG")
    np.testing.assert_array_equal(read_image(folder / "fråme №1 .PNG"), picture())
    assert probe(folder / "fråme №1 .PNG").kind == "image"


def test_of_several_pages_the_first_is_read_and_that_is_said(tmp_path: Path) -> None:
    first, second = Image.fromarray(picture()), Image.fromarray(picture(seed=1))
    first.save(tmp_path / "pages.tif", save_all=True, append_images=[second])
    assert probe(tmp_path / "pages.tif").notes == ("more_pages",)
    np.testing.assert_array_equal(read_image(tmp_path / "pages.tif"), picture())


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_thumbnail_is_the_picture_made_small(tmp_path: Path, orientation: int) -> None:
    path = tmp_path / "a.jpg"
    Image.fromarray(picture(720, 1080)).save(path, exif=with_orientation(orientation))
    with open_media(path) as source:
        small, whole = source.thumbnail(0, 90), source.read(0)
    assert small.shape == ((60, 90, 3) if orientation == 1 else (90, 60, 3))
    expected = cv2.resize(whole, (small.shape[1], small.shape[0]), interpolation=cv2.INTER_AREA)
    assert abs(small.astype(int) - expected).mean() < 3


def test_a_small_image_is_never_enlarged(tmp_path: Path) -> None:
    Image.fromarray(picture()).save(tmp_path / "a.png")
    with open_media(tmp_path / "a.png") as source:
        assert source.thumbnail(0, 400).shape == (90, 130, 3)


def test_identity_and_facts_of_an_image(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(picture()).save(path)
    media_id = uuid4()
    with open_image(path) as source:
        identity = source.identity(0, media_id)
        assert source.timestamps().tolist() == [0.0]
        with pytest.raises(MediaError) as raised:
            source.read(1)
    assert (identity.key.media_id, identity.key.segment, identity.key.pts, identity.key.repeat) == (media_id, 0, 0, 0)
    assert (identity.height, identity.width) == (90, 130)
    assert identity.content_hash == fingerprint(path) == probe(path).fingerprint
    assert raised.value.code == "media.no_frame"


def test_every_supported_suffix_has_a_reader() -> None:
    assert set(READERS) == SUPPORTED_SUFFIXES
    assert IMAGE_SUFFIXES <= SUPPORTED_SUFFIXES
