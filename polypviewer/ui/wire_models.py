"""Models, device and training: session to model page, Train layout and device chip, and the wishes back."""

from __future__ import annotations

from collections.abc import Callable
from statistics import fmean
from typing import TYPE_CHECKING, Literal, cast

from PySide6.QtCore import QObject

from polypviewer.core.identity import FrameRef
from polypviewer.core.review import ReviewStatus
from polypviewer.session.session import Session
from polypviewer.session.values import FrameDice, RunningDevice, TrainingPhase, TrainingState
from polypviewer.ui.actions import Layout
from polypviewer.ui.main_window import MainWindow
from polypviewer.ui.model_page import DeviceView, ModelLine
from polypviewer.ui.text import translate
from polypviewer.ui.train_cards import TrainingPlan
from polypviewer.ui.train_page import FRAMES, HeldOutFrame

if TYPE_CHECKING:
    from polypviewer.segmentation import ModelBundle


class ModelWiring(QObject):
    """Remembers which model proposed before, so that one click goes back."""

    def __init__(self, window: MainWindow, session: Session) -> None:
        super().__init__(window)
        self._window, self._session = window, session
        self._active: str | None = None
        self._held_out: tuple[FrameDice, ...] = ()
        self._missing: set[FrameRef] = set()
        self._previous: str | None = None
        session.models_changed.connect(self._models_changed)
        session.device_changed.connect(self._device_changed)
        session.proposal_changed.connect(self._proposal_changed)
        session.training_changed.connect(self._training_changed)
        session.media_changed.connect(self._show_plan)
        session.thumbnail_ready.connect(self._thumbnail_ready)
        window.layout_changed.connect(self._layout_changed)
        page = window.panel.model
        page.bundle_wished.connect(session.use_bundle)
        page.threshold_wished.connect(self._threshold_wished)
        page.device_wished.connect(self._device_wished)
        window.train.models.bundle_wished.connect(session.use_bundle)
        self._show_training(session.training)

    def handlers(self) -> dict[str, Callable[[], None]]:
        """The actions that this wiring does."""
        return {
            "propose": self._session.propose,
            "propose_all": self._session.propose_all,
            "fine_tune": self._fine_tune,
            "stop_training": self._session.stop_training,
        }

    def show_project(self) -> None:
        """Another project: nothing to go back to."""
        self._active = self._previous = None
        self._models_changed()
        self._show_training(self._session.training)

    # --- models and device --------------------------------------------------------------------------------------

    def _models_changed(self) -> None:
        bundle = self._session.bundle
        if bundle is not None and bundle.digest != self._active:
            self._previous, self._active = self._active, bundle.digest
        lines = tuple(model_line(b, active=b.digest == self._active) for b in self._session.bundles)
        previous = self._way_back(bundle)
        self._window.panel.model.show_models(lines, previous=previous)
        self._window.train.models.show_models(lines, previous=previous)
        self._show_chip()
        self._show_threshold()
        self._show_plan()

    def _way_back(self, bundle: ModelBundle | None) -> str | None:
        """The model before this one: of this sitting, else the one that it was tuned from."""
        usable = {b.digest for b in self._session.bundles}
        parent = None if bundle is None else bundle.card.parent
        return next((d for d in (self._previous, parent) if d is not None and d in usable and d != self._active), None)

    def _device_changed(self, _device: RunningDevice) -> None:
        device = self._session.device
        view = None
        if device is not None:
            view = DeviceView(device.asked, device.ran, device.name, device.milliseconds, device.reason)
        self._window.panel.model.show_device(view)
        self._show_chip()

    def _show_chip(self) -> None:
        device, bundle = self._session.device, self._session.bundle
        if bundle is None:
            self._window.top.show_device(translate("No model"), tip=translate("No model proposes; see the model page"))
            return
        parts = []
        if device is not None:
            ms = "" if device.milliseconds is None else translate(" {ms:.0f} ms", ms=device.milliseconds)
            parts.append(f"{device.ran.upper()}{ms}")
        parts.append(bundle.title)
        tip = "" if device is None else f"{device.name} {device.reason}".strip()
        self._window.top.show_device(" · ".join(parts), tip=tip)

    def _proposal_changed(self, _ref: object) -> None:
        self._show_threshold()

    def _show_threshold(self) -> None:
        bundle, shown = self._session.bundle, self._session.proposal
        own = None if bundle is None else bundle.card.threshold
        asked = self._session.proposing.threshold
        self._window.panel.model.show_threshold(shown.threshold if shown is not None else asked or own)

    def _threshold_wished(self, threshold: float | None) -> None:
        self._session.set_threshold(threshold)
        self._show_threshold()

    def _device_wished(self, device: str) -> None:
        self._session.set_device(cast(Literal["auto", "cpu", "cuda"], device))
        self._window.stage.take_focus()

    # --- training -----------------------------------------------------------------------------------------------

    def _fine_tune(self) -> None:
        self._window.use_layout(Layout.TRAIN)
        self._session.fine_tune()

    def _layout_changed(self, layout: Layout) -> None:
        if layout is Layout.TRAIN:
            self._show_plan()

    def _training_changed(self, state: TrainingState) -> None:
        self._show_training(state)
        if state.phase in (TrainingPhase.DONE, TrainingPhase.STOPPED, TrainingPhase.FAILED):
            self._show_plan()

    def _show_training(self, state: TrainingState) -> None:
        self._window.train.show_state(state)
        self._show_held_out(state.per_frame)
        self._enable_stop()

    def _show_held_out(self, frames: tuple[FrameDice, ...]) -> None:
        """Five frames that no training sees, those with a polyp first."""
        shown = tuple(sorted(frames, key=_has_no_dice)[:FRAMES])
        refs = [self._session.finetuning.frame_of(frame.frame) for frame in shown]
        pictures = tuple(None if ref is None else self._session.thumbnail(ref) for ref in refs)
        missing = {ref for ref, picture in zip(refs, pictures, strict=True) if ref is not None and picture is None}
        if (shown, missing) != (self._held_out, self._missing):
            self._held_out, self._missing = shown, missing
            self._window.train.frames.show_frames(
                tuple(HeldOutFrame(frame, picture) for frame, picture in zip(shown, pictures, strict=True))
            )

    def _thumbnail_ready(self, ref: FrameRef) -> None:
        if ref in self._missing:
            self._show_held_out(self._held_out)

    def _enable_stop(self) -> None:
        active = self._session.training.is_active
        self._window.actions_.block("stop_training", blocked=not active)
        self._window.actions_.block("fine_tune", blocked=active)

    def _show_plan(self) -> None:
        session = self._session
        if session.project is None:
            self._window.train.show_plan(TrainingPlan())
            return
        count = session.statuses.count
        media = [item for item in session.frames.media if not item.broken]
        exams = {item.exam.key: item.exam for item in media if item.exam.key}
        polyp = count(ReviewStatus.ACCEPTED) + count(ReviewStatus.CORRECTED)
        device = session.device
        self._window.train.show_plan(
            TrainingPlan(
                polyp_frames=polyp,
                empty_frames=count(ReviewStatus.NO_POLYP),
                excluded=len(session.frames) - polyp - count(ReviewStatus.NO_POLYP),
                exams=len(exams),
                guessed_exams=sum(not exam.is_patient_safe for exam in exams.values()),
                unknown_frames=sum(not item.exam.key for item in media),
                model="" if session.bundle is None else session.bundle.title,
                device="" if device is None else device.ran.upper(),
                steps=int(session.settings.number("finetune_steps")),
                holdout=session.settings.number("finetune_holdout"),
            )
        )


def _has_no_dice(frame: FrameDice) -> bool:
    return frame.before is None and frame.after is None


def model_line(bundle: ModelBundle, *, active: bool) -> ModelLine:
    """A model with the mean of the Dice that its card states, one for each set of frames, and all of them in words."""
    stated = [metric for metric in bundle.card.metrics if "dice" in metric.name.lower()]
    stated = [metric for metric in stated if metric.name == stated[0].name]
    words = [translate("Dice {value:.3f} on {where}", value=one.value, where=one.measured_on) for one in stated]
    if len(words) > 1:
        words.insert(0, translate("Mean over {count} sets of frames:", count=len(words)))
    mean = fmean(metric.value for metric in stated) if stated else None
    return ModelLine(bundle.digest, bundle.title, active, mean, "\n".join(words), bundle.card.parent)
