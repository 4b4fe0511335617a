"""Which compressed packet is which frame of a video.

Every packet of the video stream has a row, in the order of the file ("number"). A frame's index counts the packets that
are shown (not discarded by an edit list), sorted by presentation time stamp within their discontinuity segment; a new
segment begins where decoding time runs backwards, as at the seam of two joined transport streams. Equal time stamps
within a segment are told apart by `repeat`. Streams without time stamps take the decode order as `pts`, are shown in
the order in which the decoder gives frames, and are flagged. A number that the decoder makes no frame of is a hole: it
keeps its index, so that the frames after it keep theirs.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from dataclasses import asdict, dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from polypviewer.core.errors import MediaError

NO_TIME: Final = np.iinfo(np.int64).min
IS_KEY: Final = 1
IS_DISCARDED: Final = 2
_MAGIC: Final = b"PVIX0001"
_LENGTH: Final = struct.Struct("<I")
_COLUMNS: Final = (("pts", "<i8"), ("dts", "<i8"), ("size", "<i4"), ("position", "<i8"), ("flags", "u1"))


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """What holds for the whole stream. `time_base`: seconds of one tick as (numerator, denominator).

    `height`, `width`: after rotation. `without_times`: no presentation time stamps. `cut_off`: the file ends in the
    middle of a packet.
    """

    fingerprint: str
    file_size: int
    container: str
    height: int
    width: int
    orientation: int
    frame_rate: float
    time_base: tuple[int, int]
    pixel_aspect: float = 1.0
    without_times: bool = False
    cut_off: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class PacketIndex:
    """Rows by packet number: `pts`, `dts` in ticks (NO_TIME when absent), `size` in bytes, `position` in the file
    (-1 unknown), `flags`, `digests` `(n, 16)` uint8 BLAKE2b-128 of the packet; `output`: the packet numbers in the
    order of the decoder, only for streams without time stamps; `holes`: frame indices known to be undecodable.
    """

    facts: VideoFacts
    pts: NDArray[np.int64]
    dts: NDArray[np.int64]
    size: NDArray[np.int32]
    position: NDArray[np.int64]
    flags: NDArray[np.uint8]
    digests: NDArray[np.uint8]
    output: NDArray[np.int32]
    holes: frozenset[int] = frozenset()
    segment: NDArray[np.int32] = field(init=False)
    shown_at: NDArray[np.int64] = field(init=False)
    numbers: NDArray[np.int64] = field(init=False)
    index_of: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        """Derive `segment` by number, `shown_at` (rank of presentation by number), `numbers` by index, `index_of`."""
        segment = _segments(self.pts, self.dts)
        order = np.lexsort((np.arange(len(self.pts)), self.pts, segment))
        shown = (self.flags & IS_DISCARDED) == 0
        if self.facts.without_times:
            late = np.setdiff1d(np.arange(len(self.pts)), self.output)
            order = np.concatenate([self.output, late]).astype(np.int64)
            shown = shown & np.isin(np.arange(len(self.pts)), self.output)
        shown_at = np.empty(len(order), np.int64)
        shown_at[order] = np.arange(len(order))
        numbers = order[shown[order]]
        index_of = np.full(len(order), -1, np.int64)
        index_of[numbers] = np.arange(len(numbers))
        derived = {"segment": segment, "shown_at": shown_at, "numbers": numbers, "index_of": index_of}
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    @property
    def frame_count(self) -> int:
        """Frames with an index, holes included."""
        return len(self.numbers)

    def content_hash(self, index: int) -> str:
        """`packet1:` and BLAKE2b-128 of the frame's compressed packet."""
        return f"packet1:{self.digests[self.numbers[index]].tobytes().hex()}"

    def key_of(self, index: int) -> tuple[int, int, int]:
        """(segment, pts, repeat) of a frame; pts is the packet number where the stream has no time stamps."""
        number = int(self.numbers[index])
        if self.facts.without_times:
            return 0, number, 0
        segment, pts = int(self.segment[number]), int(self.pts[number])
        first = index
        while first > 0 and self._is_at(first - 1, segment, pts):
            first -= 1
        return segment, pts, index - first

    def _is_at(self, index: int, segment: int, pts: int) -> bool:
        number = self.numbers[index]
        return bool(self.segment[number] == segment and self.pts[number] == pts)

    def seconds(self) -> NDArray[np.float64]:
        """Time of each frame from the first, ascending; a segment begins one frame after the end of the one before."""
        rate = self.facts.frame_rate or 25.0
        if self.facts.without_times or not self.frame_count:
            return np.arange(self.frame_count) / rate
        numerator, denominator = self.facts.time_base
        own = self.pts[self.numbers].astype(np.float64) * numerator / denominator
        starts = np.flatnonzero(np.diff(self.segment[self.numbers], prepend=-1))
        end = -1 / rate
        for start, stop in zip(starts, [*starts[1:], self.frame_count], strict=True):
            own[start:stop] += end + 1 / rate - own[start]
            end = own[stop - 1]
        return own

    def with_holes(self, holes: frozenset[int]) -> PacketIndex:
        """The same index with these frame indices known to be undecodable."""
        return PacketIndex(
            self.facts, self.pts, self.dts, self.size, self.position, self.flags, self.digests, self.output, holes
        )


def with_facts(index: PacketIndex, **changes: object) -> PacketIndex:
    """The same packets under changed facts."""
    facts = replace(index.facts, **changes)  # type: ignore[arg-type]  # the field names are checked by replace itself
    return PacketIndex(
        facts, index.pts, index.dts, index.size, index.position, index.flags, index.digests, index.output, index.holes
    )


def _segments(pts: NDArray[np.int64], dts: NDArray[np.int64]) -> NDArray[np.int32]:
    """Segment of each packet: one more each time the decoding time falls below that of the packet before it."""
    known = np.flatnonzero(dts != NO_TIME)
    segment = np.zeros(len(pts), np.int32)
    segment[known[1:][np.diff(dts[known]) < 0]] = 1
    return np.cumsum(segment, dtype=np.int32)


def encode_index(index: PacketIndex) -> bytes:
    """Bytes for the cache, with a checksum of the whole."""
    head = json.dumps({"facts": asdict(index.facts), "count": len(index.pts), "holes": sorted(index.holes)}).encode()
    columns = [np.ascontiguousarray(getattr(index, name)).astype(kind).tobytes() for name, kind in _COLUMNS]
    body = zlib.compress(b"".join([*columns, index.digests.tobytes(), index.output.astype("<i4").tobytes()]), 1)
    payload = _LENGTH.pack(len(head)) + head + body
    return _MAGIC + hashlib.blake2b(payload, digest_size=16).digest() + payload


def decode_index(data: bytes) -> PacketIndex:
    """The index of `encode_index`. Raises `MediaError` ("media.index_damaged") if the bytes are not one."""
    if data[:8] != _MAGIC or hashlib.blake2b(data[24:], digest_size=16).digest() != data[8:24]:
        raise MediaError("media.index_damaged", reason="checksum or version")
    (length,) = _LENGTH.unpack_from(data, 24)
    head = json.loads(data[28 : 28 + length])
    raw, at, count = zlib.decompress(data[28 + length :]), 0, int(head["count"])
    columns: dict[str, NDArray[np.generic]] = {}
    for name, kind in _COLUMNS:
        columns[name] = np.frombuffer(raw, kind, count, at)
        at += columns[name].nbytes
    digests = np.frombuffer(raw, np.uint8, count * 16, at).reshape(count, 16)
    output = np.frombuffer(raw, "<i4", -1, at + digests.nbytes)
    facts = {**head["facts"], "time_base": tuple(head["facts"]["time_base"])}
    return PacketIndex(VideoFacts(**facts), **columns, digests=digests, output=output, holes=frozenset(head["holes"]))  # type: ignore[arg-type]  # dtypes stand in _COLUMNS
