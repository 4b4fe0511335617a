"""Reading a video once from end to end to learn its packets, and checking the result against a sequential decode."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from polypviewer.core.errors import MediaError
from polypviewer.media.file_bytes import file_size, fingerprint
from polypviewer.media.frame_source import DEFAULT_PIXEL_LIMIT
from polypviewer.media.orientation import orientation_of_rotation, swaps_sides
from polypviewer.media.packet_index import (
    IS_DISCARDED,
    IS_KEY,
    NO_TIME,
    PacketIndex,
    VideoFacts,
    with_facts,
)
from polypviewer.media.video_decoder import VideoDecoder, packet_digest


def build_packet_index(path: Path, *, pixel_limit: int = DEFAULT_PIXEL_LIMIT) -> PacketIndex:
    """The index of a video: all packets are read, the first frame is decoded, the others are not.

    Raises `MediaError`: no video, no pictures, no decodable frame, or more than `pixel_limit` pixels stated.
    """
    facts = _facts(path, pixel_limit=pixel_limit)
    index = _read_packets(path, facts)
    if not len(index.pts):
        raise MediaError("media.no_frames", name=path.name)
    if bool(((index.flags & IS_DISCARDED) == 0)[index.pts == NO_TIME].any()):
        index = _in_decoder_order(path, index)
    if not index.frame_count:
        raise MediaError("media.no_frames", name=path.name)
    return index


def _facts(path: Path, *, pixel_limit: int) -> VideoFacts:
    with VideoDecoder(path) as decoder:
        stream = decoder.stream
        if stream.height * stream.width > pixel_limit:
            raise MediaError(
                "media.too_large", name=path.name, width=stream.width, height=stream.height, limit=f"{pixel_limit:,}"
            )
        container = decoder.container_name
        first = next((frame for _, frame in decoder.frames_from(0)), None)
        if first is None:
            raise MediaError("media.no_frames", name=path.name)
        return _facts_of(path, decoder.stream, first, container=container)


def _facts_of(path: Path, stream: VideoStream, first: VideoFrame, *, container: str) -> VideoFacts:
    orientation = orientation_of_rotation(first.rotation)
    height, width = first.height, first.width
    if swaps_sides(orientation):
        height, width = width, height
    rate, base, aspect = stream.average_rate or stream.guessed_rate, stream.time_base, stream.sample_aspect_ratio
    return VideoFacts(
        fingerprint=fingerprint(path),
        file_size=file_size(path),
        container=container,
        height=height,
        width=width,
        orientation=orientation,
        frame_rate=float(rate) if rate else 0.0,
        time_base=(base.numerator, base.denominator) if base else (1, 1),
        pixel_aspect=float(aspect) if aspect else 1.0,
    )


def _read_packets(path: Path, facts: VideoFacts) -> PacketIndex:
    times: list[tuple[int, int, int, int, int]] = []
    digests = bytearray()
    with VideoDecoder(path) as decoder:
        for packet in decoder.packets():
            flags = IS_KEY * packet.is_keyframe + IS_DISCARDED * packet.is_discard
            pts = NO_TIME if packet.pts is None else packet.pts
            dts = NO_TIME if packet.dts is None else packet.dts
            times.append((pts, dts, packet.size, -1 if packet.pos is None else packet.pos, flags))
            digests += packet_digest(packet)
        ended_early = decoder.ended_early
    rows = np.array(times, np.int64).reshape(-1, 5).T
    index = PacketIndex(
        facts,
        pts=rows[0].copy(),
        dts=rows[1].copy(),
        size=rows[2].astype(np.int32),
        position=rows[3].copy(),
        flags=rows[4].astype(np.uint8),
        digests=np.frombuffer(bytes(digests), np.uint8).reshape(-1, 16),
        output=np.zeros(0, np.int32),
    )
    return with_facts(index, cut_off=True) if ended_early else index


def _in_decoder_order(path: Path, index: PacketIndex) -> PacketIndex:
    """For a stream without time stamps: one sequential decode tells the order in which frames are shown."""
    with VideoDecoder(path, index) as decoder:
        output = np.array([number for number, _ in decoder.frames_from(0)], np.int32)
    return PacketIndex(
        with_facts(index, without_times=True).facts,
        index.pts,
        index.dts,
        index.size,
        index.position,
        index.flags,
        index.digests,
        output,
    )


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What a sequential decode of the whole video found. `decoded`: frames that came. `holes`: indices without one.

    `damaged`: indices whose data were broken, so that the decoder made up a part of the picture; that part, and what
    follows up to the next key frame, may differ from one reading to the next. `in_order`: the decoder gives the frames
    in the order of the index. `complete`: the check was not stopped.
    """

    decoded: int
    holes: frozenset[int]
    in_order: bool
    complete: bool = True
    damaged: frozenset[int] = frozenset()

    @property
    def agrees(self) -> bool:
        """True if every index has its whole frame, in order."""
        return self.complete and self.in_order and not self.holes and not self.damaged


def verify_index(path: Path, index: PacketIndex, *, is_stopped: Callable[[], bool] | None = None) -> IndexReport:
    """Decode the whole video once, in order, and compare with the index; for a lane of its own.

    `is_stopped` is asked at each frame. Keep the result with `index.with_holes(report.holes)`.
    Raises `MediaError` if the file is not the indexed one.
    """
    seen: list[int] = []
    damaged: set[int] = set()
    with VideoDecoder(path, index) as decoder:
        for number, frame in decoder.frames_from(0):
            if is_stopped is not None and is_stopped():
                return IndexReport(len(seen), frozenset(), in_order=True, complete=False)
            at = int(index.index_of[number])
            if at >= 0 and _fits(index, frame):
                seen.append(at)
                damaged |= {at} if frame.is_corrupt else set()
    in_order = all(before < after for before, after in pairwise(seen))
    holes = frozenset(range(index.frame_count)) - frozenset(seen)
    return IndexReport(len(set(seen)), holes, in_order, damaged=frozenset(damaged))


def _fits(index: PacketIndex, frame: VideoFrame) -> bool:
    sides = (frame.width, frame.height) if swaps_sides(index.facts.orientation) else (frame.height, frame.width)
    return sides == (index.facts.height, index.facts.width)
