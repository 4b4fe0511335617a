"""Written images and videos hold what they were given, and appear only when they are whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from polypviewer.core.errors import MediaError
from polypviewer.media.image import read_image
from polypviewer.media.readers import open_media
from polypviewer.media.write import write_png, write_video
from tests.media.made_files import Pixels, numbered, picture, shown_number


def test_a_png_holds_its_pixels(tmp_path: Path) -> None:
    write_png(tmp_path / "new folder" / "é.png", picture())
    write_png(tmp_path / "grey.png", picture()[:, :, 0])
    np.testing.assert_array_equal(read_image(tmp_path / "new folder" / "é.png"), picture())
    np.testing.assert_array_equal(read_image(tmp_path / "grey.png")[:, :, 1], picture()[:, :, 0])


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_a_lossless_video_gives_back_every_value(tmp_path: Path, suffix: str) -> None:
    frames = [picture(91, 131, seed=number) for number in range(7)]
    write_video(tmp_path / f"a.{suffix}", frames, frame_rate=10, quality="lossless")
    with open_media(tmp_path / f"a.{suffix}") as source:
        assert (source.info.frame_count, source.info.frame_rate) == (7, 10.0)
        for index in (6, 0, 3, 1, 2, 5, 4):
            np.testing.assert_array_equal(source.read(index), frames[index])


@pytest.mark.parametrize(("height", "width"), [(96, 160), (97, 161), (720, 960)])
def test_a_good_video_looks_like_its_frames(tmp_path: Path, height: int, width: int) -> None:
    frames = [numbered(number, height=height, width=width) for number in range(12)]
    write_video(tmp_path / "a.mp4", frames, frame_rate=25)
    with open_media(tmp_path / "a.mp4") as source:
        assert source.info.frame_count == 12
        for index in (11, 4, 0):
            frame = source.read(index)[:height, :width]
            assert shown_number(frame) == index
            assert abs(frame.astype(int) - frames[index]).mean() < 2.5


def test_a_video_that_fails_on_the_way_leaves_nothing(tmp_path: Path) -> None:
    def frames() -> Iterator[Pixels]:
        yield numbered(0)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_video(tmp_path / "a.mp4", frames(), frame_rate=25)
    assert list(tmp_path.iterdir()) == []


def test_a_video_without_frames_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no frames"):
        write_video(tmp_path / "a.mp4", [], frame_rate=25)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_gives_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MediaError, match="could not be written"):
        write_png(tmp_path / "file" / "a.png", picture())
