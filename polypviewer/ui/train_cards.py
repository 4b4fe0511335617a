"""The cards of the Train layout: what trains, what is held out, the plan, the gate, the models."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from polypviewer.session.values import GateVerdict, TrainingState
from polypviewer.ui.action_set import ActionSet
from polypviewer.ui.actions import BY_ID, key_text
from polypviewer.ui.controls import ActionButton, Card, ElidedLabel, Tone, ValueRow, label, set_tone, wrapped
from polypviewer.ui.model_page import ModelLine
from polypviewer.ui.text import count_text, duration_text, figure_text, translate


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """What would train now. `guessed_exams`: exams whose key nobody confirmed; `seconds`: expected, None if unknown."""

    polyp_frames: int = 0
    empty_frames: int = 0
    excluded: int = 0
    exams: int = 0
    guessed_exams: int = 0
    unknown_frames: int = 0
    model: str = ""
    device: str = ""
    steps: int = 0
    holdout: float = 0.0
    seconds: float | None = None

    @property
    def is_possible(self) -> bool:
        """True if there is something to train on and a model to begin from."""
        return bool(self.model) and self.polyp_frames + self.empty_frames > 0


class WhatTrainsCard(Card):
    """Frames that a person decided."""

    def __init__(self) -> None:
        super().__init__(translate("What trains"))
        self._polyp = ValueRow(translate("Frames with a polyp"))
        self._empty = ValueRow(translate("Stated “no polyp”"))
        self._excluded = ValueRow(translate("Left out: undecided, needs work"), quiet_name=True)
        self._exams = ValueRow(translate("Exams"))
        for row in (self._polyp, self._empty, self._excluded, self._exams):
            self.box.addWidget(row)

    def show_plan(self, plan: TrainingPlan) -> None:
        """Counts of the project as it is."""
        self._polyp.show_value(count_text(plan.polyp_frames))
        self._empty.show_value(count_text(plan.empty_frames))
        self._excluded.show_value(count_text(plan.excluded), tone="quiet")
        self._exams.show_value(count_text(plan.exams))


class HeldOutCard(Card):
    """Frames that judge, and never train."""

    def __init__(self) -> None:
        super().__init__(translate("Held out, never trained on"))
        self._share = ValueRow(translate("Share of the exams"))
        self._frames = ValueRow(translate("Frames in the last run"))
        self._exams = ValueRow(translate("Exams that judged it"))
        self._warning = wrapped(tone="warning")
        for part in (self._share, self._frames, self._exams, self._warning):
            self.box.addWidget(part)
        self._warning.hide()

    def show_plan(self, plan: TrainingPlan) -> None:
        """How much is held out, and whether that is safe."""
        self._share.show_value(translate("{share:.0f} %", share=100 * plan.holdout))
        parts = []
        if plan.guessed_exams:
            parts.append(
                translate(
                    "{count} exams were grouped by folder or pattern: not patient-safe.", count=plan.guessed_exams
                )
            )
        if plan.unknown_frames:
            parts.append(
                translate("{count} media have no exam: they train, and never judge.", count=plan.unknown_frames)
            )
        self._warning.setText(" ".join(parts))
        self._warning.setVisible(bool(parts))

    def show_state(self, state: TrainingState) -> None:
        """What the last run held out."""
        known = bool(state.steps)
        self._frames.show_value(count_text(state.holdout_frames) if known else "–", tone="" if known else "quiet")
        self._exams.show_value(count_text(state.holdout_exams) if known else "–", tone="" if known else "quiet")


class PlanCard(Card):
    """From which model, on what, for how long; and the one primary button of this layout."""

    def __init__(self, actions: ActionSet) -> None:
        super().__init__(translate("Plan"))
        self._model = ElidedLabel()
        self._model.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout()
        row.addWidget(label(translate("From")))
        row.addSpacing(8)
        row.addWidget(self._model, 1)
        self._device, self._steps = ValueRow(translate("Device")), ValueRow(translate("Steps"))
        self._time = ValueRow(translate("Time"))
        self._why = wrapped()
        self.button = ActionButton(actions["fine_tune"], key_text(BY_ID["fine_tune"], actions.keys), role="primary")
        self.button.setProperty("stature", "large")
        self._possible, self._active = False, False
        self.box.addLayout(row)
        for part in (self._device, self._steps, self._time, self._why, self.button):
            self.box.addWidget(part)
        self.box.insertSpacing(self.box.count() - 1, 6)

    def show_plan(self, plan: TrainingPlan) -> None:
        """What a click would do."""
        self._model.setText(plan.model or "–")
        self._device.show_value(plan.device or "–")
        self._steps.show_value(count_text(plan.steps))
        self._time.setVisible(plan.seconds is not None)
        self._time.show_value("" if plan.seconds is None else duration_text(plan.seconds))
        self._possible = plan.is_possible
        why = (
            translate("Decide some frames first: only what a person decided trains.")
            if plan.model
            else translate("No model to begin from.")
        )
        self._why.setText(why)
        self._why.setVisible(not plan.is_possible)
        self._enable()

    def show_active(self, *, active: bool) -> None:
        """One training at a time."""
        self._active = active
        self._enable()

    def _enable(self) -> None:
        self.button.setEnabled(self._possible and not self._active)


class GateCard(Card):
    """Whether the new model is better where nobody trained."""

    def __init__(self) -> None:
        super().__init__(translate("Gate"))
        self._interval = ValueRow(translate("Held-out Dice, 95 %"))
        self._base, self._now = ValueRow(translate("Base")), ValueRow(translate("New model"))
        self._evidence = ValueRow(translate("Exams / frames"))
        self._verdict = wrapped(tone="quiet")
        for part in (self._interval, self._base, self._now, self._evidence, self._verdict):
            self.box.addWidget(part)
        self.show_state(TrainingState())

    def show_state(self, state: TrainingState) -> None:
        """The verdict of the last run."""
        gate = state.gate
        interval = None if gate is None else gate.interval
        text = "–" if interval is None else f"{interval[0]:+.3f} … {interval[1]:+.3f}"
        better = interval is not None and interval[0] > 0
        self._interval.show_value(text, tone="bright" if better else "quiet" if interval is None else "")
        self._base.show_value(figure_text(state.baseline_dice, digits=3))
        self._now.show_value(figure_text(state.holdout_dice, digits=3))
        self._evidence.show_value("–" if gate is None else f"{gate.exams} / {gate.frames}")
        self._verdict.setText(_verdict(gate))
        set_tone(self._verdict, _verdict_tone(gate))


class ModelsCard(Card):
    """Every usable model; one is active, any other can be."""

    bundle_wished = Signal(str)

    def __init__(self) -> None:
        super().__init__(translate("Models"))
        self._list = QVBoxLayout()
        self._list.setSpacing(2)
        self.box.addLayout(self._list)
        self._rows: list[QWidget] = []
        self.roll_back = QPushButton(translate("Roll back"))
        self.roll_back.setToolTip(translate("Use the model that proposed before this one"))
        self.roll_back.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.box.addSpacing(6)
        self.box.addWidget(self.roll_back)
        self._previous: str | None = None
        self.roll_back.clicked.connect(self._rolled_back)
        self.show_models((), previous=None)

    def show_models(self, models: tuple[ModelLine, ...], *, previous: str | None) -> None:
        """The models in order; `previous` is the digest to roll back to."""
        for row in self._rows:
            self._list.removeWidget(row)
            row.deleteLater()
        self._rows = [self._row(model) for model in models] or [wrapped(translate("No model was found."))]
        for row in self._rows:
            self._list.addWidget(row)
        self._previous = previous
        self.roll_back.setEnabled(previous is not None)

    def _row(self, model: ModelLine) -> QWidget:
        button = QPushButton()
        button.setProperty("role", "row")
        button.setProperty("digest", model.digest)
        button.setCheckable(True)
        button.setChecked(model.is_active)
        button.setMinimumHeight(30)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(translate("Use the model {name}", name=model.title))
        button.setToolTip(model.measured_on)
        row = QHBoxLayout(button)
        row.setContentsMargins(8, 0, 8, 0)
        row.addWidget(label("●" if model.is_active else "○", tone="bright" if model.is_active else "quiet"))
        row.addWidget(ElidedLabel(model.title), 1)
        row.addWidget(label(translate("active"), tone="quiet") if model.is_active else label(""))
        row.addWidget(label(figure_text(model.dice, digits=3), tone="quiet"))
        button.clicked.connect(self._clicked)
        return button

    def _clicked(self) -> None:
        self.bundle_wished.emit(str(self.sender().property("digest")))

    def _rolled_back(self) -> None:
        if self._previous is not None:
            self.bundle_wished.emit(self._previous)


def _verdict(gate: GateVerdict | None) -> str:
    if gate is None:
        return translate("Nothing has been judged yet.")
    words = {
        "passes": translate("Passes: better on exams that it never saw."),
        "fails": translate("Does not pass."),
        "not enough evidence": translate("Not enough evidence: a person may still switch to it."),
    }
    return " ".join((words.get(gate.verdict, gate.verdict), *gate.reasons))


def _verdict_tone(gate: GateVerdict | None) -> Tone:
    if gate is None:
        return "quiet"
    return "bright" if gate.verdict == "passes" else "warning"
