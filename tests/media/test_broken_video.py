"""Bad videos: one clear sentence each; a bad frame is a hole and the others keep their index."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.frame import AudioFrame

from polypviewer.core.errors import MediaError
from polypviewer.media.build_index import build_packet_index, verify_index
from polypviewer.media.packet_index import encode_index
from polypviewer.media.readers import open_media, probe
from polypviewer.media.video import VideoSource
from tests.media.made_files import shown_number, write_clip


def refusal(path: Path, **options: int) -> MediaError:
    with pytest.raises(MediaError) as raised:
        probe(path, **options)
    assert path.name in raised.value.happened
    return raised.value


def mjpeg(path: Path, *, count: int = 20) -> Path:
    return write_clip(path, "mjpeg", pixel_format="yuvj420p", options={"qmin": "2"}, count=count)


def destroy_packets(path: Path, *numbers: int) -> None:
    """Overwrite the bytes of these packets, keeping their length."""
    with av.open(str(path)) as container:
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    data = path.read_bytes()
    for number in numbers:
        assert data.count(packets[number]) == 1
        data = data.replace(packets[number], bytes(len(packets[number])))
    path.write_bytes(data)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi", "ts"])
def test_an_empty_file_and_a_text_are_no_video(tmp_path: Path, suffix: str) -> None:
    empty, text = tmp_path / f"empty.{suffix}", tmp_path / f"text.{suffix}"
    empty.touch()
    text.write_text("A report, not a film.\n" * 50)
    assert refusal(empty).code == "media.empty"
    assert refusal(text).code == "media.not_a_video"


def test_an_mp4_without_its_frame_table_was_never_finished(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4")
    data = path.read_bytes()
    path.write_bytes(data[: data.rindex(b"moov") - 4])
    error = refusal(path)
    assert error.code == "media.video_unfinished"
    assert "recorder" in error.cure


def test_a_cut_off_mp4_gives_the_frames_that_are_there(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", options={"bf": "2", "movflags": "faststart"})
    fast = tmp_path / "fast.mp4"
    with av.open(str(path)) as source, av.open(str(fast), "w", options={"movflags": "faststart"}) as copy:
        stream = copy.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                copy.mux(packet)
    fast.write_bytes(fast.read_bytes()[: fast.stat().st_size * 2 // 3])
    with open_media(fast) as video:
        count = video.info.frame_count
        assert 20 < count < 60
        assert isinstance(video, VideoSource)
        report = verify_index(fast, video.index)
        assert shown_number(video.read(10)) == 10
    assert count - 4 <= report.decoded <= count


def test_a_recording_that_holds_sound_only_says_so(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        frame = AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 44100
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert refusal(path).code == "media.no_video_stream"


def test_a_video_without_frames_says_so(tmp_path: Path) -> None:
    path = mjpeg(tmp_path / "a.avi", count=3)
    data = bytearray(path.read_bytes())
    for found in list(re.finditer(b"00dc", bytes(data))):
        data[found.start() : found.end()] = b"JUNK"
    path.write_bytes(data)
    assert refusal(path).code == "media.no_frames"


def test_a_video_of_which_no_packet_decodes_has_no_frames(tmp_path: Path) -> None:
    path = mjpeg(tmp_path / "a.mkv", count=3)
    destroy_packets(path, 0, 1, 2)
    assert refusal(path).code == "media.no_frames"


def test_a_bomb_of_a_video_is_refused_by_its_header(tmp_path: Path) -> None:
    assert refusal(write_clip(tmp_path / "a.mp4", count=3), pixel_limit=10_000).code == "media.too_large"


@pytest.mark.parametrize("text", ["#EXTM3U\n#EXTINF:1,\nfile.ts\n", "ffconcat version 1.0\nfile one.mp4\n"])
def test_a_playlist_that_names_other_files_is_not_followed(tmp_path: Path, text: str) -> None:
    write_clip(tmp_path / "one.mp4", count=3)
    for suffix in ("mp4", "ts"):
        path = tmp_path / f"list.{suffix}"
        path.write_text(text * 20)
        assert refusal(path).code == "media.not_a_video"


def test_an_undecodable_frame_is_a_hole_and_the_others_keep_their_index(tmp_path: Path) -> None:
    path = mjpeg(tmp_path / "a.mkv")
    destroy_packets(path, 7)
    with open_media(path) as source:
        assert isinstance(source, VideoSource)
        assert source.info.frame_count == 20
        with pytest.raises(MediaError) as raised:
            source.read(7)
        assert [shown_number(source.read(index)) for index in (6, 8, 19)] == [6, 8, 19]
        report = verify_index(path, source.index)
        known = source.index.with_holes(report.holes)
    assert raised.value.code == "media.frame_undecodable"
    assert (report.holes, report.decoded, report.agrees) == (frozenset({7}), 19, False)
    with VideoSource(path, known) as source, pytest.raises(MediaError, match="Frame 7"):
        source.read(7)


def test_a_first_frame_that_cannot_be_decoded_is_a_hole_too(tmp_path: Path) -> None:
    path = mjpeg(tmp_path / "a.mkv")
    destroy_packets(path, 0)
    with open_media(path) as source:
        assert source.info.frame_count == 20
        assert shown_number(source.read(1)) == 1


def test_a_check_that_is_stopped_says_nothing_about_holes(tmp_path: Path) -> None:
    path = mjpeg(tmp_path / "a.mkv")
    index = build_packet_index(path)
    report = verify_index(path, index, is_stopped=lambda: True)
    assert (report.complete, report.agrees, report.holes) == (False, False, frozenset())


@pytest.mark.parametrize("index", [-1, 20])
def test_a_frame_that_is_not_there_is_refused(tmp_path: Path, index: int) -> None:
    with open_media(mjpeg(tmp_path / "a.mkv")) as source, pytest.raises(MediaError) as raised:
        source.read(index)
    assert raised.value.code == "media.no_frame"


def test_a_file_that_was_exchanged_is_noticed(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4")
    stored = encode_index(build_packet_index(path))
    write_clip(path, count=50)
    with pytest.raises(MediaError) as raised:
        open_media(path, index=stored)
    assert raised.value.code == "media.changed"


def test_a_file_of_the_same_size_with_other_frames_is_noticed(tmp_path: Path) -> None:
    path = mjpeg(tmp_path / "a.mkv")
    stored = encode_index(build_packet_index(path))
    destroy_packets(path, 4)
    with open_media(path, index=stored) as source, pytest.raises(MediaError) as raised:
        source.read(4)
    assert raised.value.code == "media.changed"


def test_an_open_video_can_be_read_from_a_copy_of_its_index(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4")
    stored = encode_index(build_packet_index(path))
    moved = tmp_path / "elsewhere.mp4"
    shutil.move(path, moved)
    with open_media(moved, index=stored) as source:
        assert shown_number(source.read(25)) == 25
