"""Video: playing, seeking, and the time line of the shown medium."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer

from polypviewer.core.identity import FrameRef
from polypviewer.core.media_item import MediaItem
from polypviewer.session.session import Session
from polypviewer.session.values import Progress
from polypviewer.ui.actions import Layout
from polypviewer.ui.main_window import MainWindow
from polypviewer.ui.text import translate
from polypviewer.ui.timeline import CODES

DEFAULT_RATE: Final = 25.0
TICK_MS: Final = 10


class VideoWiring(QObject):
    """Plays by asking the session for frames, never faster than they come."""

    def __init__(self, window: MainWindow, session: Session) -> None:
        super().__init__(window)
        self._window, self._session = window, session
        self._transport = window.workspace.transport
        self._shown: UUID | None = None
        self._areas: dict[UUID, NDArray[np.float32]] = {}
        self._waiting = False
        self._from = (0.0, 0)
        self._clock = QTimer(self, interval=TICK_MS)
        self._clock.timeout.connect(self._tick)
        session.frame_changed.connect(self._frame_shown)
        session.frame_loading.connect(self._frame_loading)
        session.status_changed.connect(self._status_changed)
        session.proposal_changed.connect(self._proposal_changed)
        session.message.connect(self._stop_waiting)
        session.models_changed.connect(self._models_changed)
        session.progress.connect(self._progress)
        window.layout_changed.connect(self._layout_changed)
        self._transport.timeline.frame_wished.connect(self._seek)
        self._transport.speed_wished.connect(self._speed_wished)
        self._transport.medium_wished.connect(self._medium_wished)

    def handlers(self) -> dict[str, Callable[[], None]]:
        """The actions that this wiring does."""
        return {"play": self.toggle}

    @property
    def is_playing(self) -> bool:
        """True while frames follow each other by themselves."""
        return self._clock.isActive()

    def show_project(self) -> None:
        """Other media."""
        self.stop()
        self._shown = None
        self._areas.clear()
        self._show_media()

    def toggle(self) -> None:
        """Play or pause."""
        item = self._item()
        if self.is_playing or item is None:
            self.stop()
            return
        current = self._session.current
        if current is not None and current.index >= item.frame_count - 1:
            self._session.go_to(FrameRef(item.id, 0))
            self._begin(0)
        elif current is not None:
            self._begin(current.index)

    def stop(self) -> None:
        """Pause."""
        self._clock.stop()
        self._transport.show_playing(playing=False)

    def _begin(self, index: int) -> None:
        self._from = (time.monotonic(), index)
        self._clock.start()
        self._transport.show_playing(playing=True)

    def _tick(self) -> None:
        item, current = self._item(), self._session.current
        if item is None or current is None or self._window.layout_now is not Layout.VIDEO:
            self.stop()
            return
        if self._waiting:
            return
        began, first = self._from
        rate = (item.frame_rate or DEFAULT_RATE) * self._transport.speed
        wanted = min(first + int((time.monotonic() - began) * rate), item.frame_count - 1)
        if wanted > current.index:
            self._session.go_to(FrameRef(item.id, wanted))
        elif current.index >= item.frame_count - 1:
            self.stop()

    def _speed_wished(self, _speed: float) -> None:
        if self.is_playing and self._session.current is not None:
            self._begin(self._session.current.index)
        self._window.stage.take_focus()

    # --- what is shown ------------------------------------------------------------------------------------------

    def _item(self) -> MediaItem | None:
        """The video whose frame is shown."""
        current = self._session.current
        item = None if current is None else self._session.frames.item(current.media_id)
        return item if item is not None and item.kind == "video" else None

    def _videos(self) -> list[MediaItem]:
        return [item for item in self._session.frames.media if item.kind == "video" and not item.broken]

    def _show_media(self) -> None:
        videos, item = self._videos(), self._item()
        names = tuple(video.name for video in videos)
        self._transport.show_media(names, -1 if item is None else [video.id for video in videos].index(item.id))
        if item is None:
            text = translate("Choose a video") if videos else translate("There is no video in this project")
            self._transport.show_nothing(text)
            self._transport.timeline.show_video(np.zeros(0), np.zeros(0, np.uint8), np.zeros(0, np.float32))
            self._shown = None

    def _layout_changed(self, layout: Layout) -> None:
        if layout is not Layout.VIDEO:
            self.stop()
            return
        self._show_media()
        if self._session.current is not None:
            self._show_frame(self._session.current)

    def _frame_loading(self, _ref: FrameRef) -> None:
        self._waiting = True

    def _stop_waiting(self, _message: object) -> None:
        self._waiting = False

    def _frame_shown(self, ref: FrameRef) -> None:
        self._waiting = False
        if self._window.layout_now is Layout.VIDEO:
            self._show_frame(ref)

    def _show_frame(self, ref: FrameRef) -> None:
        item = self._item()
        if item is None:
            self._show_media()
            return
        if self._shown != item.id:
            self._shown = item.id
            self._show_media()
            self._show_line(item)
        seconds = ref.index / (item.frame_rate or DEFAULT_RATE)
        identity = self._session.identity
        pts = None if identity is None else identity.key.pts
        self._transport.show_frame(index=ref.index, count=item.frame_count, seconds=seconds, pts=pts)

    def _show_line(self, item: MediaItem) -> None:
        seconds = np.arange(item.frame_count) / (item.frame_rate or DEFAULT_RATE)
        codes = np.zeros(item.frame_count, np.uint8)
        for ref, status in self._session.statuses.items():
            if ref.media_id == item.id:
                codes[ref.index] = CODES.index(status)
        self._transport.timeline.show_video(seconds, codes, self._areas_of(item))
        self._session.proposing.areas(self._areas_came)

    def _areas_came(self, areas: dict[FrameRef, float]) -> None:
        """What was proposed earlier; what has been seen since stays."""
        item = self._item()
        if item is None or item.id != self._shown:
            return
        known = self._areas_of(item)
        for ref, area in areas.items():
            if ref.media_id == item.id and np.isnan(known[ref.index]):
                known[ref.index] = area
        self._transport.timeline.update()

    def _areas_of(self, item: MediaItem) -> NDArray[np.float32]:
        if item.id not in self._areas:
            self._areas[item.id] = np.full(item.frame_count, np.nan, np.float32)
        return self._areas[item.id]

    def _status_changed(self, ref: FrameRef) -> None:
        if ref.media_id == self._shown:
            self._transport.timeline.show_status(ref.index, self._session.statuses[ref])

    def _models_changed(self) -> None:
        """Another model proposes other areas."""
        self._areas.clear()
        item = self._item()
        if item is not None and item.id == self._shown:
            self._show_line(item)
            self._transport.timeline.show_current(0 if self._session.current is None else self._session.current.index)

    def _progress(self, progress: Progress) -> None:
        """All frames have been proposed for: draw the whole curve."""
        if progress.job == "propose" and progress.ended and self._window.layout_now is Layout.VIDEO:
            self._session.proposing.areas(self._areas_came)

    def _proposal_changed(self, ref: FrameRef) -> None:
        item, shown = self._session.frames.item(ref.media_id), self._session.proposal
        if item is None or item.kind != "video" or shown is None or shown.proposal.frame != ref:
            return
        area = sum(component.area for component in shown.kept) / shown.labels.size
        self._areas_of(item)[ref.index] = area
        if ref.media_id == self._shown:
            self._transport.timeline.show_area(ref.index, area)

    def _seek(self, index: int) -> None:
        item = self._item()
        if item is not None:
            self.stop()
            self._session.go_to(FrameRef(item.id, index))

    def _medium_wished(self, row: int) -> None:
        videos = self._videos()
        if 0 <= row < len(videos):
            self._session.go_to(FrameRef(videos[row].id, 0))
        self._window.stage.take_focus()
