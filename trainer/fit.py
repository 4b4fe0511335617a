"""`polyp-trainer fit`: train a network from folders of frames and masks."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from trainer import __version__
from trainer.data.erased import with_erased
from trainer.data.frames import Frames, load_frames
from trainer.data.negatives import with_mucosa
from trainer.data.pairs import Pair
from trainer.device import choose_device, device_name
from trainer.distillation import Teacher
from trainer.errors import DataError
from trainer.events import StopSwitch, Tell
from trainer.files import write_json
from trainer.models.network import Network
from trainer.models.registry import build_network
from trainer.recipe import Recipe, recipe_values
from trainer.training.board import close_board
from trainer.training.checkpoints import read_checkpoint
from trainer.training.claim import claimed
from trainer.training.descent import too_small
from trainer.training.lessons import choose_lessons, find_teacher, with_pseudo_labels
from trainer.training.loop import main
from trainer.training.parallel import ALONE, Processes, joined
from trainer.training.state import Run, new_run, resume


@dataclass(frozen=True, slots=True)
class FitOrder:
    """What to train on and where to write.

    `split`: a file that names the side of every frame. `holdout`: a list of stems that are taken out with all of their
    groups and never looked at. `encoder`: pretrained weights. `start`: the checkpoint of another run, whose averaged
    weights this one begins with. `goes_on`: from the checkpoint that a killed run left in
    `out`. `max_steps`: a budget of steps, 0 for none. `cache`: where prepared frames are kept for the next run; nowhere
    without it. `teachers`: bundles. `unlabelled`: a folder of frames for them to label.
    """

    data: Mapping[str, Path]
    out: Path
    recipe: Recipe
    split: Path | None = None
    holdout: Path | None = None
    encoder: Path | None = None
    start: Path | None = None
    device: str = "auto"
    seed: int = 0
    threads: int = 0
    goes_on: bool = False
    max_steps: int = 0
    processes: Processes = ALONE
    cache: Path | None = None
    teachers: tuple[Path, ...] = ()
    unlabelled: Path | None = None


def fit(order: FitOrder, *, tell: Tell, stop: StopSwitch) -> Path:
    """Train to the `result` event; returns the best checkpoint's path. Raises TrainerError and Stopped."""
    if order.threads:
        torch.set_num_threads(order.threads)
    torch.manual_seed(order.seed)
    device = choose_device(order.device)
    tell(
        "hello", program="polyp-trainer", version=__version__, torch=torch.__version__, device=device.type,
        device_name=device_name(device), pid=os.getpid(), job=None, base_digest=None,
    )  # fmt: skip
    require_free(order)
    with claimed(order.out, order.processes), joined(order.processes, device):
        network = fresh_network(order)
        teacher = find_teacher(order.teachers, order.recipe, device=device)
        training, validation = load_both_sides(order, teacher, device=device, tell=tell)
        run = new_run(
            network, order.recipe, device=device, seed=order.seed, folder=order.out, tell=tell, stop=stop,
            max_steps=order.max_steps, processes=order.processes, teacher=teacher,
        )  # fmt: skip
        try:
            start(run, order, training, validation)
            best = main(run, training, validation)
        except torch.OutOfMemoryError as error:
            raise too_small("The frames and the network do not fit into the memory of this device.") from error
        finally:
            close_board(run.board)
    tell(
        "result", bundle=None, checkpoint=str(best), digest=None, holdout_dice=round(run.progress.best_dice, 5),
        baseline_dice=None, per_frame=[], gate=None, step=run.progress.done,
        finished=run.progress.epoch >= order.recipe.epochs,
    )  # fmt: skip
    return best


def load_both_sides(
    order: FitOrder, teacher: Teacher | None, *, device: torch.device, tell: Tell
) -> tuple[Frames, Frames]:
    """Training frames, at the largest size that a step asks for, and validation frames. Raises DataError."""
    recipe = order.recipe

    def say(told: str) -> None:
        tell("note", code="data", message=told)

    lessons = choose_lessons(order.data, recipe, split=order.split, holdout=order.holdout, tell=tell)
    largest = max([recipe.size, *(round(recipe.size * scale) for scale in recipe.scales)])
    training, validation = (
        load_frames(pairs, size=size, crop=recipe.crop, cache=order.cache, threads=order.threads, say=say)
        for pairs, size in ((lessons.training, largest), (lessons.validation, recipe.size))
    )
    training = with_negatives(order, training, lessons.training, tell=tell)
    training = with_pseudo_labels(
        training, order.unlabelled, teacher, recipe, apart=lessons.apart, device=device, tell=tell
    )  # fmt: skip
    return training, validation


def with_negatives(order: FitOrder, training: Frames, pairs: Sequence[Pair], *, tell: Tell) -> Frames:
    """The training frames, twins without their polyp and crops of mucosa, as many as the recipe wants.

    `erased.json` names the twins and the decoys, `negatives.json` frame and box of each crop.
    """
    recipe = order.recipe
    if recipe.erased:
        training, done = with_erased(training, share=recipe.erased, threads=order.threads)
        if order.processes.first:
            write_json(order.out / "erased.json", done)
        twins = sum(what == "erased" for what in done.values())
        tell(
            "note", code="erased",
            message=f"{twins} frames train once more without their polyp, {len(done) - twins} carry a decoy.",
        )  # fmt: skip
    if not recipe.negatives:
        return training
    training, crops = with_mucosa(training, pairs, share=recipe.negatives, crop=recipe.crop, threads=order.threads)
    if order.processes.first:
        told = {crop.key: {"box": list(crop.box), "share": round(crop.share, 4)} for crop in crops}
        write_json(order.out / "negatives.json", told)
    tell(
        "note", code="negatives",
        message=f"{len(crops)} crops of mucosa train as empty frames; negatives.json says where they are from.",
    )  # fmt: skip
    return training


def start(run: Run, order: FitOrder, training: Frames, validation: Frames) -> None:
    """Go on from a checkpoint where that is asked for and there is one; else write `run.json`."""
    goes_on = order.goes_on and resume(run)
    if goes_on:
        run.tell("note", code="resume", message=f"The run goes on at step {run.progress.done}.")
    if not run.processes.first:
        return
    path = order.out / "run.json"
    if not (goes_on and path.is_file()):
        write_json(path, _summary(order, training, validation))
    elif json.loads(path.read_text("utf-8"))["train"] != list(training.keys):
        run.tell("warning", code="resume.data", message="The run began on other frames than it goes on with.")


def require_free(order: FitOrder) -> None:
    """Raises DataError when the folder holds a run that would be overwritten."""
    if not order.goes_on and (order.out / "last.pt").is_file():
        raise DataError(
            "run.exists", f"{order.out} holds a run already.", "Go on with it by --resume, or choose another folder."
        )


def fresh_network(order: FitOrder) -> Network:
    """The recipe's network: with the weights that another run ended with, or its encoder pretrained."""
    network = build_network(order.recipe.architecture)
    if order.start is not None:
        begin_from(network, order.start)
    elif order.encoder is not None:
        network.load_encoder(order.encoder)
    return network


def begin_from(network: Network, checkpoint: Path) -> None:
    """Give a network the averaged weights of another run. Raises DataError where that run's network is another one."""
    weights = read_checkpoint(checkpoint).average
    mine = {name: tensor.shape for name, tensor in network.state_dict().items()}
    if {name: tensor.shape for name, tensor in weights.items()} != mine:
        raise DataError(
            "start.network", f"The run of {checkpoint} trained another network than this recipe.",
            "Begin with a run of the same architecture, or with --encoder.",
        )  # fmt: skip
    network.load_state_dict(weights)


def _summary(order: FitOrder, training: Frames, validation: Frames) -> dict[str, object]:
    return {
        "schema": "polyp-trainer/run/1",
        "version": __version__,
        "torch": torch.__version__,
        "seed": order.seed,
        "recipe": recipe_values(order.recipe),
        "encoder": None if order.encoder is None or order.start is not None else order.encoder.name,
        "start": None if order.start is None else order.start.name,
        "train": list(training.keys),
        "validation": list(validation.keys),
    }
