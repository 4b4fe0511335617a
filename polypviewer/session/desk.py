"""The desk: what the parts of a session share. One project, the shown frame, history, lights and lanes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from PySide6.QtCore import QObject

from polypviewer.core.draft import Draft
from polypviewer.core.errors import EditError
from polypviewer.core.history import History
from polypviewer.core.identity import FrameRef
from polypviewer.core.label_map import has_polyp
from polypviewer.core.review import ReviewStatus, review_status
from polypviewer.session.frame_order import FrameOrder
from polypviewer.session.keeper import Keeper
from polypviewer.session.lanes import Lane
from polypviewer.session.messages import message_of
from polypviewer.session.queue import QUEUES, Pace, StatusLights
from polypviewer.session.settings import Settings
from polypviewer.session.signals import SessionSignals
from polypviewer.session.stored import Listing
from polypviewer.session.values import QueueName, ShownFrame


@dataclass(frozen=True, slots=True)
class ProjectInfo:
    """The open project. `reader` is a pseudonym; `holder` says who holds it when it is read-only."""

    folder: Path
    name: str
    reader: str
    reader_id: UUID
    read_only: bool
    holder: str


class Lanes:
    """`infer` runs models, `decode` reads pixels, `disk` owns the project's stores, `work` does long jobs.

    `shape` runs the tools and what the display needs: short work that the hand waits for.
    """

    def __init__(self, parent: QObject) -> None:
        self.infer = Lane("infer", parent)
        self.decode = Lane("decode", parent)
        self.disk = Lane("disk", parent)
        self.work = Lane("work", parent)
        self.shape = Lane("shape", parent)

    def close(self) -> None:
        """Join all workers; what the disk lane was given is done first."""
        self.work.close()
        self.shape.close()
        self.infer.close()
        self.decode.close()
        self.disk.close(finish=True)


class Desk:
    """Belongs to the thread of the window. Workers get snapshots of it, and the keeper on the `disk` lane only."""

    def __init__(self, signals: SessionSignals, settings: Settings) -> None:
        self.signals = signals
        self.settings = settings
        self.lanes = Lanes(signals)
        self.pace = Pace()
        self.clear()
        lanes = self.lanes
        for lane in (lanes.infer, lanes.decode, lanes.disk, lanes.work, lanes.shape):
            lane.failed.connect(self.say_error)

    def clear(self) -> None:
        """No project."""
        self.project: ProjectInfo | None = None
        self.keeper: Keeper | None = None
        self.frames = FrameOrder()
        self.paths: dict[UUID, Path] = {}
        self.stated_fields: dict[UUID, str] = {}
        self.shown: ShownFrame | None = None
        self.history = History()
        self.lights = StatusLights()
        self.proposed: set[FrameRef] = set()

    def take_listing(self, now: Listing) -> None:
        """The media as they are on disk now."""
        self.frames, self.paths = FrameOrder(now.media), now.paths
        self.lights = StatusLights(now.statuses, frames=len(self.frames))
        self.proposed = set(now.proposed)
        self.stated_fields = dict(now.stated_fields)

    def say_error(self, error: Exception) -> None:
        """An expected error becomes a message; a defect too, with its details, and goes to the log."""
        from polypviewer.session.crash import log_error

        log_error(error)
        self.signals.message.emit(message_of(error))

    @property
    def is_read_only(self) -> bool:
        """True for a project that may not be written."""
        return self.project is not None and self.project.read_only

    def need_project(self) -> tuple[ProjectInfo, Keeper]:
        """The open project. Raises `EditError` ("edit.no_project") without one."""
        if self.project is None or self.keeper is None:
            raise EditError("edit.no_project")
        return self.project, self.keeper

    def need_frame(self) -> ShownFrame:
        """The shown frame. Raises `EditError` ("edit.no_frame") without one."""
        if self.shown is None:
            raise EditError("edit.no_frame")
        return self.shown

    def need_editable(self) -> ShownFrame:
        """The shown frame of a project that may be edited. Raises `EditError`."""
        shown = self.need_frame()
        project, _ = self.need_project()
        if project.read_only:
            raise EditError("edit.read_only", holder=project.holder)
        return shown

    def relight(self, draft: Draft) -> None:
        """Work out the status light of a draft's frame anew and tell if it changed."""
        self.light(draft.frame, draft.values, has_mask=has_polyp(draft.label_map))

    def light(self, ref: FrameRef, values: Mapping[str, str], *, has_mask: bool) -> None:
        """The same for a frame of which only the fields are at hand, and whether a lesion is painted."""
        status = review_status(values, has_mask=has_mask, has_proposal=ref in self.proposed)
        if self.lights.change(ref, status):
            self.signals.status_changed.emit(ref)
            self.signals.queue_changed.emit()

    def light_proposed(self, ref: FrameRef) -> None:
        """A proposal came for a frame: an untouched one is lit as proposed."""
        if self.lights[ref] == ReviewStatus.UNREVIEWED and self.lights.change(ref, ReviewStatus.PROPOSED):
            self.signals.status_changed.emit(ref)
            self.signals.queue_changed.emit()

    def forget_proposals(self, media_id: UUID) -> None:
        """What models proposed for a medium does not hold any more."""
        mine = {ref for ref in self.proposed if ref.media_id == media_id}
        self.proposed -= mine
        unlit = [ref for ref in mine if self.lights[ref] == ReviewStatus.PROPOSED]
        for ref in unlit:
            if self.lights.change(ref, ReviewStatus.UNREVIEWED):
                self.signals.status_changed.emit(ref)
        if unlit:
            self.signals.queue_changed.emit()

    def undecided(self) -> list[FrameRef]:
        """Frames that nobody has decided, in order."""
        decided = QUEUES[QueueName.DECIDED]
        return [ref for ref in self.frames if self.lights[ref] not in decided]
