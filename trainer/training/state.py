"""The state of a run: what lives while it trains, how it is left on disk, and how it goes on."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass, field
from pathlib import Path

import torch

from trainer.distillation import Teacher, taught
from trainer.errors import DataError, DeviceError
from trainer.events import StopSwitch, Tell
from trainer.losses import build_loss, supervised
from trainer.models.network import Network
from trainer.recipe import Recipe, recipe_values
from trainer.training.board import Board, open_board
from trainer.training.checkpoints import Checkpoint, checkpoint_of, write_checkpoint
from trainer.training.descent import Descent, Forward, Memory, Objective, single_map
from trainer.training.ema import Average
from trainer.training.parallel import ALONE, Processes, from_first, prepare_statistics, same_start
from trainer.training.rates import make_optimiser

COMPILING_PAYS_AFTER = 500
"""Steps on CUDA that a compilation of one to two minutes is worth."""


@dataclass(slots=True)
class Progress:
    """How far a run is; a checkpoint keeps all of it.

    `epoch` and `step` are the next ones to do, `step` counted within the epoch; `done` steps of the optimiser so far.
    `best_dice`: on validation, -1 before the first judgement. `stale`: epochs of this stage since the best; `waited`:
    the same for the plateau, and `dropped` its factor. `loss_sum`: of this epoch so far. `parts`: see Memory.
    """

    epoch: int = 0
    step: int = 0
    done: int = 0
    best_dice: float = -1.0
    stale: int = 0
    waited: int = 0
    dropped: float = 1.0
    loss_sum: float = 0.0
    parts: int = 1


@dataclass(slots=True, eq=False)
class Run:
    """The state of a run that lives: what is trained, how, and where it writes.

    `max_steps`: a budget, 0 for none. `all_stop`: every process knows that the run is to end.
    """

    network: Network
    average: Average
    optimiser: torch.optim.Optimizer
    recipe: Recipe
    device: torch.device
    seed: int
    folder: Path
    tell: Tell
    stop: StopSwitch
    forward: Forward
    max_steps: int = 0
    processes: Processes = ALONE
    scaler: torch.amp.GradScaler | None = None
    board: Board | None = None
    teacher: Teacher | None = None
    progress: Progress = field(default_factory=Progress)
    memory: Memory = field(default_factory=Memory)
    all_stop: bool = False
    saved_at: float = field(default_factory=time.monotonic)
    saved_step: int = 0

    @property
    def descent(self) -> Descent:
        """How a batch becomes gradients in the present stage."""
        recipe = self.recipe
        objective = objective_of(recipe, recipe.stage_at(self.progress.epoch))
        if self.teacher is not None:
            share, temperature = recipe.teaching.share, recipe.teaching.temperature
            objective = taught(objective, self.teacher, share=share, temperature=temperature)
        return Descent(self.forward, objective, recipe.precision, recipe.channels_last, self.scaler)


def new_run(
    network: Network, recipe: Recipe, *, device: torch.device, seed: int, folder: Path, tell: Tell, stop: StopSwitch,
    max_steps: int = 0, processes: Processes = ALONE, teacher: Teacher | None = None,
) -> Run:  # fmt: skip
    """A run at its first step. Raises DataError when a size does not fit the network, DeviceError for fp16 on a CPU."""
    require_sizes(network, recipe)
    layout = torch.channels_last if recipe.channels_last else torch.contiguous_format
    network.to(device=device, memory_format=layout)  # type: ignore[call-overload]
    network = prepare_statistics(network, processes, device, tell)
    if recipe.freeze_early:
        network.freeze_early()
    same_start(network, processes)
    forward: Forward = network.outputs if recipe.deep_supervision else single_map(network)
    run = Run(
        network, Average(network, decay=recipe.ema),
        make_optimiser(network, recipe.optimiser, fused=device.type == "cuda"),
        recipe, device, seed, folder, tell, stop, forward, max_steps, processes, _scaler(recipe, device),
    )  # fmt: skip
    run.memory.parts = recipe.accumulation
    run.board = open_board(recipe.log, folder) if processes.first else None
    run.teacher = teacher
    return run


def require_sizes(network: Network, recipe: Recipe) -> None:
    """Raises DataError unless every side is a whole number of the network's strides."""
    sizes = {recipe.size, *(recipe.size_of(number) for number in range(len(recipe.stages)))}
    odd = sorted(size for size in sizes if size % network.stride)
    if odd:
        raise DataError(
            "recipe.size",
            f"{odd[0]} pixels are no multiple of {network.stride}, as {recipe.architecture.name} needs.",
            f"Choose {max(1, round(odd[0] / network.stride)) * network.stride} pixels.",
        )


def compile_where_it_pays(run: Run, *, steps: int) -> None:
    """torch.compile by the recipe: on, off, or auto: on CUDA when at least `COMPILING_PAYS_AFTER` steps are to come."""
    pays = run.device.type == "cuda" and steps >= COMPILING_PAYS_AFTER
    if run.recipe.compile == "on" or (run.recipe.compile == "auto" and pays):
        run.forward = torch.compile(run.forward, dynamic=False)


def objective_of(recipe: Recipe, stage: int) -> Objective:
    """The loss of a stage over all supervised maps."""
    chosen = recipe.stages[stage]
    loss = build_loss(chosen.loss, chosen.options)
    return lambda maps, batch, weights: supervised(loss, maps, batch, weights, recipe.deep_supervision)


def _scaler(recipe: Recipe, device: torch.device) -> torch.amp.GradScaler | None:
    if recipe.precision != "fp16":
        return None
    if device.type != "cuda":
        raise DeviceError("device.fp16", "Training in fp16 needs CUDA.", "Choose precision bf16 or float32.")
    return torch.amp.GradScaler("cuda")


def is_due(run: Run) -> bool:
    """Whether so many steps or seconds have gone by since the last checkpoint that another is due."""
    late = time.monotonic() - run.saved_at >= run.recipe.checkpoint_seconds
    return late or run.progress.done - run.saved_step >= run.recipe.checkpoint_steps


def save(run: Run) -> None:
    """Leave `last.pt`, from which the run can go on; in the first process only."""
    run.saved_at, run.saved_step = time.monotonic(), run.progress.done
    run.progress.parts = run.memory.parts
    if run.processes.first:
        write_checkpoint(run.folder / "last.pt", _checkpoint(run, optimiser=run.optimiser.state_dict()))


def save_best(run: Run) -> None:
    """Leave `best.pt`: the weights that were judged best, without what only going on needs."""
    if run.processes.first:
        write_checkpoint(run.folder / "best.pt", _checkpoint(run, optimiser={}))


def _checkpoint(run: Run, *, optimiser: dict[str, object]) -> Checkpoint:
    return Checkpoint(
        network=run.network.state_dict(),
        average=run.average.tensors,
        average_steps=run.average.steps,
        optimiser=optimiser,
        scaler={} if run.scaler is None else run.scaler.state_dict(),
        progress=dataclasses.asdict(run.progress),
        recipe=recipe_values(run.recipe),
    )


def resume(run: Run) -> bool:
    """Go on from `last.pt`; False when there is none. Raises DataError when it is of another network or optimiser."""
    path = run.folder / "last.pt"
    here = path.read_bytes() if run.processes.first and path.is_file() else b""
    content = from_first(here, run.processes, run.device)
    if not content:
        return False
    state = checkpoint_of(content, path)
    mine = recipe_values(run.recipe)
    for part in ("architecture", "optimiser"):
        if state.recipe[part] != mine[part]:
            raise DataError(
                "checkpoint.other",
                f"The run in {run.folder} has another {part} than this recipe.",
                "Go on with its own recipe, or choose another folder.",
            )
    run.network.load_state_dict(state.network)
    run.average.load(state.average, steps=state.average_steps)
    run.optimiser.load_state_dict(state.optimiser)
    if run.scaler is not None:
        run.scaler.load_state_dict(state.scaler)
    run.progress = Progress(**state.progress)  # type: ignore[arg-type]
    run.memory.parts, run.saved_step = run.progress.parts, run.progress.done
    return True
