"""Which frames teach a run and which judge its epochs, and the teacher that other networks make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from trainer.bundle import read_bundle
from trainer.data.duplicates import near_pairs, perceptual_hash
from trainer.data.folders import find_images, find_pairs, read_image, read_list
from trainer.data.frames import Frames, in_threads, load_pictures
from trainer.data.groups import groups_of, hashes_of
from trainer.data.pairs import Pair
from trainer.data.split_file import read_split
from trainer.data.splits import sides_of
from trainer.distillation import Teacher, teacher_of
from trainer.errors import DataError
from trainer.events import Tell
from trainer.pixels.split import stable_fraction
from trainer.pseudo import pseudo_frames
from trainer.recipe import Recipe


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """Frames on disk that train and that judge the epochs. `apart`: `(n, 64)` hashes of all that must not train."""

    training: list[Pair]
    validation: list[Pair]
    apart: NDArray[np.uint8]


def choose_lessons(
    data: Mapping[str, Path], recipe: Recipe, *, split: Path | None, holdout: Path | None, tell: Tell
) -> Lessons:
    """By a split's file, else by the recipe's share of the groups or its fold; `holdout` and its groups stay out.

    Validation chooses the epoch only. Where there are too few groups for two sides all frames do both, with a warning.
    Raises DataError when nothing is left to train on, or the list or the split does not fit the data.
    """
    pairs = [pair for name, folder in data.items() for pair in find_pairs(folder, name=name)]
    hashes = hashes_of(pairs)
    groups = groups_of(pairs, hashes=hashes).of
    held = _held_out(pairs, groups, holdout)
    free = [pair for pair in pairs if pair.key not in held]
    sides = _by_recipe(free, groups, recipe) if split is None else _by_file(free, split, recipe)
    training = [pair for pair in pairs if sides.get(pair.key) == "train"]
    validation = [pair for pair in pairs if sides.get(pair.key) == "validation"]
    if not training or not validation:
        training = validation = training or validation
        if not training:
            raise DataError("data.nothing", "No frame is left to train on.", "Check the split, or add data.")
        tell(
            "warning", code="validation.same",
            message="There are too few groups of frames for two sides: the frames that train also choose the epoch.",
        )  # fmt: skip
    learnt = {pair.key for pair in training}
    return Lessons(training, validation, hashes[[number for number, p in enumerate(pairs) if p.key not in learnt]])


def _by_file(pairs: Sequence[Pair], split: Path, recipe: Recipe) -> dict[str, str]:
    sides = sides_of(pairs, read_split(split), fold=recipe.fold if recipe.folds else None)
    return {pair.key: side for side, inside in sides.items() for pair in inside}


def _by_recipe(pairs: Sequence[Pair], groups: Mapping[str, str], recipe: Recipe) -> dict[str, str]:
    names = {groups[pair.key] for pair in pairs}
    judging = _fold_of(names, recipe) if recipe.folds else _share_of(names, recipe)
    return {pair.key: "validation" if groups[pair.key] in judging else "train" for pair in pairs}


def _fold_of(groups: set[str], recipe: Recipe) -> set[str]:
    return {group for group in groups if int(stable_fraction(group, salt="folds") * recipe.folds) == recipe.fold}


def _share_of(groups: set[str], recipe: Recipe) -> set[str]:
    """The groups whose hash lies below the share; where that leaves a side empty, one group stands there."""
    inside = sorted(groups, key=lambda group: stable_fraction(group, salt="validation"))
    count = sum(stable_fraction(group, salt="validation") < recipe.validation for group in inside)
    return set(inside[: min(max(1, count), len(inside) - 1)])


def _held_out(pairs: Sequence[Pair], groups: Mapping[str, str], holdout: Path | None) -> set[str]:
    """Keys of the listed stems and of every frame of their groups."""
    if holdout is None:
        return set()
    stems = read_list(holdout)
    held = {groups[pair.key] for pair in pairs if pair.stem in stems}
    if not held:
        raise DataError("data.holdout", f"No frame of {holdout} is in the data.", "Check the list and the folders.")
    return {pair.key for pair in pairs if groups[pair.key] in held}


def find_teacher(bundles: Sequence[Path], recipe: Recipe, *, device: torch.device) -> Teacher | None:
    """The teacher that the bundles are together; None without one."""
    if not bundles:
        return None
    return teacher_of(
        [read_bundle(path) for path in bundles], device=device, flips=recipe.teaching.flips, precision=recipe.precision
    )


def with_pseudo_labels(
    frames: Frames, folder: Path | None, teacher: Teacher | None, recipe: Recipe, *, apart: NDArray[np.uint8],
    device: torch.device, tell: Tell,
) -> Frames:  # fmt: skip
    """The training frames and those of `folder` that the teacher is sure of; near-duplicates of `apart` stay out.

    Raises DataError when there is no teacher, or the recipe gives pseudo-labels no weight.
    """
    if folder is None:
        return frames
    if teacher is None or not recipe.pseudo.weight:
        raise DataError(
            "pseudo.teacher", "Frames without labels need a teacher and a weight.",
            "Give --teacher BUNDLE and --set pseudo.weight=0.3, or leave --unlabelled out.",
        )  # fmt: skip
    pictures = find_images(folder, name=folder.resolve().name)
    hashes = np.stack(list(in_threads(lambda picture: perceptual_hash(read_image(picture.image)), pictures)))
    near = {row for row, _ in near_pairs(hashes, apart)}
    free = [picture for number, picture in enumerate(pictures) if number not in near]
    loaded = load_pictures(free, size=frames.images.shape[1])
    sure, counts = pseudo_frames(loaded, teacher, recipe.pseudo, device=device)
    tell(
        "note", code="pseudo",
        message=f"Of {len(pictures)} frames without labels {len(near)} nearly repeat frames that must not train; the "
        f"teacher labelled {counts.kept}, doubted {counts.doubtful} and saw no lesion in {counts.empty}.",
    )  # fmt: skip
    return Frames(
        (*frames.keys, *sure.keys),
        np.concatenate([frames.images, sure.images]),
        np.concatenate([frames.labels, sure.labels]),
        np.concatenate([frames.weights, sure.weights]),
    )
