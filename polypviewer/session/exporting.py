"""Export: the decided frames of a project as Records for a writer of data sets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from polypviewer import __version__
from polypviewer.core.errors import DatasetError
from polypviewer.core.record import Record
from polypviewer.session.frames import FrameReader
from polypviewer.session.store_door import StoreDoor, Tell
from polypviewer.session.stored import DecidedFrame, about_project, decided_frames
from polypviewer.session.values import Progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from polypviewer.datasets.export import ExportReport

FormatName = Literal["kvasir", "coco"]


def export_project(
    door: StoreDoor, folder: Path, *, format_name: FormatName, tell: Tell, overwrite: bool = False
) -> ExportReport:
    """Write the decided frames as a data set; all of it or nothing, also when `tell` raises `JobStopped`.

    Raises `DatasetError` if nothing is decided or the folder is in use, `MediaError` if a frame cannot be read.
    """
    from polypviewer.datasets.dataset_card import DatasetAbout
    from polypviewer.datasets.export import export_dataset
    from polypviewer.datasets.splits import training_sides

    frames = door(decided_frames)
    if not frames:
        raise DatasetError("export.nothing")
    name, digest = door(about_project)
    sides = training_sides(frame.exam for frame in frames)
    about = DatasetAbout(name, __version__, digest, sides)
    reader = FrameReader(kept_bytes=1)
    try:
        records = _records(door, frames, reader, tell)
        report = export_dataset(records, folder, format=format_name, about=about, overwrite=overwrite)
    finally:
        reader.close()
    return report


def _records(door: StoreDoor, frames: Sequence[DecidedFrame], reader: FrameReader, tell: Tell) -> Iterator[Record]:
    for number, frame in enumerate(frames):
        tell(Progress("export", number, len(frames)))
        yield Record(
            name=frame.name,
            load_pixels=partial(_pixels, reader, frame),
            label_map=door(frame.load_label_map),
            presence=frame.presence,
            exam=frame.exam,
            identity=frame.identity,
            lesions=frame.lesions,
            provenance=frame.provenance,
            source_file=frame.path if frame.is_still else None,
        )


def _pixels(reader: FrameReader, frame: DecidedFrame) -> NDArray[np.uint8]:
    return reader.load(frame.path, frame.identity.ref).image
