"""The ProjectStore: an open project on disk. One thread at a time: the window uses it on its `disk` lane only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from uuid import UUID

from sqlalchemy import Connection, select

from polypviewer.core.command import Command
from polypviewer.core.draft import Draft
from polypviewer.core.errors import ProjectError
from polypviewer.core.history import DEFAULT_BUDGET
from polypviewer.core.identity import FrameIdentity, FrameRef, annotation_uuid
from polypviewer.core.label_map import LabelMap, empty_label_map
from polypviewer.core.media_item import MediaItem
from polypviewer.core.proposal import Proposal
from polypviewer.core.record import UNKNOWN_EXAM, ExamKey
from polypviewer.storage import media_rows, revisions, statement_rows
from polypviewer.storage.journal import Action, JournalRow
from polypviewer.storage.opening import OpenStores, open_stores
from polypviewer.storage.project_files import ProjectFiles
from polypviewer.storage.proposal_rows import bundle_of_proposal, is_kept, keep_proposal, kept_of_id
from polypviewer.storage.revisions import READING, StoredRevision
from polypviewer.storage.tables import frame


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
        stores.dispose()
        raise


class ProjectStore(ProjectFiles):
    """Media, drafts, the journal and revisions of an open project, as its reader sees them."""

    def __init__(self, folder: Path, stores: OpenStores, reader: str) -> None:
        super().__init__(folder, stores, reader)
        self.replayed = self._replayed()
        if not self.read_only:
            self.trim_journal(budget_bytes=DEFAULT_BUDGET)

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

    # --- lesions: identity, and what readers say of them ---

    def new_lesion(self, *, exam: ExamKey = UNKNOWN_EXAM) -> UUID:
        """A new polyp, of an exam where that is known; all that is said of it are statements."""
        with self._writing() as connection:
            return statement_rows.add_lesion(connection, exam=exam, reader_id=self.reader.id)

    def merge_lesions(self, lesion_id: UUID, *, into: UUID) -> UUID:
        """Two lesions are one from now on; returns the one that stays. Revisions keep the ids that they name."""
        with self._writing() as connection:
            return statement_rows.merge(connection, lesion_id, into=into)

    def lesion_now(self, lesion_id: UUID) -> UUID:
        """The lesion that this one has been merged into, or itself."""
        with self._reading() as connection:
            return statement_rows.lesion_now(connection, lesion_id)

    def state(self, subject: UUID, field: str, value: str | None) -> None:
        """Say something of a lesion or an annotation. Earlier statements stay; None takes the last one back."""
        with self._writing() as connection:
            statement_rows.add_statement(connection, subject, field, value, reader_id=self.reader.id)

    def statements(self, subject: UUID) -> tuple[statement_rows.Statement, ...]:
        """All that readers said of a subject, oldest first."""
        with self._reading() as connection:
            return statement_rows.statements_of(connection, subject)

    def latest_statements(self, field: str) -> dict[UUID, str]:
        """What was last said of each subject in a field ("field_of_view", "mm_per_pixel")."""
        with self._reading() as connection:
            return statement_rows.latest_values(connection, field)

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
                head = revisions.head_row(connection, annotation_id, journal_id=self.journal.id)
                draft = revisions.draft_of_head(connection, head, ref) if head is not None else None
        draft = draft or Draft(ref, empty_label_map(*size))
        for entry in self.journal.rows_of_frame(ref, self.reader.id, after=after):
            draft.apply_all(entry.changes)
        return draft

    def append(self, command: Command, action: Action) -> int:
        """Write a command to the journal; on the disk when this returns. Raises `ProjectError`."""
        self._refuse_read_only()
        return self.journal.append(command, action)

    def replay_again(self) -> None:
        """The journal has got rows from elsewhere: work out anew what no revision contains."""
        self.replayed = self._replayed()

    def is_worked_on(self, ref: FrameRef) -> bool:
        """True if this reader has a revision of a frame, or steps on it, undone ones too."""
        if self.journal.touches(ref, self.reader.id):
            return True
        return any(head.reader_id == self.reader.id for head in self.heads(ref))

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
            for used in (proposal, *self._cached_proposals(connection, draft)):
                if used is not None:
                    keep_proposal(connection, used, frame_id=frame_id)
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

    def revisions(self, ref: FrameRef) -> list[StoredRevision]:
        """All revisions of a frame, of every reader, newest first."""
        with self._reading() as connection:
            return revisions.revisions_of_frame(connection, ref)

    def label_map_of_id(self, revision_id: UUID) -> LabelMap:
        """The pixels of a revision by its id. Raises `ProjectError` ("project.no_revision")."""
        with self._reading() as connection:
            return revisions.label_map_of_id(connection, revision_id)

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

    def proposal_of_id(self, ref: FrameRef, proposal_id: str) -> Proposal | None:
        """The proposal of this id for a frame: from the cache, or the copy that a decision kept."""
        found = self.cache.proposal_of_id(ref, proposal_id)
        if found is not None:
            return found
        with self._reading() as connection:
            return kept_of_id(connection, ref, proposal_id)

    def proposal_bundle(self, proposal_id: str | None) -> str | None:
        """The digest of the bundle that made a kept proposal; None if no kept proposal has this id."""
        if proposal_id is None:
            return None
        with self._reading() as connection:
            return bundle_of_proposal(connection, proposal_id)

    def trim_journal(self, *, budget_bytes: int) -> int:
        """Delete rows beyond the undo budget that revisions contain."""
        with self._reading() as connection:
            contained = revisions.contained_sequences(connection, self.reader.id, self.journal.id)
        return self.journal.trim(self.reader.id, budget_bytes=budget_bytes, contained=contained)

    # --- inside ---

    def _cached_proposals(self, connection: Connection, draft: Draft) -> list[Proposal | None]:
        """The proposals that a draft names and that only the cache has (work taken up again after a crash)."""
        named = {draft.value("proposal_id"), (draft.value("dismissed") or "").partition(":")[0]} - {None, ""}
        return [
            self.cache.proposal_of_id(draft.frame, name) for name in named if name and not is_kept(connection, name)
        ]

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


def _without_unknown_proposal(connection: Connection, draft: Draft) -> Draft:
    """A draft may name a proposal that was never kept (its cache was deleted): the pixels stay, the reference goes."""
    named = draft.value("proposal_id")
    if named is None or is_kept(connection, named):
        return draft
    return Draft(draft.frame, draft.label_map, {k: v for k, v in draft.values.items() if k != "proposal_id"})
