"""The training loop, whole and visible: `train` calls `train_one_epoch` and `evaluate`, and nothing else happens."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainer.checkpoints import Checkpoint, read_checkpoint, write_checkpoint
from trainer.data.augment import Batch, augmented_batch, plain_batch
from trainer.data.frames import Frames
from trainer.descent import Memory, gradients
from trainer.ema import Average
from trainer.events import Pace, StopSwitch, Tell
from trainer.models.network import Network
from trainer.pixels.metrics import Counts, count, per_image_dice
from trainer.recipe import Recipe, recipe_values

STEPS_BETWEEN_CHECKPOINTS = 50


@dataclass(slots=True, eq=False)
class Run:
    """The state of a run that lives: what is trained, how, and where it writes."""

    network: Network
    average: Average
    optimiser: torch.optim.Optimizer
    recipe: Recipe
    device: torch.device
    seed: int
    folder: Path
    tell: Tell
    stop: StopSwitch
    epoch: int = 0
    step: int = 0
    best_dice: float = -1.0
    memory: Memory = field(default_factory=Memory)


def new_run(
    network: Network, recipe: Recipe, *, device: torch.device, seed: int, folder: Path, tell: Tell, stop: StopSwitch
) -> Run:
    """A run at its first step; channels last, since convolutions on CPU and GPU are quicker so."""
    network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    groups = [
        {"params": list(network.encoder.parameters()), "lr": recipe.encoder_rate, "top_rate": recipe.encoder_rate},
        {"params": list(network.decoder.parameters()), "lr": recipe.decoder_rate, "top_rate": recipe.decoder_rate},
    ]
    optimiser = torch.optim.AdamW(groups, weight_decay=recipe.weight_decay)
    average = Average(network, decay=recipe.ema)
    return Run(network, average, optimiser, recipe, device, seed, folder, tell, stop)


def train(run: Run, training: Frames, validation: Frames) -> Path:
    """Train to the last epoch of the recipe; returns the checkpoint that was best on `validation`.

    Every epoch leaves `last.pt`, the best one `best.pt`. A killed run goes on from `last.pt` after `resume`.
    """
    steps = steps_in(training, run.recipe)
    total = steps * run.recipe.epochs
    run.tell("plan", steps=total, train=len(training), holdout=len(validation), replay=0, batch=run.recipe.batch)
    pace = Pace(total, run.epoch * steps + run.step)
    while run.epoch < run.recipe.epochs:
        loss = train_one_epoch(run, training, pace)
        run.epoch, run.step = run.epoch + 1, 0
        judge_epoch(run, validation, loss=loss, step=run.epoch * steps)
    return run.folder / "best.pt"


def judge_epoch(run: Run, validation: Frames, *, loss: float, step: int) -> None:
    """Judge the averaged weights, keep them if they are the best so far, and leave a checkpoint."""
    counts = evaluate_average(run, validation)
    dice = per_image_dice(counts) if any(value.has_polyp for value in counts) else 0.0
    empty = [value for value in counts if not value.has_polyp]
    alarms = sum(value.fp > 0 for value in empty)
    run.tell(
        "evaluation", step=step, train_dice=None, holdout_dice=dice, epoch=run.epoch, loss=loss,
        empty_frames=len(empty), false_proposals=alarms,
    )  # fmt: skip
    better = dice >= run.best_dice
    run.best_dice = max(dice, run.best_dice)
    save(run, run.folder / "last.pt")
    if better:
        save(run, run.folder / "best.pt")


def train_one_epoch(run: Run, frames: Frames, pace: Pace) -> float:
    """All frames once, from `run.step` on; returns the mean loss. Raises Stopped; TrainingError on a loss of nan."""
    steps = steps_in(frames, run.recipe)
    images, labels = torch.from_numpy(frames.images), torch.from_numpy(frames.labels)
    weights = torch.from_numpy(frames.weights)
    run.network.train()
    losses: list[float] = []
    order = np.random.default_rng((run.seed, run.epoch)).permutation(len(frames))
    while run.step < steps:
        at = run.epoch * steps + run.step
        run.stop.raise_if_on(at)
        chosen = torch.from_numpy(order[run.step * run.recipe.batch : (run.step + 1) * run.recipe.batch])
        batch = augmented_batch(
            images[chosen].to(run.device), labels[chosen].to(run.device), size=run.recipe.size_at(run.epoch),
            ranges=run.recipe.augmentation, generator=torch.Generator().manual_seed(run.seed * 1_000_003 + at),
        )  # fmt: skip
        set_rates(run, at, steps * run.recipe.epochs)
        losses.append(optimise(run, batch, weights[chosen].to(run.device)))
        run.step += 1
        run.tell("step", step=at + 1, steps=steps * run.recipe.epochs, loss=round(losses[-1], 5), **pace.at(at + 1))
        if run.step % STEPS_BETWEEN_CHECKPOINTS == 0:
            save(run, run.folder / "last.pt")
    return float(np.mean(losses)) if losses else 0.0


def optimise(run: Run, batch: Batch, weights: Tensor) -> float:
    """One step; returns the loss. Raises TrainingError when it is no finite number."""
    value = gradients(
        run.network, batch, weights, precision=run.recipe.precision, memory=run.memory, tell=run.tell
    )  # fmt: skip
    torch.nn.utils.clip_grad_norm_(run.network.parameters(), run.recipe.clip)
    run.optimiser.step()
    run.average.follow(run.network)
    return value


def set_rates(run: Run, step: int, steps: int) -> None:
    """Linear warm-up, then half a cosine down to 1 % of the top rate."""
    warm = min(1.0, (step + 1) / max(1, run.recipe.warm_up_steps))
    share = min(1.0, step / max(1, steps))
    factor = warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * share)))
    for group in run.optimiser.param_groups:
        group["lr"] = group["top_rate"] * factor


def evaluate_average(run: Run, frames: Frames) -> list[Counts]:
    """Judge the averaged weights on the network's own grid, threshold .5; the trained weights stay as they are."""
    kept = {name: tensor.detach().clone() for name, tensor in run.network.state_dict().items()}
    run.network.load_state_dict(run.average.tensors)
    try:
        return [
            count(probability >= 0.5, label)
            for probability, label in zip(
                predict(run.network, frames.images, device=run.device), frames.labels, strict=True
            )
        ]
    finally:
        run.network.load_state_dict(kept)


@torch.inference_mode()
def predict(
    network: Network, images: NDArray[np.uint8], *, device: torch.device, batch: int = 16
) -> Iterator[NDArray[np.float32]]:
    """Probability `(s, s)` float32 of each of `(n, s, s, 3)` uint8 frames; the network is left in evaluation mode."""
    network.eval()
    for start in range(0, len(images), batch):
        part = torch.from_numpy(images[start : start + batch]).to(device)
        image = plain_batch(part, torch.zeros(part.shape[:3], dtype=torch.uint8, device=device)).image
        logits = network(image.contiguous(memory_format=torch.channels_last))
        yield from torch.sigmoid(logits.float())[:, 0].cpu().numpy()


def steps_in(frames: Frames, recipe: Recipe) -> int:
    """Steps an epoch takes: whole batches, but at least one."""
    return max(1, len(frames) // recipe.batch)


def save(run: Run, path: Path) -> None:
    """Leave a checkpoint of the run."""
    write_checkpoint(
        path,
        Checkpoint(
            run.epoch, run.step, run.network.state_dict(), run.average.tensors, run.average.steps,
            run.optimiser.state_dict(), run.best_dice, recipe_values(run.recipe),
        ),
    )  # fmt: skip


def resume(run: Run) -> bool:
    """Go on from `last.pt`; False when there is none."""
    path = run.folder / "last.pt"
    if not path.is_file():
        return False
    state = read_checkpoint(path)
    run.network.load_state_dict(state.network)
    run.average.load(state.average, steps=state.average_steps)
    run.optimiser.load_state_dict(state.optimiser)
    run.epoch, run.step, run.best_dice = state.epoch, state.step, state.best_dice
    return True
