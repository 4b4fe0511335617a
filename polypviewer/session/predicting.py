"""`predict` without a project: one mask PNG for each image, and `predictions.json`.

A broken image does not stop the rest.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Literal
from uuid import uuid4

from polypviewer import __version__
from polypviewer.core.errors import DatasetError, MediaError, PolypViewerError
from polypviewer.core.media_names import IMAGE_SUFFIXES
from polypviewer.session.importing import Refusal
from polypviewer.session.models import model_meant
from polypviewer.session.store_door import Tell
from polypviewer.session.values import Progress

if TYPE_CHECKING:
    from polypviewer.datasets.find_media import FoundItem
    from polypviewer.segmentation import Segmenter

DOCUMENT = "predictions.json"
SCHEMA = "polypviewer/predictions/1"


@dataclass(frozen=True, slots=True)
class PredictChoice:
    """Where to write, which model (name, digest or folder; "" for the first), which device, overlays, overwriting."""

    out: Path
    model: str = ""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    overlay: bool = False
    overwrite: bool = False


@dataclass(slots=True)
class PredictDone:
    """What was written and what could not be used. `device` is the one that really ran."""

    device: str = ""
    model: str = ""
    digest: str = ""
    written: list[dict[str, object]] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    @property
    def milliseconds(self) -> float:
        """Median time of an image, pixels to mask."""
        return median(self.times) if self.times else 0.0

    @property
    def document(self) -> dict[str, object]:
        """The content of `predictions.json`."""
        return {
            "schema": SCHEMA,
            "software": {"name": "polypviewer", "version": __version__},
            "model": {"name": self.model, "digest": self.digest},
            "device": self.device,
            "median_ms": round(self.milliseconds, 2),
            "images": self.written,
            "not_used": [{"image": refusal.name, "reason": refusal.error.sentence} for refusal in self.refused],
        }


def predict_files(paths: Sequence[Path], choice: PredictChoice, *, tell: Tell) -> PredictDone:
    """Predict every image below `paths`. Masks are 0/255 PNGs of the image's size and stem.

    Raises `DatasetError` ("import.nothing", "predict.same_stem", "predict.not_empty", "predict.write") and
    `SegmentationError`; an image that cannot be read is listed instead.
    """
    from polypviewer.datasets.find_media import find_media
    from polypviewer.segmentation import open_segmenter

    found = [item for item in find_media(paths) if item.problem is not None or _is_image(item, paths)]
    if not found:
        raise DatasetError("import.nothing", paths=", ".join(str(path) for path in paths))
    check_stems(item.path for item in found)
    _check_folder(choice)
    bundle = model_meant(choice.model, device=choice.device)
    segmenter = open_segmenter(bundle, device=choice.device)
    try:
        with _filled(choice.out) as part:
            done = PredictDone(segmenter.device.ran, bundle.title, bundle.digest)
            for number, item in enumerate(found):
                tell(Progress("predict", number, len(found), item.path.name))
                _predict_one(item, segmenter, part, done, overlay=choice.overlay)
            (part / DOCUMENT).write_text(json.dumps(done.document, indent=1, ensure_ascii=False), "utf-8")
    except OSError as error:
        raise DatasetError("predict.write", path=choice.out, reason=error.strerror or error) from error
    finally:
        segmenter.close()
    return done


def check_stems(paths: Iterable[Path]) -> None:
    """Two images may not write one file. Raises `DatasetError` ("predict.same_stem")."""
    seen: dict[str, Path] = {}
    for path in paths:
        other = seen.setdefault(path.stem.casefold(), path)
        if other != path:
            raise DatasetError("predict.same_stem", first=other, second=path, name=f"{path.stem}.png")


def _is_image(item: FoundItem, paths: Sequence[Path]) -> bool:
    """Images, and whatever was named itself: a video there is refused with its reason."""
    return item.path.suffix.lower() in IMAGE_SUFFIXES or item.path in paths


def _check_folder(choice: PredictChoice) -> None:
    if choice.out.exists() and not choice.out.is_dir():
        raise DatasetError("predict.write", path=choice.out, reason="it is a file")
    if choice.out.is_dir() and any(choice.out.iterdir()) and not choice.overwrite:
        raise DatasetError("predict.not_empty", folder=choice.out)


@contextmanager
def _filled(out: Path) -> Iterator[Path]:
    """A hidden folder beside `out` whose files get there when the block ends well; otherwise it is removed."""
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f".{out.name}.{uuid4().hex[:12]}.part")
    part.mkdir()
    try:
        yield part
        for file in sorted(path for path in part.rglob("*") if path.is_file()):
            target = out / file.relative_to(part)
            target.parent.mkdir(parents=True, exist_ok=True)
            file.replace(target)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _predict_one(item: FoundItem, segmenter: Segmenter, folder: Path, done: PredictDone, *, overlay: bool) -> None:
    from polypviewer.media.image import read_image
    from polypviewer.media.write import write_png
    from polypviewer.segmentation import draw_overlay, predict_image

    try:
        if item.problem is not None:
            raise item.problem
        if item.path.suffix.lower() not in IMAGE_SUFFIXES:
            raise MediaError("predict.video", name=item.path.name)
        image = read_image(item.path)
    except PolypViewerError as error:
        done.refused.append(Refusal(str(item.path), error))
        return
    prediction = predict_image(image, segmenter)
    name = f"{item.path.stem}.png"
    write_png(folder / name, prediction.mask_pixels)
    row: dict[str, object] = {"image": item.path.name, "mask": name, **prediction.row}
    if overlay:
        row["overlay"] = f"overlay/{name}"
        write_png(folder / "overlay" / name, draw_overlay(image, prediction.mask))
    done.times.append(prediction.milliseconds)
    done.written.append(row)
