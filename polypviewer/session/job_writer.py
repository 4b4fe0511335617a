"""The training job (docs/formats.md.

Section 2): decided frames, their label maps and fields of view, and who is held out.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from polypviewer.core.errors import PolypViewerError, TrainingError
from polypviewer.core.field_of_view import find_field_of_view
from polypviewer.core.identity import FrameRef
from polypviewer.core.review import Presence
from polypviewer.core.stated_field import stated_view
from polypviewer.session.frames import FrameReader
from polypviewer.session.run_folders import RUNS_FOLDER, clear_old_runs, clear_run
from polypviewer.session.store_door import StoreDoor, Tell
from polypviewer.session.stored import DecidedFrame, decided_frames
from polypviewer.session.values import Progress

if TYPE_CHECKING:
    from polypviewer.segmentation import ModelBundle

SCHEMA: Final = "polypviewer/job/1"
EVALUATIONS: Final = 8


@dataclass(frozen=True, slots=True)
class JobOrder:
    """What to train: from `base`, `steps` steps, with this share (0-1) of the known exams held out."""

    project: Path
    base: ModelBundle
    device: str = "auto"
    steps: int = 200
    batch: int = 8
    holdout: float = 0.3
    seed: int = 0
    name: str = ""
    evaluations: int = EVALUATIONS


@dataclass(frozen=True, slots=True)
class WrittenJob:
    """A job on disk: its `folder`, where the new bundle will come, and how many frames train and are held out."""

    project: Path
    folder: Path
    out: Path
    train: int
    holdout: int
    left_out: int
    frames: tuple[tuple[str, FrameRef], ...] = ()
    """Stem of each frame's files in the job ("000003"), and the frame."""


def write_job(door: StoreDoor, order: JobOrder, *, tell: Tell) -> WrittenJob:
    """Write the job frame by frame. A frame whose pixels cannot be read is left out; if `tell` raises `JobStopped`
    nothing stays.

    Raises `TrainingError` ("training.nothing", "training.job").
    """
    frames = door(decided_frames)
    if not frames:
        raise TrainingError("training.nothing")
    clear_old_runs(order.project)
    folder = order.project / RUNS_FOLDER / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{uuid4().hex[:6]}"
    done = False
    try:
        for name in ("frames", "labels", "fov"):
            (folder / name).mkdir(parents=True)
        items = _write_items(door, folder, frames, order, tell)
        if not items:
            raise TrainingError("training.nothing")
        job = _job(order, folder, items)
        (folder / "job.json").write_text(json.dumps(job, indent=1), "utf-8")
        done = True
        held = sum(item["side"] == "holdout" for item in items)
        return WrittenJob(
            order.project,
            folder,
            Path(str(job["out"])),
            len(items) - held,
            held,
            len(frames) - len(items),
            tuple(
                (Path(str(item["image"])).stem, frames[int(Path(str(item["image"])).stem)].identity.ref)
                for item in items
            ),
        )
    except OSError as error:
        raise TrainingError("training.job", reason=error.strerror or str(error)) from error
    finally:
        if not done:
            clear_run(folder)


def _write_items(
    door: StoreDoor, folder: Path, frames: Sequence[DecidedFrame], order: JobOrder, tell: Tell
) -> list[dict[str, object]]:
    from polypviewer.datasets.splits import side_of_exam, training_sides

    sides = training_sides((frame.exam for frame in frames), holdout_fraction=order.holdout, seed=order.seed)
    reader = FrameReader(kept_bytes=1)
    items: list[dict[str, object]] = []
    try:
        for number, frame in enumerate(frames):
            tell(Progress("finetune", number, len(frames), "frames"))
            try:
                pixels = reader.load(frame.path, frame.identity.ref)
            except PolypViewerError:
                continue
            label_map = door(frame.load_label_map)
            stem = f"{number:06}"
            _write_pixels(folder, stem, pixels.image, label_map, stated=frame.stated_field)
            items.append(_item(frame, stem, side_of_exam(frame.exam, sides)))
    finally:
        reader.close()
    return items


def _write_pixels(
    folder: Path, stem: str, image: NDArray[np.uint8], label_map: NDArray[np.uint8], *, stated: str | None
) -> None:
    from polypviewer.media.write import write_png

    write_png(folder / "frames" / f"{stem}.png", image)
    write_png(folder / "labels" / f"{stem}.png", label_map)
    height, width = label_map.shape
    field = find_field_of_view(image) if stated is None else stated_view(stated, height=height, width=width)
    write_png(folder / "fov" / f"{stem}.png", field.seen().astype(np.uint8) * np.uint8(255))


def _item(frame: DecidedFrame, stem: str, side: str) -> dict[str, object]:
    key = frame.identity.key
    return {
        "frame": {
            "media_id": str(key.media_id),
            "segment": key.segment,
            "pts": key.pts,
            "repeat": key.repeat,
            "index": frame.identity.ref.index,
            "content_hash": frame.identity.content_hash,
        },
        "image": f"frames/{stem}.png",
        "label": f"labels/{stem}.png",
        "field_of_view": f"fov/{stem}.png",
        "exam": frame.exam.key or None,
        "exam_source": frame.exam.source,
        "decision": "no_polyp" if frame.presence == Presence.NO_POLYP else "accepted",
        "revision_id": str(frame.revision_id),
        "weight": 1.0,
        "side": side,
    }


def _job(order: JobOrder, folder: Path, items: list[dict[str, object]]) -> dict[str, object]:
    now = datetime.now(UTC)
    return {
        "schema": SCHEMA,
        "id": str(uuid4()),
        "kind": "finetune",
        "created": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "seed": order.seed,
        "base": {"path": str(order.base.folder.absolute()), "digest": order.base.digest},
        "out": str((folder / "bundle").absolute()),
        "name": order.name or f"{order.base.name} {now:%Y-%m-%d %H:%M}",
        "device": order.device,
        "steps": order.steps,
        "batch": order.batch,
        "evaluate_every": max(1, order.steps // order.evaluations),
        "items": items,
        "replay_source": None,
    }
