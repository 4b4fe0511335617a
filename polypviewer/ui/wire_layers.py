"""Heat map, provenance and difference: session to canvas and legend, worked out only while they are seen."""

from __future__ import annotations

from functools import partial
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer

from polypviewer.core.geometry import EMPTY_RECT, Rect
from polypviewer.core.identity import FrameRef
from polypviewer.core.label_map import Mask
from polypviewer.core.provenance import difference, provenance
from polypviewer.core.region import Scene
from polypviewer.session.session import Session
from polypviewer.ui.canvas.provenance_layer import KINDS
from polypviewer.ui.legend import Codes
from polypviewer.ui.main_window import MainWindow
from polypviewer.ui.view_options import ViewOptions

REST_MS: Final = 120
"""Figures that need a pass over all pixels wait until the hand rests for so long."""


class LayerWiring(QObject):
    """Lives as long as the window."""

    def __init__(self, window: MainWindow, session: Session) -> None:
        super().__init__(window)
        self._window, self._session, self._canvas = window, session, window.canvas
        self._legend = window.stage.legend
        self._seen = window.seeing.options
        self._heated: UUID | None = None
        self._base: Mask | None = None
        self._codes: NDArray[np.uint8] | None = None
        self._named: str | None = None
        self._painted: Rect = EMPTY_RECT
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._show_figures)
        window.seeing.options_changed.connect(self._options_changed)
        self._legend.threshold_wished.connect(session.set_threshold)
        session.frame_changed.connect(self._frame_changed)
        session.proposal_changed.connect(self._proposal_changed)
        session.pixels_changed.connect(self._pixels_changed)
        session.draft_changed.connect(self._draft_changed)
        session.project_closed.connect(self._forget)

    @property
    def codes(self) -> NDArray[np.uint8] | None:
        """The codes of `core.provenance` that are shown, `(height, width)` uint8; None while neither view is on."""
        return self._codes

    # --- when ---------------------------------------------------------------------------------------------------

    def _options_changed(self, options: ViewOptions) -> None:
        before, self._seen = self._seen, options
        if options.heat != before.heat:
            self._show_heat()
        if (options.provenance, options.difference) != (before.provenance, before.difference):
            self._show_codes()
        self._show_legend()

    def _frame_changed(self, _ref: FrameRef) -> None:
        self._forget()
        self._show_heat()
        self._show_codes()
        self._show_legend()

    def _proposal_changed(self, ref: FrameRef) -> None:
        if ref == self._session.current:
            self._show_heat()
            if self._seen.difference:
                self._show_codes()
            self._rest.start()

    def _draft_changed(self, ref: FrameRef) -> None:
        """Where a proposal was taken, or taken back, pixels come from elsewhere now."""
        draft = self._session.draft
        if ref == self._session.current and draft is not None and draft.value("proposal_id") != self._named:
            self._show_codes()
        self._rest.start()

    def _forget(self) -> None:
        self._heated, self._base, self._codes, self._named = None, None, None, None

    # --- heat map -----------------------------------------------------------------------------------------------

    def _show_heat(self) -> None:
        shown = self._session.proposal
        if shown is None or not self._seen.heat:
            self._heated = None
            self._canvas.show_probability(None)
            return
        self._canvas.show_threshold(shown.threshold)
        if shown.proposal.id != self._heated:
            self._heated = shown.proposal.id
            self._canvas.show_probability(shown.probability)

    # --- provenance and difference ------------------------------------------------------------------------------

    def _show_codes(self) -> None:
        draft = self._session.draft
        self._named = None if draft is None else draft.value("proposal_id")
        if draft is None or not (self._seen.provenance or self._seen.difference):
            self._base = self._codes = None
            self._canvas.show_provenance(None)
        elif self._seen.provenance:
            self._session.provenance_base(self._base_came)
        else:
            shown = self._session.proposal
            self._base_came(None if shown is None else shown.mask)

    def _base_came(self, base: Mask | None) -> None:
        self._painted = EMPTY_RECT
        self._session.ask(partial(_codes, base), partial(self._codes_came, base), key="provenance")

    def _codes_came(self, base: Mask | None, codes: NDArray[np.uint8]) -> None:
        """All codes of the shown frame as it was when they were asked for; what was painted since comes after them."""
        if self._seen.provenance or self._seen.difference:
            self._base, self._codes = base, codes
            self._recode(self._painted)
            self._canvas.show_provenance(codes)
            self._rest.start()

    def _pixels_changed(self, rect: Rect) -> None:
        self._painted = self._painted.united(rect)
        if self._recode(rect):
            self._canvas.refresh_provenance(rect)
            self._rest.start()

    def _recode(self, rect: Rect) -> bool:
        """Find the codes inside `rect` again; False if none are shown."""
        draft = self._session.draft
        if self._codes is None or draft is None or draft.label_map.shape != self._codes.shape:
            return False
        base = None if self._base is None else self._base[rect.slices]
        self._codes[rect.slices] = provenance(draft.label_map[rect.slices], base)
        return True

    # --- legend -------------------------------------------------------------------------------------------------

    def _show_legend(self) -> None:
        has_frame = self._session.draft is not None
        codes: Codes = "provenance" if self._seen.provenance else "difference" if self._seen.difference else ""
        self._legend.show_parts(heat=has_frame and self._seen.heat, codes=codes if has_frame else "")
        self._show_figures()

    def _show_figures(self) -> None:
        if self._legend.isHidden():
            return
        shown = self._session.proposal
        self._legend.show_threshold(None if shown is None else shown.threshold)
        if self._codes is not None:
            figures = partial(_figures, self._codes, None if shown is None else shown.mask)
            self._session.ask(figures, partial(self._figures_came, self._codes), key="figures")

    def _figures_came(self, codes: NDArray[np.uint8], figures: tuple[dict[int, int], float | None]) -> None:
        if codes is self._codes:
            self._legend.show_areas(figures[0], dice=figures[1])


def _figures(codes: NDArray[np.uint8], proposal: Mask | None, scene: Scene) -> tuple[dict[int, int], float | None]:
    """Pixels of each kind, and the Dice of mask and proposal. `codes` may be painted on meanwhile: the hand's next rest
    counts again."""
    areas = {kind.code: int(np.count_nonzero(codes == kind.code)) for kind in KINDS}
    return areas, None if proposal is None else difference(scene.labels, proposal).dice


def _codes(base: Mask | None, scene: Scene) -> NDArray[np.uint8]:
    return provenance(scene.labels, base)
