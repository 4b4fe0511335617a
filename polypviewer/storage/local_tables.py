"""The schemas of the stores beside `project.db`. They are small and made anew where they are missing."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Float, Index, Integer, LargeBinary, MetaData, String, Table, Text

LOCAL: Final = MetaData()
"""`local.db`: this machine's journal."""

journal = Table(
    "journal",
    LOCAL,
    Column("sequence", Integer, primary_key=True),
    Column("id", String(36), nullable=False),
    Column("action", String(8), nullable=False),
    Column("reader_id", String(36), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("group_id", String(36)),
    Column("payload_version", Integer, nullable=False),
    Column("base_revision", String(36)),
    Column("payload", LargeBinary, nullable=False),
    Column("crc", Integer, nullable=False),
    Column("created", String(27), nullable=False),
    Index("ix_journal_reader", "reader_id", "sequence"),
    Index("ix_journal_command", "id", "sequence"),
    sqlite_autoincrement=True,
)

journal_frame = Table(
    "journal_frame",
    LOCAL,
    Column("sequence", Integer, primary_key=True),
    Column("media_id", String(36), primary_key=True),
    Column("position", Integer, primary_key=True),
    Index("ix_journal_frame", "media_id", "position", "sequence"),
)

about = Table("about", LOCAL, Column("name", String(32), primary_key=True), Column("value", Text, nullable=False))

CACHE: Final = MetaData()
"""`cache.db`: may be deleted at any time."""

cached_proposal = Table(
    "proposal",
    CACHE,
    Column("media_id", String(36), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("bundle_digest", String(80), primary_key=True),
    Column("head", Text, nullable=False),
    Column("probability", LargeBinary, nullable=False),
    Column("seen", LargeBinary, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("area", Float, nullable=False),
)

thumbnail = Table(
    "thumbnail",
    CACHE,
    Column("media_id", String(36), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("side", Integer, primary_key=True),
    Column("bytes", LargeBinary, nullable=False),
)

analysis = Table(
    "analysis",
    CACHE,
    Column("media_id", String(36), primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("version", String(32), primary_key=True),
    Column("first", Integer, primary_key=True),
    Column("last", Integer, primary_key=True),
    Column("packed", LargeBinary, nullable=False),
)

IDENTITY: Final = MetaData()
"""`identity.db`: names, dates, paths. Per machine; never exported or handed over; nothing refers to it."""

original = Table(
    "original",
    IDENTITY,
    Column("media_id", String(36), primary_key=True),
    Column("path", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("modified", String(27), nullable=False),
    Column("details", Text, nullable=False),
)

exam_group = Table(
    "exam_group", IDENTITY, Column("group_name", Text, primary_key=True), Column("exam_key", Text, nullable=False)
)
