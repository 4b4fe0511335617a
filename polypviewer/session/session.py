"""The Session: one open project without windows. A thin front; each part does its work in a file of its own.

What is asked here happens at once where it only touches the shown frame, otherwise on a lane; the answer comes as a
signal. Refusals (`EditError` and the like) become messages: nothing raises into the window.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from polypviewer.core.errors import EditError
from polypviewer.core.exam_rules import ExamRule
from polypviewer.core.geometry import Point
from polypviewer.core.identity import FrameRef
from polypviewer.core.regions.edge_brush import warm_up
from polypviewer.session.leaving import Leaving
from polypviewer.session.long_jobs import LongJobs
from polypviewer.session.opening import ProjectDoor
from polypviewer.session.reloading import Reloading
from polypviewer.session.session_seeing import SeeingFront
from polypviewer.session.settings import Settings, Value
from polypviewer.session.values import QueueName

if TYPE_CHECKING:
    pass


def _nothing() -> None:
    """What follows a project that is only closed."""


class Session(SeeingFront):
    """Use it on one thread with an event loop. `close` joins every worker."""

    def __init__(self, *, settings: Settings | None = None, parent: QObject | None = None) -> None:
        super().__init__(settings=settings, parent=parent)
        self._jobs = LongJobs(self._desk, reload=Reloading(self._desk, self.keeping, self.drawing).reload)
        self._door = ProjectDoor(self._desk, fresh=self._reset_parts)
        self._leaving = Leaving(self._desk, self.keeping, self.editing, let_go=self._let_go)
        self.frame_changed.connect(self._frame_shown)
        self.draft_changed.connect(self._draft_edited)
        self.project_opened.connect(self._project_ready)

    # --- the project ---

    def open(self, folder: Path, reader: str = "", *, then: Callable[[], None] | None = None) -> None:
        """Open a project; `project_opened` follows, or a message. `reader`: a name, by default the settings'.

        The one that is open goes first, by `close_project`.
        """
        self.close_project(partial(self._door.open, folder, reader or self.settings.reader, then=then))

    def create(self, folder: Path, reader: str = "", *, name: str = "") -> None:
        """Make a project in an empty folder and open it."""
        self.close_project(partial(self._door.open, folder, reader or self.settings.reader, create=name or folder.name))

    def close_project(self, then: Callable[[], None] = _nothing) -> None:
        """Keep what is on the screen, let go of the project, then `then`.

        If the disk does not take it the project stays open, and `edits_at_risk` says what may be done.
        """
        self._leaving.leave(then)

    def close(self) -> None:
        """Close the project and join every worker; everything that was released is written first.

        Raises `ProjectError` at the end if something could not be written; then it is set aside, where that can be.
        """
        is_open = self._desk.keeper is not None
        self._leaving.prepare()
        self._let_go()
        self.proposing.stop()
        self._desk.lanes.close()
        self.proposing.close()
        if is_open:
            self._door.raise_what_was_left()

    def save(self) -> None:
        """Ctrl+S: write what could not be written before, the stroke in the air too; `saved` follows."""
        with self._speaking():
            self._leaving.save()

    # --- frames ---

    def thumbnail(self, ref: FrameRef) -> NDArray[np.uint8] | None:
        """A small picture; None until `thumbnail_ready`."""
        return self.navigation.thumbnail(ref)

    def go_to(self, ref: FrameRef) -> None:
        """Show a frame; `frame_changed` follows, or a message."""
        self.navigation.go_to(ref)

    def next(self) -> None:
        """The next frame."""
        self.navigation.step(1)

    def previous(self) -> None:
        """The frame before."""
        self.navigation.step(-1)

    def step(self, count: int) -> None:
        """Some frames on, or back."""
        self.navigation.step(count)

    def next_in_queue(self) -> None:
        """The next frame of the active queue."""
        self.navigation.go_in_queue()

    def previous_in_queue(self) -> None:
        """The frame of the active queue before this one."""
        self.navigation.go_in_queue(step=-1)

    def set_queue(self, name: QueueName) -> None:
        """Choose the active queue."""
        self.navigation.queue = name
        self.queue_changed.emit()

    # --- decisions and history ---

    def accept(self, *, stay: bool = False) -> None:
        """Accept what is painted at this moment and go on in the queue, or `stay`."""
        with self._speaking():
            self.editing.accept()
            self._go_on(stay=stay)

    def state_no_polyp(self, *, stay: bool = False) -> None:
        """State "no polyp in this frame" and go on in the queue."""
        with self._speaking():
            self.editing.state_no_polyp()
            self._go_on(stay=stay)

    def accept_all_proposed(self) -> None:
        """Accept every frame that waits with a proposal, as the proposals are: one step for undo."""
        with self._speaking():
            self.editing.end_stroke()
            if self.bundle is None:
                raise EditError("edit.no_model")
            self.bulk.accept_all_proposed(digest=self.bundle.digest, threshold=self.proposing.threshold)

    def needs_work(self) -> None:
        """Mark the frame for later."""
        with self._speaking():
            self.editing.needs_work()

    def dismiss_at(self, point: Point) -> None:
        """Dismiss the proposed region under a point."""
        with self._speaking():
            self.editing.dismiss_at(point)

    def take_proposal(self) -> None:
        """Copy the shown proposal into the empty mask to correct it."""
        with self._speaking():
            self.editing.take_proposal()

    def set_comment(self, text: str) -> None:
        """The frame's comment."""
        with self._speaking():
            self.editing.set_comment(text)

    def undo(self) -> None:
        """Take the last step back, on whatever frame it was."""
        with self._speaking():
            self.editing.undo(self.navigation)

    def redo(self) -> None:
        """Make it again."""
        with self._speaking():
            self.editing.redo(self.navigation)

    # --- models ---

    def set_threshold(self, threshold: float | None) -> None:
        """Show proposals at another threshold, 0-1; None: the model's own."""
        self.proposing.set_threshold(threshold)

    def use_bundle(self, digest: str) -> None:
        """Switch to another model, or back; the project remembers it."""
        with self._speaking():
            self._door.activate(self.proposing.bundle_of(digest))
            self.proposing.use(self.proposing.bundle_of(digest), announce=True)

    def set_device(self, device: Literal["auto", "cpu", "cuda"]) -> None:
        """Choose the device; an error if it is not there, never another one in silence."""
        with self._speaking():
            self.proposing.set_device(device)

    def propose(self) -> None:
        """Propose for the shown frame again."""
        with self._speaking():
            self.proposing.propose_now()

    def propose_all(self) -> None:
        """Propose for all frames that are not decided, in the background."""
        with self._speaking():
            self.proposing.propose_all()

    # --- long work ---

    def fine_tune(self) -> None:
        """Train on the decided frames in a process of its own."""
        with self._speaking():
            self.editing.end_stroke()
            self.keeping.settle_all()
            self.finetuning.start()

    def stop_training(self) -> None:
        """End it; nothing half done stays."""
        self.finetuning.stop()

    def look_through(self, paths: tuple[Path, ...], then: Callable[[tuple[Path, ...]], None]) -> None:
        """Find the media in files and folders on a lane, and hand them over; nothing is imported."""
        self._jobs.look_through(paths, then)

    def import_paths(self, paths: Sequence[Path], rule: ExamRule) -> None:
        """Add images, videos and folders; media stay where they are."""
        with self._speaking():
            self.editing.end_stroke()
            self._jobs.import_paths(tuple(paths), rule)

    def relink(self, folder: Path) -> None:
        """Find moved media again below a folder, by their content."""
        with self._speaking():
            self._jobs.relink(folder)

    def export(self, folder: Path, name: Literal["kvasir", "coco"], *, overwrite: bool = False) -> None:
        """Write the decided frames as a data set."""
        with self._speaking():
            self.editing.end_stroke()
            self.keeping.settle_all()
            self._jobs.export(folder, name, overwrite=overwrite)

    def stop_job(self) -> None:
        """Stop import, export or `propose_all` after the frame under way."""
        self._jobs.stop()
        self.bulk.stop()
        self.proposing.stop_proposing_all()

    def set_setting(self, name: str, value: Value) -> None:
        """Change a setting; project settings are kept in the project."""
        with self._speaking():
            self._door.set_setting(name, value)
        self.shaping.drop_stale()

    # --- between the parts ---

    def _let_go(self) -> None:
        self.finetuning.abandon()
        self._jobs.stop()
        self.bulk.stop()
        self._door.close()

    def _go_on(self, *, stay: bool) -> None:
        if not stay:
            self.navigation.go_in_queue()

    def _frame_shown(self, _ref: FrameRef) -> None:
        self.shaping.drop_stale()
        self.fields.show_for_current()
        self.proposing.show_for_current()

    def _draft_edited(self, _ref: FrameRef) -> None:
        self.shaping.drop_stale()
        self.proposing.redraw_dismissed()

    def _reset_parts(self) -> None:
        changing = (self.keeping, self.settling, self.drawing, self.navigation, self.proposing, self.finetuning)
        for part in (*changing, self.fields, self.shaping):
            part.reset()

    def _project_ready(self) -> None:
        self.keeping.mark_edited(self._door.edited)
        project = self._desk.project
        if project is not None:
            self.proposing.look_for_models(project.folder, wanted=self._door.active_digest)
        self._desk.lanes.shape.submit(warm_up)
        if self._desk.frames:
            self.navigation.go_to(self._desk.frames[0])
