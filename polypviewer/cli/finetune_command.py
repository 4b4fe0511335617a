"""`finetune`: a training with its curve in words, and what it came to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from polypviewer.cli.speaking import out, progress_bar, say_json
from polypviewer.session.job_writer import JobOrder
from polypviewer.session.jobs import finetune_job, model_for_command, project_for_command
from polypviewer.session.settings import Settings
from polypviewer.session.values import Progress, TrainingState

if TYPE_CHECKING:
    from collections.abc import Callable

    from polypviewer.segmentation import AskedDevice
    from polypviewer.session.jobs import FinetuneDone
    from polypviewer.session.store_door import Tell


@dataclass(frozen=True, slots=True)
class FinetuneChoice:
    """What the options say."""

    steps: int
    holdout: float
    model: str
    name: str
    device: AskedDevice
    seed: int


def run_finetune(project: Path, choice: FinetuneChoice, *, reader: str, use: bool, as_json: bool) -> None:
    """Train, and switch the project to the new model if asked. Raises `TrainingError`."""
    from polypviewer.session.stored import activate

    with (
        project_for_command(project, reader=reader, writes=True) as store,
        progress_bar("Training", quiet=as_json) as tell,
    ):
        order = JobOrder(
            project,
            model_for_command(choice.model, project, store, device=choice.device),
            device=choice.device,
            steps=choice.steps,
            holdout=choice.holdout,
            seed=choice.seed,
            name=choice.name,
        )
        silence = Settings().number("silence_seconds")
        done = finetune_job(store, order, tell=tell, watch=told_as_progress(tell), silence_seconds=silence)
        if use:
            activate(store, done.bundle)
    if as_json:
        say_json(training_document(done) | {"active": use})
    else:
        _print(done, use=use)


def told_as_progress(tell: Tell) -> Callable[[TrainingState], None]:
    """A watcher that moves a bar."""

    def watch(state: TrainingState) -> None:
        tell(Progress("finetune", state.step, state.steps, seconds_left=state.seconds_left))

    return watch


def training_document(done: FinetuneDone) -> dict[str, object]:
    """What a training came to, for programs."""
    state = done.state
    return {
        "bundle": str(done.bundle.folder),
        "digest": done.bundle.digest,
        "name": done.bundle.title,
        "device": state.device,
        "steps": state.steps,
        "seconds": state.seconds,
        "train_frames": state.train_frames,
        "holdout_frames": state.holdout_frames,
        "holdout_exams": state.holdout_exams,
        "baseline_dice": state.baseline_dice,
        "holdout_dice": state.holdout_dice,
        "gate": asdict(state.gate) if state.gate else None,
        "warnings": list(state.warnings),
    }


def _print(done: FinetuneDone, *, use: bool) -> None:
    state, console = done.state, out()
    console.print(f"New model {done.bundle.title} in {done.bundle.folder} ({state.steps} steps on {state.device}).")
    if state.baseline_dice is not None and state.holdout_dice is not None:
        console.print(
            f"Held-out exams: Dice {state.baseline_dice:.3f} before, {state.holdout_dice:.3f} after "
            f"({state.holdout_frames} frames of {state.holdout_exams} exams)."
        )
    else:
        console.print("No exam was held out, so nothing says whether the new model is better.")
    if state.gate is not None:
        console.print(f"Gate: {state.gate.verdict}. {' '.join(state.gate.reasons)}", markup=False)
    for warning in state.warnings:
        console.print(f"Note: {warning}", markup=False)
    console.print("The project uses it now." if use else "Switch to it in the window, in Train or on the Model page.")
