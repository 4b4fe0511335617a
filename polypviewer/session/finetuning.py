"""Fine-tuning from the window: write the job on the `work` lane, run the trainer, check and adopt its bundle."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from polypviewer.core.errors import EditError, PolypViewerError, TrainingError
from polypviewer.core.identity import FrameRef
from polypviewer.session.adopting import adopt_bundle
from polypviewer.session.crash import LOG
from polypviewer.session.desk import Desk
from polypviewer.session.job_writer import JobOrder, WrittenJob, write_job
from polypviewer.session.keeper import lane_door
from polypviewer.session.messages import Message, message
from polypviewer.session.proposing import Proposing
from polypviewer.session.run_folders import clear_pixels, clear_run
from polypviewer.session.store_door import JobStopped, StoreDoor, stoppable
from polypviewer.session.stored import register
from polypviewer.session.trainer_pipe import trainer_command
from polypviewer.session.trainer_process import TrainerProcess
from polypviewer.session.training_events import failed
from polypviewer.session.values import Progress, TrainingPhase, TrainingState

if TYPE_CHECKING:
    from polypviewer.segmentation import ModelBundle


class FineTuning:
    """One training at a time. Until the new bundle has been checked nothing of the project changes."""

    def __init__(self, desk: Desk, proposing: Proposing) -> None:
        self._desk = desk
        self._proposing = proposing
        self._process: TrainerProcess | None = None
        self._job: WrittenJob | None = None
        self._stop = threading.Event()
        self.state = TrainingState()
        self._frames: dict[str, FrameRef] = {}
        self.command: Sequence[str] = trainer_command()

    def reset(self) -> None:
        """Another project: the last training's curves go."""
        self.state = TrainingState()

    def frame_of(self, name: str) -> FrameRef | None:
        """The frame that the trainer's events call `name` ("frames/000003.png" or "000003"), of the last job."""
        return self._frames.get(Path(name).stem)

    def start(self) -> None:
        """Write the job and run it. Raises `TrainingError` or `EditError` when it cannot begin."""
        desk = self._desk
        project, keeper = desk.need_project()
        if self.state.is_active:
            raise TrainingError("training.running")
        if project.read_only:
            raise EditError("edit.read_only", holder=project.holder)
        if self._proposing.bundle is None:
            raise TrainingError("training.no_base")
        self._stop = threading.Event()
        self._tell(TrainingState(phase=TrainingPhase.PREPARING))
        order = JobOrder(
            project.folder,
            self._proposing.bundle,
            device=desk.settings.text("device"),
            steps=int(desk.settings.number("finetune_steps")),
            holdout=desk.settings.number("finetune_holdout"),
        )
        door = lane_door(desk.lanes.disk, keeper)
        work = partial(_written, order, door, self._stop)
        desk.lanes.work.submit(work, on_done=self._written, on_error=self._not_written)

    def stop(self) -> None:
        """The user's stop, in any phase."""
        self._stop.set()
        if self._process is not None:
            self._process.stop()
        elif self.state.phase is TrainingPhase.PREPARING:
            self._tell(replace(self.state, phase=TrainingPhase.STOPPING))

    def abandon(self) -> None:
        """The project is being closed: end the trainer and remove what it made."""
        self._stop.set()
        if self._process is not None:
            self._process.kill()
            self._process.deleteLater()
            self._process = None
        if self._job is not None:
            self._desk.lanes.disk.submit(clear_run, self._job.folder)
            self._job = None

    def _written(self, job: WrittenJob | None) -> None:
        if job is None:
            self._finish(replace(self.state, phase=TrainingPhase.STOPPED))
            return
        self._job, self._frames = job, dict(job.frames)
        silence = self._desk.settings.number("silence_seconds")
        self._process = TrainerProcess(self.command, silence_seconds=silence, parent=self._desk.signals)
        self._process.changed.connect(self._tell)
        self._process.ended.connect(self._ended)
        self._process.start(job.folder)

    def _not_written(self, error: Exception) -> None:
        if isinstance(error, PolypViewerError):
            self._finish(_failed_by(self.state, error))
        else:
            self._desk.say_error(error)
            self._finish(failed(self.state, "training.job", reason="see the log"))

    def _ended(self, state: TrainingState, stderr: bytes) -> None:
        if self._process is not None:
            self._process.deleteLater()
            self._process = None
        job = self._job
        if job is None:
            return
        if state.phase is TrainingPhase.CHECKING and not self._stop.is_set():
            self._tell(state)
            self._desk.lanes.work.submit(adopt_bundle, job, state, on_done=self._adopted, on_error=self._not_adopted)
            return
        if state.phase is TrainingPhase.FAILED:
            said = stderr.decode("utf-8", "replace").replace(str(job.project), "PROJECT")
            LOG.warning("trainer: %s\n%s", state.error_code, said)
        self._finish(state if state.phase is TrainingPhase.FAILED else replace(state, phase=TrainingPhase.STOPPED))

    def _adopted(self, bundle: ModelBundle) -> None:
        desk = self._desk
        if desk.keeper is None:
            return
        desk.lanes.disk.submit(register, desk.keeper.store, bundle)
        self._proposing.add_bundle(bundle)
        state = replace(self.state, phase=TrainingPhase.DONE, bundle=bundle.folder)
        self._finish(state, message("training.done", name=bundle.title))

    def _not_adopted(self, error: Exception) -> None:
        if isinstance(error, PolypViewerError):
            self._finish(_failed_by(self.state, error))
        else:
            self._desk.say_error(error)
            self._finish(failed(self.state, "training.bundle", reason="see the log"))

    def _finish(self, state: TrainingState, told: Message | None = None) -> None:
        job, self._job = self._job, None
        if job is not None:
            self._desk.lanes.disk.submit(clear_pixels if state.phase is TrainingPhase.DONE else clear_run, job.folder)
        self._tell(state)
        if told is None and state.phase is TrainingPhase.FAILED:
            told = Message(state.error_code, "error", state.error, cure=state.cure)
        self._desk.signals.message.emit(told or message("training.stopped"))
        self._desk.signals.progress.emit(Progress("finetune", state.step, state.steps, ended=True))

    def _tell(self, state: TrainingState) -> None:
        self.state = state
        self._desk.signals.training_changed.emit(state)
        if state.is_active:
            progress = Progress("finetune", state.step, state.steps, state.phase, seconds_left=state.seconds_left)
            self._desk.signals.progress.emit(progress)


def _failed_by(state: TrainingState, error: PolypViewerError) -> TrainingState:
    return replace(
        state,
        phase=TrainingPhase.FAILED,
        error_code=error.code,
        error=error.happened,
        cure=error.cure,
        seconds_left=None,
        bundle=None,
    )


def _written(order: JobOrder, door: StoreDoor, stop: threading.Event) -> WrittenJob | None:
    """On the lane: the job's folder, or None if it was stopped; then nothing of it is left."""
    try:
        return write_job(door, order, tell=stoppable(stop))
    except JobStopped:
        return None
