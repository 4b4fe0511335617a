"""One fold as the mean of several seeds' weights: runs that began with the same weights and saw the same frames.

Such runs lie in one valley, so that the mean of their weights is a network too, and a steadier one between hospitals
(model soups, Wortsman et al. 2022). It costs nothing when it answers. Batch norm's statistics are counted anew.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import torch

from benchmarks.folds.fitting import order_of, read_order, require_same_order, start_of, weights_digest
from benchmarks.folds.plan import Fold, Place, Study, place_of, read_object
from benchmarks.folds.sides import Looks, split_of, training_pairs
from trainer.data.frames import load_frames
from trainer.ensembling import averaged_network, read_weights, recompute_statistics
from trainer.errors import DataError
from trainer.files import write_json
from trainer.recipe import recipe_values
from trainer.training.checkpoints import Checkpoint, write_checkpoint

SAME: Final = ("fold", "split", "max_steps", "recipe", "start")
"""What the orders of all members share."""


def average_fold(fold: Fold, study: Study, *, looks: Looks) -> bool:
    """Write the run of a fold whose weights are the mean of the same fold of `study.members`; True.

    Raises DataError when a member is not trained to its end or was trained otherwise than the study says.
    """
    place = place_of(fold, study)
    if place.fitted.is_file():
        return True
    split = split_of(fold, study.sources, place, looks)
    start = None if study.start is None else start_of(study.start, place)
    order = order_of(fold, study, (), start)
    members = [member_of(folder, fold, order) for folder in study.members]
    order["members"] = [weights_digest(run / "best.pt") for run in members]
    require_same_order(place.order, order)
    network = averaged_network([read_weights(run / "best.pt") for run in members])
    training, _ = training_pairs(fold, study.sources, split)
    recipe = study.recipe
    frames = load_frames(training, size=recipe.size, crop=recipe.crop, cache=study.cache, threads=study.threads)
    recompute_statistics(network, frames.images, device=torch.device("cpu"), batch=recipe.batch)
    tensors = network.state_dict()
    write_checkpoint(
        place.run / "best.pt", Checkpoint(tensors, tensors, 0, {}, {}, {"best_dice": -1.0}, recipe_values(recipe))
    )
    write_json(place.run / "run.json", summary_of(members))
    shutil.copy(members[0] / "events.jsonl", place.run)  # A report shows the curves of the first seed.
    ended = [read_object(run.parent / "fitted.json") for run in members]
    write_json(place.fitted, {"step": sum(one["step"] for one in ended), "finished": True})
    return True


def member_of(folder: Path, fold: Fold, order: Mapping[str, object]) -> Path:
    """The run of the same fold in another study, begun as `order` says but for its seed."""
    place = Place(folder / fold.name)
    if not place.fitted.is_file():
        raise DataError(
            "folds.member", f"The fold {fold.name} of {folder.name} is not trained to its end.", "Train it first."
        )
    begun = read_order(place.order)
    other = [name for name in SAME if begun.get(name) != order.get(name)]
    if other:
        raise DataError(
            "folds.member", f"The fold {fold.name} of {folder.name} was trained with another {', '.join(other)}.",
            "Only runs that differ in their seed alone have a mean.",
        )  # fmt: skip
    return place.run


def summary_of(members: Sequence[Path]) -> dict[str, Any]:
    """`run.json` of the mean: that of the first member, with every seed and every frame that one of them saw."""
    told = [read_object(run / "run.json") for run in members]
    seeds = [int(one["seed"]) for one in told]
    if len(set(seeds)) != len(seeds):
        raise DataError("folds.member", f"The seeds {seeds} are not different ones.", "Average runs of several seeds.")
    seen = {side: sorted({key for one in told for key in one[side]}) for side in ("train", "validation")}
    return {**told[0], "seeds": seeds, **seen}
