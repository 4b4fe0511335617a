"""The Train layout: what trains, what is held out, the plan, live curves, held-out frames, the gate, the models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from polypviewer.session.values import FrameDice, TrainingPhase, TrainingState
from polypviewer.ui.action_set import ActionSet
from polypviewer.ui.canvas.picture import rgb_image
from polypviewer.ui.controls import ActionButton, Card, label
from polypviewer.ui.curves import CurvePlot, dice_curves, legend_texts, loss_curve
from polypviewer.ui.text import duration_text, figure_text, translate
from polypviewer.ui.theme import GRID
from polypviewer.ui.train_cards import GateCard, HeldOutCard, ModelsCard, PlanCard, TrainingPlan, WhatTrainsCard

FRAMES: Final = 5
DICE_PX: Final = (280, 190)
LOSS_PX: Final = (130, 96)
COMPACT_BELOW: Final = 820
THUMBNAIL: Final = QSize(176, 132)
PHASES: Final[dict[TrainingPhase, str]] = {
    TrainingPhase.IDLE: "No training yet",
    TrainingPhase.PREPARING: "Writing the frames",
    TrainingPhase.RUNNING: "Training",
    TrainingPhase.STOPPING: "Stopping",
    TrainingPhase.CHECKING: "Checking the new model",
    TrainingPhase.DONE: "Done",
    TrainingPhase.STOPPED: "Stopped; nothing was changed",
    TrainingPhase.FAILED: "Failed; nothing was changed",
}


@dataclass(frozen=True, slots=True, eq=False)
class HeldOutFrame:
    """One held-out frame before and after; `picture` is `(height, width, 3)` uint8 RGB where it is at hand."""

    dice: FrameDice
    picture: NDArray[np.uint8] | None


class TrainPage(QWidget):
    """Shows values; says what is wished."""

    bundle_wished = Signal(str)

    def __init__(self, actions: ActionSet) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.what, self.held, self.plan = WhatTrainsCard(), HeldOutCard(), PlanCard(actions)
        self.gate, self.models = GateCard(), ModelsCard()
        self.run, self.frames = RunCard(actions), FramesCard()
        left = _column((self.what, self.held, self.plan))
        middle = _column((self.run, self.frames))
        right = _column((self.gate, self.models))
        inner = QWidget()
        grid = QGridLayout(inner)
        grid.setContentsMargins(2 * GRID + 4, 2 * GRID + 2, 2 * GRID + 4, 2 * GRID)
        grid.setHorizontalSpacing(2 * GRID)
        for place, (column, stretch) in enumerate(((left, 3), (middle, 9), (right, 3))):
            grid.addLayout(column, 0, place)
            grid.setColumnStretch(place, stretch)
        grid.setColumnMinimumWidth(0, 264)
        grid.setColumnMinimumWidth(2, 280)
        area = QScrollArea()
        area.setAccessibleName(translate("Training"))
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setWidget(inner)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(area)
        self.models.bundle_wished.connect(self.bundle_wished)

    def show_plan(self, plan: TrainingPlan) -> None:
        """What would train if it began now."""
        self.what.show_plan(plan)
        self.held.show_plan(plan)
        self.plan.show_plan(plan)

    def show_state(self, state: TrainingState) -> None:
        """A training as far as it is."""
        self.run.show_state(state)
        self.gate.show_state(state)
        self.held.show_state(state)
        self.plan.show_active(active=state.is_active)

    def restyle(self) -> None:
        """The theme has changed."""
        self.run.restyle()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.run.show_compact(compact=self.height() < COMPACT_BELOW)
        super().resizeEvent(event)


class RunCard(Card):
    """Curves, what is left, and Stop."""

    def __init__(self, actions: ActionSet) -> None:
        super().__init__(translate("No training yet"))
        self.dice = CurvePlot(("train", "holdout"), top=1.0, name=translate("Dice over steps"))
        self.loss = CurvePlot(("loss",), top=None, name=translate("Loss over steps"))
        self.show_compact(compact=False)
        self._hint = label(translate("Curves appear here while a model is being fine-tuned."), tone="quiet")
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint.setMinimumHeight(240)
        self._error = label(tone="danger")
        self._error.setWordWrap(True)
        self._base = label(tone="warning")
        self._legend = _legend()
        self._loss_name = label(translate("loss"), tone="quiet")
        self.stop = ActionButton(actions["stop_training"], "", role="chip")
        self._stop_action = actions["stop_training"]
        for part in (self._error, self._hint, self.dice, self._loss_name, self.loss):
            self.box.addWidget(part)
        row = QHBoxLayout()
        row.addWidget(self._legend)
        row.addSpacing(2 * GRID)
        row.addWidget(self._base)
        row.addStretch(1)
        row.addWidget(self.stop)
        self.box.addLayout(row)
        self.show_state(TrainingState())

    def show_compact(self, *, compact: bool) -> None:
        """Lower curves in a low window."""
        self.dice.setFixedHeight(DICE_PX[compact])
        self.loss.setFixedHeight(LOSS_PX[compact])

    def show_state(self, state: TrainingState) -> None:
        """Title, curves and error of a run."""
        self.title.setText(_title(state))
        self.stop.setVisible(state.is_active)
        has_curves = bool(state.losses or state.dices)
        self._hint.setVisible(not has_curves)
        for part in (self.dice, self.loss, self._loss_name, self._legend):
            part.setVisible(has_curves)
        if has_curves:
            self.dice.show_curves(dict(dice_curves(state.dices)), base=state.baseline_dice)
            self.loss.show_curves(dict(loss_curve(state.losses)))
        base = state.baseline_dice
        self._base.setVisible(has_curves and base is not None)
        self._base.setText(translate("base on held-out {dice}", dice=figure_text(base, digits=3)))
        error = f"{state.error} {state.cure}".strip()
        self._error.setVisible(bool(error))
        self._error.setText(error)

    def restyle(self) -> None:
        """The theme has changed."""
        self.dice.restyle()
        self.loss.restyle()


class FramesCard(Card):
    """Held-out frames: base and now."""

    def __init__(self) -> None:
        super().__init__(translate("Held-out frames, Dice of base → now"))
        self._row = QHBoxLayout()
        self._row.setSpacing(GRID)
        self.box.addLayout(self._row)
        self._tiles: list[QWidget] = []
        self.show_frames(())

    def show_frames(self, frames: tuple[HeldOutFrame, ...]) -> None:
        """At most five frames, side by side."""
        for tile in self._tiles:
            self._row.removeWidget(tile)
            tile.deleteLater()
        self._tiles = [_tile(frame) for frame in frames[:FRAMES]]
        if not self._tiles:
            self._tiles = [
                label(
                    translate("Frames that no training sees appear here with their Dice, before and after."),
                    tone="quiet",
                )
            ]
        for tile in self._tiles:
            self._row.addWidget(tile)
        if frames:
            spring = QWidget()
            self._tiles.append(spring)
            self._row.addWidget(spring, 1)


class Picture(QWidget):
    """A small picture on black that gives way when there is no room."""

    def __init__(self, image: QImage | None) -> None:
        super().__init__()
        self._image = image
        self.setMinimumWidth(72)
        self.setMaximumWidth(THUMBNAIL.width())
        self.setFixedHeight(THUMBNAIL.height())
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return THUMBNAIL

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), QColor("#000000"))
        if self._image is not None:
            size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
            corner = QPoint((self.width() - size.width()) // 2, (self.height() - size.height()) // 2)
            painter.drawImage(QRect(corner, size), self._image)
        painter.end()


def _tile(frame: HeldOutFrame) -> QWidget:
    tile = QWidget()
    column = QVBoxLayout(tile)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(4)
    picture = Picture(None if frame.picture is None else rgb_image(frame.picture))
    before, after = frame.dice.before, frame.dice.after
    better = before is not None and after is not None and after > before
    row = QHBoxLayout()
    row.setSpacing(6)
    if before is None and after is None:
        row.addWidget(label(translate("no polyp"), tone="quiet"))
    else:
        row.addWidget(label(translate("{dice} →", dice=figure_text(before)), tone="quiet"))
        row.addWidget(label(figure_text(after), tone="bright" if better else "", bold=True))
    row.addStretch(1)
    column.addWidget(picture)
    column.addLayout(row)
    return tile


def _title(state: TrainingState) -> str:
    parts = [translate(PHASES[state.phase])]
    if state.steps and state.is_active:
        parts.append(translate("step {step} of {steps}", step=state.step, steps=state.steps))
    if state.seconds_left is not None and state.is_active:
        parts.append(translate("{time} left", time=duration_text(state.seconds_left)))
    if state.device:
        parts.append(state.device.upper())
    return " · ".join(parts)


def _legend() -> QWidget:
    box = QWidget()
    row = QHBoxLayout(box)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(6)
    for text, tone in zip(legend_texts(), ("bright", "proposed"), strict=True):
        mark = label("■", tone="bright" if tone == "bright" else "")
        if tone == "proposed":
            mark.setStyleSheet("color: #56B4E9;")
        row.addWidget(mark)
        row.addWidget(label(text, tone="quiet"))
        row.addSpacing(6)
    return box


def _column(cards: tuple[QWidget, ...]) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(2 * GRID)
    for card in cards:
        column.addWidget(card)
    column.addStretch(1)
    return column
