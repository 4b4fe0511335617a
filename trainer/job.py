"""Training jobs (`polypviewer/job/1`, docs/formats.md section 2): read, checked, never split and never changed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trainer.data.folders import read_grey, read_image, require_same_size
from trainer.errors import JobError
from trainer.pixels.field_of_view import Box, FieldOfView, find_field_of_view

SCHEMA = "polypviewer/job/1"
DECISIONS = ("accepted", "no_polyp")
SIDES = ("train", "holdout", "replay")
CURE = "Write the job again from the application."

JobSide = Literal["train", "holdout", "replay"]


@dataclass(frozen=True, slots=True)
class Item:
    """One frame of a job. `name` identifies it in reports; `exam` is None where it is unknown."""

    name: str
    image: Path
    label: Path
    field_of_view: Path
    exam: str | None
    weight: float
    side: str


@dataclass(frozen=True, slots=True)
class Job:
    """What the application asks for; paths are absolute."""

    id: str
    name: str
    base: Path
    base_digest: str
    out: Path
    device: str
    seed: int
    steps: int
    batch: int
    evaluate_every: int
    items: tuple[Item, ...]

    def on(self, side: JobSide) -> list[Item]:
        """The items of one side."""
        return [item for item in self.items if item.side == side]


@dataclass(frozen=True, slots=True, eq=False)
class JobFrame:
    """One item's pixels: `image` `(H, W, 3)` uint8 RGB, `label` `(H, W)` uint8 LabelMap."""

    item: Item
    image: NDArray[np.uint8]
    label: NDArray[np.uint8]
    field: FieldOfView


def read_job(place: Path) -> Job:
    """Read a job's folder or its `job.json`; raises JobError when it must not or cannot be trained."""
    path = place / "job.json" if place.is_dir() else place
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise JobError("job.unreadable", f"There is no readable job at {path}.", CURE) from error
    if not isinstance(content, dict) or content.get("schema") != SCHEMA or content.get("kind") != "finetune":
        schema = content.get("schema") if isinstance(content, dict) else None
        raise JobError("job.schema", f"{path} is a '{schema}', not a '{SCHEMA}' to fine-tune.", "Update the trainer.")
    try:
        job = _job(content, path.resolve().parent)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise JobError("job.broken", f"{path} is not a whole job: {error!r}.", CURE) from error
    _check(job, content["items"])
    return job


def _job(content: Mapping[str, object], folder: Path) -> Job:
    base, items = content["base"], content["items"]
    if not isinstance(base, Mapping) or not isinstance(items, list):
        raise TypeError("base is an object and items a list")
    steps, batch, every = (int(str(content[key])) for key in ("steps", "batch", "evaluate_every"))
    if steps < 1 or batch < 1:
        raise ValueError("steps and batch are at least 1")
    return Job(
        str(content["id"]), str(content["name"]), folder / str(base["path"]), str(base["digest"]),
        folder / str(content["out"]), str(content["device"]), int(str(content["seed"])), steps, batch, max(1, every),
        tuple(_item(entry, folder) for entry in items),
    )  # fmt: skip


def _item(entry: Mapping[str, object], folder: Path) -> Item:
    exam = entry["exam"]
    return Item(
        str(entry["image"]),
        folder / str(entry["image"]),
        folder / str(entry["label"]),
        folder / str(entry["field_of_view"]),
        None if exam is None else str(exam),
        float(str(entry["weight"])),
        str(entry["side"]),
    )


def _check(job: Job, entries: Sequence[Mapping[str, object]]) -> None:
    for entry, item in zip(entries, job.items, strict=True):
        if entry.get("decision") not in DECISIONS:
            raise JobError(
                "job.decision",
                f"{item.name} was decided '{entry.get('decision')}'; only accepted and no_polyp frames may train.",
                "Decide the frame, or leave it out.",
            )
        if item.side not in SIDES:
            raise JobError("job.side", f"{item.name} is on an unknown side '{item.side}'.", CURE)
        if item.exam is None and item.side == "holdout":
            raise JobError(
                "job.leak", f"{item.name} is held out, but its exam is unknown.", "Give it an exam, or train on it."
            )
    _check_leak(job)
    if not job.on("train"):
        raise JobError("job.empty", "The job holds no frame to train on.", "Accept some frames first.")


def _check_leak(job: Job) -> None:
    training = {item.exam for item in job.items if item.side != "holdout" and item.exam is not None}
    both = sorted(training & {item.exam for item in job.on("holdout") if item.exam is not None})
    if both:
        raise JobError(
            "job.leak", f"Exam {both[0]} is both trained on and held out.", "Put all frames of an exam on one side."
        )


def read_frame(item: Item) -> JobFrame:
    """One item's pixels; raises JobError when a file is missing, DataError when it is broken or of another size."""
    for path in (item.image, item.label, item.field_of_view):
        if not path.is_file():
            raise JobError("job.file", f"The job's file {path.name} of {item.name} is missing.", CURE)
    image, label, seen = read_image(item.image), read_grey(item.label), read_grey(item.field_of_view)
    require_same_size(image, label, name=str(item.label))
    require_same_size(image, seen, name=str(item.field_of_view))
    return JobFrame(item, image, label, _field(image, seen > 0))


def _field(image: NDArray[np.uint8], seen: NDArray[np.bool_]) -> FieldOfView:
    """The field that the application saw: our own where it agrees, else a box around what is marked as seen."""
    found = find_field_of_view(image)
    if np.array_equal(found.seen(), seen) or not seen.any():
        return found
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    box = Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    return FieldOfView(box, seen, ())
