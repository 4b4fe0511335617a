"""What an image's header says, before anything is decoded: the place where bombs and broken files are refused."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import Image, UnidentifiedImageError

from polypviewer.core.errors import MediaError
from polypviewer.core.jpeg_segments import is_complete, is_jpeg
from polypviewer.media.orientation import valid_orientation

# Pillow loads its plugins when they are first asked for, but not when the formats are named.
Image.init()

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
            header = _header_of(image, data)
    except UnidentifiedImageError as error:
        raise MediaError("media.not_an_image", name=name) from error
    except PILLOW_ERRORS as error:
        _check_ending(data, name=name)
        raise MediaError("media.damaged", name=name, reason=_reason(error)) from error
    if header.height * header.width > pixel_limit:
        raise MediaError(
            "media.too_large", name=name, width=header.width, height=header.height, limit=f"{pixel_limit:,}"
        )
    _check_ending(data, name=name)
    return header


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
        orientation=valid_orientation(image.getexif().get(_EXIF_ORIENTATION, 1)),
        pages=int(getattr(image, "n_frames", 1)),
        has_transparency="transparency" in image.info,
    )


def _check_ending(data: bytes, *, name: str) -> None:
    """OpenCV fills what is missing of a JPEG or PNG with grey and says nothing, so that is found here."""
    if is_jpeg(data) and not is_complete(data):
        raise MediaError("media.truncated", name=name)
    if data.startswith(_PNG_MAGIC):
        _check_png(data, name=name)


def _check_png(data: bytes, *, name: str) -> None:
    """Walk the chunks: each must be whole with a right checksum, the last one IEND (PNG specification, section 5)."""
    view, at = memoryview(data), len(_PNG_MAGIC)
    while at + 12 <= len(data):
        length = int.from_bytes(view[at : at + 4], "big")
        kind = bytes(view[at + 4 : at + 8])
        stop = at + 12 + length
        if stop > len(data):
            break
        if zlib.crc32(view[at + 4 : stop - 4]) != int.from_bytes(view[stop - 4 : stop], "big"):
            raise MediaError("media.damaged", name=name, reason=f"checksum of chunk {kind.decode('latin-1')}")
        if kind == b"IEND":
            return
        at = stop
    raise MediaError("media.truncated", name=name)
