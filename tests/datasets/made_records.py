"""Records for the tests of data sets: real files in a folder, with masks of several kinds."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from polypviewer.core.identity import FrameIdentity, FrameKey, FrameRef
from polypviewer.core.label_map import IGNORE, LabelMap, has_polyp
from polypviewer.core.record import UNKNOWN_EXAM, ExamKey, LesionRow, Provenance, Record
from polypviewer.core.review import Decision, Origin, Presence
from polypviewer.media.image import read_image

Pixels = NDArray[np.uint8]
HEIGHT, WIDTH = 60, 90
GIVEN = ExamKey("E-0001", "given")


def pixels(seed: int = 0) -> Pixels:
    """Smooth colours, `(HEIGHT, WIDTH, 3)` uint8 RGB."""
    coarse = np.random.default_rng(seed).integers(0, 255, (6, 9, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.uint8)


def label_map(seed: int = 0) -> LabelMap:
    """Two lesions with ragged rims, the first touching the corner, and a strip to ignore."""
    ragged = np.random.default_rng(seed).random((HEIGHT, WIDTH)) < 0.7
    result = np.zeros((HEIGHT, WIDTH), np.uint8)
    result[:20, :30][ragged[:20, :30]] = 1
    result[0, 0] = 1
    result[30:50, 50:][ragged[30:50, 50:]] = 7
    result[55:, 10:40] = IGNORE
    return result


def patient_exif(orientation: int = 1) -> Image.Exif:
    """EXIF that names a patient."""
    exif = Image.Exif()
    exif[0x010E] = "Jane Doe 1961-02-03"
    exif[0x0112] = orientation
    return exif


def saved(path: Path, *, seed: int = 0, orientation: int = 1) -> Path:
    """An image file with a patient's name inside."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels(seed)).save(path, exif=patient_exif(orientation), quality=90)
    return path


def record(
    source: Path | None,
    *,
    name: str = "M-0001",
    truth: LabelMap | None = None,
    exam: ExamKey = UNKNOWN_EXAM,
    decision: Decision = Decision.ACCEPTED,
) -> Record:
    """A decided frame of an image file, or of a video where `source` is None."""
    truth = label_map() if truth is None else truth
    media_id = uuid4()
    identity = FrameIdentity(FrameRef(media_id, 4), FrameKey(media_id, 0, 2048, 0), "packet1:00", *truth.shape)
    return Record(
        name=name,
        load_pixels=pixels if source is None else partial(read_image, source),
        label_map=truth,
        presence=Presence.POLYP if has_polyp(truth) else Presence.NO_POLYP,
        exam=exam,
        identity=identity,
        lesions=(LesionRow(1, UUID(int=5), (("paris", "Is"), ("comment", "Mrs Doe again"))),),
        provenance=Provenance("R-0001", UUID(int=9), Origin.PROPOSAL, decision, "sha256:bb", "2026-01-02T03:04:05Z"),
        source_file=source,
    )
