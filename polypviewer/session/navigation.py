"""Going from frame to frame: pixels from the `decode` lane, the draft from the `disk` lane; both or nothing."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QTimer

from polypviewer.core.errors import MediaError
from polypviewer.core.identity import FrameRef
from polypviewer.core.screen_pixels import ShownAt
from polypviewer.session.desk import Desk
from polypviewer.session.frames import FrameReader, Pixels
from polypviewer.session.keeper import StoredFrame
from polypviewer.session.lanes import PATIENT
from polypviewer.session.messages import message
from polypviewer.session.queue import find_in_queue, view_queue
from polypviewer.session.values import QueueName, QueueView, ShownFrame

AFTER_PAINT_MS: Final = 8
"""What a frame that has just come asks of the lanes begins so much later: painting it needs the processors."""
_AHEAD: Final = 2
_THUMBNAILS: Final = 4_000
_READY: Final = 5
"""Frames whose pixels are at hand without asking the lane: those read ahead and the ones just seen."""


@dataclass(slots=True, eq=False)
class _Journey:
    """On the way to a frame; complete when pixels and draft have come."""

    ref: FrameRef
    pixels: Pixels | None = None
    stored: StoredFrame | None = None
    then: list[Callable[[], None]] = field(default_factory=list)


class Navigation:
    """The current frame stays until the next one is completely there; a failed load keeps it."""

    def __init__(self, desk: Desk, *, leave: Callable[[ShownFrame], None]) -> None:
        """`leave` is told which frame goes, just before the next one is shown."""
        self._desk = desk
        self._leave = leave
        self._reader = FrameReader()
        self._journey: _Journey | None = None
        self._thumbnails: dict[FrameRef, NDArray[np.uint8] | None] = {}
        self._ready: OrderedDict[FrameRef, Pixels] = OrderedDict()
        self._painted = QTimer(desk.signals, singleShot=True, interval=AFTER_PAINT_MS)
        self._painted.timeout.connect(self._read_ahead)
        self.queue = QueueName.TO_REVIEW
        self.shown_at: ShownAt | None = None
        """How large the window shows frames; None without one: then nothing is prepared for a screen."""

    @property
    def is_under_way(self) -> bool:
        """True while a frame has been asked for and is not there yet."""
        return self._journey is not None

    def reset(self) -> None:
        """Another project: forget everything on the way, close every medium."""
        self._journey = None
        self._painted.stop()
        self._thumbnails.clear()
        self._ready.clear()
        self._desk.lanes.decode.submit(self._reader.close)

    def go_to(self, ref: FrameRef, *, then: Callable[[], None] | None = None) -> None:
        """Show a frame; `then` runs once it is shown. Latest request wins."""
        desk = self._desk
        if ref not in desk.frames:
            return
        if desk.shown is not None and desk.shown.ref == ref:
            self._stay(desk.shown)
            if then is not None:
                then()
            return
        if self._journey is not None and self._journey.ref == ref:
            self._journey.then.extend([then] if then is not None else [])
            return
        _, keeper = desk.need_project()
        journey = _Journey(ref, then=[then] if then is not None else [])
        self._journey = journey
        desk.signals.frame_loading.emit(ref)
        failed = partial(self._failed, journey)
        journey.pixels = self._ready_pixels(ref)
        if journey.pixels is None:
            arrived = partial(self._pixels_came, journey)
            path = desk.paths[ref.media_id]
            desk.lanes.decode.submit(
                self._reader.load_to_show, path, ref, self.shown_at, on_done=arrived, on_error=failed, key="go"
            )
        loaded = partial(self._draft_came, journey)
        desk.lanes.disk.submit(keeper.load, ref, on_done=loaded, on_error=failed, key="go")

    def _stay(self, shown: ShownFrame) -> None:
        """Turn back on the way. The frame is never loaded anew: strokes of the meantime would be missing from it."""
        if self._journey is not None:
            self._journey = None
            self._desk.signals.frame_changed.emit(shown.ref)

    def when_there(self, then: Callable[[], None]) -> None:
        """Run `then` once the frame that has been asked for is shown; at once if none is under way."""
        if self._journey is None:
            then()
        else:
            self._journey.then.append(then)

    def step(self, count: int) -> None:
        """Go `count` frames on (negative: back), at most to the first or last one."""
        frames = self._desk.frames
        if not frames:
            return
        start = self._journey.ref if self._journey is not None else None
        if start is None and self._desk.shown is not None:
            start = self._desk.shown.ref
        position = frames.index(start) + count if start is not None else 0
        self.go_to(frames[min(max(position, 0), len(frames) - 1)])

    def go_in_queue(self, *, step: int = 1) -> bool:
        """Go to the nearest frame of the active queue after (or before) this one; say so if there is none."""
        desk = self._desk
        if not desk.frames:
            desk.signals.message.emit(message("queue.none"))
            return False
        start = desk.frames.index(desk.shown.ref) if desk.shown is not None else -1
        waiting = self.view().waiting
        ref = find_in_queue(desk.frames, desk.lights, name=self.queue, start=start, step=step) if waiting else None
        if ref is None:
            desk.signals.message.emit(message("queue.empty"))
            return False
        self.go_to(ref)
        return True

    def view(self) -> QueueView:
        """Where the reader stands in the active queue."""
        return view_queue(self._desk.lights, name=self.queue, pace=self._desk.pace)

    def thumbnail(self, ref: FrameRef) -> NDArray[np.uint8] | None:
        """A small picture, or None; then it is read on the lane and `thumbnail_ready` follows."""
        if ref in self._thumbnails or ref not in self._desk.frames:
            return self._thumbnails.get(ref)
        while len(self._thumbnails) >= _THUMBNAILS:
            self._thumbnails.pop(next(iter(self._thumbnails)))
        self._thumbnails[ref] = None
        self._desk.lanes.decode.submit(
            self._reader.thumbnail,
            self._desk.paths[ref.media_id],
            ref,
            on_done=partial(self._thumbnail_came, ref),
            on_error=partial(self._thumbnail_failed, ref),
            rank=PATIENT,
        )
        return None

    def _ready_pixels(self, ref: FrameRef) -> Pixels | None:
        """What was read ahead, without a turn on the lane; None if it is not there or not for this size of window."""
        pixels = self._ready.get(ref)
        if pixels is None or self.shown_at is None:
            return pixels
        return pixels if pixels.screen is not None and pixels.screen.fits(self.shown_at) else None

    def _keep_ready(self, pixels: Pixels) -> None:
        ref = pixels.identity.ref
        if ref in self._desk.frames:
            self._ready[ref] = pixels
            self._ready.move_to_end(ref)
            while len(self._ready) > _READY:
                self._ready.popitem(last=False)

    def _pixels_came(self, journey: _Journey, pixels: Pixels) -> None:
        journey.pixels = pixels
        self._arrive(journey)

    def _draft_came(self, journey: _Journey, stored: StoredFrame) -> None:
        journey.stored = stored
        self._arrive(journey)

    def _failed(self, journey: _Journey, error: Exception) -> None:
        if self._journey is journey:
            self._journey = None
            self._desk.say_error(error)

    def _arrive(self, journey: _Journey) -> None:
        if self._journey is not journey or journey.pixels is None or journey.stored is None:
            return
        try:
            shown = _fitted(journey.pixels, journey.stored, name=self._desk.frames.name(journey.ref))
        except MediaError as error:
            self._failed(journey, error)
            return
        self._journey = None
        desk = self._desk
        if desk.shown is not None:
            self._leave(desk.shown)
        desk.shown = shown
        self._keep_ready(journey.pixels)
        desk.pace.frame_shown()
        desk.signals.frame_changed.emit(shown.ref)
        desk.signals.queue_changed.emit()
        for follow in journey.then:
            follow()
        self._painted.start()

    def _read_ahead(self) -> None:
        """The frames that the reader is likely to ask for next."""
        desk = self._desk
        if desk.shown is None or desk.shown.ref not in desk.frames:
            return
        position = desk.frames.index(desk.shown.ref)
        for ahead in desk.frames[position + 1 : position + 1 + _AHEAD]:
            desk.lanes.decode.submit(
                self._reader.load_to_show,
                desk.paths[ahead.media_id],
                ahead,
                self.shown_at,
                on_done=self._keep_ready,
                on_error=_told_when_shown,
                key=("ahead", desk.frames.index(ahead) - position),
                rank=PATIENT,
            )

    def _thumbnail_came(self, ref: FrameRef, picture: NDArray[np.uint8]) -> None:
        self._thumbnails[ref] = picture
        self._desk.signals.thumbnail_ready.emit(ref)

    def _thumbnail_failed(self, ref: FrameRef, _error: Exception) -> None:
        """The strip draws a broken frame; the reason is told when somebody goes there."""
        self._desk.signals.thumbnail_ready.emit(ref)


def _fitted(pixels: Pixels, stored: StoredFrame, *, name: str) -> ShownFrame:
    """The frame and its mask, which must belong together: one grid, one key, one content. Raises `MediaError`."""
    identity, draft = pixels.identity, stored.draft
    is_same = stored.identity is None or (stored.identity.key, stored.identity.content_hash) == (
        identity.key,
        identity.content_hash,
    )
    if not is_same or draft.label_map.shape != (identity.height, identity.width):
        raise MediaError("media.changed", name=name)
    return ShownFrame(identity.ref, identity, pixels.image, draft, pixels.field, pixels.screen)


def _told_when_shown(_error: Exception) -> None:
    """Reading ahead is a guess: an error is told when the frame is really asked for."""
