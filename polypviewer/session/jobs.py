"""What commands do without an event loop: the same steps as the window's, on one thread, one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from polypviewer.core.errors import EditError, PolypViewerError, TrainingError
from polypviewer.core.review import ReviewStatus
from polypviewer.session.adopting import adopt_bundle
from polypviewer.session.frame_order import FrameOrder
from polypviewer.session.frames import FrameReader
from polypviewer.session.importing import Refusal
from polypviewer.session.job_writer import JobOrder, write_job
from polypviewer.session.model_seat import request
from polypviewer.session.models import model_meant
from polypviewer.session.queue import QUEUES, StatusLights
from polypviewer.session.run_folders import clear_pixels, clear_run
from polypviewer.session.settings import Settings
from polypviewer.session.store_door import Tell, direct_door
from polypviewer.session.stored import decided_frames, frames_proposed, listing, put_proposal, register, settle
from polypviewer.session.trainer_pipe import follow_trainer, trainer_command
from polypviewer.session.values import Progress, QueueName, TrainingPhase, TrainingState

if TYPE_CHECKING:
    from polypviewer.segmentation import AskedDevice, ModelBundle
    from polypviewer.storage.store import ProjectStore


@contextmanager
def project_for_command(folder: Path, *, reader: str = "", writes: bool) -> Iterator[ProjectStore]:
    """An open project; edits that a crash left in the journal alone become revisions first.

    Raises `ProjectError`; `EditError` ("edit.read_only") if it shall be written and cannot be.
    """
    from polypviewer.session.opening import open_stores

    store = open_stores(folder, reader or Settings().reader)
    with closing(store):
        if writes and store.read_only:
            raise EditError("edit.read_only", holder=store.holder)
        if not store.read_only:
            for ref in store.replayed.frames:
                settle(store, ref)
        yield store


def model_for_command(wanted: str, project: Path, store: ProjectStore, *, device: AskedDevice = "auto") -> ModelBundle:
    """The bundle that a person means, else the project's active one, else the standard one of the device.

    Raises `SegmentationError`.
    """
    return model_meant(wanted, project, device=device, digest=store.active_bundle())


@dataclass(slots=True)
class ProposeDone:
    """What a pass over a project gave. `device` is the one that really ran; times in ms a frame."""

    device: str = ""
    device_name: str = ""
    model: str = ""
    proposed: int = 0
    skipped: int = 0
    milliseconds: list[float] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


def propose_job(store: ProjectStore, bundle: ModelBundle, *, device: AskedDevice, tell: Tell) -> ProposeDone:
    """Propose for every undecided frame without a proposal of this bundle. A frame that cannot be read is listed."""
    from polypviewer.segmentation import open_segmenter

    now = listing(store)
    frames = FrameOrder(now.media)
    lights = StatusLights(now.statuses, frames=len(frames))
    have = frames_proposed(store, bundle.digest)
    undecided = [ref for ref in frames if lights[ref] not in QUEUES[QueueName.DECIDED]]
    todo = [ref for ref in undecided if ref not in have]
    segmenter = open_segmenter(bundle, device=device)
    reader = FrameReader(kept_bytes=1)
    report = segmenter.device
    done = ProposeDone(report.ran, report.name, bundle.title, skipped=len(undecided) - len(todo))
    try:
        for number, ref in enumerate(todo):
            tell(Progress("propose", number, len(todo)))
            try:
                image = reader.load(now.paths[ref.media_id], ref).image
                proposal = segmenter.propose(request(image, ref, now.stated_fields.get(ref.media_id)))
            except PolypViewerError as error:
                done.refused.append(Refusal(frames.name(ref), error))
                continue
            put_proposal(store, proposal)
            done.proposed += 1
            done.milliseconds.append(proposal.milliseconds)
    finally:
        reader.close()
        segmenter.close()
    return done


@dataclass(frozen=True, slots=True)
class FinetuneDone:
    """How a training ended: its last state, and the new bundle in its place."""

    state: TrainingState
    bundle: ModelBundle


def finetune_job(
    store: ProjectStore,
    order: JobOrder,
    *,
    tell: Tell,
    watch: Callable[[TrainingState], None],
    silence_seconds: float,
    command: Sequence[str] | None = None,
) -> FinetuneDone:
    """Write the job, run the trainer, check and register its bundle. Whatever fails leaves nothing half done.

    `watch` sees the state after each event. Raises `TrainingError` with what went wrong.
    """
    job = write_job(direct_door(store), order, tell=tell)
    finished = False
    try:
        state = TrainingState(phase=TrainingPhase.RUNNING)
        for state in follow_trainer(command or trainer_command(), job.folder, silence_seconds=silence_seconds):
            watch(state)
        if state.phase is not TrainingPhase.CHECKING:
            raise training_error(state)
        bundle = adopt_bundle(job, state)
        register(store, bundle)
        finished = True
        clear_pixels(job.folder)
        return FinetuneDone(replace(state, phase=TrainingPhase.DONE, bundle=bundle.folder), bundle)
    finally:
        if not finished:
            clear_run(job.folder)


def training_error(state: TrainingState) -> TrainingError:
    """The error that a failed or stopped training is."""
    if state.phase is TrainingPhase.STOPPED:
        return TrainingError("training.stopped")
    if state.error_code == "training.told":
        return TrainingError("training.told", message=state.error.partition(": ")[2], cure=state.cure)
    return TrainingError("training.failed", happened=state.error, cure=state.cure)


def status_of(store: ProjectStore) -> dict[str, object]:
    """What `status --json` prints: counts of media, frames, exams, proposals, models.

    "decided" counts frames whose truth is known, whoever decided; "decided_by_reader" and "by_status" are how this
    reader sees them.
    """
    now = listing(store)
    frames = FrameOrder(now.media)
    lights = StatusLights(now.statuses, frames=len(frames))
    decided = len(decided_frames(store))
    exams = {item.exam.key for item in now.media if item.exam.key}
    return {
        "name": store.name,
        "read_only": store.read_only,
        "holder": store.holder,
        "media": len(now.media),
        "broken": [{"name": item.name, "reason": item.broken} for item in now.media if item.broken],
        "frames": len(frames),
        "decided": decided,
        "reader": store.reader.name,
        "decided_by_reader": sum(lights.count(status) for status in QUEUES[QueueName.DECIDED]),
        "by_status": {str(status): lights.count(status) for status in ReviewStatus},
        "proposed": len(now.proposed),
        "exams": len(exams),
        "unknown_exam_media": sum(item.exam.source == "unknown" for item in now.media),
        "patient_safe": all(item.exam.is_patient_safe for item in now.media),
        "active_model": store.active_bundle(),
        "notices": list(store.notices),
    }
