"""Still images as `(height, width, 3)` uint8 RGB.

Rules, the same whoever decodes: orientation is applied; alpha is dropped, never blended (the colours in the file are
what was recorded, a background would be invented); palettes are looked up; grey fills three channels; CMYK and other
spaces go through Pillow's conversion; ICC profiles are not applied; of several pages the first is read, with a note.
Samples of more than 8 bits are shifted right from the smallest of 8, 10, 12, 14 and 16 bits that holds the image's
highest value; floating-point samples must lie in 0..1.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from uuid import UUID

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from polypviewer.core.errors import MediaError
from polypviewer.core.identity import FrameIdentity, FrameKey, FrameRef
from polypviewer.core.jpeg_segments import is_jpeg, picture_hash
from polypviewer.media.file_bytes import fingerprint_of, read_bytes
from polypviewer.media.frame_source import DEFAULT_PIXEL_LIMIT, MediaInfo, RgbImage
from polypviewer.media.image_header import FORMATS, PILLOW_ERRORS, ImageHeader, read_header
from polypviewer.media.orientation import oriented, swaps_sides

_FAST_FLAGS: Final = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
_REDUCED: Final = ((8, cv2.IMREAD_REDUCED_COLOR_8), (4, cv2.IMREAD_REDUCED_COLOR_4), (2, cv2.IMREAD_REDUCED_COLOR_2))
_DEPTHS: Final = (8, 10, 12, 14, 16)


def read_image(path: Path, *, pixel_limit: int = DEFAULT_PIXEL_LIMIT) -> RgbImage:
    """The image as `(height, width, 3)` uint8 RGB, the right way up. Raises `MediaError`."""
    with open_image(path, pixel_limit=pixel_limit) as source:
        return source.read(0)


def open_image(path: Path, *, pixel_limit: int = DEFAULT_PIXEL_LIMIT) -> ImageSource:
    """An image as a FrameSource of one frame; header and ending are checked, pixels decoded when asked for."""
    data = read_bytes(path, at_most=64_000_000 + 8 * pixel_limit)
    return ImageSource(data, read_header(data, name=path.name, pixel_limit=pixel_limit), name=path.name)


class ImageSource:
    """One still image; keeps the file's bytes, not its pixels."""

    def __init__(self, data: bytes, header: ImageHeader, *, name: str) -> None:
        self._data = data
        self._header = header
        self._name = name
        height, width = header.height, header.width
        if swaps_sides(header.orientation):
            height, width = width, height
        notes = ("more_pages",) if header.pages > 1 else ()
        self._info = MediaInfo(
            fingerprint_of(data), "image", height, width, 1, orientation=header.orientation, notes=notes
        )

    @property
    def info(self) -> MediaInfo:
        """Facts about the image."""
        return self._info

    def identity(self, index: int, media_id: UUID) -> FrameIdentity:
        """Key (media_id, 0, 0, 0); `jpeg1:` hash of a JPEG's picture, `file1:` of any other file."""
        self._check(index)
        content_hash = picture_hash(self._data) if is_jpeg(self._data) else self._info.fingerprint
        key = FrameKey(media_id, 0, 0, 0)
        return FrameIdentity(FrameRef(media_id, 0), key, content_hash, self._info.height, self._info.width)

    def read(self, index: int) -> RgbImage:
        """The image, `(height, width, 3)` uint8 RGB. Raises `MediaError` if it cannot be decoded."""
        self._check(index)
        pixels = decode(self._data, self._header, name=self._name)
        if pixels.shape != (self._info.height, self._info.width, 3):
            raise MediaError("media.damaged", name=self._name, reason="header and pixels disagree")
        return pixels

    def thumbnail(self, index: int, side: int) -> RgbImage:
        """The image with its longer side at most `side` pixels; JPEGs are decoded at a half, quarter or eighth."""
        self._check(index)
        longer = max(self._info.height, self._info.width)
        for factor, flag in _REDUCED:
            if self._header.format == "JPEG" and _is_plain(self._header) and longer >= factor * side:
                reduced = cv2.imdecode(np.frombuffer(self._data, np.uint8), flag | cv2.IMREAD_IGNORE_ORIENTATION)
                if reduced is not None:
                    return shrunk(oriented(np.asarray(reduced, np.uint8)[:, :, ::-1], self._header.orientation), side)
        return shrunk(self.read(0), side)

    def timestamps(self) -> NDArray[np.float64]:
        """One image, at 0 seconds."""
        return np.zeros(1)

    def close(self) -> None:
        """Let go of the bytes."""
        self._data = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _check(self, index: int) -> None:
        if index != 0:
            raise MediaError("media.no_frame", name=self._name, index=index, count=1)


def shrunk(pixels: RgbImage, side: int) -> RgbImage:
    """The picture with its longer side at most `side` pixels, by area averaging; never enlarged."""
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def decode(data: bytes, header: ImageHeader, *, name: str) -> RgbImage:
    """Pixels of an image whose header was read, oriented. Raises `MediaError`."""
    if header.format == "TIFF":
        # Pillow and OpenCV both turn a TIFF the right way up while they load it.
        return _decode_deep(data, name=name) if header.bits > 8 else decode_with_pillow(data, name=name)
    if header.format == "PNG" and header.bits > 8:
        stored = _decode_deep(data, name=name)
    elif _is_plain(header):
        stored = _decode_fast(data, name=name)
    else:
        stored = decode_with_pillow(data, name=name)
    return oriented(stored, header.orientation)


def _is_plain(header: ImageHeader) -> bool:
    """Kinds that OpenCV decodes to the same pixels as Pillow, only faster."""
    plain = header.format in ("JPEG", "PNG") and header.mode in ("L", "RGB") and header.bits == 8
    return plain and not header.has_transparency


def _decode_fast(data: bytes, *, name: str) -> RgbImage:
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), _FAST_FLAGS)
    except cv2.error as error:
        raise MediaError("media.damaged", name=name, reason=str(error.err)) from error
    return decode_with_pillow(data, name=name) if pixels is None else np.asarray(pixels, np.uint8)


def decode_with_pillow(data: bytes, *, name: str) -> RgbImage:
    """Any supported image by Pillow, `(height, width, 3)` uint8 RGB: TIFF oriented, all others as stored."""
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            return _pillow_pixels(image, name=name)
    except PILLOW_ERRORS as error:
        code = "media.truncated" if "truncated" in str(error) else "media.damaged"
        raise MediaError(code, name=name, reason=" ".join(str(error).split())[:120]) from error


def _pillow_pixels(image: Image.Image, *, name: str) -> RgbImage:
    image.load()
    if image.mode.startswith(("I", "F")):
        return scaled_to_8_bits(np.asarray(image), name=name)
    if image.mode == "LA":
        image = image.convert("L")
    return np.array(image.convert("RGB"), np.uint8)


def _decode_deep(data: bytes, *, name: str) -> RgbImage:
    """PNG and TIFF of more than 8 bits by OpenCV, since Pillow keeps the upper byte of 16-bit colour only."""
    try:
        samples = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        samples = None
    if samples is None:
        return decode_with_pillow(data, name=name)
    if samples.ndim == 3 and samples.shape[2] >= 3:
        samples = samples[:, :, 2::-1]
    return scaled_to_8_bits(samples, name=name)


def scaled_to_8_bits(samples: NDArray[np.generic], *, name: str) -> RgbImage:
    """`(height, width)` or `(height, width, 3)` samples of any depth as uint8 RGB, by the rule of this module."""
    numbers = np.asarray(samples)
    if numbers.ndim == 3 and numbers.shape[2] < 3:
        numbers = numbers[:, :, 0]
    scale = _scaled_fraction if numbers.dtype.kind == "f" else _shifted
    scaled = scale(numbers, name=name)
    return np.repeat(scaled[:, :, None], 3, axis=2) if scaled.ndim == 2 else np.ascontiguousarray(scaled)


def _shifted(numbers: NDArray[np.generic], *, name: str) -> NDArray[np.uint8]:
    lowest, highest = int(np.min(numbers)), int(np.max(numbers))
    depth = next((bits for bits in _DEPTHS if highest < 1 << bits), None)
    if lowest < 0 or depth is None:
        raise MediaError("media.value_range", name=name, reason=f"from {lowest} to {highest}")
    return np.asarray(numbers.astype(np.uint16) >> (depth - 8), np.uint8)


def _scaled_fraction(numbers: NDArray[np.generic], *, name: str) -> NDArray[np.uint8]:
    values = numbers.astype(np.float64)
    if not np.isfinite(values).all() or values.min() < 0 or values.max() > 1:
        raise MediaError("media.value_range", name=name, reason="floating-point values outside 0 to 1")
    return np.rint(values * 255).astype(np.uint8)
