"""Which file names may be media; what a file really is its reader finds out from the content."""

from __future__ import annotations

from typing import Final

IMAGE_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp"})
VIDEO_SUFFIXES: Final = frozenset(
    {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".m2ts", ".mts", ".mpg", ".mpeg", ".wmv", ".flv"}
)
SUPPORTED_SUFFIXES: Final = IMAGE_SUFFIXES | VIDEO_SUFFIXES
