"""Going from frame to frame, and the queue that Enter visits."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from PySide6.QtCore import QObject

from polypviewer.core.identity import FrameRef
from polypviewer.session.session import Session
from polypviewer.session.values import QueueName
from polypviewer.ui.actions import Layout
from polypviewer.ui.dialogs import GoToDialog
from polypviewer.ui.main_window import MainWindow
from polypviewer.ui.text import count_text, duration_text, translate

QUEUES: Final[dict[QueueName, str]] = {
    QueueName.TO_REVIEW: "to review",
    QueueName.PROPOSED: "with proposals",
    QueueName.NEEDS_WORK: "needs work",
    QueueName.DECIDED: "decided",
}


class TravelWiring(QObject):
    """Lives as long as the window."""

    def __init__(self, window: MainWindow, session: Session) -> None:
        super().__init__(window)
        self._window, self._session = window, session
        session.queue_changed.connect(self._show_queue)

    def handlers(self) -> dict[str, Callable[[], None]]:
        """The actions that this wiring does."""
        session = self._session
        return {
            "next_frame": session.next,
            "previous_frame": session.previous,
            "forward_10": self._forward,
            "back_10": self._back,
            "next_in_queue": session.next_in_queue,
            "previous_in_queue": session.previous_in_queue,
            "first_frame": self._first,
            "last_frame": self._last,
            "go_to_frame": self._ask_frame,
            "queue_to_review": self._queue_to_review,
            "queue_proposed": self._queue_proposed,
            "queue_needs_work": self._queue_needs_work,
            "queue_decided": self._queue_decided,
        }

    def _show_queue(self) -> None:
        queue = self._session.queue
        if not queue.total:
            self._window.status.queue.setText("")
            return
        parts = [
            translate(
                "{waiting} of {total} in queue “{name}”",
                waiting=count_text(queue.waiting),
                total=count_text(queue.total),
                name=translate(QUEUES[queue.name]),
            )
        ]
        if queue.seconds_per_frame is not None:
            parts.append(translate("{seconds:.1f} s per frame", seconds=queue.seconds_per_frame))
        if queue.seconds_left:
            parts.append(translate("{time} left", time=duration_text(queue.seconds_left)))
        self._window.status.queue.setText(" · ".join(parts))

    def _forward(self) -> None:
        self._session.step(10)

    def _back(self) -> None:
        self._session.step(-10)

    def _first(self) -> None:
        self._go_to_position(0)

    def _last(self) -> None:
        self._go_to_position(len(self._session.frames) - 1)

    def _go_to_position(self, position: int) -> None:
        frames, current = self._session.frames, self._session.current
        if not frames:
            return
        item = None if current is None else frames.item(current.media_id)
        if self._window.layout_now is Layout.VIDEO and item is not None and current is not None:
            last = item.frame_count - 1
            self._session.go_to(FrameRef(current.media_id, 0 if position == 0 else last))
        else:
            self._session.go_to(frames[position])

    def _ask_frame(self) -> None:
        frames, current = self._session.frames, self._session.current
        if current is None:
            return
        dialog = GoToDialog(current=frames.index(current) + 1, count=len(frames), parent=self._window)
        dialog.accepted.connect(partial(self._frame_chosen, dialog))
        dialog.finished.connect(self._answered)
        dialog.open()

    def _frame_chosen(self, dialog: GoToDialog) -> None:
        self._session.go_to(self._session.frames[dialog.number.value() - 1])

    def _answered(self, _result: int) -> None:
        self._window.stage.take_focus()

    def _queue_to_review(self) -> None:
        self._session.set_queue(QueueName.TO_REVIEW)

    def _queue_proposed(self) -> None:
        self._session.set_queue(QueueName.PROPOSED)

    def _queue_needs_work(self) -> None:
        self._session.set_queue(QueueName.NEEDS_WORK)

    def _queue_decided(self) -> None:
        self._session.set_queue(QueueName.DECIDED)
