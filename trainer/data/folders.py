"""Folders in Kvasir's layout: `images/` and `masks/` with the same stems."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from trainer.errors import DataError

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"}
MASK_ABOVE = 127
"""JPEG masks ring: a pixel belongs to the polyp above this value."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One frame and its mask on disk; `key` is `dataset/stem`."""

    key: str
    image: Path
    mask: Path

    @property
    def dataset(self) -> str:
        return self.key.split("/", 1)[0]

    @property
    def stem(self) -> str:
        return self.key.split("/", 1)[1]


def find_pairs(folder: Path, *, name: str) -> list[Pair]:
    """All frames of a folder, sorted by stem. Raises DataError when frames or masks are missing or do not match."""
    images, masks = _by_stem(folder / "images"), _by_stem(folder / "masks")
    lonely = sorted(set(images) ^ set(masks))
    if lonely:
        kind = "mask" if lonely[0] in images else "image"
        raise DataError(
            "data.unpaired",
            f"{len(lonely)} frames of {folder} have no {kind} or the other way round, for example '{lonely[0]}'.",
            "Give every image in images/ a mask of the same name in masks/.",
        )
    return [Pair(f"{name}/{stem}", images[stem], masks[stem]) for stem in sorted(images)]


def _by_stem(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise DataError("data.folder", f"There is no folder {folder}.", "Lay the data out as images/ and masks/.")
    found = {path.stem: path for path in sorted(folder.iterdir()) if path.suffix.lower() in SUFFIXES}
    if not found:
        raise DataError(
            "data.empty", f"The folder {folder} holds no images.", "Lay the data out as images/ and masks/."
        )
    return found


def read_image(path: Path) -> NDArray[np.uint8]:
    """`(height, width, 3)` uint8 RGB, EXIF orientation applied; raises DataError when the file is no whole image."""
    encoded = np.frombuffer(_read_bytes(path), np.uint8)
    pixels = cv2.imdecode(encoded, cv2.IMREAD_COLOR) if encoded.size else None
    if pixels is None:
        raise DataError("data.image", f"{path} is not an image that can be read.", "Replace the file or take it out.")
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)


def read_grey(path: Path) -> NDArray[np.uint8]:
    """`(height, width)` uint8 as stored; raises DataError when the file is no whole image."""
    encoded = np.frombuffer(_read_bytes(path), np.uint8)
    flags = cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION
    pixels = cv2.imdecode(encoded, flags) if encoded.size else None
    if pixels is None:
        raise DataError("data.mask", f"{path} is not a mask that can be read.", "Replace the file or take it out.")
    return np.asarray(pixels, np.uint8)


def read_pair(pair: Pair) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Frame `(h, w, 3)` uint8 RGB and LabelMap `(h, w)` uint8 of 0 and 1; raises DataError if sizes differ."""
    image, mask = read_image(pair.image), read_grey(pair.mask)
    require_same_size(image, mask, name=str(pair.mask))
    return image, (mask > MASK_ABOVE).astype(np.uint8)


def require_same_size(image: NDArray[np.uint8], mask: NDArray[np.uint8], *, name: str) -> None:
    """Raises DataError unless the mask lies on the image's grid."""
    if image.shape[:2] != mask.shape[:2]:
        (height, width), (rows, columns) = image.shape[:2], mask.shape[:2]
        raise DataError(
            "data.size",
            f"The mask {name} is {columns}x{rows} pixels, its image {width}x{height}.",
            "Export the mask at the size of its image; it is not stretched, since it may belong to another frame.",
        )


def read_list(path: Path) -> set[str]:
    """Stems of a list file, one a line; `#` starts a comment. Raises DataError when there is none."""
    if not path.is_file():
        raise DataError("data.list", f"There is no list {path}.", "Write it with `polyp-trainer split`.")
    lines = (line.split("#", 1)[0].strip() for line in path.read_text("utf-8").splitlines())
    return {line for line in lines if line}


def without(pairs: Iterable[Pair], stems: set[str]) -> list[Pair]:
    """The pairs whose stem is not listed."""
    return [pair for pair in pairs if pair.stem not in stems]


def only(pairs: Sequence[Pair], stems: set[str]) -> list[Pair]:
    """The pairs whose stem is listed; raises DataError when one of the stems has no pair."""
    missing = sorted(stems - {pair.stem for pair in pairs})
    if missing:
        raise DataError(
            "data.list", f"{len(missing)} listed frames are not there, such as '{missing[0]}'.", "Check it."
        )
    return [pair for pair in pairs if pair.stem in stems]


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError("data.read", f"{path} cannot be read: {error.strerror}.", "Check the path.") from error
