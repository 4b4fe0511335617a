"""Comparing: what readers have kept of a frame, to be shown beside the draft. Reading only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from polypviewer.core.identity import FrameRef
from polypviewer.core.label_map import LabelMap
from polypviewer.core.review import Decision, Origin, Presence

if TYPE_CHECKING:
    from polypviewer.session.desk import Desk
    from polypviewer.storage.revisions import StoredRevision
    from polypviewer.storage.store import ProjectStore


@dataclass(frozen=True, slots=True)
class RevisionLine:
    """One revision in a list. `created`: ISO 8601 UTC; `reader`: a pseudonym; `is_head`: nothing came after it."""

    id: UUID
    created: str
    reader: str
    origin: Origin | None
    decision: Decision
    presence: Presence
    has_mask: bool
    is_head: bool


class Comparing:
    """The window's side; answers come from the `disk` lane."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def revisions_of(self, ref: FrameRef, then: Callable[[tuple[RevisionLine, ...]], None]) -> None:
        """All revisions of a frame, newest first, of all readers. Raises `EditError` without a project."""
        _, keeper = self._desk.need_project()
        self._desk.lanes.disk.submit(revision_lines, keeper.store, ref, on_done=then, key="revisions")

    def label_map(self, revision_id: UUID, then: Callable[[LabelMap], None]) -> None:
        """The pixels of a revision, `(height, width)` uint8, yours to keep. Raises `EditError` without a project."""
        _, keeper = self._desk.need_project()
        read = partial(keeper.store.label_map_of_id, revision_id)
        self._desk.lanes.disk.submit(read, on_done=then, key="revision")


def revision_lines(store: ProjectStore, ref: FrameRef) -> tuple[RevisionLine, ...]:
    """On the lane: the revisions of a frame, newest first."""
    readers = store.readers()
    heads = {head.id for head in store.heads(ref)}
    return tuple(
        _line(stored, reader=readers.get(stored.reader_id, ""), is_head=stored.id in heads)
        for stored in store.revisions(ref)
    )


def _line(stored: StoredRevision, *, reader: str, is_head: bool) -> RevisionLine:
    origin = stored.values.get("origin")
    return RevisionLine(
        stored.id,
        stored.created,
        reader,
        Origin(origin) if origin else None,
        Decision(stored.values["decision"]),
        Presence(stored.values["presence"]),
        stored.has_mask,
        is_head,
    )
