"""`cache.db`: undecided proposals, thumbnails, analyses. May be deleted at any time; it is made again."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import Engine, delete, insert, select

from polypviewer.core.identity import FrameRef
from polypviewer.core.proposal import Proposal
from polypviewer.storage.dialect import reading, transaction
from polypviewer.storage.local_tables import CACHE, analysis, thumbnail
from polypviewer.storage.proposal_rows import cache_proposal, cached, cached_summary

_FILE: Final = "cache.db"


class Cache:
    """Nothing here is anybody's work."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        with transaction(engine, name=_FILE) as connection:
            CACHE.create_all(connection)

    def put_proposal(self, made: Proposal, *, confidence: float, area: float) -> None:
        """Keep a proposal; it replaces an earlier one of the same bundle for the same frame."""
        with transaction(self._engine, name=_FILE) as connection:
            cache_proposal(connection, made, confidence=confidence, area=area)

    def proposal(self, ref: FrameRef, digest: str) -> Proposal | None:
        """The proposal of a bundle for a frame."""
        with reading(self._engine, name=_FILE) as connection:
            return cached(connection, ref, digest)

    def proposals_summary(self, digest: str | None = None) -> dict[FrameRef, tuple[float, float]]:
        """(confidence 0-1, share of the frame) of all frames with a proposal, of one bundle or of any."""
        with reading(self._engine, name=_FILE) as connection:
            return cached_summary(connection, digest)

    def put_thumbnail(self, ref: FrameRef, side: int, data: bytes) -> None:
        """Keep a small picture; `side` is its longer side in pixels."""
        where = {"media_id": str(ref.media_id), "position": ref.index, "side": side}
        with transaction(self._engine, name=_FILE) as connection:
            connection.execute(delete(thumbnail).where(*[thumbnail.c[name] == value for name, value in where.items()]))
            connection.execute(insert(thumbnail).values(**where, bytes=data))

    def thumbnail(self, ref: FrameRef, side: int) -> bytes | None:
        """A small picture, if it is there."""
        columns = thumbnail.c
        query = select(columns.bytes).where(
            columns.media_id == str(ref.media_id), columns.position == ref.index, columns.side == side
        )
        with reading(self._engine, name=_FILE) as connection:
            return connection.execute(query).scalar()

    def put_analysis(
        self, media_id: UUID, kind: str, data: bytes, *, version: str, first: int = 0, last: int = -1
    ) -> None:
        """Keep what an algorithm of a version found in frames `first` to `last` (-1: the end)."""
        key = {"media_id": str(media_id), "kind": kind, "version": version, "first": first, "last": last}
        with transaction(self._engine, name=_FILE) as connection:
            connection.execute(delete(analysis).where(*[analysis.c[name] == value for name, value in key.items()]))
            connection.execute(insert(analysis).values(**key, packed=data))

    def analysis(self, media_id: UUID, kind: str, *, version: str, first: int = 0, last: int = -1) -> bytes | None:
        """What `put_analysis` kept under the same key."""
        key = {"media_id": str(media_id), "kind": kind, "version": version, "first": first, "last": last}
        query = select(analysis.c.packed).where(*[analysis.c[name] == value for name, value in key.items()])
        with reading(self._engine, name=_FILE) as connection:
            return connection.execute(query).scalar()
