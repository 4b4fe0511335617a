"""Exports: bit for bit what was decided, with its provenance, without a name, all of it or nothing."""

from __future__ import annotations

import errno
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from polypviewer.core.errors import DatasetError, MediaError, PolypViewerError
from polypviewer.core.label_map import IGNORE, empty_label_map, lesion_mask, polyp_mask
from polypviewer.core.record import UNKNOWN_EXAM, ExamKey, Record
from polypviewer.core.review import Presence
from polypviewer.datasets.dataset_card import DatasetAbout
from polypviewer.datasets.export import export_dataset
from polypviewer.datasets.find_media import find_media
from polypviewer.datasets.masks import read_mask
from polypviewer.media.image import read_image
from tests.datasets.made_records import GIVEN, HEIGHT, WIDTH, label_map, pixels, record, saved

ABOUT = DatasetAbout("my set", "0.1.0", "sha256:aa", {"E-0001": "train", "E-0002": "holdout"})


def grey(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    read = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert read is not None
    return np.asarray(read, np.uint8)


def card(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder / "dataset.json").read_bytes())
    return loaded


def three_records(tmp_path: Path) -> list[Record]:
    originals = tmp_path / "Jane Doe"
    return [
        record(saved(originals / "jane doe 1.jpg"), name="M-0001", exam=GIVEN),
        record(saved(originals / "jane doe 2.png", seed=2), name="M-0002", exam=ExamKey("E-0002", "given")),
        record(None, name="M-0003_000004", truth=empty_label_map(HEIGHT, WIDTH), exam=GIVEN),
    ]


@pytest.mark.parametrize("name", ["kvasir", "coco"])
def test_pictures_are_the_same_pixels_without_a_patients_name(tmp_path: Path, name: str) -> None:
    records = three_records(tmp_path)
    report = export_dataset(records, tmp_path / "out", format=name, about=ABOUT)
    images = sorted((tmp_path / "out" / "images").iterdir())
    assert [image.name for image in images] == ["M-0001.jpg", "M-0002.png", "M-0003_000004.png"]
    for image, one in zip(images, records, strict=True):
        np.testing.assert_array_equal(read_image(image), one.load_pixels())
    for file in (path for path in (tmp_path / "out").rglob("*") if path.is_file()):
        assert b"doe" not in file.read_bytes().lower(), file
    assert (report.frames, report.lesions, report.left_out) == (3, 4, 0)


def test_kvasir_masks_are_0_and_255_and_exact(tmp_path: Path) -> None:
    export_dataset(three_records(tmp_path), tmp_path / "out", format="kvasir", about=ABOUT)
    mask = grey(tmp_path / "out" / "masks" / "M-0001.png")
    np.testing.assert_array_equal(mask, np.where(polyp_mask(label_map()), 255, 0))
    np.testing.assert_array_equal(grey(tmp_path / "out" / "ignore" / "M-0001.png") == 255, label_map() == IGNORE)
    assert not grey(tmp_path / "out" / "masks" / "M-0003_000004.png").any()
    assert not (tmp_path / "out" / "ignore" / "M-0003_000004.png").exists()


def test_kvasir_boxes_go_around_each_lesion(tmp_path: Path) -> None:
    truth = empty_label_map(HEIGHT, WIDTH)
    truth[3:9, 10:30] = 2
    truth[50:60, 80:90] = 5
    export_dataset([record(None, truth=truth)], tmp_path / "out", format="kvasir", about=ABOUT)
    boxes = json.loads((tmp_path / "out" / "bounding-boxes.json").read_bytes())
    assert boxes["M-0001"] == {
        "height": HEIGHT,
        "width": WIDTH,
        "bbox": [
            {"label": "polyp", "xmin": 10, "ymin": 3, "xmax": 30, "ymax": 9},
            {"label": "polyp", "xmin": 80, "ymin": 50, "xmax": 90, "ymax": 60},
        ],
    }


def test_an_exported_kvasir_folder_can_be_read_again(tmp_path: Path) -> None:
    truth = empty_label_map(HEIGHT, WIDTH)
    truth[3:19, 10:30] = 1
    truth[40:50, 60:70] = 2
    export_dataset([record(None, truth=truth)], tmp_path / "out", format="kvasir", about=ABOUT)
    again = read_mask(tmp_path / "out" / "masks" / "M-0001.png", height=HEIGHT, width=WIDTH)
    np.testing.assert_array_equal(again, truth)


def test_an_exported_folder_is_found_as_images_with_masks_and_nothing_else(tmp_path: Path) -> None:
    export_dataset(three_records(tmp_path), tmp_path / "out", format="kvasir", about=ABOUT)
    items = find_media([tmp_path / "out"])
    assert [item.path.stem for item in items] == ["M-0001", "M-0002", "M-0003_000004"]
    assert all(item.mask_path is not None for item in items)


def test_coco_opens_in_pycocotools_and_every_lesion_is_exact(tmp_path: Path) -> None:
    from pycocotools.coco import COCO

    records = three_records(tmp_path)
    export_dataset(records, tmp_path / "out", format="coco", about=ABOUT)
    coco = COCO(str(tmp_path / "out" / "annotations.json"))
    for image_id, one in zip(coco.getImgIds(), records, strict=True):
        image = coco.loadImgs(image_id)[0]
        assert (tmp_path / "out" / "images" / image["file_name"]).is_file()
        assert (image["height"], image["width"]) == (HEIGHT, WIDTH)
        for annotation in coco.loadAnns(coco.getAnnIds(image_id)):
            assert one.label_map is not None
            expected = lesion_mask(one.label_map, annotation["slot"])
            np.testing.assert_array_equal(coco.annToMask(annotation), expected)
            assert annotation["area"] == np.count_nonzero(expected)
            assert annotation["iscrowd"] == (annotation["slot"] == IGNORE)
            x, y, width, height = annotation["bbox"]
            assert np.count_nonzero(expected[y : y + height, x : x + width]) == annotation["area"]
    slots = [annotation["slot"] for annotation in coco.loadAnns(coco.getAnnIds())]
    assert slots == [1, 7, IGNORE, 1, 7, IGNORE]


def test_the_card_says_what_is_there_and_where_it_comes_from(tmp_path: Path) -> None:
    export_dataset(three_records(tmp_path), tmp_path / "out", format="kvasir", about=ABOUT)
    about = card(tmp_path / "out")
    assert about["schema"] == "polypviewer/dataset/1"
    assert about["software"] == {"name": "polypviewer", "version": "0.1.0"}
    assert about["bundle"] == "sha256:aa"
    assert about["splits"] == {"train": ["M-0001", "M-0003_000004"], "holdout": ["M-0002"]}
    counts = about["counts"]
    assert (counts["frames"], counts["with_polyp"], counts["without_polyp"], counts["lesions"]) == (3, 2, 1, 4)
    assert (counts["exams"], counts["frames_of_unknown_exam"]) == (2, 0)
    item = about["items"][0]
    assert item["provenance"] == {
        "reader": "R-0001",
        "revision_id": "00000000-0000-0000-0000-000000000009",
        "origin": "proposal",
        "decision": "accepted",
        "bundle_digest": "sha256:bb",
        "decided_at": "2026-01-02T03:04:05Z",
    }
    assert item["lesions"][0]["statements"] == {"paris": "Is"}
    assert (item["frame"]["pts"], item["frame"]["content_hash"]) == (2048, "packet1:00")


def test_the_card_holds_the_checksum_of_every_file(tmp_path: Path) -> None:
    for name in ("kvasir", "coco"):
        folder = tmp_path / name
        export_dataset(three_records(tmp_path), folder, format=name, about=ABOUT)
        files = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
        stated = card(folder)["files"]
        assert set(stated) == set(files) - {"dataset.json"}
        for inside, digest in stated.items():
            assert digest == f"sha256:{hashlib.sha256(files[inside].read_bytes()).hexdigest()}"


@pytest.mark.parametrize(
    ("exam", "is_safe"), [(GIVEN, True), (UNKNOWN_EXAM, False), (ExamKey("E-0001", "folder"), False)]
)
def test_what_is_not_patient_safe_is_said(tmp_path: Path, exam: ExamKey, *, is_safe: bool) -> None:
    report = export_dataset([record(None, exam=exam)], tmp_path / "out", format="kvasir", about=ABOUT)
    about = card(tmp_path / "out")
    assert about["patient_safe"] is report.is_patient_safe is is_safe
    assert ("not patient-safe" in about["patient_safety"]) is not is_safe


def test_a_turned_jpeg_becomes_a_png_that_lies_as_its_mask(tmp_path: Path) -> None:
    source = saved(tmp_path / "turned.jpg", orientation=6)
    truth = np.ascontiguousarray(label_map().T)
    export_dataset([record(source, truth=truth)], tmp_path / "out", format="kvasir", about=ABOUT)
    np.testing.assert_array_equal(read_image(tmp_path / "out" / "images" / "M-0001.png"), read_image(source))
    assert grey(tmp_path / "out" / "masks" / "M-0001.png").shape == truth.shape


def test_frames_without_any_statement_are_left_out_and_counted(tmp_path: Path) -> None:
    unknown = replace(record(None, name="M-0002"), label_map=None, presence=Presence.UNKNOWN)
    stated = replace(record(None, name="M-0003"), label_map=None, presence=Presence.NO_POLYP)
    seen: list[int] = []
    report = export_dataset(
        [record(None), unknown, stated], tmp_path / "out", format="kvasir", about=ABOUT, progress=seen.append
    )
    assert (report.frames, report.left_out, seen) == (2, 1, [1, 1, 2])
    assert not grey(tmp_path / "out" / "masks" / "M-0003.png").any()
    assert card(tmp_path / "out")["counts"]["left_out_without_any_statement"] == 1


# --- refusals and failures: nothing half done ---------------------------------------------------------------------


def refused(code: str, records: list[Record], destination: Path, **options: Any) -> PolypViewerError:
    with pytest.raises(PolypViewerError) as raised:
        export_dataset(records, destination, about=ABOUT, **{"format": "kvasir", **options})
    assert raised.value.code == code
    assert raised.value.cure
    return raised.value


def test_a_folder_with_something_in_it_is_never_overwritten(tmp_path: Path) -> None:
    destination = tmp_path / "out"
    destination.mkdir()
    (destination / "thesis.txt").write_text("keep me")
    refused("dataset.destination_in_use", [record(None)], destination)
    refused("dataset.destination_is_foreign", [record(None)], destination, overwrite=True)
    assert (destination / "thesis.txt").read_text() == "keep me"
    assert list(tmp_path.iterdir()) == [destination]


def test_an_empty_folder_is_used(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    export_dataset([record(None)], tmp_path / "out", format="kvasir", about=ABOUT)
    assert card(tmp_path / "out")["counts"]["frames"] == 1


def test_an_earlier_export_is_replaced_as_a_whole_when_told_to(tmp_path: Path) -> None:
    destination = tmp_path / "out"
    export_dataset([record(None, name="old")], destination, format="kvasir", about=ABOUT)
    refused("dataset.destination_in_use", [record(None)], destination)
    export_dataset([record(None, name="new")], destination, format="coco", about=ABOUT, overwrite=True)
    assert [path.name for path in (destination / "images").iterdir()] == ["new.png"]
    assert not (destination / "masks").exists()
    assert list(tmp_path.iterdir()) == [destination]


def unreadable() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    raise MediaError("media.missing", name="M-0002")


def full_disk() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    raise OSError(errno.ENOSPC, "No space left on device")


def interrupted() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    raise KeyboardInterrupt


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("failure", [unreadable, full_disk, interrupted])
def test_an_export_that_fails_on_the_way_leaves_everything_as_it_was(
    tmp_path: Path, failure: Any, *, overwrite: bool
) -> None:
    destination = tmp_path / "out"
    if overwrite:
        export_dataset([record(None, name="old")], destination, format="kvasir", about=ABOUT)
    before = sorted(tmp_path.rglob("*"))
    records = [record(None), replace(record(None, name="M-0002"), load_pixels=failure)]
    with pytest.raises((DatasetError, MediaError, KeyboardInterrupt)):
        export_dataset(records, destination, format="kvasir", about=ABOUT, overwrite=overwrite)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_full_disk_is_said_in_one_sentence(tmp_path: Path) -> None:
    broken = replace(record(None), load_pixels=full_disk)
    error = refused("dataset.not_written", [broken], tmp_path / "out")
    assert "No space left" in error.happened


def test_a_place_where_nothing_can_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused("dataset.destination_not_a_folder", [record(None)], tmp_path / "file")
    refused("dataset.not_written", [record(None)], tmp_path / "file" / "out")


def test_nothing_to_export_and_unknown_formats_are_refused(tmp_path: Path) -> None:
    refused("dataset.nothing_to_export", [], tmp_path / "out")
    refused("dataset.format", [record(None)], tmp_path / "out", format="pascal")
    assert list(tmp_path.iterdir()) == []


def test_a_label_map_of_another_size_stops_the_export(tmp_path: Path) -> None:
    refused("dataset.label_map_size", [record(None, truth=empty_label_map(5, 6))], tmp_path / "out")


def test_two_frames_of_one_name_are_refused_also_in_other_letters(tmp_path: Path) -> None:
    refused("dataset.same_name", [record(None, name="m-1"), record(None, name="M-1")], tmp_path / "out")


def test_a_name_cannot_leave_the_folder(tmp_path: Path) -> None:
    export_dataset([record(None, name="../../etc/x")], tmp_path / "out", format="kvasir", about=ABOUT)
    assert [path.name for path in (tmp_path / "out" / "images").iterdir()] == ["_.._etc_x.png"]


def test_records_are_taken_one_at_a_time(tmp_path: Path) -> None:
    written: list[int] = []

    def records() -> Iterator[Record]:
        for number in range(3):
            assert len(written) == number
            yield record(None, name=f"M-{number}")

    export_dataset(records(), tmp_path / "out", format="coco", about=ABOUT, progress=written.append)
    assert len(written) == 3


def test_the_pixels_of_a_video_frame_are_a_png(tmp_path: Path) -> None:
    export_dataset([record(None)], tmp_path / "out", format="coco", about=ABOUT)
    np.testing.assert_array_equal(read_image(tmp_path / "out" / "images" / "M-0001.png"), pixels())
