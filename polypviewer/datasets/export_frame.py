"""One frame on its way out: its picture without metadata, its label map, its safe name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from polypviewer.core.errors import DatasetError, MediaError
from polypviewer.core.jpeg_segments import is_jpeg, without_metadata
from polypviewer.core.label_map import LabelMap, empty_label_map
from polypviewer.core.record import Record
from polypviewer.core.review import Presence

_PNG_MAGIC: Final = b"\x89PNG\r\n\x1a\n"
_PNG_PICTURE: Final = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_DECODED: Final = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION


@dataclass(frozen=True, slots=True, eq=False)
class ExportFrame:
    """`name`: file stem. `picture`: bytes of the image file, `suffix` its type. `label_map`: `(height, width)`."""

    name: str
    record: Record
    picture: bytes
    suffix: str
    label_map: LabelMap


def export_frame(record: Record) -> ExportFrame | None:
    """The frame with everything checked, or None where nothing is known about it (no label map, presence unknown).

    Raises `DatasetError` if the label map is of another size, `MediaError` if the pixels cannot be read.
    """
    if record.label_map is None and record.presence is not Presence.NO_POLYP:
        return None
    pixels = record.load_pixels()
    height, width = pixels.shape[:2]
    label_map = empty_label_map(height, width) if record.label_map is None else record.label_map
    if label_map.shape != (height, width):
        raise DatasetError(
            "dataset.label_map_size",
            name=record.name,
            mask_width=label_map.shape[1],
            mask_height=label_map.shape[0],
            width=width,
            height=height,
        )
    picture, suffix = _picture(record.source_file, pixels)
    return ExportFrame(safe_name(record.name), record, picture, suffix, label_map)


def safe_name(name: str) -> str:
    """A pseudonym as a file stem: letters, digits, `_`, `-` and `.`, not hidden."""
    return re.sub(r"[^\w.-]+", "_", name, flags=re.ASCII).lstrip(".") or "frame"


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """PNG of `(height, width)` grey or `(height, width, 3)` RGB uint8; no metadata."""
    stored = pixels if pixels.ndim == 2 else pixels[:, :, ::-1]
    _, data = cv2.imencode(".png", np.ascontiguousarray(stored))
    return bytes(data.tobytes())


def _picture(source: Path | None, pixels: NDArray[np.uint8]) -> tuple[bytes, str]:
    """The source's own coded picture without metadata where that decodes to exactly `pixels`; else a PNG of them.

    EXIF, XMP, comments and text chunks may name a patient, so they never leave. A picture whose orientation stands in
    EXIF would lie on its side without it, and a video frame has no file of its own: both become PNG.
    """
    copied = None if source is None else _stripped(source)
    if copied is not None:
        decoded = cv2.imdecode(np.frombuffer(copied[0], np.uint8), _DECODED)
        if decoded is not None and np.array_equal(decoded, pixels):
            return copied
    return encode_png(pixels), ".png"


def _stripped(source: Path) -> tuple[bytes, str] | None:
    try:
        data = source.read_bytes()
    except OSError as error:
        raise MediaError("media.unreadable", name=source.name, reason=error.strerror or str(error)) from error
    if is_jpeg(data):
        return without_metadata(data), ".jpg"
    if data.startswith(_PNG_MAGIC):
        return png_without_metadata(data), ".png"
    return None


def png_without_metadata(data: bytes) -> bytes:
    """The PNG with the chunks that make the picture, and no others (text, time, EXIF, profiles)."""
    kept, at = [_PNG_MAGIC], len(_PNG_MAGIC)
    while at + 12 <= len(data):
        stop = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] in _PNG_PICTURE:
            kept.append(data[at:stop])
        at = stop
    return b"".join(kept)
