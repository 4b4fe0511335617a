"""What may be asked of a session's eyes: enhanced pixels, provenance, other revisions, the scale. Nothing is edited."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from polypviewer.core.enhance import Enhancement
from polypviewer.core.identity import FrameRef
from polypviewer.core.label_map import LabelMap, Mask, lesion_mask
from polypviewer.core.provenance import Difference, difference
from polypviewer.core.scale import LesionSize, lesion_size
from polypviewer.core.screen_pixels import ScreenPicture, ShownAt
from polypviewer.session.bases import Bases
from polypviewer.session.comparing import Comparing, RevisionLine
from polypviewer.session.display import Display
from polypviewer.session.scaling import Scaling
from polypviewer.session.session_tools import ToolsFront
from polypviewer.session.settings import Settings


class SeeingFront(ToolsFront):
    """The eye's side of a session; `session.Session` adds the rest."""

    def __init__(self, *, settings: Settings | None = None, parent: QObject | None = None) -> None:
        super().__init__(settings=settings, parent=parent)
        self.display = Display(self._desk)
        self.bases = Bases(self._desk)
        self.comparing = Comparing(self._desk)
        self.scaling = Scaling(self._desk)
        self.frame_changed.connect(self._frame_to_see)
        self.project_opened.connect(self._project_to_see)
        self.project_closed.connect(self._project_gone)

    # --- the picture ---

    @property
    def displayed(self) -> NDArray[np.uint8] | None:
        """The picture to show, `(height, width, 3)` uint8 RGB: the frame's own pixels when nothing is enhanced."""
        return self.display.displayed

    @property
    def screen(self) -> ScreenPicture | None:
        """The shown frame's own pixels, prepared for the screen; it counts only where `displayed` is its source."""
        return self._desk.shown.screen if self._desk.shown else None

    def show_pictures_at(self, shown: ShownAt) -> None:
        """The window shows frames at this size: those to come are prepared for it on the lane."""
        self.navigation.shown_at = shown

    @property
    def enhancement(self) -> Enhancement:
        """What the reader wants, whether it is switched on or not."""
        return self.display.enhancement

    @property
    def is_enhanced(self) -> bool:
        """True while pictures are shown otherwise than they are stored."""
        return self.display.is_enhanced

    def set_enhancement(self, enhancement: Enhancement) -> None:
        """Show frames so from now on; `display_changed` follows. The identity switches it off."""
        self.display.use(enhancement)

    def show_enhanced(self, *, on: bool) -> None:
        """Switch the last enhancement off and on again; `display_changed` follows."""
        self.display.switch(on=on)

    # --- where pixels come from ---

    def provenance_base(self, then: Callable[[Mask | None], None]) -> None:
        """The proposed mask that the shown frame's pixels came from, `(height, width)` bool; None: drawn by hand."""
        with self._speaking():
            self.bases.ask(then)

    def difference(self) -> Difference | None:
        """The mask against the shown proposal; None without one."""
        shown = self.proposal
        draft = self.draft
        return None if shown is None or draft is None else difference(draft.label_map, shown.mask)

    def revisions_of(self, ref: FrameRef, then: Callable[[tuple[RevisionLine, ...]], None]) -> None:
        """All revisions of a frame, of all readers, newest first."""
        with self._speaking():
            self.comparing.revisions_of(ref, then)

    def revision_label_map(self, revision_id: UUID, then: Callable[[LabelMap], None]) -> None:
        """The pixels of a revision, `(height, width)` uint8."""
        with self._speaking():
            self.comparing.label_map(revision_id, then)

    # --- sizes ---

    @property
    def scale(self) -> float | None:
        """The known scale of the shown medium, millimetres per pixel; None: not known."""
        return self.scaling.scale

    def set_scale(self, mm_per_pixel: float | None) -> None:
        """State the scale of the shown medium, or take it back; `scale_changed` follows."""
        with self._speaking():
            self.scaling.state(mm_per_pixel)

    def lesion_size(self, slot: int) -> LesionSize | None:
        """How large a lesion of the shown frame is in pixels; None if it has none."""
        draft = self.draft
        return None if draft is None else lesion_size(lesion_mask(draft.label_map, slot))

    # --- between the parts ---

    def _project_to_see(self) -> None:
        self.display.take_reader()
        self.scaling.read()

    def _project_gone(self) -> None:
        self.display.remember()
        self.display.show_for_current()

    def _frame_to_see(self, _ref: FrameRef) -> None:
        self.display.show_for_current()
