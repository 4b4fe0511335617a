"""Proposals as rows: undecided ones in `cache.db`, those that a decision uses in `project.db`."""

from __future__ import annotations

import json
from uuid import UUID

import numpy as np
from sqlalchemy import Connection, delete, insert, select

from polypviewer.core.geometry import Rect
from polypviewer.core.identity import FrameRef
from polypviewer.core.proposal import Geometry, Proposal, proposal_components
from polypviewer.storage.blobs import get_blob, put_blob
from polypviewer.storage.local_tables import cached_proposal
from polypviewer.storage.tables import proposal, proposal_component
from polypviewer.storage.times import now


def cache_proposal(connection: Connection, made: Proposal, *, confidence: float, area: float) -> None:
    """Keep the latest proposal of a bundle for a frame. `confidence` 0-1 and `area` (share of the frame) for curves."""
    key = {
        "media_id": str(made.frame.media_id),
        "position": made.frame.index,
        "bundle_digest": made.bundle_digest,
    }
    columns = cached_proposal.c
    same = [columns[name] == value for name, value in key.items()]
    connection.execute(delete(cached_proposal).where(*same))
    connection.execute(
        insert(cached_proposal).values(
            **key,
            head=_head(made),
            probability=made.probability.tobytes(),
            seen=made.seen,
            confidence=confidence,
            area=area,
        )
    )


def cached(connection: Connection, ref: FrameRef, digest: str) -> Proposal | None:
    """The proposal of a bundle for a frame."""
    columns = cached_proposal.c
    row = connection.execute(
        select(cached_proposal).where(
            columns.media_id == str(ref.media_id), columns.position == ref.index, columns.bundle_digest == digest
        )
    ).first()
    return _read(ref, digest, row.head, row.probability, row.seen) if row is not None else None


def cached_of_id(connection: Connection, ref: FrameRef, proposal_id: str) -> Proposal | None:
    """The proposal of this id for a frame, whichever bundle made it."""
    columns = cached_proposal.c
    rows = connection.execute(
        select(cached_proposal).where(columns.media_id == str(ref.media_id), columns.position == ref.index)
    )
    found = (_read(ref, row.bundle_digest, row.head, row.probability, row.seen) for row in rows)
    return next((made for made in found if str(made.id) == proposal_id), None)


def is_kept(connection: Connection, proposal_id: str) -> bool:
    """True if the project has a copy of this proposal."""
    return connection.execute(select(proposal.c.id).where(proposal.c.id == proposal_id)).first() is not None


def cached_summary(connection: Connection, digest: str | None = None) -> dict[FrameRef, tuple[float, float]]:
    """(confidence, area) of every frame that has a proposal, of one bundle or of any."""
    columns = cached_proposal.c
    query = select(columns.media_id, columns.position, columns.confidence, columns.area)
    if digest is not None:
        query = query.where(columns.bundle_digest == digest)
    return {FrameRef(UUID(media), position): (c, a) for media, position, c, a in connection.execute(query)}


def forget_cached(connection: Connection, media_id: UUID) -> None:
    """Drop what every bundle proposed for a medium."""
    connection.execute(delete(cached_proposal).where(cached_proposal.c.media_id == str(media_id)))


def keep_proposal(connection: Connection, made: Proposal, *, frame_id: UUID) -> None:
    """Copy a proposal into the project, with the decision that uses it, once."""
    if is_kept(connection, str(made.id)):
        return
    connection.execute(
        insert(proposal).values(
            id=str(made.id),
            frame_id=str(frame_id),
            kind=made.kind,
            method=made.kind,
            method_version="1",
            parameters="{}",
            bundle_digest=made.bundle_digest,
            sources="[]",
            geometry=_head(made),
            probability=put_blob(connection, made.probability.tobytes(), codec="u8"),
            seen=put_blob(connection, made.seen, codec="seen1"),
            threshold=made.threshold,
            minimum_area=made.minimum_area,
            device=made.device,
            milliseconds=made.milliseconds,
            created=now(),
        )
    )
    rows = [
        {"proposal_id": str(made.id), "number": component.number, "confidence": component.confidence}
        for component in proposal_components(made)
    ]
    if rows:
        connection.execute(insert(proposal_component), rows)


def kept_of_id(connection: Connection, ref: FrameRef, proposal_id: str) -> Proposal | None:
    """The project's copy of a proposal. Raises `ProjectError` ("project.blob_missing") where its pixels were erased."""
    row = connection.execute(select(proposal).where(proposal.c.id == proposal_id)).first()
    if row is None:
        return None
    probability, seen = get_blob(connection, row.probability), get_blob(connection, row.seen)
    return _read(ref, row.bundle_digest or "", row.geometry, probability, seen)


def bundle_of_proposal(connection: Connection, proposal_id: str) -> str | None:
    """The digest of the bundle that made a kept proposal."""
    return connection.execute(select(proposal.c.bundle_digest).where(proposal.c.id == proposal_id)).scalar()


def _head(made: Proposal) -> str:
    box, geometry = made.geometry.box, made.geometry
    return json.dumps(
        {
            "id": str(made.id),
            "shape": made.probability.shape,
            "box": [box.x, box.y, box.width, box.height],
            "height": geometry.height,
            "width": geometry.width,
            "threshold": made.threshold,
            "minimum_area": made.minimum_area,
            "device": made.device,
            "milliseconds": made.milliseconds,
            "kind": made.kind,
        }
    )


def _read(ref: FrameRef, digest: str, head: str, probability: bytes, seen: bytes) -> Proposal:
    said = json.loads(head)
    return Proposal(
        UUID(said["id"]),
        ref,
        np.frombuffer(probability, np.uint8).reshape(said["shape"]),
        Geometry(Rect(*said["box"]), said["height"], said["width"]),
        said["threshold"],
        said["minimum_area"],
        digest,
        said["device"],
        said["milliseconds"],
        seen,
        said["kind"],
    )
