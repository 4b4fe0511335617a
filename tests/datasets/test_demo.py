"""The demo: the same pixels from the same seed, masks that fit, exams that differ."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from polypviewer.core.errors import DatasetError
from polypviewer.core.exam_rules import ExamRule, assign_exams
from polypviewer.core.label_map import slots_present
from polypviewer.datasets.demo import DemoSet, generate_demo
from polypviewer.datasets.find_media import find_media
from polypviewer.media.image import read_image
from polypviewer.media.readers import open_media
from polypviewer.media.write import write_video

CLIP_FRAMES = 40


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoSet:
    folder = tmp_path_factory.mktemp("demo")
    return generate_demo(folder, seed=0, write_video=write_video, clip_frames=CLIP_FRAMES)


def mask(path: Path) -> NDArray[np.uint8]:
    read = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert read is not None
    assert read.ndim == 2
    return np.asarray(read, np.uint8)


def test_there_are_six_exams_of_five_stills_and_a_clip(demo: DemoSet) -> None:
    assert len(demo.stills) == len(demo.masks) == len(demo.exams) == 30
    assert sorted(set(demo.exams)) == [f"E-{number:04}" for number in range(1, 7)]
    with open_media(demo.clip) as source:
        assert (source.info.frame_count, source.info.frame_rate) == (CLIP_FRAMES, 25.0)
    assert len(demo.clip_masks) == CLIP_FRAMES


def test_masks_lie_on_the_grid_of_their_images(demo: DemoSet) -> None:
    for image, truth in zip(demo.stills, demo.masks, strict=True):
        assert mask(truth).shape == read_image(image).shape[:2]


def test_most_stills_show_a_polyp_of_a_plausible_size_and_one_an_exam_shows_none(demo: DemoSet) -> None:
    shares = np.array([np.mean(mask(truth) > 0) for truth in demo.masks]).reshape(6, 5)
    assert (shares[:, -1] == 0).all()
    assert (shares[:, :-1] > 0).mean() > 0.9
    assert shares.max() < 0.4


def test_polyps_come_and_go_in_the_clip(demo: DemoSet) -> None:
    seen = [bool(slots_present(mask(path))) for path in demo.clip_masks]
    assert any(seen)
    assert not all(seen)


def test_polyps_differ_from_the_mucosa_around_them(demo: DemoSet) -> None:
    differences = []
    for image, truth in zip(demo.stills, demo.masks, strict=True):
        inside = mask(truth) > 0
        if inside.any():
            rim = cv2.dilate(inside.astype(np.uint8), np.ones((31, 31), np.uint8)).astype(bool) & ~inside
            pixels = read_image(image).astype(float)
            differences.append(abs(pixels[inside].mean(axis=0) - pixels[rim].mean(axis=0)).max())
    assert np.median(differences) > 8


def test_the_view_is_an_octagon_on_black(demo: DemoSet) -> None:
    pixels = read_image(demo.stills[0])
    assert pixels[:20, :20].max() < 12
    assert pixels[256, 320].max() < 120
    assert pixels[60:450, 60:580].mean() > 40


def test_exams_are_seen_in_two_kinds_of_light(demo: DemoSet) -> None:
    redness = [
        np.mean([float(np.divide(*read_image(still)[100:400, 100:500].mean(axis=(0, 1))[[0, 1]])) for still in stills])
        for stills in np.array(demo.stills).reshape(6, 5)
    ]
    assert min(redness[0::2]) > 1.15 > max(redness[1::2])


def test_the_same_seed_gives_the_same_pixels_and_another_seed_others(demo: DemoSet, tmp_path: Path) -> None:
    again = generate_demo(tmp_path / "a", seed=0, write_video=write_video, exams=1, stills=2, clip_frames=1)
    other = generate_demo(tmp_path / "b", seed=1, write_video=write_video, exams=1, stills=2, clip_frames=1)
    assert again.stills[0].read_bytes() == demo.stills[0].read_bytes()
    assert again.masks[0].read_bytes() == demo.masks[0].read_bytes()
    assert other.stills[0].read_bytes() != again.stills[0].read_bytes()


def test_the_folders_are_exams_for_the_import(demo: DemoSet) -> None:
    media = demo.clip.parents[1]
    paths = [item.path for item in find_media([media])]
    assert len(paths) == 31
    assert len({exam.key for exam in assign_exams(paths, ExamRule("folder"))}) == 7


def test_progress_counts_every_picture(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    generate_demo(
        tmp_path,
        seed=3,
        write_video=write_video,
        exams=1,
        stills=2,
        clip_frames=2,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatasetError, match="failed"):
        generate_demo(tmp_path / "file" / "demo", seed=0, write_video=write_video, exams=1, stills=1, clip_frames=1)
