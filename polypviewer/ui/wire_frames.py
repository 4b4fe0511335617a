"""The shown frame: session to canvas, panel, strip and status bar, and the hand's wishes back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np
from PySide6.QtCore import QObject, QTimer

from polypviewer.core.geometry import Point, Rect
from polypviewer.core.identity import FrameRef
from polypviewer.core.label_map import free_slot, slot_areas
from polypviewer.core.media_item import MediaItem
from polypviewer.core.metrics import count, dice
from polypviewer.core.review import Decision, ReviewStatus
from polypviewer.session.navigation import AFTER_PAINT_MS
from polypviewer.session.session import Session
from polypviewer.ui.canvas.flash_layer import FlashLayer
from polypviewer.ui.frame_page import LesionLine
from polypviewer.ui.history_page import history_lines
from polypviewer.ui.lesions_page import LesionTotal
from polypviewer.ui.main_window import MainWindow
from polypviewer.ui.text import count_text, translate

SHAPED_MS: Final = 8
FIGURES_MS: Final = 120
"""Figures that need a pass over all pixels wait until the hand rests for so long."""


class FrameWiring(QObject):
    """Lives as long as the window."""

    def __init__(self, window: MainWindow, session: Session) -> None:
        super().__init__(window)
        self._window, self._session = window, session
        self._figures = QTimer(self, singleShot=True, interval=FIGURES_MS)
        self._figures.timeout.connect(self._show_figures)
        self._after_paint = QTimer(self, singleShot=True, interval=AFTER_PAINT_MS)
        self._after_paint.timeout.connect(self._show_figures)
        self._slow = QTimer(self, singleShot=True, interval=FIGURES_MS)
        self._slow.timeout.connect(self._show_counts)
        self._flash = FlashLayer(window.canvas)
        window.canvas.add_layer("flash", self._flash)
        self._connect_session()
        self._connect_window()

    def _connect_session(self) -> None:
        session = self._session
        session.frame_changed.connect(self._frame_shown)
        session.pixels_changed.connect(self._pixels_changed)
        session.draft_changed.connect(self._draft_changed)
        session.proposal_changed.connect(self._proposal_changed)
        session.status_changed.connect(self._status_changed)
        session.thumbnail_ready.connect(self._thumbnail_ready)
        session.history_changed.connect(self._history_changed)
        session.step_shown.connect(self._flash.flash)
        self._window.canvas.view_changed.connect(self._view_changed)
        session.queue_changed.connect(self._slow.start)

    def _connect_window(self) -> None:
        window, session = self._window, self._session
        frame, strip = window.panel.frame, window.workspace.strip.strip
        frame.threshold_wished.connect(session.set_threshold)
        frame.comment_written.connect(session.set_comment)
        window.panel.history.steps_wished.connect(self._go_in_history)
        strip.frame_wished.connect(session.go_to)
        strip.thumbnail_wished.connect(self._thumbnail_wished)
        window.canvas.hand.slot_changed.connect(self._figures.start)

    def handlers(self) -> dict[str, Callable[[], None]]:
        """The actions that this wiring does."""
        session = self._session
        return {
            "accept": self._accept,
            "accept_stay": self._accept_stay,
            "accept_all": session.accept_all_proposed,
            "no_polyp": self._no_polyp,
            "needs_work": session.needs_work,
            "dismiss": self._dismiss,
            "take_proposal": session.take_proposal,
            "new_lesion": self._new_lesion,
            "undo": self._undo,
            "redo": session.redo,
        }

    # --- the session speaks -------------------------------------------------------------------------------------

    def show_project(self) -> None:
        """Other media: the strip begins anew."""
        session = self._session
        self._window.workspace.strip.strip.show_frames(session.frames, session.statuses)
        self._window.panel.media.show_media(session.frames.media)
        if session.current is not None and session.current in session.frames:
            self._window.workspace.strip.strip.show_current(session.frames.index(session.current))
        self._history_changed()

    def clear(self) -> None:
        """No project: nothing is shown."""
        self._window.canvas.show_frame(None, None)
        self.show_project()
        self._window.status.frame.setText("")
        self._window.status.queue.setText("")

    def _frame_shown(self, ref: FrameRef) -> None:
        session, window = self._session, self._window
        draft = session.draft
        if draft is None:
            return
        window.canvas.prepare_frame(session.screen)
        window.canvas.show_frame(session.displayed, draft.label_map)
        self._tell_size()
        window.canvas.set_editable(session.project is not None and not session.project.read_only)
        window.stage.show_empty(empty=False)
        window.workspace.strip.strip.show_current(session.frames.index(ref))
        window.panel.frame.show_comment(draft.value("comment") or "")
        window.panel.media.show_current(session.frames.item(ref.media_id))
        self._show_place(ref)
        self._show_status()
        self._after_paint.start()

    def _view_changed(self, _zoom: float) -> None:
        self._tell_size()

    def _tell_size(self) -> None:
        """Frames to come are prepared at the size that this one is shown at."""
        self._session.show_pictures_at(self._window.canvas.shown_at)

    def _pixels_changed(self, rect: Rect) -> None:
        self._window.canvas.refresh_pixels(rect)

    def _draft_changed(self, ref: FrameRef) -> None:
        draft = self._session.draft
        if ref == self._session.current and draft is not None:
            self._window.panel.frame.show_comment(draft.value("comment") or "")
        self._figures.start()

    def _proposal_changed(self, ref: FrameRef) -> None:
        if ref != self._session.current:
            return
        shown = self._session.proposal
        outlines = () if shown is None else [line for number, line in shown.outlines if number not in shown.dismissed]
        self._window.canvas.show_proposal(outlines)
        self._figures.start()

    def _status_changed(self, ref: FrameRef) -> None:
        self._window.workspace.strip.strip.refresh(ref)
        if ref == self._session.current:
            self._show_status()
        self._slow.start()

    def _thumbnail_wished(self, ref: FrameRef) -> None:
        picture = self._session.thumbnail(ref)
        if picture is not None:
            self._window.workspace.strip.strip.show_thumbnail(ref, picture)

    def _thumbnail_ready(self, ref: FrameRef) -> None:
        self._thumbnail_wished(ref)

    # --- figures ------------------------------------------------------------------------------------------------

    def _show_place(self, ref: FrameRef) -> None:
        image = self._session.image
        if image is None:
            return
        height, width, _ = image.shape
        item = self._session.frames.item(ref.media_id)
        exam = "" if item is None or not item.exam.key else f" · {item.exam.key}"
        text = place_text(item, ref, position=self._session.frames.index(ref) + 1, count=len(self._session.frames))
        self._window.status.frame.setText(f"{text}{exam} · {width}×{height}")

    def _show_figures(self) -> None:
        """Lesions, figures of the proposal, status: a pass over the pixels, so only while the hand rests."""
        draft, shown = self._session.draft, self._session.proposal
        if draft is None:
            return
        page, slot = self._window.panel.frame, self._window.canvas.hand.slot
        areas, size = slot_areas(draft.label_map), draft.label_map.size
        page.show_lesions(tuple(LesionLine(s, area / size) for s, area in areas.items()), active_slot=slot)
        self._window.panel.lesions.show_lesions(
            tuple(LesionTotal(s, area, area / size, is_active=s == slot) for s, area in areas.items())
        )
        if shown is None:
            page.show_proposal(threshold=None, confidence=None, dice=None)
        else:
            agreement = dice(count(shown.mask, draft.label_map)) if areas else None
            confidence = shown.confidence if shown.kept else None
            page.show_proposal(threshold=shown.threshold, confidence=confidence, dice=agreement)
        self._show_status()

    def _show_status(self) -> None:
        ref, draft, project = self._session.current, self._session.draft, self._session.project
        if ref is None or draft is None:
            return
        decided = draft.value("decision") in (Decision.ACCEPTED, Decision.NEEDS_WORK)
        who = project.reader if decided and project is not None else ""
        self._window.panel.frame.show_status(self._session.statuses.get(ref, ReviewStatus.UNREVIEWED), who=who)

    def _history_changed(self) -> None:
        """Undo and redo listen at once: a quick hand presses Ctrl+Y before the figures are there."""
        history = self._session.history
        self._window.actions_.block("undo", blocked=history.last_done is None)
        self._window.actions_.block("redo", blocked=history.last_undone is None)
        self._slow.start()

    def _show_counts(self) -> None:
        session = self._session
        item = session.frames.item(session.current.media_id) if session.current is not None else None
        place = translate("Exam {exam}", exam=item.exam.key) if item is not None and item.exam.key else ""
        self._window.workspace.strip.show_counts(
            place=place, frames=len(session.frames), count_of=session.statuses.count
        )
        self._window.panel.history.show_lines(history_lines(session.history, session.frames.name))

    # --- the hand wishes ----------------------------------------------------------------------------------------

    def _accept(self) -> None:
        self._decide(self._session.accept)

    def _accept_stay(self) -> None:
        self._decide(partial(self._session.accept, stay=True))

    def _decide(self, decide: Callable[[], None]) -> None:
        """Enter closes the outline or takes the preview that stands; only without one it decides."""
        canvas = self._window.canvas
        if canvas.confirm() or self._session.take_preview():
            return
        canvas.finish_drag()
        self._when_shaped(self._session.current, decide)

    def _when_shaped(self, ref: FrameRef | None, decide: Callable[[], None]) -> None:
        """A tool that is about to come home is part of what is decided: a moment's wait for it."""
        if ref != self._session.current:
            return
        if self._session.shaping.is_busy:
            QTimer.singleShot(SHAPED_MS, self, partial(self._when_shaped, ref, decide))
        else:
            decide()

    def _no_polyp(self) -> None:
        self._window.canvas.finish_drag()
        self._session.state_no_polyp()

    def _undo(self) -> None:
        """While an outline is under way, its last point is the last step."""
        if not self._window.canvas.step_back():
            self._session.undo()

    def _dismiss(self) -> None:
        """The last point of an outline; else the region under the cursor, or with the mouse elsewhere the only one."""
        if self._window.canvas.step_back():
            return
        at, shown = self._window.canvas.mouse_position, self._session.proposal
        if at is not None:
            self._session.dismiss_at(self._window.canvas.view.to_image(at))
        elif shown is not None and len(shown.kept) == 1:
            number = shown.kept[0].number
            rows, columns = np.nonzero(shown.labels == number)
            self._session.dismiss_at(Point(float(columns[0]) + 0.5, float(rows[0]) + 0.5))
        else:
            self._session.dismiss_at(Point(-1.0, -1.0))

    def _new_lesion(self) -> None:
        if self._session.draft is not None:
            self._window.canvas.hand.change_slot(free_slot(self._session.draft.label_map))

    def _go_in_history(self, steps: int) -> None:
        for _ in range(abs(steps)):
            if steps > 0:
                self._session.undo()
            else:
                self._session.redo()


def place_text(item: MediaItem | None, ref: FrameRef, *, position: int, count: int) -> str:
    """Where a frame stands: in its video, as the transport says it, and among all frames of the project (from 1)."""
    whole = translate("{position} of {count} in the project", position=count_text(position), count=count_text(count))
    if item is None:
        return whole
    if item.kind != "video":
        return f"{item.name} · {whole}"
    number, frames = count_text(ref.index + 1), count_text(item.frame_count)
    within = translate("frame {number} of {count}", number=number, count=frames)
    return f"{item.name} · {within} · {whole}"
