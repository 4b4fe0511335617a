"""What the session asks of an open project's stores. Every function runs on the thread that owns them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from polypviewer.core.errors import PolypViewerError
from polypviewer.core.exam_rules import ExamRule
from polypviewer.core.identity import FrameIdentity, FrameRef
from polypviewer.core.label_map import LabelMap
from polypviewer.core.media_item import MediaItem
from polypviewer.core.record import ExamKey, LesionRow, Provenance
from polypviewer.core.review import Presence, ReviewStatus

if TYPE_CHECKING:
    from polypviewer.media.frame_source import MediaInfo
    from polypviewer.storage import ProjectStore


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """Media in order, where they lie, and the light of each frame that is not unreviewed."""

    media: tuple[MediaItem, ...]
    paths: dict[UUID, Path]
    statuses: dict[FrameRef, ReviewStatus]
    proposed: frozenset[FrameRef]


@dataclass(frozen=True, slots=True, eq=False)
class DecidedFrame:
    """One frame that somebody decided. `name` is safe to export; `load_label_map` runs on the stores' thread."""

    name: str
    path: Path
    is_still: bool
    identity: FrameIdentity
    exam: ExamKey
    presence: Presence
    revision_id: UUID
    provenance: Provenance
    lesions: tuple[LesionRow, ...]
    load_label_map: Callable[[ProjectStore], LabelMap]


def listing(store: ProjectStore) -> Listing:
    """All that the strip shows."""
    raise NotImplementedError


def decided_frames(store: ProjectStore) -> Sequence[DecidedFrame]:
    """Every frame whose truth is known, in the order of the project."""
    raise NotImplementedError


def about_project(store: ProjectStore) -> tuple[str, str | None]:
    """The project's name and the digest of its active bundle."""
    raise NotImplementedError


@dataclass(frozen=True, slots=True, eq=False)
class NewEntry:
    """A file that is imported: what a look at it gave, or why it cannot be read."""

    path: Path
    exam: ExamKey
    info: MediaInfo | None = None
    problem: PolypViewerError | None = None


@dataclass(frozen=True, slots=True)
class Added:
    """`is_new` is False for a medium that the project had already."""

    media_id: UUID
    is_new: bool


def exams_for(store: ProjectStore, paths: Sequence[Path], rule: ExamRule) -> list[ExamKey]:
    """The exam of each path; groups that an earlier import has seen keep their pseudonym."""
    raise NotImplementedError


def add_entry(store: ProjectStore, entry: NewEntry) -> Added:
    """Reference a file in the project, under a pseudonym."""
    raise NotImplementedError


def keep_imported_mask(store: ProjectStore, *, identity: FrameIdentity, label_map: LabelMap) -> bool:
    """Keep a mask as an imported, undecided revision; False where somebody has worked on the frame already."""
    raise NotImplementedError
