"""Folders as people have them: missing, mismatched and broken masks, units beside them, frames without masks."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.trainer.conftest import write_grey
from trainer.data.folders import find_images, find_pairs, read_pair
from trainer.data.frames import load_frames, load_pictures
from trainer.errors import DataError


def test_frames_without_a_mask_are_passed_over_only_if_told_so(data: Path) -> None:
    (data / "masks" / "f003.png").unlink()
    with pytest.raises(DataError, match=r"1 frames of .* have no mask.*'f003'"):
        find_pairs(data, name="d")
    assert len(find_pairs(data, name="d", may_lack_masks=True)) == 9


def test_a_mask_without_an_image_is_refused_even_then(data: Path) -> None:
    (data / "images" / "f003.png").unlink()
    with pytest.raises(DataError, match="'f003'"):
        find_pairs(data, name="d", may_lack_masks=True)


def test_two_images_of_one_name_are_refused(data: Path) -> None:
    (data / "images" / "f003.bmp").write_bytes((data / "images" / "f003.png").read_bytes())
    with pytest.raises(DataError, match=r"both f003\.bmp and f003\.png"):
        find_pairs(data, name="d")


def test_every_frame_that_cannot_be_used_is_counted(data: Path) -> None:
    write_grey(data / "masks" / "f002.png", np.zeros((50, 96), np.uint8))
    (data / "images" / "f004.png").write_bytes(b"\x89PNG\r\n")
    with pytest.raises(DataError, match=r"2 of 10 frames cannot be used; the first: .*f002\.png is 96x50"):
        load_frames(find_pairs(data, name="d"), size=32)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_a_file_cut_short_is_refused_rather_than_filled_with_grey(data: Path, suffix: str) -> None:
    image = cv2.imread(str(data / "images" / "f000.png"))
    _, coded = cv2.imencode(suffix, np.asarray(image, np.uint8))
    (data / "images" / "f000.png").unlink()
    (data / "images" / f"f000{suffix}").write_bytes(coded.tobytes()[: coded.size * 2 // 3])
    with pytest.raises(DataError, match=r"f000\.(jpg|png) is not an image"):
        read_pair(find_pairs(data, name="d")[0])


def test_masks_of_0_and_1_count_and_grey_ones_are_refused(data: Path) -> None:
    soft = np.zeros((96, 96), np.uint8)
    soft[10:20] = 1
    write_grey(data / "masks" / "f000.png", soft)
    write_grey(data / "masks" / "f001.png", soft * 38)
    first, second = find_pairs(data, name="d")[:2]
    assert int(read_pair(first)[1].sum()) == 960
    with pytest.raises(DataError, match=r"highest value of the mask .* is 38"):
        read_pair(second)


def test_a_mask_in_colour_counts_by_its_brightest_channel(data: Path) -> None:
    red = np.zeros((96, 96, 3), np.uint8)
    red[:10, :, 2] = 255
    assert cv2.imwrite(str(data / "masks" / "f000.png"), red)
    assert int(read_pair(find_pairs(data, name="d")[0])[1].sum()) == 960


@pytest.mark.parametrize(
    ("table", "text", "kind", "key"),
    [
        ("exams.csv", "frame,exam\nf001,E-7\n", "exam", "E-7"),
        ("exams.csv", "image,Patient\nimages/f001.png,p3\n", "exam", "p3"),
        ("sequences.csv", "frame,sequence\nf001,4\n", "sequence", "4"),
        ("centres.csv", "stem,centre,has_polyp\nf001,C4,0\n", "centre", "C4"),
    ],
)
def test_tables_say_what_frames_are_part_of(data: Path, table: str, text: str, kind: str, key: str) -> None:
    (data / table).write_text(text, "utf-8")
    pairs = find_pairs(data, name="d")
    assert [pair.unit(kind) for pair in pairs[:2]] == [None, key]


def test_a_table_that_names_no_unit_is_refused(data: Path) -> None:
    (data / "exams.csv").write_text("frame,colour\nf001,red\n", "utf-8")
    with pytest.raises(DataError, match=r"exams\.csv has the columns frame, colour"):
        find_pairs(data, name="d")


def test_frames_without_masks_load_with_nothing_known(data: Path) -> None:
    pictures = find_images(data / "images", name="d")
    assert [picture.key for picture in pictures] == [picture.key for picture in find_images(data, name="d")]
    frames = load_pictures(pictures, size=32)
    same = load_frames(find_pairs(data, name="d"), size=32)
    np.testing.assert_array_equal(frames.images, same.images)
    assert (frames.labels == 255).all()
