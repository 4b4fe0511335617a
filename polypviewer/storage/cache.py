"""`cache.db`: undecided proposals, thumbnails, analyses. May be deleted at any time; it is made again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Engine, delete, insert, select

from polypviewer.core.errors import ProjectError
from polypviewer.core.identity import FrameRef
from polypviewer.core.proposal import Proposal
from polypviewer.storage.dialect import reading, transaction
from polypviewer.storage.local_tables import CACHE, analysis, thumbnail
from polypviewer.storage.proposal_rows import cache_proposal, cached, cached_of_id, cached_summary, forget_cached

T = TypeVar("T")
_FILE: Final = "cache.db"
_SPOILT: Final = ("project.damaged", "project.not_writable", "project.write_failed")
"""What SQLite says of a cache that is damaged, of another version, or was deleted while it was open."""


class Cache:
    """Nothing here is anybody's work: a spoilt or deleted file is made again, and what was in it is not there."""

    def __init__(self, engine: Engine, path: Path) -> None:
        self._engine = engine
        self._path = path
        self._write(CACHE.create_all)

    def put_proposal(self, made: Proposal, *, confidence: float, area: float) -> None:
        """Keep a proposal; it replaces an earlier one of the same bundle for the same frame."""
        self._write(lambda connection: cache_proposal(connection, made, confidence=confidence, area=area))

    def proposal(self, ref: FrameRef, digest: str) -> Proposal | None:
        """The proposal of a bundle for a frame."""
        return self._ask(lambda connection: cached(connection, ref, digest), otherwise=None)

    def proposal_of_id(self, ref: FrameRef, proposal_id: str) -> Proposal | None:
        """The proposal of this id for a frame, if it is still there."""
        return self._ask(lambda connection: cached_of_id(connection, ref, proposal_id), otherwise=None)

    def proposals_summary(self, digest: str | None = None) -> dict[FrameRef, tuple[float, float]]:
        """(confidence 0-1, share of the frame) of all frames with a proposal, of one bundle or of any."""
        empty: dict[FrameRef, tuple[float, float]] = {}
        return self._ask(lambda connection: cached_summary(connection, digest), otherwise=empty)

    def forget_proposals(self, media_id: UUID) -> None:
        """Drop the proposals of every bundle for a medium."""
        self._write(lambda connection: forget_cached(connection, media_id))

    def put_thumbnail(self, ref: FrameRef, side: int, data: bytes) -> None:
        """Keep a small picture; `side` is its longer side in pixels."""
        where = {"media_id": str(ref.media_id), "position": ref.index, "side": side}

        def write(connection: Connection) -> None:
            connection.execute(delete(thumbnail).where(*[thumbnail.c[name] == value for name, value in where.items()]))
            connection.execute(insert(thumbnail).values(**where, bytes=data))

        self._write(write)

    def thumbnail(self, ref: FrameRef, side: int) -> bytes | None:
        """A small picture, if it is there."""
        columns = thumbnail.c
        query = select(columns.bytes).where(
            columns.media_id == str(ref.media_id), columns.position == ref.index, columns.side == side
        )
        return self._ask(lambda connection: connection.execute(query).scalar(), otherwise=None)

    def put_analysis(
        self, media_id: UUID, kind: str, data: bytes, *, version: str, first: int = 0, last: int = -1
    ) -> None:
        """Keep what an algorithm of a version found in frames `first` to `last` (-1: the end)."""
        key = {"media_id": str(media_id), "kind": kind, "version": version, "first": first, "last": last}

        def write(connection: Connection) -> None:
            connection.execute(delete(analysis).where(*[analysis.c[name] == value for name, value in key.items()]))
            connection.execute(insert(analysis).values(**key, packed=data))

        self._write(write)

    def analysis(self, media_id: UUID, kind: str, *, version: str, first: int = 0, last: int = -1) -> bytes | None:
        """What `put_analysis` kept under the same key."""
        key = {"media_id": str(media_id), "kind": kind, "version": version, "first": first, "last": last}
        query = select(analysis.c.packed).where(*[analysis.c[name] == value for name, value in key.items()])
        return self._ask(lambda connection: connection.execute(query).scalar(), otherwise=None)

    def _ask(self, query: Callable[[Connection], T], *, otherwise: T) -> T:
        try:
            with reading(self._engine, name=_FILE) as connection:
                return query(connection)
        except ProjectError as error:
            if error.code not in _SPOILT:
                raise
        self._make_again()
        return otherwise

    def _write(self, change: Callable[[Connection], None]) -> None:
        try:
            with transaction(self._engine, name=_FILE) as connection:
                change(connection)
            return
        except ProjectError as error:
            if error.code not in _SPOILT:
                raise
        self._make_again()
        with transaction(self._engine, name=_FILE) as connection:
            change(connection)

    def _make_again(self) -> None:
        self._engine.dispose()
        for part in ("", "-wal", "-shm"):
            self._path.with_name(f"{self._path.name}{part}").unlink(missing_ok=True)
        with transaction(self._engine, name=_FILE) as connection:
            CACHE.create_all(connection)
