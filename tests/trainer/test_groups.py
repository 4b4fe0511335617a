"""Groups: exams and sequences where they are known, near-duplicates everywhere, and leaks across sides."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.trainer.conftest import write_grey
from trainer.data.duplicates import near_pairs
from trainer.data.folders import find_pairs
from trainer.data.groups import groups_of, leak_report
from trainer.data.scan import look_at, packed, unpacked
from trainer.errors import DataError


@pytest.fixture
def repeated(data: Path) -> Path:
    """Ten frames of five exams, of which `f001` stands there again, coded as JPEG."""
    image = np.asarray(cv2.imread(str(data / "images" / "f001.png")), np.uint8)
    assert cv2.imwrite(str(data / "images" / "z.jpg"), image)
    write_grey(data / "masks" / "z.png", np.zeros((96, 96), np.uint8))
    (data / "exams.csv").write_text("frame,exam\n" + "".join(f"f{n:03},E{n // 2}\n" for n in range(10)), "utf-8")
    return data


def test_frames_of_an_exam_and_what_nearly_repeats_one_are_one_group(repeated: Path) -> None:
    groups = groups_of(find_pairs(repeated, name="d"))
    assert groups.of["d/f000"] == groups.of["d/f001"] == groups.of["d/z"] == "exam:d/E0"
    assert groups.source["d/z"] == "exam"
    assert len(set(groups.of.values())) == 5


def test_by_hash_exams_are_not_looked_at(repeated: Path) -> None:
    groups = groups_of(find_pairs(repeated, name="d"), by="hash")
    assert groups.of["d/z"] == groups.of["d/f001"] == "hash:d/f001"
    assert groups.of["d/f000"] == "hash:d/f000"
    assert set(groups.source.values()) == {"hash"}


def test_a_centre_is_a_group_only_where_that_is_asked_for(data: Path) -> None:
    (data / "centres.csv").write_text("stem,centre\n" + "".join(f"f{n:03},C{n % 2}\n" for n in range(10)), "utf-8")
    pairs = find_pairs(data, name="d")
    assert set(groups_of(pairs).source.values()) == {"hash"}
    assert set(groups_of(pairs, by="centre").of.values()) == {"centre:d/C0", "centre:d/C1"}


def test_an_unknown_kind_of_group_is_refused(data: Path) -> None:
    with pytest.raises(DataError, match="by 'moon'"):
        groups_of(find_pairs(data, name="d"), by="moon")


def test_near_duplicates_across_sides_are_reported(repeated: Path) -> None:
    pairs = {pair.stem: pair for pair in find_pairs(repeated, name="d")}
    (leak,) = leak_report([pairs["f001"], pairs["f002"]], [pairs["z"], pairs["f007"]])
    assert (leak.train, leak.test) == ("d/f001", "d/z")
    assert leak.bits <= 6
    assert leak_report([pairs["f001"]], [pairs["f007"]]) == []
    assert leak_report([], [pairs["f007"]]) == []


def test_near_pairs_of_many_frames_are_those_of_a_plain_count() -> None:
    rng = np.random.default_rng(0)
    some = rng.integers(0, 2, (1500, 64), dtype=np.uint8)
    others = some[::7] ^ (rng.random((215, 64)) < 0.06).astype(np.uint8)
    plain = {(a, b) for b in range(215) for a in np.flatnonzero((some != others[b]).sum(1) <= 6).tolist()}
    assert set(near_pairs(some, others)) == plain


def test_a_look_at_a_frame_tells_its_lesions_and_its_pixels(repeated: Path) -> None:
    pairs = find_pairs(repeated, name="d")
    seen = {one.key: one for one in look_at(pairs)}
    assert seen["d/f000"].lesions == pytest.approx((np.pi / 36,), rel=0.1)
    assert seen["d/z"].is_empty
    assert not seen["d/f000"].is_grey
    assert seen["d/f000"].pixels != seen["d/f001"].pixels
    assert packed(unpacked([seen["d/f003"].bits])[0]) == seen["d/f003"].bits


def test_specks_at_the_rim_of_a_mask_are_no_lesions(data: Path) -> None:
    mask = np.zeros((96, 96), np.uint8)
    mask[10:40, 10:40] = mask[60:63, 60:63] = 255
    write_grey(data / "masks" / "f000.png", mask)
    mask[10:40, 10:40] = 0
    write_grey(data / "masks" / "f001.png", mask)
    first, second = look_at(find_pairs(data, name="d")[:2])
    assert first.lesions == pytest.approx((900 / 96**2,))
    assert second.lesions == pytest.approx((9 / 96**2,))
