"""Folders, duplicates and hold-outs."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.trainer.conftest import frame_with_polyp, write_grey
from trainer.data.duplicates import choose_holdout, group_near, perceptual_hash
from trainer.data.folders import find_pairs, read_list, read_pair
from trainer.data.frames import label_input, load_frames
from trainer.data.groups import groups_of
from trainer.errors import DataError
from trainer.pixels.field_of_view import find_field_of_view


def test_a_mask_without_an_image_is_named(data: Path) -> None:
    (data / "images" / "f003.png").unlink()
    with pytest.raises(DataError, match="'f003'") as caught:
        find_pairs(data, name="d")
    assert caught.value.code == "data.unpaired"


def test_a_mask_of_another_size_is_refused(data: Path) -> None:
    write_grey(data / "masks" / "f002.png", np.zeros((50, 96), np.uint8))
    with pytest.raises(DataError, match="96x50 pixels, its image 96x96"):
        load_frames(find_pairs(data, name="d"), size=32)


def test_a_broken_image_is_refused_by_name(data: Path) -> None:
    (data / "images" / "f004.png").write_bytes(b"\x89PNG\r\n")
    with pytest.raises(DataError, match=r"f004\.png is not an image"):
        load_frames(find_pairs(data, name="d"), size=32)


def test_jpeg_masks_are_cut_above_127(tmp_path: Path, data: Path) -> None:
    soft = np.full((96, 96), 127, np.uint8)
    soft[10:20] = 128
    write_grey(data / "masks" / "f000.png", soft)
    _, label = read_pair(find_pairs(data, name="d")[0])
    assert np.unique(label[:10]).tolist() == [0]
    assert np.unique(label[10:20]).tolist() == [1]


def test_ignored_pixels_survive_the_way_to_the_network() -> None:
    image, label = frame_with_polyp(0)
    label[:24] = 255
    small = label_input(label, find_field_of_view(image), size=32)
    assert set(np.unique(small).tolist()) == {0, 1, 255}
    assert (small[:7] == 255).all()


def test_a_recompressed_frame_falls_into_the_group_of_its_original() -> None:
    image = frame_with_polyp(1)[0]
    _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 60])
    copy = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)
    hashes = np.stack([perceptual_hash(picture) for picture in (image, frame_with_polyp(2)[0], copy)])
    groups = group_near(["d/a", "d/b", "d/c"], hashes)
    assert groups[0] == groups[2] == "d/a"
    assert groups[1] == "d/b"


def test_a_holdout_takes_whole_groups_of_its_own_data() -> None:
    keys = [f"d/{n}" for n in range(12)] + ["e/0"]
    groups = ["d/0"] * 3 + ["d/3"] + ["e/0"] * 2 + [f"d/{n}" for n in range(6, 12)] + ["e/0"]
    chosen = choose_holdout(keys, groups, dataset="d", frames=4, salt="s")
    assert len(chosen) == 4
    assert not {"d/4", "d/5", "e/0"} & set(chosen)
    assert len({"d/0", "d/1", "d/2"} & set(chosen)) in (0, 3)
    assert chosen == choose_holdout(keys[::-1], groups[::-1], dataset="d", frames=4, salt="s")


@pytest.mark.slow
def test_the_committed_tenth_is_whole_and_cuts_no_group(shared_data: Path) -> None:
    stems = read_list(Path(__file__).parents[2] / "trainer" / "splits" / "kvasir_tenth.txt")
    folders = {"kvasir": shared_data / "kvasir-seg", "polypgen": shared_data / "polypgen"}
    groups = groups_of([pair for name, folder in folders.items() for pair in find_pairs(folder, name=name)]).of
    held = {group for key, group in groups.items() if key.split("/")[1] in stems}
    inside = [key for key, group in groups.items() if group in held]
    assert len(stems) == 88
    assert sorted(inside) == sorted(f"kvasir/{stem}" for stem in stems)
