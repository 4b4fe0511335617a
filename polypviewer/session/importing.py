"""Import: media are looked at one by one and referenced where they lie; masks that come along are taken as imported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from polypviewer.core.errors import DatasetError, MediaError, PolypViewerError
from polypviewer.core.exam_rules import ExamRule
from polypviewer.core.identity import FrameIdentity
from polypviewer.core.label_map import LabelMap
from polypviewer.core.record import ExamKey
from polypviewer.session.messages import Message, message
from polypviewer.session.store_door import StoreDoor, Tell
from polypviewer.session.stored import NewEntry, add_entry, entry_id, exams_for, keep_imported_mask, known_media
from polypviewer.session.values import Progress

if TYPE_CHECKING:
    from polypviewer.datasets.find_media import FoundItem
    from polypviewer.storage.store import ProjectStore


KeepMask = Callable[[FrameIdentity, LabelMap, "ProjectStore"], bool]
"""Keeps a mask that came along; False where somebody has worked on the frame already."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One file that could not be used. `name` is the file's own name, for the person who imports; it is not stored."""

    name: str
    error: PolypViewerError


@dataclass(slots=True)
class ImportDone:
    """What became of an import; grows while it runs."""

    added: int = 0
    known: int = 0
    masks: int = 0
    unknown_exams: int = 0
    broken: list[Refusal] = field(default_factory=list)
    masks_refused: list[Refusal] = field(default_factory=list)

    def messages(self) -> list[Message]:
        """What the message bar says about it."""
        code = "import.done_with_masks" if self.masks else "import.done"
        told = [message(code, added=self.added, masks=self.masks, known=self.known, broken=len(self.broken))]
        if self.masks_refused:
            first = self.masks_refused[0].error.happened
            told.append(message("import.masks_refused", count=len(self.masks_refused), reason=first))
        if self.unknown_exams:
            told.append(message("import.not_patient_safe"))
        return told


def _keep_mask(identity: FrameIdentity, label_map: LabelMap, store: ProjectStore) -> bool:
    return keep_imported_mask(store, identity, label_map)


def import_media(
    door: StoreDoor,
    paths: Sequence[Path],
    rule: ExamRule,
    *,
    tell: Tell,
    exam: ExamKey | None = None,
    keep_mask: KeepMask = _keep_mask,
) -> ImportDone:
    """Add media. `exam`: all of them belong to this one, given by a person. A broken file becomes a marked entry.

    `keep_mask` takes the masks that come along, behind the door. `tell` may raise `JobStopped`: what has been added
    stays. Raises `DatasetError` if nothing is there to import.
    """
    from polypviewer.datasets.find_media import find_media

    found = find_media(paths)
    if not found:
        raise DatasetError("import.nothing", paths=", ".join(path.name for path in paths))
    exams = [exam] * len(found) if exam else door(partial(_exams, [item.path for item in found], rule))
    known = door(known_media)
    done = ImportDone()
    for number, (item, key) in enumerate(zip(found, exams, strict=True)):
        tell(Progress("import", number, len(found), item.path.name))
        media_id = _import_one(door, item, key, known, done)
        if media_id is not None:
            _take_mask(door, item, media_id, keep_mask, done)
    tell(Progress("import", len(found), len(found), ended=True))
    return done


def _exams(paths: list[Path], rule: ExamRule, store: ProjectStore) -> list[ExamKey]:
    return exams_for(store, paths, rule)


def _add(entry: NewEntry, store: ProjectStore) -> UUID:
    return add_entry(store, entry)


def _import_one(
    door: StoreDoor, item: FoundItem, exam: ExamKey, known: dict[UUID, str], done: ImportDone
) -> UUID | None:
    """Add one file; its id, or None if it cannot be read."""
    from polypviewer.media.readers import probe

    try:
        if item.problem is not None:
            raise item.problem
        entry = NewEntry(item.path, exam, info=probe(item.path))
    except MediaError as error:
        done.broken.append(Refusal(item.path.name, error))
        entry = NewEntry(item.path, exam, problem=error)
    except DatasetError as error:
        done.broken.append(Refusal(item.path.name, error))
        return None
    media_id = entry_id(entry)
    is_new = known.get(media_id, "new") != ""
    if is_new or entry.problem is None:
        door(partial(_add, entry))
    known[media_id] = "" if entry.problem is None else "broken"
    done.added += is_new and entry.problem is None
    done.known += not is_new
    done.unknown_exams += exam.source == "unknown" and entry.problem is None
    return media_id if entry.problem is None else None


def _take_mask(door: StoreDoor, item: FoundItem, media_id: UUID, keep_mask: KeepMask, done: ImportDone) -> None:
    """Keep the mask that lies beside an image as an imported revision."""
    from polypviewer.datasets.masks import read_mask
    from polypviewer.media.readers import open_media

    if item.mask_path is None:
        return
    try:
        with open_media(item.path) as source:
            identity = source.identity(0, media_id)
        label_map = read_mask(item.mask_path, height=identity.height, width=identity.width)
    except PolypViewerError as error:
        done.masks_refused.append(Refusal(item.mask_path.name, error))
        return
    done.masks += door(partial(keep_mask, identity, label_map))
