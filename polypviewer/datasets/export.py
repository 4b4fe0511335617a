"""Writing a data set: all of it, or nothing.

Everything is written into a hidden folder beside the destination, which takes its name at the end. A failure on the way
removes that folder and leaves the destination as it was.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from polypviewer.core.errors import DatasetError
from polypviewer.core.record import Record
from polypviewer.datasets.dataset_card import SCHEMA, CardItem, DatasetAbout, card_item, dataset_card, sha256
from polypviewer.datasets.export_formats import FORMATS, FormatWriter, as_json
from polypviewer.datasets.export_frame import ExportFrame, export_frame

CARD: Final = "dataset.json"


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written. `left_out`: records about which nothing was stated. `is_patient_safe`: see dataset.json."""

    folder: Path
    frames: int
    lesions: int
    left_out: int
    is_patient_safe: bool


def export_dataset(
    records: Iterable[Record],
    destination: Path,
    *,
    format: str,  # noqa: A002  # the word of the command line
    about: DatasetAbout,
    overwrite: bool = False,
    progress: Callable[[int], None] | None = None,
) -> ExportReport:
    """Write `records` to the folder `destination` as "kvasir" or "coco", with `dataset.json`.

    `overwrite`: an earlier export there is replaced, in one step at the end; a folder with other files is never
    replaced. `progress(frames written)`. Raises `DatasetError` or `MediaError`; then nothing has changed on disk.
    """
    if format not in FORMATS:
        raise DatasetError("dataset.format", format=format, known=" or ".join(FORMATS))
    check_destination(destination, overwrite=overwrite)
    try:
        with _replacing(destination) as part:
            export = _Export(part, FORMATS[format](), about)
            for record in records:
                export.add(record)
                if progress is not None:
                    progress(len(export.items))
            return export.finish(destination, format_name=format)
    except OSError as error:
        raise DatasetError("dataset.not_written", name=destination.name, reason=error.strerror or str(error)) from error


def check_destination(destination: Path, *, overwrite: bool = False) -> None:
    """Raise `DatasetError` if an export may not go there: a file, or a folder with something in it."""
    if destination.exists() and not destination.is_dir():
        raise DatasetError("dataset.destination_not_a_folder", name=destination.name)
    if not destination.is_dir() or not any(destination.iterdir()):
        return
    if not overwrite:
        raise DatasetError("dataset.destination_in_use", name=destination.name)
    if not _is_export(destination):
        raise DatasetError("dataset.destination_is_foreign", name=destination.name)


def _is_export(folder: Path) -> bool:
    try:
        card = json.loads((folder / CARD).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(card, dict) and card.get("schema") == SCHEMA


@contextmanager
def _replacing(destination: Path) -> Iterator[Path]:
    """A new folder beside `destination` that takes its place if the block ends well, and is removed if not."""
    destination.parent.mkdir(parents=True, exist_ok=True)
    token = uuid.uuid4().hex[:12]
    part = destination.with_name(f".{destination.name}.{token}.part")
    old = destination.with_name(f".{destination.name}.{token}.old")
    part.mkdir()
    try:
        yield part
        if destination.exists():
            destination.rename(old)
        try:
            part.rename(destination)
        except OSError:
            if old.exists():
                old.rename(destination)
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)
        if destination.exists():
            shutil.rmtree(old, ignore_errors=True)


class _Export:
    """The folder being written, and what stands in it so far."""

    def __init__(self, folder: Path, writer: FormatWriter, about: DatasetAbout) -> None:
        self._folder = folder
        self._writer = writer
        self._about = about
        self._checksums: dict[str, str] = {}
        self._names: set[str] = set()
        self.items: list[CardItem] = []
        self.left_out = 0

    def add(self, record: Record) -> None:
        """Write one frame, or count it as left out."""
        frame = export_frame(record)
        if frame is None:
            self.left_out += 1
            return
        self._claim(frame)
        files = [self._write(path, data) for path, data in self._writer.add(frame)]
        self.items.append(card_item(frame, files, self._about))

    def _claim(self, frame: ExportFrame) -> None:
        if frame.name.casefold() in self._names:
            raise DatasetError("dataset.same_name", name=frame.name)
        self._names.add(frame.name.casefold())

    def _write(self, path: str, data: bytes) -> str:
        target = self._folder / path
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(data)
        self._checksums[path] = sha256(data)
        return path

    def finish(self, destination: Path, *, format_name: str) -> ExportReport:
        """Write what belongs to all frames, the card last."""
        if not self.items:
            raise DatasetError("dataset.nothing_to_export")
        for path, data in self._writer.finish():
            self._write(path, data)
        card = dataset_card(self.items, self._checksums, self._about, format_name=format_name, skipped=self.left_out)
        (self._folder / CARD).write_bytes(as_json(card))
        safe = all(item.is_patient_safe for item in self.items)
        lesions = sum(item.lesions for item in self.items)
        return ExportReport(destination, len(self.items), lesions, self.left_out, safe)
