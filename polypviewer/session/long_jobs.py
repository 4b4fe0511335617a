"""Import and export from the window: the functions of `importing` and `exporting` run on the `work` lane."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal

from polypviewer.core.errors import EditError
from polypviewer.core.exam_rules import ExamRule
from polypviewer.session.desk import Desk
from polypviewer.session.exporting import FormatName, export_project
from polypviewer.session.importing import ImportDone, import_media
from polypviewer.session.keeper import Keeper, lane_door
from polypviewer.session.messages import message
from polypviewer.session.relinking import relink_media
from polypviewer.session.store_door import JobStopped, StoreDoor, Tell, stoppable
from polypviewer.session.stored import Listing, listing
from polypviewer.session.values import JobName, Progress

if TYPE_CHECKING:
    from polypviewer.core.identity import FrameIdentity
    from polypviewer.core.label_map import LabelMap
    from polypviewer.datasets.export import ExportReport
    from polypviewer.storage.relinking import RelinkReport
    from polypviewer.storage.store import ProjectStore

R = TypeVar("R")


class Reporter(QObject):
    """Carries progress from the lane home."""

    told = Signal(object)  # Progress


class LongJobs:
    """One long job at a time; it can be stopped between two files or frames."""

    def __init__(self, desk: Desk, *, reload: Callable[[], None]) -> None:
        """`reload` shows what is on disk of the shown frame: an import may have brought its mask."""
        self._desk = desk
        self._reload = reload
        self._stop = threading.Event()
        self._reporter = Reporter(desk.signals)
        self._reporter.told.connect(desk.signals.progress)

    def stop(self) -> None:
        """End the job under way after the step it is at."""
        self._stop.set()

    def look_through(self, paths: tuple[Path, ...], then: Callable[[tuple[Path, ...]], None]) -> None:
        """Find what an import of these paths would take."""
        self._desk.lanes.work.submit(_found, paths, on_done=then)

    def import_paths(self, paths: tuple[Path, ...], rule: ExamRule) -> None:
        """Add files and folders. Raises `EditError` without a project or in a read-only one."""
        project, keeper = self._desk.need_project()
        if project.read_only:
            raise EditError("edit.read_only", holder=project.holder)
        work = partial(_import, lane_door(self._desk.lanes.disk, keeper), keeper, paths, rule)
        self._run("import", work, self._imported)

    def export(self, folder: Path, name: FormatName, *, overwrite: bool) -> None:
        """Write the decided frames. Raises `EditError` without a project."""
        _, keeper = self._desk.need_project()
        work = partial(_export, lane_door(self._desk.lanes.disk, keeper), folder, name, overwrite)
        self._run("export", work, self._exported)

    def relink(self, folder: Path) -> None:
        """Find moved media again. Raises `EditError` without a project or in a read-only one."""
        project, keeper = self._desk.need_project()
        if project.read_only:
            raise EditError("edit.read_only", holder=project.holder)
        work = partial(_relink, lane_door(self._desk.lanes.disk, keeper), folder)
        self._run("relink", work, self._relinked)

    def _run(self, name: JobName, job: Callable[[Tell], R], on_done: Callable[[R | None], None]) -> None:
        self._stop = threading.Event()
        work = partial(until_stopped, job, stoppable(self._stop, self._reporter.told.emit))
        self._desk.lanes.work.submit(work, on_done=on_done, on_error=partial(self._failed, name))

    def _failed(self, name: JobName, error: Exception) -> None:
        self._desk.say_error(error)
        self._desk.signals.progress.emit(Progress(name, 0, 0, ended=True))

    def _imported(self, done: ImportDone | None) -> None:
        desk = self._desk
        if desk.keeper is not None:
            desk.lanes.disk.submit(listing, desk.keeper.store, on_done=self._listed, key="listing")
            self._reload()
        for told in [message("import.stopped")] if done is None else done.messages():
            desk.signals.message.emit(told)

    def _relinked(self, done: RelinkReport | None) -> None:
        desk = self._desk
        if done is None:
            desk.signals.message.emit(message("relink.stopped"))
        else:
            desk.signals.message.emit(message("relink.done", found=len(done.found), missing=len(done.missing)))
            if desk.keeper is not None:
                desk.lanes.disk.submit(listing, desk.keeper.store, on_done=self._listed, key="listing")
        desk.signals.progress.emit(Progress("relink", 1, 1, ended=True))

    def _listed(self, now: Listing) -> None:
        desk = self._desk
        desk.take_listing(now)
        if desk.shown is not None:
            desk.relight(desk.shown.draft)
        desk.signals.media_changed.emit()
        desk.signals.queue_changed.emit()

    def _exported(self, done: ExportReport | None) -> None:
        told = message("export.stopped") if done is None else message("export.done", count=done.frames)
        self._desk.signals.message.emit(told)
        self._desk.signals.progress.emit(Progress("export", 1, 1, ended=True))


def _import(door: StoreDoor, keeper: Keeper, paths: tuple[Path, ...], rule: ExamRule, tell: Tell) -> ImportDone:
    return import_media(door, paths, rule, tell=tell, keep_mask=partial(_keep_mask, keeper))


def _keep_mask(keeper: Keeper, identity: FrameIdentity, label_map: LabelMap, _store: ProjectStore) -> bool:
    """By the keeper, which knows of steps that are not on disk yet."""
    return keeper.keep_imported(identity, label_map)


def _relink(door: StoreDoor, folder: Path, tell: Tell) -> RelinkReport:
    return relink_media(door, folder, tell=tell)


def _export(door: StoreDoor, folder: Path, name: FormatName, overwrite: bool, tell: Tell) -> ExportReport:  # noqa: FBT001
    return export_project(door, folder, format_name=name, overwrite=overwrite, tell=tell)


def _found(paths: tuple[Path, ...]) -> tuple[Path, ...]:
    from polypviewer.datasets.find_media import find_media

    return tuple(item.path for item in find_media(paths))


def until_stopped(job: Callable[[Tell], R], tell: Tell) -> R | None:
    """Run a job; None if somebody stopped it."""
    try:
        return job(tell)
    except JobStopped:
        return None
