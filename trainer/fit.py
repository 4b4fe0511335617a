"""`polyp-trainer fit`: train a network from folders of frames and masks."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from trainer import __version__
from trainer.data.duplicates import group_near, perceptual_hash
from trainer.data.folders import Pair, find_pairs, read_image, read_list, without
from trainer.data.frames import Frames, load_frames
from trainer.device import choose_device, device_name
from trainer.errors import DataError
from trainer.events import StopSwitch, Tell
from trainer.files import write_json
from trainer.models.mobile_unet import MobileUNet, load_imagenet
from trainer.models.registry import build_network
from trainer.pixels.split import side_of
from trainer.recipe import Recipe, recipe_values
from trainer.training import new_run, resume, train


@dataclass(frozen=True, slots=True)
class FitOrder:
    """What to train on and where to write; `holdout` frames are taken out and never looked at."""

    data: Mapping[str, Path]
    out: Path
    recipe: Recipe
    holdout: Path | None = None
    encoder: Path | None = None
    device: str = "auto"
    seed: int = 0
    threads: int = 0
    goes_on: bool = False


def fit(order: FitOrder, *, tell: Tell, stop: StopSwitch) -> Path:
    """Train; returns the best checkpoint's path. Raises TrainerError and Stopped."""
    if order.threads:
        torch.set_num_threads(order.threads)
    torch.manual_seed(order.seed)
    device = choose_device(order.device)
    tell(
        "hello", program="polyp-trainer", version=__version__, torch=torch.__version__, device=device.type,
        device_name=device_name(device), pid=os.getpid(), job=None, base_digest=None,
    )  # fmt: skip
    pairs = training_pairs(order.data, order.holdout)
    training, validation = load_both_sides(pairs, order.recipe)
    network = build_network(order.recipe.architecture)
    if order.encoder is not None and isinstance(network, MobileUNet):
        load_imagenet(network, order.encoder)
    run = new_run(network, order.recipe, device=device, seed=order.seed, folder=order.out, tell=tell, stop=stop)
    if not (order.goes_on and resume(run)):
        write_json(order.out / "run.json", _summary(order, training, validation))
    return train(run, training, validation)


def training_pairs(data: Mapping[str, Path], holdout: Path | None) -> list[Pair]:
    """All frames of all folders but the held-out ones, and but those that nearly repeat a held-out one."""
    pairs = [pair for name, folder in data.items() for pair in find_pairs(folder, name=name)]
    if holdout is None:
        return pairs
    stems = read_list(holdout)
    if not stems & {pair.stem for pair in pairs}:
        raise DataError("data.holdout", f"No frame of {holdout} is in the data.", "Check the list and the folders.")
    groups = near_groups(pairs)
    held = {groups[pair.key] for pair in pairs if pair.stem in stems}
    return [pair for pair in without(pairs, stems) if groups[pair.key] not in held]


def near_groups(pairs: Sequence[Pair]) -> dict[str, str]:
    """Near-duplicate group of each frame's key."""
    keys = [pair.key for pair in pairs]
    hashes = np.stack([perceptual_hash(read_image(pair.image)) for pair in pairs])
    return dict(zip(keys, group_near(keys, hashes), strict=True))


def load_both_sides(pairs: Sequence[Pair], recipe: Recipe) -> tuple[Frames, Frames]:
    """Training and validation frames, whole near-duplicate groups on one side. Validation chooses the epoch only."""
    groups = near_groups(pairs)
    frames = load_frames(pairs, size=recipe.size)
    sides = [side_of(groups[key], holdout=recipe.validation, salt="validation") for key in frames.keys]
    chosen = {side: [n for n, of in enumerate(sides) if of == side] for side in ("train", "holdout")}
    if not chosen["train"] or not chosen["holdout"]:
        chosen = {"train": list(range(len(frames))), "holdout": list(range(len(frames)))}
    return frames.subset(chosen["train"]), frames.subset(chosen["holdout"])


def with_numbers(recipe: Recipe, *, epochs: int | None, size: int | None) -> Recipe:
    """The recipe with other numbers from the command line; small epochs keep their share."""
    if epochs is not None:
        share = recipe.small_epochs * epochs // max(1, recipe.epochs)
        recipe = dataclasses.replace(recipe, epochs=epochs, small_epochs=share)
    if size is not None:
        small = max(32, round(recipe.small_size * size / recipe.size / 32) * 32)
        recipe = dataclasses.replace(recipe, size=size, small_size=small)
    return recipe


def _summary(order: FitOrder, training: Frames, validation: Frames) -> dict[str, object]:
    return {
        "schema": "polyp-trainer/run/1",
        "version": __version__,
        "torch": torch.__version__,
        "seed": order.seed,
        "recipe": recipe_values(order.recipe),
        "train": list(training.keys),
        "validation": list(validation.keys),
    }
