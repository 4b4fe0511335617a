"""The ProjectStore: an open project on disk. One thread at a time: the window uses it on its `disk` lane only."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select

from polypviewer.core.command import Command
from polypviewer.core.draft import Draft
from polypviewer.core.errors import ProjectError
from polypviewer.core.identity import FrameIdentity, FrameRef, annotation_uuid
from polypviewer.core.label_map import LabelMap, empty_label_map
from polypviewer.core.media_item import MediaItem
from polypviewer.core.proposal import Proposal
from polypviewer.core.record import ExamKey
from polypviewer.storage import bundle_rows, media_rows, revisions
from polypviewer.storage.cache import Cache
from polypviewer.storage.dialect import reading, transaction
from polypviewer.storage.identity_store import IdentityStore
from polypviewer.storage.journal import Action, Journal, JournalRow
from polypviewer.storage.media_rows import ReaderRow
from polypviewer.storage.opening import UNCLEAN, OpenStores, open_stores
from polypviewer.storage.proposal_rows import keep_proposal
from polypviewer.storage.revisions import READING, StoredRevision
from polypviewer.storage.tables import frame, setting

_FILE: Final = "project.db"


@dataclass(frozen=True, slots=True)
class Replayed:
    """What the journal gave back at opening: steps that no revision contains, and their frames."""

    steps: int
    frames: frozenset[FrameRef]


def open_project(folder: Path, *, reader: str, read_only: bool = False) -> ProjectStore:
    """Open a project as a reader (a pseudonym). The first opener writes; a later one gets it read-only.

    Raises `ProjectError` for no project, a newer one, or a damaged one, and then has touched nothing.
    """
    folder = folder.absolute()
    stores = open_stores(folder, reader=reader, read_only=read_only)
    try:
        return ProjectStore(folder, stores, reader)
    except BaseException:
        _dispose(stores)
        raise


class ProjectStore:
    """`notices` are codes of what the person should know: "network", "no_backup", "journal_damaged"."""

    def __init__(self, folder: Path, stores: OpenStores, reader: str) -> None:
        self._stores = stores
        self._project = stores.engines["project"]
        self.folder = folder
        self.name = stores.file.name
        self.read_only = stores.read_only
        self.holder = stores.holder
        own_local = not stores.read_only or stores.temporary is None
        self.journal = Journal(stores.engines["local"], read_only=stores.read_only and (folder / "local.db").exists())
        self.identities = IdentityStore(
            stores.engines["identity"], folder, read_only=stores.read_only and (folder / "identity.db").exists()
        )
        self.cache = Cache(stores.engines["cache"])
        self.reader = self._reader(reader)
        self.replayed = self._replayed() if own_local else Replayed(0, frozenset())
        self.notices = tuple(stores.notices + (["journal_damaged"] if self.journal.damaged else []))

    def close(self) -> None:
        """Let go of the files and the lock."""
        if not self.read_only:
            with contextlib.suppress(OSError):
                (self.folder / UNCLEAN).unlink(missing_ok=True)
        _dispose(self._stores)

    # --- media, exams, lesions ---

    def media(self) -> tuple[MediaItem, ...]:
        """All media, in the order in which they were added."""
        with self._reading() as connection:
            return media_rows.all_media(connection)

    def add_media(
        self, item: MediaItem, *, path: Path, orientation: int = 1, details: dict[str, str] | None = None
    ) -> MediaItem:
        """Reference a file. What identifies a person (its path, name, dates, `details`) goes to `identity.db` alone."""
        with self._writing() as connection:
            added = media_rows.add_media(connection, item, orientation=orientation)
        self.identities.put(item.id, path, details=details)
        return added

    def paths(self) -> dict[UUID, Path]:
        """Where each medium lies on this machine."""
        return {media_id: original.path for media_id, original in self.identities.all().items()}

    def set_exam(self, media_id: UUID, key: ExamKey) -> None:
        """Put a medium into an exam."""
        with self._writing() as connection:
            media_rows.set_exam(connection, media_id, key)

    def new_exam_key(self, group: str) -> str:
        """The pseudonym of a group of files; a group that an earlier import has seen keeps its own."""
        known = self.identities.exam_keys()
        if group not in known:
            taken = {item.exam.key for item in self.media()} | set(known.values())
            number = 1
            while f"E-{number:04d}" in taken:
                number += 1
            known[group] = f"E-{number:04d}"
            self.identities.put_exam_key(group, known[group])
        return known[group]

    # --- drafts, journal, revisions ---

    def load_draft(self, ref: FrameRef, *, identity: FrameIdentity | None = None) -> Draft:
        """The frame as this reader left it: the head revision and the journal rows that no revision contains."""
        with self._reading() as connection:
            row = self._frame_row(connection, ref)
            size = self._size(connection, ref, identity)
            after, draft = 0, None
            if row is not None:
                annotation_id = annotation_uuid(UUID(row), self.reader.id, round_name=READING)
                after = revisions.contained_sequence(connection, annotation_id, self.journal.id)
                head = revisions.head_row(connection, annotation_id)
                draft = revisions.draft_of_head(connection, head, ref) if head is not None else None
        draft = draft or Draft(ref, empty_label_map(*size))
        for entry in self.journal.rows_of_frame(ref, self.reader.id, after=after):
            draft.apply_all(entry.changes)
        return draft

    def append(self, command: Command, action: Action) -> int:
        """Write a command to the journal; on the disk when this returns. Raises `ProjectError`."""
        self._refuse_read_only()
        return self.journal.append(command, action)

    def history_rows(self) -> Iterator[JournalRow]:
        """This reader's journal, oldest first."""
        return self.journal.rows(self.reader.id)

    def write_revision(
        self,
        draft: Draft,
        *,
        identity: FrameIdentity,
        proposal: Proposal | None = None,
        contains: int | None = None,
        stage: Literal["working", "final"] = "working",
    ) -> UUID:
        """Keep a draft as a revision, with the proposal it uses, in one transaction. Raises `ProjectError`.

        `contains`: the highest journal sequence that the draft contains; None: all that is in the journal.
        """
        sequence = self.journal.last_sequence if contains is None else contains
        with self._writing() as connection:
            frame_id = revisions.ensure_frame(connection, identity)
            if proposal is not None:
                keep_proposal(connection, proposal, frame_id=frame_id)
            draft = _without_unknown_proposal(connection, draft)
            return revisions.add_revision(
                connection,
                draft,
                frame_id=frame_id,
                reader_id=self.reader.id,
                stage=stage,
                journal=(self.journal.id, sequence),
            )

    def heads(self, ref: FrameRef | None = None) -> list[StoredRevision]:
        """The heads of a frame, or of all frames, of every reader."""
        with self._reading() as connection:
            return revisions.all_heads(connection, ref=ref)

    def label_map(self, stored: StoredRevision) -> LabelMap:
        """The pixels of a revision."""
        with self._reading() as connection:
            return revisions.label_map_of(connection, stored)

    def lesions(self, stored: StoredRevision) -> Sequence[tuple[int, UUID]]:
        """(slot, lesion id) of a revision."""
        with self._reading() as connection:
            return revisions.lesions_of(connection, stored.id)

    def frame_identity(self, ref: FrameRef) -> FrameIdentity | None:
        """What is stored of a frame; None if nothing refers to it."""
        with self._reading() as connection:
            return revisions.stored_identity(connection, ref)

    def trim_journal(self, *, budget_bytes: int) -> int:
        """Delete rows beyond the undo budget that revisions contain."""
        with self._reading() as connection:
            contained = revisions.contained_sequences(connection, self.reader.id, self.journal.id)
        return self.journal.trim(self.reader.id, budget_bytes=budget_bytes, contained=contained)

    def readers(self) -> dict[UUID, str]:
        """Names of all readers."""
        with self._reading() as connection:
            return media_rows.readers(connection)

    # --- bundles, settings, events ---

    def register_bundle(self, row: bundle_rows.BundleRow) -> None:
        """Remember a bundle that this project may use."""
        with self._writing() as connection:
            bundle_rows.register(connection, row)

    def bundles(self) -> tuple[bundle_rows.BundleRow, ...]:
        """All bundles that this project knows."""
        with self._reading() as connection:
            return bundle_rows.all_bundles(connection)

    def activate_bundle(self, digest: str) -> None:
        """Use a bundle from now on; the event says who switched and when."""
        with self._writing() as connection:
            bundle_rows.add_event(connection, "bundle.activated", subject=digest, reader_id=self.reader.id)

    def active_bundle(self) -> str | None:
        """The digest of the bundle that was activated last."""
        with self._reading() as connection:
            return bundle_rows.last_subject(connection, "bundle.activated")

    def add_event(self, kind: str, *, subject: str = "", details: str = "") -> None:
        """Add to the project's log."""
        with self._writing() as connection:
            bundle_rows.add_event(connection, kind, subject=subject, details=details, reader_id=self.reader.id)

    def settings(self) -> dict[str, str]:
        """The project's settings as texts."""
        with self._reading() as connection:
            return {
                row.name: row.value for row in connection.execute(select(setting).where(setting.c.scope == "project"))
            }

    def put_setting(self, name: str, value: str) -> None:
        """Set one of the project's settings."""
        with self._writing() as connection:
            connection.execute(delete(setting).where(setting.c.scope == "project", setting.c.name == name))
            connection.execute(insert(setting).values(scope="project", name=name, value=value))

    # --- inside ---

    def _reader(self, name: str) -> ReaderRow:
        with self._reading() as connection:
            known = {text: reader_id for reader_id, text in media_rows.readers(connection).items()}
        if name in known:
            return ReaderRow(known[name], name)
        if self.read_only:
            return ReaderRow(UUID(int=0), name)
        with self._writing() as connection:
            return media_rows.ensure_reader(connection, name)

    def _replayed(self) -> Replayed:
        with self._reading() as connection:
            contained = revisions.contained_sequences(connection, self.reader.id, self.journal.id)
        last = self.journal.last_of_frames(self.reader.id)
        open_frames = frozenset(ref for ref, sequence in last.items() if sequence > contained.get(ref, 0))
        steps = {
            row.sequence
            for ref in open_frames
            for row in self.journal.rows_of_frame(ref, self.reader.id, after=contained.get(ref, 0))
        }
        return Replayed(len(steps), open_frames)

    def _frame_row(self, connection: Connection, ref: FrameRef) -> str | None:
        query = select(frame.c.id).where(frame.c.media_id == str(ref.media_id), frame.c.position == ref.index)
        return connection.execute(query).scalar()

    def _size(self, connection: Connection, ref: FrameRef, identity: FrameIdentity | None) -> tuple[int, int]:
        if identity is not None:
            return identity.height, identity.width
        item = media_rows.find_media(connection, ref.media_id)
        if item is None:
            raise ProjectError("project.no_media", name=str(ref.media_id))
        return item.height, item.width

    def _refuse_read_only(self) -> None:
        if self.read_only:
            raise ProjectError("project.read_only", holder=self.holder or "it was opened so")

    def _reading(self) -> contextlib.AbstractContextManager[Connection]:
        return reading(self._project, name=_FILE)

    def _writing(self) -> contextlib.AbstractContextManager[Connection]:
        self._refuse_read_only()
        return transaction(self._project, name=_FILE)


def _without_unknown_proposal(connection: Connection, draft: Draft) -> Draft:
    """A draft may name a proposal that was never kept (its cache was deleted): the pixels stay, the reference goes."""
    from polypviewer.storage.tables import proposal as table

    named = draft.value("proposal_id")
    if named is None or connection.execute(select(table.c.id).where(table.c.id == named)).first() is not None:
        return draft
    return Draft(draft.frame, draft.label_map, {k: v for k, v in draft.values.items() if k != "proposal_id"})


def _dispose(stores: OpenStores) -> None:
    for engine in stores.engines.values():
        engine.dispose()
    stores.lock.release()
    if stores.temporary is not None:
        stores.temporary.cleanup()
