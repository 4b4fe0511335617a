"""What the session tells: progress, messages, the queue, the shown proposal, a training. Frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from polypviewer.core.draft import Draft
from polypviewer.core.identity import FrameIdentity, FrameRef
from polypviewer.core.label_map import Mask
from polypviewer.core.proposal import Component, Proposal
from polypviewer.core.region import Reshape
from polypviewer.core.screen_pixels import ScreenPicture

JobName = Literal["import", "propose", "finetune", "export", "predict", "relink", "accept"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long job is. `total` 0: not known yet. `seconds_left` None: not known yet. `ended`: the last one."""

    job: JobName
    done: int
    total: int
    text: str = ""
    seconds_left: float | None = None
    ended: bool = False

    @property
    def fraction(self) -> float | None:
        """0-1, None while the total is not known."""
        return min(1.0, self.done / self.total) if self.total else None


@dataclass(frozen=True, slots=True, eq=False)
class ShownFrame:
    """The frame on the canvas. `image`: `(height, width, 3)` uint8 RGB; `draft` is painted in place.

    `found_field`: where a hand may paint as the pixels show it, `(height, width)` bool. `screen`: the image as the
    window draws it, prepared with the frame.
    """

    ref: FrameRef
    identity: FrameIdentity
    image: NDArray[np.uint8]
    draft: Draft
    found_field: Mask | None = None
    screen: ScreenPicture | None = None


@dataclass(frozen=True, slots=True, eq=False)
class FieldView:
    """The field of view that holds for the shown frame. `mask`: `(height, width)` bool, insets are outside.

    `outlines`: closed, `(n, 2)` float32 of x, y in image coordinates; none where the whole frame is the field.
    """

    mask: Mask
    outlines: tuple[NDArray[np.float32], ...]
    origin: Literal["found", "corrected", "whole"]


@dataclass(frozen=True, slots=True, eq=False)
class Preview:
    """What a tool would make of the shown frame if it were taken. `kind` names the step for the history."""

    kind: str
    ref: FrameRef
    reshape: Reshape


@dataclass(frozen=True, slots=True, eq=False)
class ShownProposal:
    """A proposal made ready to draw at a threshold.

    `labels`: `(height, width)` int32, each pixel's component number (0: none). `outlines`: for each component number
    its closed outlines, `(n, 2)` float32 of x, y in image coordinates, within a quarter of a pixel of the pixels' outer
    edge. `dismissed`: numbers that the reader has dismissed; `mask` is what accepting would take, `(height, width)`
    bool. `probability`: `(height, width)` uint8 at frame size, 255 = certain, the same array at every threshold.
    """

    proposal: Proposal
    threshold: float
    labels: NDArray[np.int32]
    components: tuple[Component, ...]
    outlines: tuple[tuple[int, NDArray[np.float32]], ...]
    dismissed: frozenset[int]
    mask: Mask
    probability: NDArray[np.uint8]

    @property
    def kept(self) -> tuple[Component, ...]:
        """The components that are not dismissed."""
        return tuple(component for component in self.components if component.number not in self.dismissed)

    @property
    def confidence(self) -> float:
        """Highest probability in the components that are not dismissed, 0-1."""
        return max((component.confidence for component in self.kept), default=0.0)


@dataclass(frozen=True, slots=True)
class RunningDevice:
    """What the status bar says: which device was asked for, which really runs, and the milliseconds of the last frame.

    `name` is the hardware's; `reason` says why "auto" took the CPU, as half a sentence.
    """

    asked: str
    ran: str
    name: str
    milliseconds: float | None = None
    reason: str = ""

    def after(self, milliseconds: float) -> RunningDevice:
        """The same device after another frame."""
        return RunningDevice(self.asked, self.ran, self.name, milliseconds, self.reason)


class QueueName(StrEnum):
    """Which frames `Enter` and Ctrl+arrows visit, in the order of the project."""

    TO_REVIEW = "to_review"
    NEEDS_WORK = "needs_work"
    PROPOSED = "proposed"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True)
class QueueView:
    """Where the reader stands: `decided` of `total` frames; `waiting` frames are in the active queue."""

    name: QueueName
    waiting: int
    decided: int
    total: int
    seconds_per_frame: float | None
    seconds_left: float | None


class TrainingPhase(StrEnum):
    """What a training is doing."""

    IDLE = "idle"
    PREPARING = "preparing"
    RUNNING = "running"
    STOPPING = "stopping"
    CHECKING = "checking"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class LossPoint:
    """Training loss after a step (counted from 1)."""

    step: int
    loss: float


@dataclass(frozen=True, slots=True)
class DicePoint:
    """Mean per-image Dice after a step, 0-1; None where that side has no frames with a polyp."""

    step: int
    train: float | None
    holdout: float | None


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """What the gate says: "passes", "fails" or "not enough evidence"; the difference's 95 % interval, if any."""

    verdict: str
    reasons: tuple[str, ...] = ()
    interval: tuple[float, float] | None = None
    exams: int = 0
    frames: int = 0


@dataclass(frozen=True, slots=True)
class FrameDice:
    """One held-out frame before and after, by its name in the job."""

    frame: str
    exam: str
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True)
class TrainingState:
    """A fine-tuning run as far as its events tell. `device` is what really runs; `program` names the trainer."""

    phase: TrainingPhase = TrainingPhase.IDLE
    program: str = ""
    device: str = ""
    device_name: str = ""
    pid: int | None = None
    train_frames: int = 0
    holdout_frames: int = 0
    replay_frames: int = 0
    step: int = 0
    steps: int = 0
    seconds: float = 0.0
    seconds_left: float | None = None
    losses: tuple[LossPoint, ...] = ()
    dices: tuple[DicePoint, ...] = ()
    baseline_dice: float | None = None
    baseline_iou: float | None = None
    holdout_dice: float | None = None
    holdout_exams: int = 0
    per_frame: tuple[FrameDice, ...] = ()
    gate: GateVerdict | None = None
    bundle: Path | None = None
    digest: str = ""
    warnings: tuple[str, ...] = ()
    error_code: str = ""
    error: str = ""
    cure: str = ""
    invalid_lines: int = 0

    @property
    def is_active(self) -> bool:
        """True from the first preparation to the last check."""
        return self.phase in (
            TrainingPhase.PREPARING,
            TrainingPhase.RUNNING,
            TrainingPhase.STOPPING,
            TrainingPhase.CHECKING,
        )
