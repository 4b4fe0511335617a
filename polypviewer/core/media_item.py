"""The MediaItem: one image, video or DICOM file of a project."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from polypviewer.core.record import UNKNOWN_EXAM, ExamKey

MediaKind = Literal["image", "video", "dicom"]


@dataclass(frozen=True, slots=True)
class MediaItem:
    """`name` is a pseudonym. `height`, `width` after rotation; `broken` says why it cannot be read ("" when it can)."""

    id: UUID
    name: str
    kind: MediaKind
    fingerprint: str
    height: int
    width: int
    frame_count: int
    frame_rate: float = 0.0
    exam: ExamKey = UNKNOWN_EXAM
    broken: str = ""
