"""What a session shows: the values that a window may read. Reading never starts work and never waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from polypviewer.core.draft import Draft
from polypviewer.core.history import History
from polypviewer.core.identity import FrameIdentity, FrameRef
from polypviewer.core.label_map import Mask
from polypviewer.session.bulk import Bulk
from polypviewer.session.desk import Desk, ProjectInfo
from polypviewer.session.drawing import Drawing
from polypviewer.session.editing import Editing
from polypviewer.session.field import Field
from polypviewer.session.finetuning import FineTuning
from polypviewer.session.frame_order import FrameOrder
from polypviewer.session.keeping import Keeping
from polypviewer.session.navigation import Navigation
from polypviewer.session.proposing import Proposing
from polypviewer.session.queue import StatusLights
from polypviewer.session.settings import Settings
from polypviewer.session.settling import Settling
from polypviewer.session.shaping import Shaping
from polypviewer.session.signals import SessionSignals
from polypviewer.session.values import (
    FieldView,
    Preview,
    QueueView,
    RunningDevice,
    ShownProposal,
    TrainingState,
)

if TYPE_CHECKING:
    from polypviewer.segmentation import ModelBundle


class SessionView(SessionSignals):
    """The parts of a session and what they show; `session.Session` adds what may be asked of them."""

    def __init__(self, *, settings: Settings | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = settings or Settings()
        self._desk = Desk(self, self.settings)
        self.keeping = Keeping(self._desk)
        self.proposing = Proposing(self._desk)
        self.fields = Field(self._desk, stated=self.proposing.show_for_current)
        self.drawing = Drawing(self._desk, limit_of=self._paint_limit)
        self.settling = Settling(self._desk, self.keeping)
        self.editing = Editing(self._desk, self.keeping, self.settling, self.drawing, proposal_of=self._shown_proposal)
        self.shaping = Shaping(self._desk, self.editing, self.fields)
        self.navigation = Navigation(self._desk, leave=self.editing.leave)
        self.bulk = Bulk(self._desk, self.editing, self.keeping, self.navigation)
        self.finetuning = FineTuning(self._desk, self.proposing)

    def _paint_limit(self) -> Mask | None:
        return self.fields.limit

    def _shown_proposal(self) -> ShownProposal | None:
        return self.proposing.shown

    @property
    def project(self) -> ProjectInfo | None:
        """The open project."""
        return self._desk.project

    @property
    def is_dirty(self) -> bool:
        """True while something is not on disk."""
        return self.keeping.is_dirty

    @property
    def frames(self) -> FrameOrder:
        """All frames in order; `.media` are the media items, broken ones too."""
        return self._desk.frames

    @property
    def statuses(self) -> StatusLights:
        """The status of every frame."""
        return self._desk.lights

    @property
    def current(self) -> FrameRef | None:
        """The shown frame."""
        return self._desk.shown.ref if self._desk.shown else None

    @property
    def identity(self) -> FrameIdentity | None:
        """What ties its mask to exactly this frame."""
        return self._desk.shown.identity if self._desk.shown else None

    @property
    def image(self) -> NDArray[np.uint8] | None:
        """Its pixels, `(height, width, 3)` uint8 RGB, read-only."""
        return self._desk.shown.image if self._desk.shown else None

    @property
    def draft(self) -> Draft | None:
        """Its annotation as it is now; read it, change it only through the session."""
        return self._desk.shown.draft if self._desk.shown else None

    @property
    def field(self) -> FieldView | None:
        """Its field of view: the limit of every brush unless the reader paints outside."""
        return self.fields.shown

    @property
    def preview(self) -> Preview | None:
        """What a tool would make of it if it were taken."""
        return self.shaping.preview

    @property
    def history(self) -> History:
        """Done and undone steps."""
        return self._desk.history

    @property
    def queue(self) -> QueueView:
        """Where the reader stands."""
        return self.navigation.view()

    @property
    def proposal(self) -> ShownProposal | None:
        """The shown frame's proposal, ready to draw."""
        return self.proposing.shown

    @property
    def bundles(self) -> tuple[ModelBundle, ...]:
        """The usable models."""
        return self.proposing.bundles

    @property
    def bundle(self) -> ModelBundle | None:
        """The model that proposes."""
        return self.proposing.bundle

    @property
    def device(self) -> RunningDevice | None:
        """What really runs it."""
        return self.proposing.device

    @property
    def training(self) -> TrainingState:
        """The fine-tuning as far as it is."""
        return self.finetuning.state
