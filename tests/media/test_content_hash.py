"""The hash of a JPEG is that of its picture: metadata come and go, the mask stays on its frame."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from polypviewer.core.jpeg_segments import is_complete, picture_hash, without_metadata
from polypviewer.media.image import decode_with_pillow
from tests.media.made_files import picture


def jpeg(*, progressive: bool = False, mode: str = "RGB", restart: int = 0, **metadata: object) -> bytes:
    buffer = BytesIO()
    image = Image.fromarray(picture(200, 300)).convert(mode)
    image.save(buffer, "JPEG", progressive=progressive, restart_marker_rows=restart, **metadata)
    return buffer.getvalue()


def patient_exif() -> bytes:
    exif = Image.Exif()
    exif[0x010E] = "Jane Doe 1961-02-03"
    return exif.tobytes()


def test_stripping_exif_icc_and_comments_keeps_the_hash() -> None:
    plain = jpeg()
    dressed = jpeg(exif=patient_exif(), comment=b"Jane Doe", icc_profile=b"profile" * 20000)
    assert dressed != plain
    assert picture_hash(dressed) == picture_hash(plain) == picture_hash(without_metadata(dressed))
    assert picture_hash(plain).startswith("jpeg1:")
    assert len(picture_hash(plain)) == len("jpeg1:") + 32


def test_another_picture_has_another_hash() -> None:
    data = bytearray(jpeg())
    data[-50] ^= 1
    assert picture_hash(bytes(data)) != picture_hash(jpeg())


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("restart", [0, 1])
def test_stripping_removes_identity_and_keeps_every_pixel(*, progressive: bool, mode: str, restart: int) -> None:
    dressed = jpeg(progressive=progressive, mode=mode, restart=restart, exif=patient_exif(), comment=b"Jane Doe")
    stripped = without_metadata(dressed + b"Jane Doe")
    assert b"Jane" in dressed
    assert b"Jane" not in stripped
    assert b"Exif" not in stripped
    np.testing.assert_array_equal(decode_with_pillow(stripped, name="a"), decode_with_pillow(dressed, name="a"))
    assert is_complete(stripped)


@pytest.mark.parametrize("progressive", [False, True])
def test_every_cut_is_noticed(*, progressive: bool) -> None:
    data = jpeg(progressive=progressive, restart=1)
    assert is_complete(data)
    assert not any(is_complete(data[:stop]) for stop in range(0, len(data) - 1, 7))


def test_an_exif_thumbnail_does_not_look_like_the_end() -> None:
    thumbnail = jpeg(mode="L")
    exif = b"Exif\0\0" + thumbnail
    assert len(exif) < 65_000
    dressed = jpeg(exif=exif)
    assert not is_complete(dressed[: len(dressed) // 2])
    assert picture_hash(dressed) == picture_hash(jpeg())


def test_real_frames_keep_hash_and_pixels_when_stripped(shared_data: Path) -> None:
    for path in sorted((shared_data / "kvasir-seg" / "images").iterdir())[:10]:
        data = path.read_bytes()
        stripped = without_metadata(data)
        assert picture_hash(stripped) == picture_hash(data)
        np.testing.assert_array_equal(decode_with_pillow(stripped, name="a"), decode_with_pillow(data, name="a"))
