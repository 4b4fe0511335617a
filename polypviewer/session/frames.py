"""Reading pixels on a lane.

Open media are kept open, the last frames are kept decoded, the next ones are read ahead.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from polypviewer.core.identity import FrameIdentity, FrameRef
from polypviewer.core.label_map import Mask
from polypviewer.core.painting_field import painting_field
from polypviewer.core.screen_pixels import ScreenPicture, ShownAt, screen_picture, screen_pixels

if TYPE_CHECKING:
    from polypviewer.media.frame_source import FrameSource

KEPT_BYTES: Final = 400_000_000
_KEPT_OPEN: Final = 4
THUMBNAIL_SIDE: Final = 160


@dataclass(frozen=True, slots=True, eq=False)
class Pixels:
    """A decoded frame. `image`: `(height, width, 3)` uint8 RGB, read-only.

    `field`: where a hand may paint, `(height, width)` bool, and `screen`: the picture as the window will draw it; found
    here, so that they are there with a frame that is to be shown. None for others.
    """

    identity: FrameIdentity
    image: NDArray[np.uint8]
    field: Mask | None = None
    screen: ScreenPicture | None = None


class FrameReader:
    """Belongs to one lane. It gets the path with each request, so it holds no project."""

    def __init__(self, *, kept_bytes: int = KEPT_BYTES) -> None:
        self._budget = kept_bytes
        self._sources: OrderedDict[UUID, FrameSource] = OrderedDict()
        self._pixels: OrderedDict[FrameRef, Pixels] = OrderedDict()
        self._bytes = 0

    def load(self, path: Path, ref: FrameRef) -> Pixels:
        """Identity and pixels of a frame. Raises `MediaError`."""
        pixels = self._pixels.get(ref)
        if pixels is None:
            source = self._source(path, ref.media_id)
            image = source.read(ref.index)
            image.flags.writeable = False
            pixels = Pixels(source.identity(ref.index, ref.media_id), image)
        self._keep(ref, pixels)
        return pixels

    def load_to_show(self, path: Path, ref: FrameRef, shown: ShownAt | None) -> Pixels:
        """The same with its field, and its picture for a window that shows frames so.

        None: the window has not said how yet (its first frame), and gets the picture at full size. Raises `MediaError`.
        """
        pixels = _to_show(self.load(path, ref), shown)
        self._keep(ref, pixels)
        return pixels

    def identity(self, path: Path, ref: FrameRef) -> FrameIdentity:
        """What ties a mask to exactly this frame. Raises `MediaError`."""
        return self._source(path, ref.media_id).identity(ref.index, ref.media_id)

    def thumbnail(self, path: Path, ref: FrameRef, side: int = THUMBNAIL_SIDE) -> NDArray[np.uint8]:
        """The frame with its longer side at most `side` pixels, uint8 RGB. Raises `MediaError`."""
        return self._source(path, ref.media_id).thumbnail(ref.index, side)

    def timestamps(self, path: Path, media_id: UUID) -> NDArray[np.float64]:
        """Seconds of each frame of a medium from its first one. Raises `MediaError`."""
        return self._source(path, media_id).timestamps()

    def close(self) -> None:
        """Let go of every file and every frame."""
        for source in self._sources.values():
            source.close()
        self._sources.clear()
        self._pixels.clear()
        self._bytes = 0

    def _source(self, path: Path, media_id: UUID) -> FrameSource:
        from polypviewer.media.readers import open_media

        if media_id in self._sources:
            self._sources.move_to_end(media_id)
            return self._sources[media_id]
        source = open_media(path)
        self._sources[media_id] = source
        while len(self._sources) > _KEPT_OPEN:
            self._sources.popitem(last=False)[1].close()
        return source

    def _keep(self, ref: FrameRef, pixels: Pixels) -> None:
        before = self._pixels.pop(ref, None)
        self._pixels[ref] = pixels
        self._bytes += _size(pixels) - (0 if before is None else _size(before))
        while self._bytes > self._budget and len(self._pixels) > 1:
            self._bytes -= _size(self._pixels.popitem(last=False)[1])


def _to_show(pixels: Pixels, shown: ShownAt | None) -> Pixels:
    if pixels.field is None:
        pixels = replace(pixels, field=painting_field(pixels.image))
    if shown is None:
        whole = pixels.screen or ScreenPicture(pixels.image, screen_pixels(pixels.image), None)
        return replace(pixels, screen=whole)
    if pixels.screen is None or not pixels.screen.fits(shown):
        pixels = replace(pixels, screen=screen_picture(pixels.image, shown))
    return pixels


def _size(pixels: Pixels) -> int:
    screen = pixels.screen
    drawn = 0 if screen is None else screen.whole.nbytes + (0 if screen.reduced is None else screen.reduced.nbytes)
    return pixels.image.nbytes + (0 if pixels.field is None else pixels.field.nbytes) + drawn
