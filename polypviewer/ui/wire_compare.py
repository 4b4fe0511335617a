"""Side by side: which masks there are to compare the shown frame with, and bringing them to the right half."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Final
from uuid import UUID

import numpy as np
from PySide6.QtCore import QObject, QTimer

from polypviewer.core.identity import FrameRef
from polypviewer.core.label_map import LabelMap
from polypviewer.core.review import Decision, Origin, Presence
from polypviewer.session.comparing import RevisionLine
from polypviewer.session.navigation import AFTER_PAINT_MS
from polypviewer.session.session import Session
from polypviewer.ui.compare_view import NOTHING, PROPOSAL, OtherMask
from polypviewer.ui.main_window import MainWindow
from polypviewer.ui.text import translate
from polypviewer.ui.view_options import ViewOptions

ORIGINS: Final[dict[Origin | None, str]] = {
    Origin.DRAWN: "drawn",
    Origin.PROPOSAL: "from a proposal",
    Origin.IMPORTED: "imported",
    None: "not painted",
}


class CompareWiring(QObject):
    """Lives as long as the window."""

    def __init__(self, window: MainWindow, session: Session) -> None:
        super().__init__(window)
        self._window, self._session, self._view = window, session, window.stage.compare
        self._chosen: UUID | str = PROPOSAL
        self._others: tuple[OtherMask, ...] = ()
        self._painted = QTimer(self, singleShot=True, interval=AFTER_PAINT_MS)
        self._painted.timeout.connect(self._ask)
        self._view.chosen.connect(self._choose)
        window.panel.history.revision_wished.connect(self._open_on)
        window.seeing.options_changed.connect(self._options_changed)
        session.frame_changed.connect(self._frame_changed)
        session.saved.connect(self._saved)
        session.proposal_changed.connect(self._proposal_changed)
        session.display_changed.connect(self._pixels_changed)
        session.project_closed.connect(self._close)

    def handlers(self) -> dict[str, Callable[[], None]]:
        """The actions that this wiring does."""
        return {"compare": self._toggle}

    # --- open and closed ----------------------------------------------------------------------------------------

    def _toggle(self) -> None:
        shown = self._window.actions_["compare"].isChecked() and self._session.current is not None
        self._window.actions_["compare"].setChecked(shown)
        self._window.stage.show_comparison(shown=shown)
        if shown:
            self._show()
            self._ask()
        else:
            self._view.show_frame(None, None)
            self._window.stage.take_focus()

    def _close(self) -> None:
        self._window.actions_["compare"].setChecked(False)
        self._toggle()
        self._window.panel.history.show_revisions(())

    def _open_on(self, key: UUID) -> None:
        self._chosen = key
        self._window.actions_["compare"].setChecked(True)
        self._toggle()

    @property
    def _is_open(self) -> bool:
        return not self._view.isHidden()

    # --- what there is ------------------------------------------------------------------------------------------

    def _frame_changed(self, _ref: FrameRef) -> None:
        self._others = ()
        if isinstance(self._chosen, UUID):
            self._chosen = PROPOSAL
        self._painted.start()

    def _saved(self, _time: str) -> None:
        """A decision may have made another revision."""
        self._ask()

    def _ask(self) -> None:
        ref = self._session.current
        if ref is not None and self._session.project is not None:
            self._session.revisions_of(ref, partial(self._revisions_came, ref))

    def _revisions_came(self, ref: FrameRef, lines: tuple[RevisionLine, ...]) -> None:
        if ref != self._session.current:
            return
        revisions = tuple(OtherMask(line.id, revision_text(line)) for line in lines)
        others = (
            OtherMask(PROPOSAL, translate("The proposal")),
            OtherMask(NOTHING, translate("Nothing painted")),
            *revisions,
        )
        if others != self._others:
            self._others = others
            self._window.panel.history.show_revisions(revisions)
            self._view.show_choices(others, chosen=self._chosen)
            self._show()

    # --- what is shown ------------------------------------------------------------------------------------------

    def _choose(self, key: UUID | str) -> None:
        self._chosen = key
        self._show()

    def _show(self) -> None:
        draft = self._session.draft
        if not self._is_open or draft is None:
            return
        if isinstance(self._chosen, UUID):
            self._session.revision_label_map(self._chosen, partial(self._label_map_came, self._chosen))
            return
        labels = np.zeros_like(draft.label_map)
        self._show_labels(labels)
        shown = self._session.proposal
        if self._chosen == PROPOSAL and shown is not None:
            self._view.canvas.show_proposal([line for number, line in shown.outlines if number not in shown.dismissed])

    def _label_map_came(self, key: UUID, labels: LabelMap) -> None:
        if key == self._chosen and self._is_open:
            self._show_labels(labels)

    def _show_labels(self, labels: LabelMap) -> None:
        pixels = self._session.displayed
        if pixels is not None and pixels.shape[:2] == labels.shape:
            self._view.show_frame(pixels, labels)

    def _proposal_changed(self, ref: FrameRef) -> None:
        if ref == self._session.current and self._chosen == PROPOSAL:
            self._show()

    def _pixels_changed(self) -> None:
        pixels = self._session.displayed
        if self._is_open and pixels is not None:
            self._view.canvas.show_pixels(pixels)

    def _options_changed(self, options: ViewOptions) -> None:
        self._view.canvas.set_options(options)


def revision_text(line: RevisionLine) -> str:
    """A revision in a list: when, who, where its pixels come from, and what was decided."""
    if line.presence == Presence.NO_POLYP:
        what = translate("no polyp")
    elif line.decision == Decision.NEEDS_WORK:
        what = translate("needs work")
    else:
        what = translate(ORIGINS[line.origin] if line.has_mask else ORIGINS[None])
    done = translate("accepted") if line.decision == Decision.ACCEPTED and what != translate("no polyp") else ""
    return " · ".join(part for part in (_when(line.created), line.reader, what, done) if part)


def _when(created: str) -> str:
    """The local date and time of an ISO 8601 time, to the minute."""
    moment = datetime.fromisoformat(created)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")
