"""What every reader of media gives: facts about the file, and its frames by index."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Final, Protocol, Self
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from polypviewer.core.identity import FrameIdentity
from polypviewer.core.media_item import MediaKind

DEFAULT_PIXEL_LIMIT: Final = 200_000_000

RgbImage = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """Facts about one medium.

    `height`, `width`: pixels of the grid, after EXIF or container rotation. `orientation`: EXIF's number, 1-8, that was
    applied. `frame_rate`: frames a second, 0 for a still image. `pixel_aspect`: width of a pixel over its height, for
    the display only. `notes`: codes of what a person should know ("more_pages", "cut_off", "no_time_stamps").
    """

    fingerprint: str
    kind: MediaKind
    height: int
    width: int
    frame_count: int
    frame_rate: float = 0.0
    orientation: int = 1
    pixel_aspect: float = 1.0
    notes: tuple[str, ...] = ()


class FrameSource(Protocol):
    """An open medium. Not safe to share between threads: one for each lane. Use it in a `with` block or close it."""

    @property
    def info(self) -> MediaInfo:
        """Facts about the medium."""

    def identity(self, index: int, media_id: UUID) -> FrameIdentity:
        """What is stored about frame `index` beside a mask. Raises `MediaError` if there is no such frame."""

    def read(self, index: int) -> RgbImage:
        """Frame `index`, `(height, width, 3)` uint8 RGB, the same pixels each time. Raises `MediaError`."""

    def thumbnail(self, index: int, side: int) -> RgbImage:
        """Frame `index` shrunk so that its longer side is at most `side` pixels."""

    def timestamps(self) -> NDArray[np.float64]:
        """Seconds from the first frame, one for each index, ascending."""

    def close(self) -> None:
        """Let go of the file."""

    def __enter__(self) -> Self:
        """The source itself."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
