"""Packets in, frames out, from any key packet on; each frame knows the number of the packet it came from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeAlias

import av.error
import numpy as np
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from polypviewer.core.errors import MediaError
from polypviewer.media.packet_index import IS_KEY, NO_TIME, PacketIndex
from polypviewer.media.video_container import open_container

# A string: PyAV's Packet is generic for type checkers only.
VideoPacket: TypeAlias = "Packet[VideoStream]"

# In these, time stamps may repeat or be absent, so the way to a packet is its position in the file.
_FOUND_BY_POSITION: Final = frozenset({"mpegts", "mpeg", "mpegvideo", "h264", "hevc", "m4v"})


class _Tag:
    """Rides with a packet through the decoder and comes out with its frame. PyAV knows such an object by its address,
    and forgets it when one packet is freed: a plain small integer is one object for many packets, a tag never is.
    """

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number


class _LostError(Exception):
    """The packets that came are not those of the index; reading goes on from the beginning of the file."""


def packet_digest(packet: VideoPacket) -> bytes:
    """BLAKE2b-128 of the compressed bytes."""
    return hashlib.blake2b(bytes(packet), digest_size=16).digest()


class VideoDecoder:
    """An open video stream. `fed` is the number of the next packet that goes into the decoder."""

    def __init__(self, path: Path, index: PacketIndex | None = None) -> None:
        self._path = path
        self._index = index
        self._numbers = {} if index is None else _numbers_by_content(index)
        self._container, self.stream = open_container(path)
        self.fed = 0
        self.ended_early = False

    @property
    def container_name(self) -> str:
        """FFmpeg's name of the container format."""
        return self._container.format.name

    def close(self) -> None:
        """Close the file.

        Flushing first lets the decoder's threads come to rest: they free tags, for which they need Python's lock, and
        PyAV holds that lock while it frees a decoder.
        """
        self.stream.codec_context.flush_buffers()
        self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def packets(self) -> Iterator[VideoPacket]:
        """The packets of the stream from here on; ends at the end of the file or where its structure breaks."""
        try:
            for packet in self._container.demux(self.stream):
                if packet.size:
                    yield packet
        except av.error.EOFError:
            return
        except av.error.FFmpegError:
            self.ended_early = True

    def frames_from(self, number: int) -> Iterator[tuple[int, VideoFrame]]:
        """(packet number, frame) in the decoder's order, the decoder being fed from packet `number` on.

        `number` must be a key packet or 0. Packets that cannot be decoded give no frame. Raises `MediaError`
        ("media.changed") if the file no longer holds the packets of the index.
        """
        context = self.stream.codec_context
        context.flush_buffers()
        for at, packet in self._numbered_from(number):
            self.fed = at + 1
            packet.opaque = _Tag(at)
            yield from self._decoded(packet)
        yield from self._decoded(None)

    def _decoded(self, packet: VideoPacket | None) -> Iterator[tuple[int, VideoFrame]]:
        try:
            frames = self.stream.codec_context.decode(packet)
        except (av.error.FFmpegError, ValueError):
            return
        for frame in frames:
            if isinstance(frame.opaque, _Tag):
                yield frame.opaque.number, frame

    def _numbered_from(self, number: int) -> Iterator[tuple[int, VideoPacket]]:
        if self._index is None or number == 0:
            yield from self._from_start(number)
            return
        for offset in self._offsets(number):
            start = self._landing(offset, number)
            if start is not None:
                try:
                    yield from start
                except _LostError:
                    break
                return
        yield from self._from_start(number)

    def _from_start(self, number: int) -> Iterator[tuple[int, VideoPacket]]:
        self.close()
        self._container, self.stream = open_container(self._path)
        try:
            yield from self._checked(0, number, self.packets())
        except _LostError as error:
            raise MediaError("media.changed", name=self._path.name) from error

    def _checked(self, at: int, number: int, packets: Iterator[VideoPacket]) -> Iterator[tuple[int, VideoPacket]]:
        """Number the packets from `at`, compare each with the index, and give those from `number` on."""
        for packet in packets:
            if self._index is not None and not _is_packet(self._index, at, packet):
                raise _LostError
            if at >= number:
                yield at, packet
            at += 1

    def _landing(self, offset: int, number: int) -> Iterator[tuple[int, VideoPacket]] | None:
        """Packets from `number` on after a jump to `offset`, or None if the jump does not lead at or before it."""
        try:
            if self._by_position:
                self._container.seek(offset, unsupported_byte_offset=True)
            else:
                self._container.seek(offset, stream=self.stream)
        except av.error.FFmpegError:
            return None
        packets = self.packets()
        for first in packets:
            landed = self._numbers.get((_time(first.pts), packet_digest(first)))
            if landed is None or landed > number:
                return None
            return self._checked(landed, number, _chained(first, packets))
        return None

    @property
    def _by_position(self) -> bool:
        return self._index is not None and self._index.facts.container in _FOUND_BY_POSITION

    def _offsets(self, number: int) -> Iterator[int]:
        """Where to jump so as to land at packet `number` or a little before it, the best first."""
        index = self._index
        if index is None:
            return
        keys = np.flatnonzero(index.flags[: number + 1] & IS_KEY)[::-1]
        for key in keys[:3]:
            if self._by_position:
                if index.position[key] >= 0:
                    yield int(index.position[key])
            else:
                yield from (int(time) for time in (index.pts[key], index.dts[key]) if time != NO_TIME)


def _chained(first: VideoPacket, rest: Iterator[VideoPacket]) -> Iterator[VideoPacket]:
    yield first
    yield from rest


def _time(value: int | None) -> int:
    return NO_TIME if value is None else value


def _is_packet(index: PacketIndex, number: int, packet: VideoPacket) -> bool:
    return (
        number < len(index.size)
        and packet.size == index.size[number]
        and _time(packet.pts) == index.pts[number]
        and packet_digest(packet) == index.digests[number].tobytes()
    )


def _numbers_by_content(index: PacketIndex) -> dict[tuple[int, bytes], int | None]:
    """Packet number by (pts, digest); None where two packets cannot be told apart."""
    numbers: dict[tuple[int, bytes], int | None] = {}
    for number, pts in enumerate(index.pts.tolist()):
        key = (pts, index.digests[number].tobytes())
        numbers[key] = None if key in numbers else number
    return numbers
