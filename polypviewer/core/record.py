"""The Record: one annotated frame on its way in or out of a project; what readers and writers of data sets speak."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from polypviewer.core.identity import FrameIdentity
from polypviewer.core.label_map import LabelMap
from polypviewer.core.review import Decision, Origin, Presence

ExamSource = Literal["given", "dicom", "folder", "pattern", "guessed", "unknown"]


@dataclass(frozen=True, slots=True)
class ExamKey:
    """Which examination a medium belongs to and how that is known; `key` is a pseudonym, empty when unknown."""

    key: str
    source: ExamSource

    @property
    def is_patient_safe(self) -> bool:
        """True if somebody or DICOM said so; a folder, a pattern or a guess is not proof."""
        return self.source in ("given", "dicom")


UNKNOWN_EXAM = ExamKey("", "unknown")


@dataclass(frozen=True, slots=True)
class LesionRow:
    """A lesion in this frame: its slot, its id where the project knows it, and its statements (field, value)."""

    slot: int
    lesion_id: UUID | None = None
    statements: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who decided the pixels last, and from what. `reader` is a pseudonym."""

    reader: str = ""
    revision_id: UUID | None = None
    origin: Origin = Origin.IMPORTED
    decision: Decision = Decision.UNDECIDED
    bundle_digest: str | None = None
    decided_at: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """One frame. `name` is a pseudonym that is safe to export; `load_pixels()` gives `(height, width, 3)` uint8 RGB.

    `source_file` is the still image that may be copied as it is (None for video frames); its name never leaves.
    """

    name: str
    load_pixels: Callable[[], NDArray[np.uint8]]
    label_map: LabelMap | None
    presence: Presence
    exam: ExamKey = UNKNOWN_EXAM
    identity: FrameIdentity | None = None
    lesions: tuple[LesionRow, ...] = ()
    provenance: Provenance = field(default_factory=Provenance)
    source_file: Path | None = None
