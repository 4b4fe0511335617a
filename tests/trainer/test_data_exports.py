"""What the application exports is what the trainer reads: lesions, ignored pixels, exams."""

import json
from pathlib import Path

import numpy as np
import pytest

from polypviewer.core.label_map import empty_label_map
from polypviewer.core.record import ExamKey, Record
from polypviewer.datasets.dataset_card import DatasetAbout
from polypviewer.datasets.export import export_dataset
from polypviewer.datasets.rle import compressed_counts
from tests.datasets.made_records import GIVEN, HEIGHT, WIDTH, label_map, record, saved
from trainer.data.coco import decode_rle
from trainer.data.folders import find_pairs, read_pair
from trainer.data.frames import load_frames
from trainer.data.pairs import Rle
from trainer.errors import DataError


@pytest.fixture(params=["kvasir", "coco"])
def exported(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Two exams, an empty frame, and a frame of an exam that nobody knows."""
    records: list[Record] = [
        record(saved(tmp_path / "a.jpg"), name="M-0001", exam=GIVEN),
        record(saved(tmp_path / "b.png", seed=2), name="M-0002", exam=ExamKey("E-0002", "given")),
        record(None, name="M-0003", truth=empty_label_map(HEIGHT, WIDTH), exam=GIVEN),
        record(saved(tmp_path / "c.png", seed=3), name="M-0004", exam=ExamKey("", "unknown")),
    ]
    export_dataset(records, tmp_path / "out", format=str(request.param), about=DatasetAbout("set"))
    return tmp_path / "out"


def test_an_export_trains_with_its_exams(exported: Path) -> None:
    pairs = find_pairs(exported, name="set")
    assert [pair.key for pair in pairs] == ["set/M-0001", "set/M-0002", "set/M-0003", "set/M-0004"]
    assert [pair.unit("exam") for pair in pairs] == ["E-0001", "E-0002", "E-0001", None]


def test_lesions_and_ignored_pixels_arrive_bit_for_bit(exported: Path) -> None:
    truth = label_map()
    expected = np.where(truth == 255, 255, truth > 0)
    first, _, empty, _ = (read_pair(pair)[1] for pair in find_pairs(exported, name="set"))
    np.testing.assert_array_equal(first, expected)
    assert not empty.any()
    assert set(np.unique(load_frames(find_pairs(exported, name="set"), size=32).labels)) == {0, 1, 255}


def test_run_lengths_are_read_as_the_application_writes_them() -> None:
    rng = np.random.default_rng(0)
    for share in (0, 0.001, 0.3, 0.97, 1):
        mask = rng.random((37, 53)) < share
        np.testing.assert_array_equal(decode_rle(Rle(37, 53, compressed_counts(mask), is_ignored=False)), mask)


def test_run_lengths_that_do_not_fill_the_frame_are_refused() -> None:
    with pytest.raises(DataError, match="do not fill"):
        decode_rle(Rle(4, 4, compressed_counts(np.ones((3, 4), np.bool_)), is_ignored=False))


def test_a_coco_file_with_outlines_is_refused(data: Path) -> None:
    outline = {"image_id": 1, "segmentation": [[1, 2, 3, 4, 5, 6]]}
    content = {"images": [{"id": 1, "file_name": "f000.png"}], "annotations": [outline]}
    (data / "annotations.json").write_text(json.dumps(content), "utf-8")
    for mask in (data / "masks").iterdir():
        mask.unlink()
    (data / "masks").rmdir()
    with pytest.raises(DataError, match="outlines"):
        find_pairs(data, name="d")
