"""Video: an index is a frame, whatever was read before and however the file is coded."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import av
import numpy as np
import pytest

from polypviewer.core.errors import MediaError
from polypviewer.media.build_index import build_packet_index, verify_index
from polypviewer.media.packet_index import decode_index, encode_index
from polypviewer.media.readers import open_media, probe
from polypviewer.media.video import VideoSource, open_video
from tests.media.made_files import numbered, sequentially_decoded, shift_edit_list, shown_number, write_clip

TICKS = 512
VARIABLE = np.cumsum(np.random.default_rng(3).integers(10, 90, 60)).tolist()
GRADUAL_REFRESH = {"x264-params": "intra-refresh=1:keyint=12:bframes=0"}
OPEN_GROUPS = {"x264-params": "open-gop=1:bframes=3:keyint=12"}


def joined_streams(path: Path) -> Path:
    """Two transport streams, one after the other: the second repeats the time stamps of the first."""
    one = write_clip(path.with_name("one.ts"), count=40)
    other = path.with_name("other.ts")
    write_clip(other, count=24, options={"bf": "2", "crf": "30"})
    path.write_bytes(one.read_bytes() + other.read_bytes())
    return path


CLIPS: dict[str, Callable[[Path], Path]] = {
    "h264-b-frames.mp4": write_clip,
    "open-groups.mp4": lambda path: write_clip(path, options=OPEN_GROUPS),
    "gradual-refresh.mp4": lambda path: write_clip(
        path, options={"x264-params": "intra-refresh=1:keyint=12:bframes=0"}
    ),
    "one-key-frame.mp4": lambda path: write_clip(path, gop=600, options={"bf": "2", "sc_threshold": "0"}),
    "variable-rate.mkv": lambda path: write_clip(path, times=VARIABLE),
    "mjpeg.avi": lambda path: write_clip(path, "mjpeg", pixel_format="yuvj420p", options={"qmin": "2"}),
    "mpeg4-b-frames.avi": lambda path: write_clip(path, "mpeg4"),
    "transport.ts": write_clip,
    "mpeg2.ts": lambda path: write_clip(path, "mpeg2video"),
    "program.mpg": lambda path: write_clip(path, "mpeg2video"),
    "joined.ts": joined_streams,
    "elementary.h264": write_clip,
    "vp9.webm": lambda path: write_clip(path, "libvpx-vp9", options={"cpu-used": "8", "deadline": "realtime"}),
    "lossless.mkv": lambda path: write_clip(path, "ffv1", pixel_format="bgr0", options={"level": "3"}),
}


@pytest.mark.parametrize("name", CLIPS)
def test_random_access_gives_the_frames_of_a_sequential_decode(tmp_path: Path, name: str) -> None:
    path = CLIPS[name](tmp_path / name)
    expected = sequentially_decoded(path)
    order = list(range(len(expected))) * 2
    random.Random(name).shuffle(order)
    with VideoSource(path, build_packet_index(path), kept_bytes=0) as source:
        assert source.info.frame_count == len(expected)
        for index in order:
            np.testing.assert_array_equal(source.read(index), expected[index], err_msg=f"frame {index}")
        for index in range(len(expected)):
            np.testing.assert_array_equal(source.read(index), expected[index], err_msg=f"frame {index}, in order")
        assert verify_index(path, source.index).agrees


@pytest.mark.parametrize("name", [name for name in CLIPS if name != "joined.ts"])
def test_index_n_shows_what_was_recorded_as_number_n(tmp_path: Path, name: str) -> None:
    path = CLIPS[name](tmp_path / name)
    with open_video(path) as source:
        assert [shown_number(source.read(index)) for index in (59, 0, 31, 30, 13, 58)] == [59, 0, 31, 30, 13, 58]


def test_frames_before_the_edit_list_are_decoded_but_have_no_index(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "cut.mp4")
    shift_edit_list(path, 17 * TICKS)
    expected = sequentially_decoded(path)
    with open_media(path) as source:
        assert source.info.frame_count == len(expected) == 43
        assert [shown_number(source.read(index)) for index in (42, 0, 7, 1)] == [59, 17, 24, 18]
        np.testing.assert_array_equal(source.read(0), expected[0])


def test_joined_streams_are_two_segments_with_keys_of_their_own(tmp_path: Path) -> None:
    path = joined_streams(tmp_path / "joined.ts")
    media_id = uuid4()
    with open_media(path) as source:
        keys = [source.identity(index, media_id).key for index in range(source.info.frame_count)]
        shown = [shown_number(source.read(index)) for index in range(64)]
        seconds = source.timestamps()
    assert shown == [*range(40), *range(24)]
    assert {key.segment for key in keys} == {0, 1}
    assert len({(key.pts, key.repeat) for key in keys}) < len(set(keys)) == 64
    np.testing.assert_allclose(np.diff(seconds), 0.04, atol=1e-6)


def test_equal_time_stamps_are_told_apart_by_repeat(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mkv", "mjpeg", pixel_format="yuvj420p", options={"qmin": "2"}, count=6)
    index = build_packet_index(path)
    pts = index.pts.copy()
    pts[2:4] = pts[1]
    doubled = type(index)(
        index.facts, pts, index.dts, index.size, index.position, index.flags, index.digests, index.output
    )
    assert [doubled.key_of(at) for at in range(4)] == [(0, 0, 0), (0, 40, 0), (0, 40, 1), (0, 40, 2)]


def test_a_stream_without_time_stamps_counts_in_decode_order_and_says_so(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "raw.h264")
    with open_video(path) as source:
        assert source.info.notes == ("no_time_stamps",)
        keys = [source.identity(index, uuid4()).key.pts for index in range(60)]
        assert source.timestamps()[:3].tolist() == [0.0, 0.04, 0.08]
    assert sorted(keys) == list(range(60))
    assert keys != sorted(keys)


def test_the_times_of_a_variable_frame_rate_are_kept(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mkv", times=VARIABLE)
    with open_media(path) as source:
        np.testing.assert_allclose(source.timestamps(), (np.array(VARIABLE) - VARIABLE[0]) / 1000, atol=1e-9)


@pytest.mark.parametrize(("rotation", "quarters", "orientation"), [(90, 1, 8), (180, 2, 3), (-90, 3, 6)])
def test_container_rotation_is_applied_and_stated(
    tmp_path: Path, rotation: int, quarters: int, orientation: int
) -> None:
    path = write_clip(tmp_path / "turned.mp4", rotation=rotation, count=8)
    with open_media(path) as source:
        info, frame = source.info, source.read(5)
    assert info.orientation == orientation
    assert frame.shape[:2] == (info.height, info.width) == ((160, 96) if quarters % 2 else (96, 160))
    assert shown_number(np.rot90(frame, -quarters)) == 5


def test_identity_is_the_packet_and_needs_no_decoding(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4")
    media_id = uuid4()
    with open_media(path) as source:
        one, other = source.identity(3, media_id), source.identity(4, media_id)
        assert source.identity(3, media_id) == one
    assert one.content_hash.startswith("packet1:")
    assert one.content_hash != other.content_hash
    assert (one.key.media_id, one.key.segment, one.key.pts, one.key.repeat) == (media_id, 0, 3 * TICKS, 0)
    assert (one.ref.index, one.height, one.width) == (3, 96, 160)


def test_an_index_from_the_cache_is_the_index(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4")
    index = build_packet_index(path).with_holes(frozenset({5}))
    stored = encode_index(index)
    again = decode_index(stored)
    assert (again.facts, again.holes, again.frame_count) == (index.facts, frozenset({5}), 60)
    for name in ("pts", "dts", "size", "position", "flags", "digests", "numbers", "segment", "shown_at"):
        np.testing.assert_array_equal(getattr(again, name), getattr(index, name))
    with open_media(path, index=stored) as source:
        assert shown_number(source.read(44)) == 44


def test_a_damaged_index_is_refused(tmp_path: Path) -> None:
    stored = bytearray(encode_index(build_packet_index(write_clip(tmp_path / "a.mp4", count=5))))
    stored[-1] ^= 1
    with pytest.raises(MediaError) as raised:
        decode_index(bytes(stored))
    assert raised.value.code == "media.index_damaged"


def test_reading_forward_decodes_each_frame_once(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", gop=600)
    with open_media(path) as source:
        assert isinstance(source, VideoSource)
        fed = []
        for index in range(30):
            source.read(index)
            fed.append(source._decoder.fed)
    assert fed == sorted(fed)


def test_colours_follow_the_stated_or_customary_matrix_and_range(tmp_path: Path) -> None:
    for name, codec, pixel_format in (("a.mp4", "libx264", "yuv420p"), ("a.avi", "mjpeg", "yuvj420p")):
        path = write_clip(tmp_path / name, codec, pixel_format=pixel_format, options={"qmin": "1"}, count=4)
        with open_media(path) as source:
            frame = source.read(3)
        assert frame[16, 16].min() >= 250
        assert frame[16, 16 + 3 * 16].max() <= 5
        assert abs(frame[80, 100:150].astype(int) - numbered(3)[80, 100:150]).mean() < 4


def test_a_thumbnail_of_a_video_is_its_frame(tmp_path: Path) -> None:
    with open_media(write_clip(tmp_path / "a.mp4")) as source:
        assert source.thumbnail(10, 80).shape == (48, 80, 3)


def test_facts_of_a_video(tmp_path: Path) -> None:
    info = probe(write_clip(tmp_path / "Fråme 内視鏡.mp4"))
    assert (info.kind, info.height, info.width, info.frame_count, info.frame_rate) == ("video", 96, 160, 60, 25.0)
    assert (info.orientation, info.pixel_aspect, info.notes) == (1, 1.0, ())


def test_nothing_of_ffmpeg_reaches_the_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = write_clip(tmp_path / "a.mkv")
    data = bytearray(path.read_bytes())
    data[3000:6000] = bytes(3000)
    path.write_bytes(data)
    verify_index(path, build_packet_index(path))
    assert capfd.readouterr() == ("", "")
    assert av.logging.get_level() is None


def test_closing_in_the_middle_of_decoding_never_hangs(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", gop=600)
    index = build_packet_index(path)
    for start in range(30):
        with VideoSource(path, index) as source:
            assert shown_number(source.read(59 - start)) == 59 - start
            assert shown_number(source.read(start)) == start
