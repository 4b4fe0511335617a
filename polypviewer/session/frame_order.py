"""The frames of a project in order: media as imported, the frames of a video one after another.

Made without listing them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import overload
from uuid import UUID

from polypviewer.core.identity import FrameRef
from polypviewer.core.media_item import MediaItem


class FrameOrder(Sequence[FrameRef]):
    """All frames that can be shown; broken media have none. `order[i]` and `order.index(ref)` take microseconds."""

    def __init__(self, media: Sequence[MediaItem] = ()) -> None:
        self.media = tuple(media)
        self._readable = tuple(item for item in media if not item.broken and item.frame_count > 0)
        self._starts = (0, *accumulate(item.frame_count for item in self._readable))
        self._start_of = {item.id: start for item, start in zip(self._readable, self._starts, strict=False)}
        self._items = {item.id: item for item in media}

    def __len__(self) -> int:
        return self._starts[-1]

    @overload
    def __getitem__(self, position: int) -> FrameRef: ...
    @overload
    def __getitem__(self, position: slice) -> Sequence[FrameRef]: ...
    def __getitem__(self, position: int | slice) -> FrameRef | Sequence[FrameRef]:
        if isinstance(position, slice):
            return [self[number] for number in range(*position.indices(len(self)))]
        number = position + len(self) if position < 0 else position
        if not 0 <= number < len(self):
            raise IndexError(position)
        medium = bisect_right(self._starts, number) - 1
        return FrameRef(self._readable[medium].id, number - self._starts[medium])

    def __iter__(self) -> Iterator[FrameRef]:
        for item in self._readable:
            for index in range(item.frame_count):
                yield FrameRef(item.id, index)

    def __contains__(self, ref: object) -> bool:
        if not isinstance(ref, FrameRef) or ref.media_id not in self._start_of:
            return False
        return 0 <= ref.index < self._items[ref.media_id].frame_count

    def index(self, value: FrameRef, start: int = 0, stop: int | None = None) -> int:
        """Position of a frame. Raises ValueError if it is not in the project."""
        if value not in self:
            raise ValueError(f"{value} is not in this project")
        position = self._start_of[value.media_id] + value.index
        if position < start or (stop is not None and position >= stop):
            raise ValueError(f"{value} is not in [{start}, {stop})")
        return position

    def item(self, media_id: UUID) -> MediaItem | None:
        """The medium of this id."""
        return self._items.get(media_id)

    def name(self, ref: FrameRef) -> str:
        """What the window calls a frame: the medium's pseudonym, for a video with the frame's number from 1."""
        item = self._items.get(ref.media_id)
        if item is None:
            return ""
        return item.name if item.kind == "image" else f"{item.name} · {ref.index + 1}"
