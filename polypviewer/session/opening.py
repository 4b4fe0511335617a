"""Opening and closing a project: all of it on the `disk` lane, so that the stores never leave their thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from polypviewer.core.history import History, rebuild_history
from polypviewer.core.identity import FrameRef
from polypviewer.core.media_item import MediaItem
from polypviewer.core.review import ReviewStatus
from polypviewer.session.desk import Desk, ProjectInfo
from polypviewer.session.frame_order import FrameOrder
from polypviewer.session.keeping import Keeper
from polypviewer.session.messages import message
from polypviewer.session.queue import StatusLights
from polypviewer.session.settings import TABLE, Value, checked

if TYPE_CHECKING:
    from polypviewer.segmentation import ModelBundle


@dataclass(frozen=True, slots=True, eq=False)
class OpenedProject:
    """All that the window needs to know at once; made on the lane."""

    keeper: Keeper
    info: ProjectInfo
    media: tuple[MediaItem, ...]
    paths: dict[UUID, Path]
    statuses: dict[FrameRef, ReviewStatus]
    proposed: frozenset[FrameRef]
    edited: frozenset[FrameRef]
    history: History
    settings: dict[str, Value]
    active_digest: str | None
    notices: tuple[str, ...]


def open_for_session(folder: Path, reader: str, create: str, undo_bytes: int) -> OpenedProject:
    """Open a project (make it first if `create` names it) and read what the window shows. Raises `ProjectError`."""
    from polypviewer.storage import create_project, open_project

    if create:
        create_project(folder, name=create)
    store = open_project(folder, reader=reader)
    try:
        keeper = Keeper(store)
        history = rebuild_history(keeper.history_rows(), budget_bytes=undo_bytes)
        return OpenedProject(
            keeper=keeper,
            info=keeper.info(),
            media=keeper.media(),
            paths=keeper.paths(),
            statuses=keeper.statuses(),
            proposed=keeper.all_proposed(),
            edited=keeper.edited(),
            history=history,
            settings=keeper.settings(),
            active_digest=keeper.active_digest(),
            notices=keeper.notices(),
        )
    except BaseException:
        store.close()
        raise


class ProjectDoor:
    """The window's side of opening and closing."""

    def __init__(self, desk: Desk, *, fresh: Callable[[], None]) -> None:
        self._desk = desk
        self._fresh = fresh
        self.edited: set[FrameRef] = set()
        self.active_digest: str | None = None

    def open(self, folder: Path, reader: str, *, create: str = "", then: Callable[[], None] | None = None) -> None:
        """Open (or make and open) a project; `project_opened` follows, or a message with the reason."""
        undo_bytes = int(self._desk.settings.number("undo_megabytes")) << 20
        opened = partial(self._opened, then)
        self._desk.lanes.disk.submit(
            open_for_session, folder, reader, create, undo_bytes, on_done=opened, key="open project"
        )

    def close(self) -> None:
        """Let go of the project; what waits is written first."""
        desk = self._desk
        keeper = desk.keeper
        if keeper is None:
            return
        desk.clear()
        self._fresh()
        desk.lanes.disk.submit(keeper.close)
        desk.signals.project_closed.emit()

    def activate(self, bundle: ModelBundle) -> None:
        """The project uses this bundle from now on; an event remembers it."""
        project, keeper = self._desk.need_project()
        self.active_digest = bundle.digest
        if not project.read_only:
            self._desk.lanes.disk.submit(keeper.activate, bundle)

    def set_setting(self, name: str, value: Value) -> None:
        """Change a setting of any scope. Raises `SettingsError`."""
        value = checked(name, value)
        self._desk.settings.set(name, value)
        if TABLE[name].scope == "project" and self._desk.keeper is not None:
            self._desk.lanes.disk.submit(self._desk.keeper.set_setting, name, value)

    def _opened(self, then: Callable[[], None] | None, opened: OpenedProject) -> None:
        desk = self._desk
        desk.clear()
        desk.project, desk.keeper, desk.paths, desk.history = opened.info, opened.keeper, opened.paths, opened.history
        desk.frames = FrameOrder(opened.media)
        desk.lights = StatusLights(opened.statuses, frames=len(desk.frames))
        desk.proposed = set(opened.proposed)
        desk.settings.project = dict(opened.settings)
        self.edited, self.active_digest = set(opened.edited), opened.active_digest
        self._fresh()
        signals = desk.signals
        for signal in (signals.project_opened, signals.media_changed, signals.history_changed, signals.queue_changed):
            signal.emit()
        if opened.info.read_only:
            signals.message.emit(message("open.read_only", holder=opened.info.holder))
        elif opened.edited:
            signals.message.emit(message("open.restored", count=len(opened.edited)))
        for notice in opened.notices:
            signals.message.emit(message("open.notice", notice=notice))
        if then is not None:
            then()
