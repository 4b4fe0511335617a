"""The segments of a JPEG: what is picture, what is metadata, and whether the end is there.

Markers after ITU-T T.81, annex B. Nothing is decoded; all functions work on the bytes of one file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Final

SOI: Final = b"\xff\xd8"
_EOI: Final = 0xD9
_SOS: Final = 0xDA
_COMMENT: Final = 0xFE
_APP: Final = range(0xE0, 0xF0)
_STANDALONE: Final = (0x01, *range(0xD0, 0xD8))
# In coded data 0xFF is followed by 0x00 (stuffing), by a restart marker, or by further 0xFF; else a segment begins.
_NEXT_MARKER: Final = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")


def is_jpeg(data: bytes) -> bool:
    """True if the bytes begin as a JPEG."""
    return data[:3] == SOI + b"\xff"


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, start, stop) of each segment after SOI, coded data with their SOS; ends at EOI or where it breaks."""
    at = 2
    while at + 2 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        stop = at + 2
        if marker != _EOI and marker not in _STANDALONE:
            stop += int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == _SOS:
            found = _NEXT_MARKER.search(data, stop)
            stop = found.start() if found else len(data)
        if stop > len(data):
            return
        yield marker, at, stop
        if marker == _EOI:
            return
        at = stop


def is_complete(data: bytes) -> bool:
    """True if the walk through the segments reaches the end-of-image marker: nothing is cut off."""
    return any(marker == _EOI for marker, _, _ in _segments(data))


def picture_hash(data: bytes) -> str:
    """`jpeg1:` and BLAKE2b-128 of the coded picture without APPn, COM and what follows it: stripping EXIF keeps it."""
    digest = hashlib.blake2b(SOI, digest_size=16)
    for marker, start, stop in _segments(data):
        if marker not in _APP and marker != _COMMENT:
            digest.update(data[start:stop])
    return f"jpeg1:{digest.hexdigest()}"


def _is_needed_to_decode(segment: bytes) -> bool:
    """JFIF's own header and Adobe's marker say how the components become colours; all other APPn are metadata."""
    return (segment[1], segment[4:9]) in ((0xE0, b"JFIF\0"), (0xEE, b"Adobe"))


def without_metadata(data: bytes) -> bytes:
    """The same picture, bit for bit when decoded, without EXIF, ICC, XMP, comments, thumbnails and trailing bytes."""
    kept = [SOI]
    for marker, start, stop in _segments(data):
        segment = data[start:stop]
        if (marker in _APP and not _is_needed_to_decode(segment)) or marker == _COMMENT:
            continue
        kept.append(_without_jfif_thumbnail(segment) if marker == 0xE0 else segment)
    return b"".join(kept)


def _without_jfif_thumbnail(segment: bytes) -> bytes:
    """JFIF's header may carry a small picture; keep the 14 bytes before it and state a size of 0x0."""
    return segment[:2] + (16).to_bytes(2, "big") + segment[4:16] + b"\0\0"
