"""Video as a FrameSource: any frame by its index, the same pixels whatever was read before."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from uuid import UUID

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from polypviewer.core.errors import MediaError
from polypviewer.core.identity import FrameIdentity, FrameKey, FrameRef
from polypviewer.media.build_index import build_packet_index
from polypviewer.media.colour import rgb_of
from polypviewer.media.file_bytes import file_size
from polypviewer.media.frame_source import DEFAULT_PIXEL_LIMIT, MediaInfo, RgbImage
from polypviewer.media.image import shrunk
from polypviewer.media.orientation import oriented
from polypviewer.media.packet_index import IS_KEY, PacketIndex, decode_index
from polypviewer.media.video_decoder import VideoDecoder

# Decoded frames kept for stepping back, in bytes of their planes.
KEPT_BYTES: Final = 96_000_000
# Where time stamps are spoilt, decoders give frames out of order; this far behind a later one a frame may come.
_OUT_OF_ORDER: Final = 16


def open_video(path: Path, *, pixel_limit: int = DEFAULT_PIXEL_LIMIT, index: bytes | None = None) -> VideoSource:
    """A video as a FrameSource; `index` from the cache saves reading the file once. Raises `MediaError`."""
    packet_index = build_packet_index(path, pixel_limit=pixel_limit) if index is None else decode_index(index)
    if file_size(path) != packet_index.facts.file_size:
        raise MediaError("media.changed", name=path.name)
    return VideoSource(path, packet_index)


class VideoSource:
    """One open video. Reading forward goes on where the decoder stands; anything else starts at a key packet."""

    def __init__(self, path: Path, index: PacketIndex, *, kept_bytes: int = KEPT_BYTES) -> None:
        self.index = index
        self._kept_bytes = kept_bytes
        self._path = path
        self._decoder = VideoDecoder(path, index)
        self._run: Iterator[tuple[int, VideoFrame]] | None = None
        self._run_start = 0
        self._run_at = -1
        self._kept: OrderedDict[int, VideoFrame] = OrderedDict()

    @property
    def info(self) -> MediaInfo:
        """Facts about the video."""
        facts = self.index.facts
        notes = ("cut_off",) * facts.cut_off + ("no_time_stamps",) * facts.without_times
        return MediaInfo(
            facts.fingerprint,
            "video",
            facts.height,
            facts.width,
            self.index.frame_count,
            frame_rate=facts.frame_rate,
            orientation=facts.orientation,
            pixel_aspect=facts.pixel_aspect,
            notes=notes,
        )

    def identity(self, index: int, media_id: UUID) -> FrameIdentity:
        """Segment, time stamp, repeat and packet hash of a frame; nothing is decoded."""
        self._check(index)
        key = FrameKey(media_id, *self.index.key_of(index))
        facts = self.index.facts
        return FrameIdentity(FrameRef(media_id, index), key, self.index.content_hash(index), facts.height, facts.width)

    def read(self, index: int) -> RgbImage:
        """Frame `index`, `(height, width, 3)` uint8 RGB. Raises `MediaError` for a hole or a changed file."""
        self._check(index)
        frame = self._kept.get(index) or self._decoded(index)
        pixels = oriented(rgb_of(frame), self.index.facts.orientation)
        height, width = pixels.shape[:2]
        if (height, width) != (self.index.facts.height, self.index.facts.width):
            raise MediaError("media.frame_size", name=self._path.name, index=index, width=width, height=height)
        return pixels

    def thumbnail(self, index: int, side: int) -> RgbImage:
        """Frame `index` with its longer side at most `side` pixels."""
        return shrunk(self.read(index), side)

    def timestamps(self) -> NDArray[np.float64]:
        """Seconds from the first frame, one for each index, ascending."""
        return self.index.seconds()

    def close(self) -> None:
        """Close the file and drop the kept frames."""
        self._run = None
        self._kept.clear()
        self._decoder.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _check(self, index: int) -> None:
        if not 0 <= index < self.index.frame_count:
            raise MediaError("media.no_frame", name=self._path.name, index=index, count=self.index.frame_count)
        if index in self.index.holes:
            raise MediaError("media.frame_undecodable", name=self._path.name, index=index)

    def _decoded(self, index: int) -> VideoFrame:
        """Go on from here if that is the way, else start at the key packet; if no frame comes, at earlier ones.

        Starting earlier helps where a key packet promises more than it holds (gradual refresh, open groups).
        """
        starts = self._starts(index)
        if self._run is not None and self._run_at < index and starts[0] <= self._decoder.fed:
            frame = self._advance(index)
            if frame is not None:
                return frame
        for start in starts:
            self._run, self._run_start, self._run_at = self._decoder.frames_from(start), start, -1
            frame = self._advance(index)
            if frame is not None:
                return frame
        raise MediaError("media.frame_undecodable", name=self._path.name, index=index)

    def _starts(self, index: int) -> list[int]:
        """Key packets from which frame `index` can be decoded: not after it in the file nor in presentation."""
        number = self.index.numbers[index]
        rank, segment = self.index.shown_at[number], self.index.segment[number]
        keys = np.flatnonzero(self.index.flags[: number + 1] & IS_KEY)
        usable = keys[(self.index.shown_at[keys] <= rank) & (self.index.segment[keys] == segment)]
        nearest = [int(key) for key in usable[::-1][:2]]
        return [*nearest, 0] if 0 not in nearest else nearest

    def _advance(self, index: int) -> VideoFrame | None:
        """Decode on until frame `index` comes; None if much later ones come first or the video ends."""
        run = self._run
        while run is not None:
            number, frame = next(run, (-1, None))
            if frame is None:
                self._run = None
                return None
            at = int(self.index.index_of[number])
            if at < 0 or self.index.shown_at[number] < self.index.shown_at[self._run_start]:
                continue
            self._run_at = max(self._run_at, at)
            self._keep(at, frame)
            if at == index:
                return frame
            if at > index + _OUT_OF_ORDER:
                return None
        return None

    def _keep(self, index: int, frame: VideoFrame) -> None:
        self._kept[index] = frame
        self._kept.move_to_end(index)
        most = max(2, self._kept_bytes // max(1, frame.height * frame.width * 3 // 2))
        while len(self._kept) > most:
            self._kept.popitem(last=False)
