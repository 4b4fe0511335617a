"""What an image's header says, before anything is decoded: the place where bombs and broken files are refused."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import (
    BmpImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from polypviewer.core.errors import MediaError
from polypviewer.core.jpeg_segments import is_complete, is_jpeg
from polypviewer.media.orientation import valid_orientation

# Pillow loads its plugins when they are first asked for, but not when the formats are named. `Image.init()` would load
# some forty of them, 0.1 s of the window's start.
PLUGINS: Final = (BmpImagePlugin, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin)

# Pillow warns about broken EXIF and TIFF tags. What keeps a picture from being read is an error here anyway; the rest
# is nothing that a person at the window could act on.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")

# Our own check below comes before any decoding and has a limit that the user can set; Pillow's has neither.
Image.MAX_IMAGE_PIXELS = None

FORMATS: Final = ("JPEG", "PNG", "TIFF", "BMP", "WEBP")
_EXIF_ORIENTATION: Final = 0x0112
_TIFF_WIDTH, _TIFF_HEIGHT, _TIFF_BITS = 256, 257, 258
_PNG_MAGIC: Final = b"\x89PNG\r\n\x1a\n"

# What Pillow's plugins raise on damaged files, beside OSError.
PILLOW_ERRORS: Final = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """`height`, `width`: of the stored pixels, before orientation. `bits`: of one sample. `mode`: Pillow's word."""

    format: str
    mode: str
    height: int
    width: int
    bits: int
    orientation: int
    pages: int
    has_transparency: bool


def read_header(data: bytes, *, name: str, pixel_limit: int) -> ImageHeader:
    """Header of an image in memory, its integrity checked as far as that is possible without decoding.

    Raises `MediaError`: not an image, cut off, or more than `pixel_limit` pixels (height x width) stated.
    """
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            _check_size(image, name=name, pixel_limit=pixel_limit)
            _check_ending(data, name=name)
            return _header_of(image, data)
    except UnidentifiedImageError as error:
        _check_ending(data, name=name)
        raise MediaError("media.not_an_image", name=name) from error
    except PILLOW_ERRORS as error:
        _check_ending(data, name=name)
        raise MediaError("media.damaged", name=name, reason=_reason(error)) from error


def _check_size(image: Image.Image, *, name: str, pixel_limit: int) -> None:
    width, height = image.size
    if height * width > pixel_limit:
        raise MediaError("media.too_large", name=name, width=width, height=height, limit=f"{pixel_limit:,}")


def _reason(error: BaseException) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__


def _header_of(image: Image.Image, data: bytes) -> ImageHeader:
    width, height = image.size
    bits = 8
    if image.format == "PNG":
        bits = data[24]
    elif image.format == "TIFF":
        tags = image.tag_v2  # type: ignore[attr-defined]  # TiffImageFile alone has it
        width, height, bits = int(tags[_TIFF_WIDTH]), int(tags[_TIFF_HEIGHT]), int(max(tags.get(_TIFF_BITS, (1,))))
    return ImageHeader(
        format=image.format or "",
        mode=image.mode,
        height=height,
        width=width,
        bits=bits,
        orientation=_orientation(image, data),
        pages=int(getattr(image, "n_frames", 1)),
        has_transparency="transparency" in image.info,
    )


def _orientation(image: Image.Image, data: bytes) -> int:
    """EXIF's number. Pillow would decode a whole PNG to look for EXIF behind the picture, so that is found here."""
    if image.format != "PNG":
        return valid_orientation(image.getexif().get(_EXIF_ORIENTATION, 1))
    found = next((body for kind, body, _ in _png_chunks(data) if kind == b"eXIf"), b"")
    exif = Image.Exif()
    exif.load(bytes(found))
    return valid_orientation(exif.get(_EXIF_ORIENTATION, 1))


def _check_ending(data: bytes, *, name: str) -> None:
    """OpenCV fills what is missing of a JPEG or PNG with grey and says nothing, so that is found here."""
    if is_jpeg(data) and not is_complete(data):
        raise MediaError("media.truncated", name=name)
    if data.startswith(_PNG_MAGIC):
        _check_png(data, name=name)


def _check_png(data: bytes, *, name: str) -> None:
    """Each chunk must be whole with a right checksum, the last one IEND."""
    for kind, body, checksum in _png_chunks(data):
        if zlib.crc32(body, zlib.crc32(kind)) != checksum:
            raise MediaError("media.damaged", name=name, reason=f"checksum of chunk {kind.decode('latin-1')}")
        if kind == b"IEND":
            return
    raise MediaError("media.truncated", name=name)


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, memoryview, int]]:
    """(kind, body, stated checksum) of each whole chunk (PNG specification, section 5)."""
    view, at = memoryview(data), len(_PNG_MAGIC)
    while at + 12 <= len(data):
        stop = at + 12 + int.from_bytes(view[at : at + 4], "big")
        if stop > len(data):
            return
        yield bytes(view[at + 4 : at + 8]), view[at + 8 : stop - 4], int.from_bytes(view[stop - 4 : stop], "big")
        at = stop
