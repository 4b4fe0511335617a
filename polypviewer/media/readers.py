"""The way in: which reader opens which file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from polypviewer.core.errors import MediaError
from polypviewer.core.media_names import IMAGE_SUFFIXES, SUPPORTED_SUFFIXES, VIDEO_SUFFIXES
from polypviewer.media.frame_source import DEFAULT_PIXEL_LIMIT, FrameSource, MediaInfo

__all__ = ["READERS", "SUPPORTED_SUFFIXES", "open_media", "probe"]

Reader = Callable[[Path, int, bytes | None], FrameSource]


def _open_image(path: Path, pixel_limit: int, _index: bytes | None) -> FrameSource:
    from polypviewer.media.image import open_image

    return open_image(path, pixel_limit=pixel_limit)


def _open_video(path: Path, pixel_limit: int, index: bytes | None) -> FrameSource:
    from polypviewer.media.video import open_video

    return open_video(path, pixel_limit=pixel_limit, index=index)


READERS: Final[dict[str, Reader]] = {
    **dict.fromkeys(IMAGE_SUFFIXES, _open_image),
    **dict.fromkeys(VIDEO_SUFFIXES, _open_video),
}


def open_media(path: Path, *, pixel_limit: int = DEFAULT_PIXEL_LIMIT, index: bytes | None = None) -> FrameSource:
    """An image or a video as a FrameSource; use it in a `with` block.

    `index`: what `packet_index.encode_index` gave for this video; without it the file is read once to build it.
    Raises `MediaError` if the file is missing, broken, too large or of no known type.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise MediaError("media.unsupported", name=path.name)
    return reader(path, pixel_limit, index)


def probe(path: Path, *, pixel_limit: int = DEFAULT_PIXEL_LIMIT) -> MediaInfo:
    """Facts about a file, after making sure that its first frame can be decoded. Raises `MediaError`."""
    with open_media(path, pixel_limit=pixel_limit) as source:
        if source.info.kind == "image":
            source.read(0)
        return source.info
