"""Pixels of image and mask files, whole or refused."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from trainer.errors import DataError

MASK_ABOVE: Final = 127
"""JPEG masks ring: a pixel belongs to the polyp above this value."""
LOSSY: Final = {".jpg", ".jpeg", ".webp"}
ENDS: Final = ((b"\xff\xd8\xff", b"\xff\xd9"), (b"\x89PNG", b"IEND"))
"""How a JPEG and a PNG begin, and what stands near the end of a whole one."""
TAIL: Final = 4096
CURE: Final = "Replace the file or take it out."


def read_image(path: Path) -> NDArray[np.uint8]:
    """`(height, width, 3)` uint8 RGB, EXIF orientation applied; raises DataError when the file is no whole image."""
    pixels = _decoded(path, cv2.IMREAD_COLOR)
    if pixels is None:
        raise DataError("data.image", f"{path} is not an image that can be read.", CURE)
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)


def read_grey(path: Path) -> NDArray[np.uint8]:
    """`(height, width)` uint8 as stored; raises DataError when the file is no whole image."""
    pixels = _decoded(path, cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION)
    if pixels is None:
        raise DataError("data.mask", f"{path} is not a mask that can be read.", CURE)
    return np.asarray(pixels, np.uint8)


def read_mask(path: Path) -> NDArray[np.bool_]:
    """`(height, width)` bool: true where the brightest channel is above 127 (above 0 where the highest value is 1).

    Raises DataError when the file is no whole image, or a lossless one that is neither black nor white anywhere.
    """
    colours = _decoded(path, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    if colours is None:
        raise DataError("data.mask", f"{path} is not a mask that can be read.", CURE)
    brightest = np.asarray(cv2.max(cv2.max(colours[..., 0], colours[..., 1]), colours[..., 2]))
    top = int(brightest.max(initial=0))
    if path.suffix.lower() not in LOSSY and 1 < top <= MASK_ABOVE:
        raise DataError(
            "data.mask_values",
            f"The highest value of the mask {path} is {top}, neither black nor white.",
            "Write masks with 0 outside and 255 inside the polyp.",
        )
    return np.asarray(brightest > (0 if top == 1 else MASK_ABOVE), np.bool_)


def _decoded(path: Path, flags: int) -> NDArray[np.uint8] | None:
    """What OpenCV makes of the file; None where it is broken or, what OpenCV would fill up with grey, cut short."""
    data = read_bytes(path)
    for beginning, end in ENDS:
        if data.startswith(beginning) and end not in data[-TAIL:]:
            return None
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags) if data else None
    return None if pixels is None else np.asarray(pixels, np.uint8)


def read_bytes(path: Path) -> bytes:
    """The file's bytes; raises DataError when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError("data.read", f"{path} cannot be read: {error.strerror}.", "Check the path.") from error
