"""Import: media are looked at one by one and referenced where they lie; masks that come along are taken as imported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from polypviewer.core.errors import DatasetError, MediaError, PolypViewerError
from polypviewer.core.exam_rules import ExamRule
from polypviewer.core.record import ExamKey
from polypviewer.session.messages import Message, message
from polypviewer.session.store_door import StoreDoor, Tell
from polypviewer.session.stored import NewEntry, add_entry, exams_for, keep_imported_mask
from polypviewer.session.values import Progress

if TYPE_CHECKING:
    from polypviewer.datasets.find_media import FoundItem


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
        told = [message("import.done", added=self.added, known=self.known, broken=len(self.broken))]
        if self.masks_refused:
            first = self.masks_refused[0].error.happened
            told.append(message("import.masks_refused", count=len(self.masks_refused), reason=first))
        if self.unknown_exams:
            told.append(message("import.not_patient_safe"))
        return told


def import_media(
    door: StoreDoor, paths: Sequence[Path], rule: ExamRule, *, tell: Tell, exam: ExamKey | None = None
) -> ImportDone:
    """Add media. `exam`: all of them belong to this one, given by a person. A broken file becomes a marked entry.

    `tell` may raise `JobStopped`: what has been added stays. Raises `DatasetError` if nothing is there to import.
    """
    from polypviewer.datasets.find_media import find_media

    found = find_media(paths)
    if not found:
        raise DatasetError("import.nothing", paths=", ".join(path.name for path in paths))
    exams = [exam] * len(found) if exam else door(partial(exams_for, paths=[item.path for item in found], rule=rule))
    done = ImportDone()
    for number, (item, key) in enumerate(zip(found, exams, strict=True)):
        tell(Progress("import", number, len(found), item.path.name))
        _import_one(door, item, key, done)
    tell(Progress("import", len(found), len(found), ended=True))
    return done


def _import_one(door: StoreDoor, item: FoundItem, exam: ExamKey, done: ImportDone) -> None:
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
        return
    added = door(partial(add_entry, entry=entry))
    done.added += added.is_new and entry.problem is None
    done.known += not added.is_new
    done.unknown_exams += exam.source == "unknown"
    if item.mask_path is not None and entry.problem is None:
        _take_mask(door, item, added.media_id, done)


def _take_mask(door: StoreDoor, item: FoundItem, media_id: UUID, done: ImportDone) -> None:
    """Keep the mask that lies beside an image as an imported revision that nobody has decided yet."""
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
    done.masks += door(partial(keep_imported_mask, identity=identity, label_map=label_map))
