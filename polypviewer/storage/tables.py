"""The schema of `project.db`: what people decided.

Ids and times are text (UUID; UTC, ISO 8601); vocabularies are checked in Python.

What people decided is only ever added to; triggers hold that (`APPEND_ONLY`, `dialect.make_append_only`).
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

PROJECT: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[str]:
    return Column("id", String(36), primary_key=True)


def _to(name: str, target: str, *, optional: bool = False) -> Column[str]:
    return Column(name, String(36), ForeignKey(f"{target}.id"), nullable=optional, index=True)


def _made() -> Column[str]:
    return Column("created", String(27), nullable=False)


reader = Table("reader", PROJECT, _id(), Column("name", Text, nullable=False, unique=True), _made())

exam = Table(
    "exam",
    PROJECT,
    _id(),
    Column("key", Text, nullable=False, unique=True),
    Column("key_source", String(16), nullable=False),
    Column("split_locked", Boolean, nullable=False, default=False),
    _made(),
)

media = Table(
    "media",
    PROJECT,
    _id(),
    _to("exam_id", "exam", optional=True),
    Column("position", Integer, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("fingerprint", Text, nullable=False, unique=True),
    Column("height", Integer, nullable=False),
    Column("width", Integer, nullable=False),
    Column("frame_count", Integer, nullable=False),
    Column("frame_rate", Float, nullable=False),
    Column("orientation", Integer, nullable=False),
    Column("broken", Text, nullable=False),
    _made(),
)

frame = Table(
    "frame",
    PROJECT,
    _id(),
    _to("media_id", "media"),
    Column("position", Integer, nullable=False),
    Column("segment", Integer, nullable=False),
    Column("pts", Integer, nullable=False),
    Column("repeat", Integer, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("height", Integer, nullable=False),
    Column("width", Integer, nullable=False),
    UniqueConstraint("media_id", "segment", "pts", "repeat"),
    Index("ix_frame_media_id_position", "media_id", "position"),
)

lesion = Table(
    "lesion",
    PROJECT,
    _id(),
    _to("exam_id", "exam", optional=True),
    _to("created_by", "reader"),
    _to("merged_into", "lesion", optional=True),
    _made(),
)

statement = Table(
    "statement",
    PROJECT,
    _id(),
    Column("subject", String(36), nullable=False, index=True),
    _to("reader_id", "reader"),
    Column("field", String(32), nullable=False),
    Column("value", Text),
    _made(),
)

annotation = Table(
    "annotation",
    PROJECT,
    _id(),
    _to("frame_id", "frame"),
    _to("reader_id", "reader"),
    Column("round", String(16), nullable=False),
    UniqueConstraint("frame_id", "reader_id", "round"),
)

blob = Table(
    "blob",
    PROJECT,
    Column("digest", String(80), primary_key=True),
    Column("codec", String(16), nullable=False),
    Column("bytes", LargeBinary, nullable=False),
)

revision = Table(
    "revision",
    PROJECT,
    _id(),
    _to("annotation_id", "annotation"),
    _to("parent_id", "revision", optional=True),
    Column("presence", String(16), nullable=False),
    Column("decision", String(16), nullable=False),
    Column("stage", String(8), nullable=False),
    Column("origin", String(16)),
    Column("decided_by", String(16), nullable=False),
    Column("reason", Text),
    Column("comment", Text),
    Column("dismissed", Text),
    Column("proposal_id", String(36), ForeignKey("proposal.id"), nullable=True),
    Column("label_map", String(80), nullable=False),
    Column("has_mask", Boolean, nullable=False),
    Column("journal_id", String(36), nullable=False),
    Column("journal_sequence", Integer, nullable=False),
    _made(),
)

revision_lesion = Table(
    "revision_lesion",
    PROJECT,
    Column("revision_id", String(36), ForeignKey("revision.id"), primary_key=True),
    Column("slot", Integer, primary_key=True),
    _to("lesion_id", "lesion"),
)

proposal = Table(
    "proposal",
    PROJECT,
    _id(),
    _to("frame_id", "frame"),
    Column("kind", String(16), nullable=False),
    Column("method", Text, nullable=False),
    Column("method_version", Text, nullable=False),
    Column("parameters", Text, nullable=False),
    Column("bundle_digest", Text),
    Column("sources", Text, nullable=False),
    Column("probability", String(80), nullable=False),
    Column("geometry", Text, nullable=False),
    Column("seen", String(80), nullable=False),
    Column("threshold", Float, nullable=False),
    Column("minimum_area", Float, nullable=False),
    Column("device", Text, nullable=False),
    Column("milliseconds", Float, nullable=False),
    _made(),
)

proposal_component = Table(
    "proposal_component",
    PROJECT,
    Column("proposal_id", String(36), ForeignKey("proposal.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    _to("lesion_id", "lesion", optional=True),
    Column("confidence", Float, nullable=False),
)

bundle = Table(
    "bundle",
    PROJECT,
    Column("digest", String(80), primary_key=True),
    Column("name", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("parent", String(80)),
    Column("place", Text, nullable=False),
    _made(),
)

event = Table(
    "event",
    PROJECT,
    Column("id", Integer, primary_key=True),
    Column("kind", String(32), nullable=False, index=True),
    Column("subject", Text, nullable=False),
    Column("details", Text, nullable=False),
    Column("reader_id", String(36), ForeignKey("reader.id"), nullable=True),
    _made(),
)

setting = Table(
    "setting",
    PROJECT,
    Column("scope", String(40), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

APPEND_ONLY: Final = ("revision", "revision_lesion", "statement", "event", "proposal")
"""Tables whose rows are never changed and never deleted."""
ERASABLE: Final = ("blob",)
"""Rows are never changed. Erasing an exam deletes its blobs and adds an event, so nothing has a foreign key to them."""
