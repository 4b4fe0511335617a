"""Finding media and reading the masks that people bring."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from polypviewer.core.errors import DatasetError, PolypViewerError
from polypviewer.core.record import UNKNOWN_EXAM
from polypviewer.core.review import Decision, Origin, Presence
from polypviewer.datasets.find_media import FoundItem, find_media
from polypviewer.datasets.masks import lesions_by_component, read_mask
from polypviewer.datasets.read_kvasir import read_kvasir
from polypviewer.media.image import read_image
from tests.datasets.made_records import saved


def write(path: Path, pixels: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, np.asarray(pixels))[1].tobytes())
    return path


def two_blobs() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    mask = np.zeros((60, 90), np.uint8)
    mask[5:15, 5:15] = 255
    mask[30:55, 40:80] = 255
    return mask


def kvasir(folder: Path) -> Path:
    for number in (1, 2, 10):
        saved(folder / "images" / f"frame {number}.jpg", seed=number)
        write(folder / "masks" / f"frame {number}.jpg", two_blobs() if number != 2 else np.zeros((60, 90), np.uint8))
    return folder


# --- finding ------------------------------------------------------------------------------------------------------


def test_files_and_folders_are_searched_in_natural_order(tmp_path: Path) -> None:
    for name in ("b/frame-10.PNG", "b/frame-2.png", "a.mp4", "b/deep/x.tiff", "b/notes.txt", "b/.hidden.png"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / ".cache").mkdir()
    (tmp_path / ".cache" / "y.png").touch()
    found = [str(item.path.relative_to(tmp_path)) for item in find_media([tmp_path])]
    assert found == ["a.mp4", "b/frame-2.png", "b/frame-10.PNG", "b/deep/x.tiff"]


def test_a_file_that_is_named_twice_is_found_once(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png")
    assert [item.path for item in find_media([path, tmp_path, path])] == [path]


def test_what_cannot_be_used_is_one_entry_with_its_reason(tmp_path: Path) -> None:
    report = tmp_path / "report.pdf"
    report.touch()
    items = find_media([tmp_path / "gone", report, saved(tmp_path / "a.png")])
    codes = [item.problem.code if item.problem else None for item in items]
    assert codes == ["dataset.missing", "media.unsupported", None]


@pytest.mark.parametrize("start", [".", "images"])
def test_a_kvasir_folder_pairs_images_with_masks(tmp_path: Path, start: str) -> None:
    items = find_media([kvasir(tmp_path) / start])
    assert items == [
        FoundItem(tmp_path / "images" / f"frame {n}.jpg", tmp_path / "masks" / f"frame {n}.jpg") for n in (1, 2, 10)
    ]


def test_an_image_without_a_mask_is_an_image(tmp_path: Path) -> None:
    kvasir(tmp_path)
    (tmp_path / "masks" / "frame 2.jpg").unlink()
    assert [item.mask_path is None for item in find_media([tmp_path])] == [False, True, False]


# --- masks --------------------------------------------------------------------------------------------------------


def test_each_component_is_a_lesion_and_the_largest_is_the_first(tmp_path: Path) -> None:
    label_map = read_mask(write(tmp_path / "m.png", two_blobs()), height=60, width=90)
    assert (label_map[10, 10], label_map[40, 60], label_map[0, 0]) == (2, 1, 0)
    np.testing.assert_array_equal(label_map > 0, two_blobs() > 0)


def test_a_jpeg_mask_is_cut_in_the_middle(tmp_path: Path) -> None:
    label_map = read_mask(write(tmp_path / "m.jpg", two_blobs()), height=60, width=90)
    assert set(np.unique(label_map)) == {0, 1, 2}
    np.testing.assert_array_equal(label_map > 0, two_blobs() > 127)


@pytest.mark.parametrize(
    "pixels",
    [
        np.dstack([two_blobs() * 0, two_blobs() * 0, two_blobs()]),
        np.dstack([two_blobs(), two_blobs(), two_blobs(), np.full((60, 90), 255, np.uint8)]),
        two_blobs() // 255,
        two_blobs().astype(np.uint16) * 257,
    ],
    ids=["red", "alpha", "0 and 1", "16 bits"],
)
def test_other_ways_to_paint_a_mask_are_understood(tmp_path: Path, pixels: object) -> None:
    label_map = read_mask(write(tmp_path / "m.png", pixels), height=60, width=90)
    np.testing.assert_array_equal(label_map > 0, two_blobs() > 0)


def test_an_empty_mask_has_no_lesion(tmp_path: Path) -> None:
    assert not read_mask(write(tmp_path / "m.png", np.zeros((60, 90), np.uint8)), height=60, width=90).any()


def test_specks_belong_to_the_largest_lesion_and_no_pixel_is_lost() -> None:
    mask = two_blobs() > 0
    mask[0, 88] = mask[58, 2] = True
    label_map = lesions_by_component(mask)
    np.testing.assert_array_equal(label_map > 0, mask)
    assert label_map[0, 88] == label_map[58, 2] == label_map[40, 60] == 1


def test_more_components_than_slots_lose_no_pixel() -> None:
    mask = np.zeros((200, 200), np.bool_)
    for number in range(300):
        mask[10 * (number // 20) : 10 * (number // 20) + 4, 10 * (number % 20) : 10 * (number % 20) + 4] = True
    label_map = lesions_by_component(mask)
    np.testing.assert_array_equal(label_map > 0, mask)
    assert label_map.max() == 254


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (np.zeros((59, 90), np.uint8), "dataset.mask_size"),
        (np.full((60, 90), 3, np.uint8), "dataset.mask_values"),
        (b"", "dataset.mask_unreadable"),
        (b"no picture", "dataset.mask_unreadable"),
    ],
)
def test_a_mask_that_does_not_fit_says_why(tmp_path: Path, content: object, code: str) -> None:
    path = tmp_path / "m.png"
    path.write_bytes(content) if isinstance(content, bytes) else write(path, content)
    with pytest.raises(DatasetError) as raised:
        read_mask(path, height=60, width=90)
    assert raised.value.code == code
    assert "m.png" in raised.value.happened


# --- records ------------------------------------------------------------------------------------------------------


def test_a_kvasir_folder_becomes_records(tmp_path: Path) -> None:
    records = list(read_kvasir(kvasir(tmp_path), read_image=read_image))
    assert [one.name for one in records] == ["M-0001", "M-0002", "M-0003"]
    assert [one.presence for one in records] == [Presence.POLYP, Presence.NO_POLYP, Presence.POLYP]
    assert {one.provenance.origin for one in records} == {Origin.IMPORTED}
    assert {one.provenance.decision for one in records} == {Decision.UNDECIDED}
    assert {one.exam for one in records} == {UNKNOWN_EXAM}
    np.testing.assert_array_equal(records[2].load_pixels(), read_image(tmp_path / "images" / "frame 10.jpg"))


def test_a_mask_of_another_size_spoils_its_own_entry_only(tmp_path: Path) -> None:
    write(kvasir(tmp_path) / "masks" / "frame 1.jpg", np.zeros((30, 30), np.uint8))
    (tmp_path / "images" / "frame 10.jpg").write_bytes(b"")
    problems: list[tuple[str, PolypViewerError]] = []
    records = list(
        read_kvasir(tmp_path, read_image=read_image, on_problem=lambda path, error: problems.append((path.name, error)))
    )
    assert len(records) == 1
    assert [(name, error.code) for name, error in problems] == [
        ("frame 1.jpg", "dataset.mask_size"),
        ("frame 10.jpg", "media.empty"),
    ]
    assert "a mask of another size: 30x30 for an image of 90x60" in problems[0][1].happened


def test_without_somebody_to_tell_the_first_problem_is_raised(tmp_path: Path) -> None:
    write(kvasir(tmp_path) / "masks" / "frame 1.jpg", np.zeros((30, 30), np.uint8))
    with pytest.raises(DatasetError, match="another size"):
        list(read_kvasir(tmp_path, read_image=read_image))


def test_real_kvasir_and_polypgen_folders_are_read(shared_data: Path) -> None:
    for name in ("kvasir-seg", "polypgen"):
        items = find_media([shared_data / name])
        assert len(items) > 800
        for item in items[::100]:
            assert item.mask_path is not None
            height, width = read_image(item.path).shape[:2]
            assert read_mask(item.mask_path, height=height, width=width).shape == (height, width)
