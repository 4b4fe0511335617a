"""Which frame is meant, in the running program and on disk.

Ids of media, frames and annotations are UUIDv5 of what they are, so that two machines agree; all others are random.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

NAMESPACE: Final = uuid5(NAMESPACE_URL, "https://polypviewer.org/identity/1")


@dataclass(frozen=True, slots=True, order=True)
class FrameRef:
    """A frame of the running program: `index` counts the decodable order of the medium from 0 (0 for a still image)."""

    media_id: UUID
    index: int


@dataclass(frozen=True, slots=True, order=True)
class FrameKey:
    """A frame on disk: discontinuity segment, presentation time stamp in stream ticks, and count among equal pts.

    Still images are (media_id, 0, 0, 0). Where a stream has no pts, `pts` is the decode order.
    """

    media_id: UUID
    segment: int
    pts: int
    repeat: int


@dataclass(frozen=True, slots=True)
class FrameIdentity:
    """All that says that a mask belongs to exactly this frame. `content_hash` carries its algorithm as a prefix."""

    ref: FrameRef
    key: FrameKey
    content_hash: str
    height: int
    width: int


def media_uuid(fingerprint: str) -> UUID:
    """Id of a medium from the fingerprint of its file."""
    return uuid5(NAMESPACE, f"media:{fingerprint}")


def frame_uuid(key: FrameKey) -> UUID:
    """Id of a stored frame from its key."""
    return uuid5(NAMESPACE, f"frame:{key.media_id}:{key.segment}:{key.pts}:{key.repeat}")


def annotation_uuid(frame_id: UUID, reader_id: UUID, *, round_name: str) -> UUID:
    """Id of one reader's annotation of a frame in a round ("reading", "calibration" or "adjudication")."""
    return uuid5(NAMESPACE, f"annotation:{frame_id}:{reader_id}:{round_name}")
