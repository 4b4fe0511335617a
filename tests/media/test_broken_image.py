"""Bad images: each gives one clear sentence, and nothing is shown that was not recorded."""

from __future__ import annotations

import contextlib
import random
import struct
import warnings
import zlib
from pathlib import Path

import pytest
from PIL import Image

from polypviewer.core.errors import MediaError
from polypviewer.media.readers import open_media, probe
from tests.media.made_files import picture

KINDS = ("jpg", "png", "tif", "bmp", "webp")


def refusal(path: Path, **options: int) -> MediaError:
    with pytest.raises(MediaError) as raised:
        probe(path, **options)
    assert path.name in raised.value.happened
    assert raised.value.cure
    return raised.value


@pytest.mark.parametrize("suffix", KINDS)
def test_an_empty_file_is_said_to_be_empty(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    path.touch()
    assert refusal(path).code == "media.empty"


@pytest.mark.parametrize("suffix", KINDS)
@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.98])
def test_a_cut_off_file_is_an_error_and_never_grey_rows(tmp_path: Path, suffix: str, share: float) -> None:
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(picture(200, 300)).save(path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    assert refusal(path).code in ("media.truncated", "media.damaged", "media.not_an_image")


def test_a_progressive_jpeg_without_its_last_scan_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.fromarray(picture(200, 300)).save(path, progressive=True)
    data = path.read_bytes()
    path.write_bytes(data[: data.rindex(b"\xff\xda")])
    assert refusal(path).code == "media.truncated"


def test_a_jpeg_with_bytes_after_its_end_is_fine(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.fromarray(picture()).save(path)
    path.write_bytes(path.read_bytes() + b"trailer of a recorder")
    assert probe(path).width == 130


def test_a_png_with_a_flipped_bit_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(picture()).save(path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert refusal(path).code == "media.damaged"


@pytest.mark.parametrize("suffix", KINDS)
def test_a_text_file_called_an_image_is_no_image(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"notes.{suffix}"
    path.write_text("The patient came back after six months.\n" * 20)
    assert refusal(path).code == "media.not_an_image"


def png_that_states(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + body + chunk(b"IEND", b"")


def tiff_that_states(width: int, height: int) -> bytes:
    tags = ((256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, height), (279, 10))
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(tags)) + entries + struct.pack("<I", 0)


@pytest.mark.parametrize(("suffix", "made"), [("png", png_that_states), ("tif", tiff_that_states)])
def test_a_bomb_is_refused_by_its_header(tmp_path: Path, suffix: str, made: object) -> None:
    path = tmp_path / f"bomb.{suffix}"
    assert callable(made)
    path.write_bytes(made(60_000, 60_000))
    error = refusal(path)
    assert error.code == "media.too_large"
    assert "60000x60000" in error.happened


@pytest.mark.parametrize(("suffix", "made"), [("png", png_that_states), ("tif", tiff_that_states)])
def test_a_header_that_lies_about_the_size_gives_an_error(tmp_path: Path, suffix: str, made: object) -> None:
    path = tmp_path / f"liar.{suffix}"
    assert callable(made)
    path.write_bytes(made(3000, 2000))
    assert refusal(path).code in ("media.damaged", "media.truncated")


def test_the_pixel_limit_can_be_set(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.fromarray(picture(100, 100)).save(path)
    assert probe(path, pixel_limit=10_000).width == 100
    assert refusal(path, pixel_limit=9_999).code == "media.too_large"


def test_a_file_larger_than_any_image_within_the_limit_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    with path.open("wb") as file:
        file.truncate(70_000_000)
    assert refusal(path, pixel_limit=1000).code == "media.file_too_large"


def test_a_missing_file_a_folder_and_an_unknown_type_say_so(tmp_path: Path) -> None:
    assert refusal(tmp_path / "gone.png").code == "media.missing"
    (tmp_path / "folder.png").mkdir()
    assert refusal(tmp_path / "folder.png").code == "media.missing"
    (tmp_path / "report.docx").write_bytes(b"PK")
    assert refusal(tmp_path / "report.docx").code == "media.unsupported"


def test_a_broken_picture_with_a_whole_header_opens_and_fails_when_read(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    Image.fromarray(picture(200, 300)).save(path, compression="tiff_lzw")
    data = bytearray(path.read_bytes())
    data[200:20_000] = b"\xff" * 19_800
    path.write_bytes(data)
    with open_media(path) as source, pytest.raises(MediaError):
        source.read(0)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data:UserWarning")
def test_broken_exif_does_not_spoil_the_picture(tmp_path: Path) -> None:
    path, exif = tmp_path / "a.jpg", Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(picture()).save(path, exif=exif)
    data = path.read_bytes()
    at = data.index(b"Exif\0\0") + 14
    path.write_bytes(data[:at] + b"\xff" + data[at + 1 :])
    assert probe(path).frame_count == 1


def test_a_thousand_spoilt_files_give_errors_of_ours_and_nothing_else(tmp_path: Path) -> None:
    rng = random.Random(5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for suffix in KINDS:
            path = tmp_path / f"a.{suffix}"
            Image.fromarray(picture(60, 80)).save(path)
            whole = path.read_bytes()
            for _ in range(200):
                data = bytearray(whole)
                for _ in range(rng.choice((1, 5, 40))):
                    data[rng.randrange(min(len(data), rng.choice((40, 400, 10**9))))] = rng.randrange(256)
                path.write_bytes(data)
                with contextlib.suppress(MediaError):
                    assert probe(path, pixel_limit=1_000_000).height > 0
