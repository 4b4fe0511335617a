"""The demo project: invented frames with known masks, and the whole loop on them. No patient data anywhere."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from polypviewer.core.errors import DatasetError
from polypviewer.core.exam_rules import ExamRule
from polypviewer.core.identity import FrameRef
from polypviewer.core.label_map import LabelMap, has_polyp
from polypviewer.core.metrics import count, dice
from polypviewer.core.record import ExamKey
from polypviewer.session.correcting import correct_and_accept
from polypviewer.session.exporting import export_project
from polypviewer.session.frames import FrameReader
from polypviewer.session.importing import import_media
from polypviewer.session.job_writer import JobOrder
from polypviewer.session.jobs import (
    FinetuneDone,
    ProposeDone,
    finetune_job,
    model_for_command,
    project_for_command,
    propose_job,
)
from polypviewer.session.keeper import Keeper
from polypviewer.session.settings import home_folder
from polypviewer.session.store_door import Tell, direct_door
from polypviewer.session.stored import listing
from polypviewer.session.values import Progress, TrainingState

if TYPE_CHECKING:
    from polypviewer.segmentation import AskedDevice, ModelBundle, Segmenter
    from polypviewer.storage.store import ProjectStore

SEED: Final = 18
"""Of the generator and of the split: with it one exam of each kind of light is held out."""
READER: Final = "demo"
MATERIAL: Final = "material"
STEPS: Final = 100
BATCH: Final = 4
HOLDOUT: Final = 0.3
_EVERY_CLIP_FRAME: Final = 10


@dataclass(frozen=True, slots=True)
class DemoPlace:
    """A demo project: `folder` is the project; truths stand beside the media in `folder/material`."""

    folder: Path

    @property
    def media(self) -> Path:
        """One folder an exam, with stills or a clip."""
        return self.folder / MATERIAL / "media"

    def truth(self, medium: Path, index: int) -> LabelMap:
        """The known mask of a frame, `(height, width)` uint8. Raises `DatasetError` if the file is gone."""
        masks = self.folder / MATERIAL / "masks" / medium.parent.name
        path = masks / medium.stem / f"{index:06}.png" if medium.suffix == ".mp4" else masks / f"{medium.stem}.png"
        return _read_label_map(path)


@dataclass(frozen=True, slots=True)
class DemoOutcome:
    """What the whole loop came to. Dice is the mean over held-out frames with a polyp, 0-1."""

    folder: Path
    proposed: ProposeDone
    corrected: int
    training: FinetuneDone
    stills_before: float
    stills_after: float
    clip_before: float
    clip_after: float
    exports: tuple[Path, ...]


def default_demo_folder() -> Path:
    """Where the demo goes when nobody says."""
    return home_folder() / "demo"


def is_project(folder: Path) -> bool:
    """True for the folder of a project."""
    return (folder / "project.toml").is_file()


def make_demo(folder: Path, *, tell: Tell, exams: int = 6, stills: int = 5, clip_frames: int = 120) -> DemoPlace:
    """Render the material, make the project and import it, each exam by its key.

    It is made beside its place and renamed: killed on the way it leaves no half project. Raises `DatasetError`,
    `ProjectError`.
    """
    if folder.is_dir() and any(folder.iterdir()):
        raise DatasetError("demo.not_empty", folder=folder)
    half = DemoPlace(folder.with_name(f".{folder.name}.half"))
    shutil.rmtree(half.folder, ignore_errors=True)
    try:
        _make(half, tell, (exams, stills, clip_frames))
        if folder.is_dir():
            folder.rmdir()
        half.folder.rename(folder)
    except OSError as error:
        raise DatasetError("dataset.not_written", name=folder.name, reason=error.strerror or str(error)) from error
    finally:
        shutil.rmtree(half.folder, ignore_errors=True)
    return DemoPlace(folder)


def _make(place: DemoPlace, tell: Tell, sizes: tuple[int, int, int]) -> None:
    from polypviewer.datasets.demo import generate_demo
    from polypviewer.media.write import write_video
    from polypviewer.storage.opening import create_project

    def rendered(done: int, total: int) -> None:
        tell(Progress("import", done, total, "rendering"))

    create_project(place.folder, name="Demo")
    exams, stills, clip_frames = sizes
    generate_demo(
        place.folder / MATERIAL,
        seed=SEED,
        write_video=write_video,
        exams=exams,
        stills=stills,
        clip_frames=clip_frames,
        progress=rendered,
    )
    with project_for_command(place.folder, reader=READER, writes=True) as store:
        for exam in sorted(path for path in place.media.iterdir() if path.is_dir()):
            key = ExamKey(exam.name, "given")
            import_media(direct_door(store), [exam], ExamRule("unknown"), tell=tell, exam=key)


def correct_stills(store: ProjectStore, place: DemoPlace, *, tell: Tell, exams: Sequence[str] | None = None) -> int:
    """Give the stills their known masks and accept them, as a reader would; returns how many. `exams`: only these."""
    now = listing(store)
    keeper = Keeper(store)
    reader = FrameReader(kept_bytes=1)
    chosen = [
        item
        for item in now.media
        if item.kind == "image" and not item.broken and (exams is None or item.exam.key in exams)
    ]
    with closing(reader):
        for number, item in enumerate(chosen):
            tell(Progress("propose", number, len(chosen), "correcting"))
            path = now.paths[item.id]
            identity = reader.load(path, FrameRef(item.id, 0)).identity
            correct_and_accept(keeper, store.reader.id, identity, place.truth(path, 0))
    return len(chosen)


def run_demo_loop(
    place: DemoPlace,
    *,
    tell: Tell,
    watch: Callable[[TrainingState], None],
    say: Callable[[str], None],
    device: AskedDevice = "auto",
    steps: int = STEPS,
    silence_seconds: float = 300.0,
) -> DemoOutcome:
    """Propose, correct, accept, fine-tune, judge on held-out exams before and after, export.

    Raises what the steps raise.
    """
    with project_for_command(place.folder, reader=READER, writes=True) as store:
        base = model_for_command("", place.folder, store, device=device)
        say(f"Proposing with {base.title}")
        proposed = propose_job(store, base, device=device, tell=tell)
        say("Correcting the stills with their known masks, and accepting them")
        corrected = correct_stills(store, place, tell=tell)
        say(f"Fine-tuning for {steps} steps in a process of its own")
        order = JobOrder(
            place.folder,
            base,
            device=device,
            steps=steps,
            batch=BATCH,
            holdout=HOLDOUT,
            seed=SEED,
            name="demo-tuned",
            evaluations=3,
        )
        training = finetune_job(store, order, tell=tell, watch=watch, silence_seconds=silence_seconds)
        say("Judging both models on the held-out exams and on the clip")
        before = clip_dice(store, place, base, device=device)
        after = clip_dice(store, place, training.bundle, device=device)
        exports = tuple(_exported(store, place, name, tell=tell) for name in ("kvasir", "coco"))
    state = training.state
    return DemoOutcome(
        place.folder,
        proposed,
        corrected,
        training,
        state.baseline_dice or 0.0,
        state.holdout_dice or 0.0,
        before,
        after,
        exports,
    )


def clip_dice(store: ProjectStore, place: DemoPlace, bundle: ModelBundle, *, device: AskedDevice) -> float:
    """Mean per-image Dice of a model on every tenth frame of the clip that shows a polyp.

    The clip is never trained on.
    """
    from polypviewer.segmentation import open_segmenter

    now = listing(store)
    clip = next(item for item in now.media if item.kind == "video")
    reader = FrameReader(kept_bytes=1)
    segmenter = open_segmenter(bundle, device=device)
    try:
        frames = range(0, clip.frame_count, _EVERY_CLIP_FRAME)
        path = now.paths[clip.id]
        values = [_frame_dice(reader, segmenter, path, FrameRef(clip.id, at), place.truth(path, at)) for at in frames]
    finally:
        segmenter.close()
        reader.close()
    return fmean([value for value in values if value is not None] or [0.0])


def _frame_dice(reader: FrameReader, segmenter: Segmenter, path: Path, ref: FrameRef, truth: LabelMap) -> float | None:
    from polypviewer.segmentation import predict_image

    if not has_polyp(truth):
        return None
    return dice(count(predict_image(reader.load(path, ref).image, segmenter).mask, truth))


def _exported(store: ProjectStore, place: DemoPlace, name: Literal["kvasir", "coco"], *, tell: Tell) -> Path:
    folder = place.folder / "export" / name
    export_project(direct_door(store), folder, format_name=name, tell=tell, overwrite=True)
    return folder


def _read_label_map(path: Path) -> LabelMap:
    from polypviewer.media.image import read_image

    if not path.is_file():
        raise DatasetError("dataset.missing", name=path.name)
    return np.ascontiguousarray(read_image(path)[:, :, 0])
