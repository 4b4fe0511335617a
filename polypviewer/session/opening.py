"""Opening and closing a project: all of it on the `disk` lane, so that the stores never leave their thread."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from polypviewer.core.errors import ProjectError
from polypviewer.core.history import History, rebuild_history
from polypviewer.core.identity import FrameRef
from polypviewer.session.keeper import Keeper, Parting
from polypviewer.session.messages import message
from polypviewer.session.rescue import is_left, take_back
from polypviewer.session.settings import TABLE, Value, checked
from polypviewer.session.stored import Listing, activate, listing

if TYPE_CHECKING:
    from polypviewer.segmentation import ModelBundle
    from polypviewer.session.desk import Desk, ProjectInfo
    from polypviewer.storage.store import ProjectStore, Replayed

DEFAULT_READER: Final = "reader-1"
_OPENING: Final = "open project"


@dataclass(frozen=True, slots=True, eq=False)
class OpenedProject:
    """All that the window needs to know at once; made on the lane."""

    keeper: Keeper
    info: ProjectInfo
    listing: Listing
    replayed: Replayed
    history: History
    settings: dict[str, str]
    active_digest: str | None
    notices: tuple[str, ...]


def open_stores(folder: Path, reader: str, *, read_only: bool = False) -> ProjectStore:
    """A project's stores for a reader (a pseudonym), with the steps that were set aside. Raises `ProjectError`."""
    from polypviewer.storage.store import open_project

    store = open_project(folder, reader=reader or DEFAULT_READER, read_only=read_only)
    if not store.read_only:
        # What is set aside stays there while the disk still takes nothing; the project opens all the same.
        with contextlib.suppress(OSError, ProjectError):
            take_back(store)
    return store


def open_for_session(folder: Path, reader: str, create: str, undo_bytes: int) -> OpenedProject:
    """Open a project (make it first if `create` names it) and read what the window shows. Raises `ProjectError`."""
    from polypviewer.session.desk import ProjectInfo  # Qt: commands that open a project do without it
    from polypviewer.storage.opening import create_project

    if create:
        create_project(folder, name=create)
    store = open_stores(folder, reader)
    try:
        if not store.read_only:
            store.trim_journal(budget_bytes=undo_bytes)
        return OpenedProject(
            keeper=Keeper(store),
            info=ProjectInfo(
                store.folder, store.name, store.reader.name, store.reader.id, store.read_only, store.holder
            ),
            listing=listing(store),
            replayed=store.replayed,
            history=rebuild_history(
                ((row.action, row.command) for row in store.history_rows()), budget_bytes=undo_bytes
            ),
            settings=store.settings(),
            active_digest=store.active_bundle(),
            notices=(*store.notices, *(["steps_left"] if is_left(store) else [])),
        )
    except BaseException:
        store.close()
        raise


def _nothing() -> None:
    """What the `work` lane does when everything before it is done."""


class _Doorstep:
    """Where an opened project stands until the window has taken it; used on the `disk` lane.

    The window may close meanwhile, or wish for another project. The answer is dropped then, so the stores are closed
    here: otherwise they would hold the lock, and the project would be read-only from then on.
    """

    def __init__(self) -> None:
        self._keeper: Keeper | None = None

    def open(self, folder: Path, reader: str, create: str, undo_bytes: int) -> OpenedProject:
        """On the lane: `open_for_session`, and remember what was opened."""
        opened = open_for_session(folder, reader, create, undo_bytes)
        self._keeper = opened.keeper
        return opened

    def take(self) -> None:
        """On the window's thread, which has given the lane nothing to do here since it asked for this project."""
        self._keeper = None

    def clear(self) -> None:
        """On the lane: close what nobody takes any more."""
        if self._keeper is not None:
            self._keeper.close()
            self._keeper = None


class ProjectDoor:
    """The window's side of opening and closing."""

    def __init__(self, desk: Desk, *, fresh: Callable[[], None]) -> None:
        self._desk = desk
        self._fresh = fresh
        self._doorstep = _Doorstep()
        self.edited: set[FrameRef] = set()
        self.active_digest: str | None = None
        self.parting = Parting()

    def open(self, folder: Path, reader: str, *, create: str = "", then: Callable[[], None] | None = None) -> None:
        """Open (or make and open) a project; `project_opened` follows, or a message with the reason."""
        undo_bytes = int(self._desk.settings.number("undo_megabytes")) << 20
        opened = partial(self._opened, then)
        self._desk.lanes.disk.submit(
            self._doorstep.open, folder, reader, create, undo_bytes, on_done=opened, key=_OPENING
        )

    def close(self) -> None:
        """Let go of the project; what waits is written first, or else set aside: `parting` says so in the end.

        One that is only being opened goes, too.
        """
        desk = self._desk
        desk.lanes.disk.forget(_OPENING)
        desk.lanes.disk.submit(self._doorstep.clear)
        keeper = desk.keeper
        if keeper is None:
            return
        desk.clear()
        self._fresh()
        # A job that was told to stop may still be on its way to the stores: they close behind it.
        desk.lanes.work.call(_nothing)
        desk.lanes.disk.submit(keeper.close, on_done=self._parted)
        desk.signals.project_closed.emit()

    def raise_what_was_left(self) -> None:
        """Raise `ProjectError` if the last project was closed while steps could not be written."""
        steps, place = self.parting.steps, self.parting.place
        if steps and place is not None:
            raise ProjectError("project.steps_set_aside", steps=steps, place=place)
        if steps:
            raise ProjectError("project.steps_lost", steps=steps, reason=self.parting.error)

    def _parted(self, parting: Parting) -> None:
        self.parting = parting
        signals = self._desk.signals
        if parting.steps and parting.place is not None:
            signals.message.emit(message("save.set_aside", steps=parting.steps))
        elif parting.steps:
            signals.message.emit(message("save.lost", steps=parting.steps))
        elif parting.error is not None:
            self._desk.say_error(parting.error)

    def activate(self, bundle: ModelBundle) -> None:
        """The project uses this bundle from now on; an event remembers it."""
        project, keeper = self._desk.need_project()
        self.active_digest = bundle.digest
        if not project.read_only:
            self._desk.lanes.disk.submit(activate, keeper.store, bundle)

    def set_setting(self, name: str, value: Value) -> None:
        """Change a setting of any scope. Raises `SettingsError`."""
        value = checked(name, value)
        self._desk.settings.set(name, value)
        keeper = self._desk.keeper
        if TABLE[name].scope == "project" and keeper is not None and not self._desk.is_read_only:
            self._desk.lanes.disk.submit(keeper.store.put_setting, name, str(value))

    def _opened(self, then: Callable[[], None] | None, opened: OpenedProject) -> None:
        desk = self._desk
        self._doorstep.take()
        desk.clear()
        desk.project, desk.keeper, desk.history = opened.info, opened.keeper, opened.history
        desk.take_listing(opened.listing)
        desk.settings.take_project(opened.settings)
        self.edited, self.active_digest = set(opened.replayed.frames), opened.active_digest
        self._fresh()
        signals = desk.signals
        for signal in (signals.project_opened, signals.media_changed, signals.history_changed, signals.queue_changed):
            signal.emit()
        if opened.info.read_only:
            signals.message.emit(message("open.read_only", holder=opened.info.holder))
        elif opened.replayed.steps:
            told = message("open.restored", steps=opened.replayed.steps, frames=len(opened.replayed.frames))
            signals.message.emit(told)
        for notice in opened.notices:
            signals.message.emit(message(f"open.{notice}"))
        if then is not None:
            then()
