"""Revisions: who decided the pixels of a frame last. Only ever added to; heads are revisions without children."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, Select, exists, func, insert, select

from polypviewer.core.command import is_lesion_field
from polypviewer.core.draft import Draft
from polypviewer.core.errors import ProjectError
from polypviewer.core.identity import FrameIdentity, FrameKey, FrameRef, annotation_uuid, frame_uuid
from polypviewer.core.label_map import LabelMap, decode_label_map, encode_label_map, has_polyp
from polypviewer.core.review import DecidedBy, Decision, Origin, Presence, RevisionHead
from polypviewer.storage.blobs import get_blob, put_blob
from polypviewer.storage.tables import annotation, frame, lesion, revision, revision_lesion
from polypviewer.storage.times import now

READING: Final = "reading"
_TEXTS: Final = ("reason", "comment", "dismissed")
_VALUES: Final = ("presence", "decision", "origin", "decided_by", "proposal_id", *_TEXTS)


@dataclass(frozen=True, slots=True)
class StoredRevision:
    """One row of `revision` with where it belongs. `label_map` is a blob digest."""

    id: UUID
    annotation_id: UUID
    frame: FrameRef
    reader_id: UUID
    round_name: str
    stage: str
    values: dict[str, str]
    has_mask: bool
    label_map: str
    created: str

    @property
    def head(self) -> RevisionHead:
        """What `core.review.frame_truth` chooses from."""
        return RevisionHead(
            self.id,
            self.annotation_id,
            self.reader_id,
            self.round_name,
            self.stage,
            Presence(self.values["presence"]),
            Decision(self.values["decision"]),
        )


def ensure_frame(connection: Connection, identity: FrameIdentity) -> UUID:
    """The id of a frame, stored when something first refers to it.

    Raises `ProjectError` ("project.wrong_frame") if what is stored under its key has another index, content or size.
    """
    frame_id = frame_uuid(identity.key)
    row = connection.execute(select(frame).where(frame.c.id == str(frame_id))).first()
    if row is not None:
        known = (row.position, row.content_hash, row.height, row.width)
        if known != (identity.ref.index, identity.content_hash, identity.height, identity.width):
            raise ProjectError("project.wrong_frame", index=identity.ref.index)
    else:
        key = identity.key
        connection.execute(
            insert(frame).values(
                id=str(frame_id),
                media_id=str(key.media_id),
                position=identity.ref.index,
                segment=key.segment,
                pts=key.pts,
                repeat=key.repeat,
                content_hash=identity.content_hash,
                height=identity.height,
                width=identity.width,
            )
        )
    return frame_id


def add_revision(
    connection: Connection, draft: Draft, *, frame_id: UUID, reader_id: UUID, stage: str, journal: tuple[str, int]
) -> UUID:
    """Add a revision of a draft behind the reader's head and return its id.

    `journal`: (journal id, highest sequence of this frame's rows that the draft contains).
    """
    annotation_id = _ensure_annotation(connection, frame_id, reader_id)
    parent = head_row(connection, annotation_id, journal_id=journal[0])
    made = uuid4()
    values = draft.values
    connection.execute(
        insert(revision).values(
            id=str(made),
            annotation_id=str(annotation_id),
            parent_id=parent.id if parent is not None else None,
            presence=Presence(values.get("presence", Presence.UNKNOWN)),
            decision=Decision(values.get("decision", Decision.UNDECIDED)),
            stage=stage,
            origin=Origin(values["origin"]) if "origin" in values else None,
            decided_by=DecidedBy(values.get("decided_by", DecidedBy.NONE)),
            proposal_id=values.get("proposal_id"),
            **{name: values.get(name) for name in _TEXTS},
            label_map=put_blob(connection, encode_label_map(draft.label_map), codec="labelmap1"),
            has_mask=has_polyp(draft.label_map),
            journal_id=journal[0],
            journal_sequence=journal[1],
            created=now(),
        )
    )
    _add_lesions(connection, made, draft, reader_id)
    return made


def head_row(connection: Connection, annotation_id: UUID, *, journal_id: str) -> Row[tuple[object, ...]] | None:
    """The head of an annotation that is worked on here.

    Of two heads (machines were joined; a conflict to adjudicate) that is the one of this machine's journal, so that
    journal rows are replayed on what they were made on; never the one with the later clock.
    """
    child = revision.alias()
    ours = revision.c.journal_id == journal_id
    return connection.execute(
        select(revision)
        .where(revision.c.annotation_id == str(annotation_id))
        .where(~exists().where(child.c.parent_id == revision.c.id))
        .order_by(ours.desc(), revision.c.journal_sequence.desc(), revision.c.id)
    ).first()


def contained_sequence(connection: Connection, annotation_id: UUID, journal_id: str) -> int:
    """The highest journal sequence that this annotation's revisions contain."""
    found = connection.execute(
        select(func.max(revision.c.journal_sequence)).where(
            revision.c.annotation_id == str(annotation_id), revision.c.journal_id == journal_id
        )
    ).scalar()
    return int(found or 0)


def contained_sequences(connection: Connection, reader_id: UUID, journal_id: str) -> dict[FrameRef, int]:
    """The same for all frames of a reader."""
    rows = connection.execute(
        select(frame.c.media_id, frame.c.position, func.max(revision.c.journal_sequence))
        .join(annotation, annotation.c.frame_id == frame.c.id)
        .join(revision, revision.c.annotation_id == annotation.c.id)
        .where(annotation.c.reader_id == str(reader_id), revision.c.journal_id == journal_id)
        .group_by(frame.c.media_id, frame.c.position)
    )
    return {FrameRef(UUID(media_id), position): int(last) for media_id, position, last in rows}


def draft_of_head(connection: Connection, row: Row[tuple[object, ...]], ref: FrameRef) -> Draft:
    """The draft that a revision stands for."""
    label_map = decode_label_map(get_blob(connection, str(row.label_map)))
    return Draft(ref, label_map, {**_values(row), **_lesions(connection, str(row.id))})


def all_heads(connection: Connection, *, ref: FrameRef | None = None) -> list[StoredRevision]:
    """The heads of all annotations, or of one frame's, oldest first."""
    child = revision.alias()
    query = _stored_rows().where(~exists().where(child.c.parent_id == revision.c.id)).order_by(revision.c.created)
    if ref is not None:
        query = query.where(frame.c.media_id == str(ref.media_id), frame.c.position == ref.index)
    return [_stored(tuple(row)) for row in connection.execute(query)]


def revisions_of_frame(connection: Connection, ref: FrameRef) -> list[StoredRevision]:
    """All revisions of a frame, of all readers, newest first."""
    query = (
        _stored_rows()
        .where(frame.c.media_id == str(ref.media_id), frame.c.position == ref.index)
        .order_by(revision.c.created.desc(), revision.c.journal_sequence.desc(), revision.c.id)
    )
    return [_stored(tuple(row)) for row in connection.execute(query)]


def label_map_of_id(connection: Connection, revision_id: UUID) -> LabelMap:
    """The pixels of a revision. Raises `ProjectError` ("project.no_revision") if there is none of this id."""
    row = connection.execute(select(revision.c.label_map).where(revision.c.id == str(revision_id))).first()
    if row is None:
        raise ProjectError("project.no_revision")
    return decode_label_map(get_blob(connection, row.label_map))


def stored_identity(connection: Connection, ref: FrameRef) -> FrameIdentity | None:
    """What is stored of a frame."""
    row = connection.execute(
        select(frame).where(frame.c.media_id == str(ref.media_id), frame.c.position == ref.index)
    ).first()
    if row is None:
        return None
    key = FrameKey(ref.media_id, row.segment, row.pts, row.repeat)
    return FrameIdentity(ref, key, row.content_hash, row.height, row.width)


def label_map_of(connection: Connection, stored: StoredRevision) -> LabelMap:
    """The pixels of a revision."""
    return decode_label_map(get_blob(connection, stored.label_map))


def lesions_of(connection: Connection, revision_id: UUID) -> Sequence[tuple[int, UUID]]:
    """(slot, lesion id) of a revision."""
    return [
        (int(field.partition(":")[2]), UUID(value)) for field, value in _lesions(connection, str(revision_id)).items()
    ]


def _ensure_annotation(connection: Connection, frame_id: UUID, reader_id: UUID) -> UUID:
    made = annotation_uuid(frame_id, reader_id, round_name=READING)
    if connection.execute(select(annotation.c.id).where(annotation.c.id == str(made))).first() is None:
        connection.execute(
            insert(annotation).values(id=str(made), frame_id=str(frame_id), reader_id=str(reader_id), round=READING)
        )
    return made


def _add_lesions(connection: Connection, revision_id: UUID, draft: Draft, reader_id: UUID) -> None:
    for field, lesion_id in draft.values.items():
        if not is_lesion_field(field):
            continue
        if connection.execute(select(lesion.c.id).where(lesion.c.id == lesion_id)).first() is None:
            connection.execute(insert(lesion).values(id=lesion_id, created_by=str(reader_id), created=now()))
        slot = int(field.partition(":")[2])
        connection.execute(insert(revision_lesion).values(revision_id=str(revision_id), slot=slot, lesion_id=lesion_id))


def _lesions(connection: Connection, revision_id: str) -> dict[str, str]:
    rows = connection.execute(select(revision_lesion).where(revision_lesion.c.revision_id == revision_id))
    return {f"lesion:{row.slot}": row.lesion_id for row in rows}


def _values(row: Row[tuple[object, ...]]) -> dict[str, str]:
    found = row._mapping
    return {name: str(found[name]) for name in _VALUES if found[name] is not None}


def _stored_rows() -> Select[tuple[Any, ...]]:
    own = ("id", "annotation_id", "stage", "has_mask", "label_map", "created")
    return (
        select(
            *(revision.c[name] for name in _VALUES),
            frame.c.media_id,
            frame.c.position,
            annotation.c.reader_id,
            annotation.c.round,
            *(revision.c[name] for name in own),
        )
        .join(annotation, annotation.c.id == revision.c.annotation_id)
        .join(frame, frame.c.id == annotation.c.frame_id)
    )


def _stored(row: tuple[Any, ...]) -> StoredRevision:
    """A row of `_stored_rows`; tens of thousands are read at once, so columns go by place."""
    values = {name: value for name, value in zip(_VALUES, row, strict=False) if value is not None}
    media_id, position, reader_id, round_name, own_id, annotation_id, stage, has_mask, label_map, created = row[
        len(_VALUES) :
    ]
    return StoredRevision(
        UUID(own_id),
        UUID(annotation_id),
        FrameRef(_uuid(media_id), position),
        _uuid(reader_id),
        round_name,
        stage,
        values,
        bool(has_mask),
        label_map,
        created,
    )


@lru_cache(maxsize=4096)
def _uuid(text: str) -> UUID:
    """For ids that many rows share."""
    return UUID(text)
