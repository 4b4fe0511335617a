"""One fold trained, in pieces: it stops at a checkpoint when its minutes are over and goes on to the same weights."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.folds.plan import KVASIR_ONLY, Fold, Place, Study, place_of, read_object
from benchmarks.folds.sides import Looks, split_of
from benchmarks.report import note
from trainer.bundle import read_bundle
from trainer.data.split_file import read_split
from trainer.errors import DataError
from trainer.events import Events, Stopped, StopSwitch
from trainer.files import write_json
from trainer.fit import FitOrder, fit
from trainer.recipe import recipe_of, recipe_values

TOLD_EVERY = 50
"""Steps between two notes to a person who watches."""


class Deadline(StopSwitch):
    """Turns on once so many minutes are over. `clock`: seconds that only grow."""

    def __init__(self, minutes: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._end = clock() + 60 * minutes

    def raise_if_on(self, step: int) -> None:
        """Raise Stopped when the time is over, or somebody asked for it."""
        if self.is_over:
            self.turn_on("the minutes are over")
        super().raise_if_on(step)

    @property
    def is_over(self) -> bool:
        """Whether the time is over."""
        return self._clock() >= self._end


def fit_fold(fold: Fold, study: Study, *, stop: StopSwitch, looks: Looks) -> bool:
    """Train a fold, or go on with it; True once it is trained to its end.

    Raises TrainerError, among others where the fold was begun with another recipe, seed, budget, teacher or start, and
    where teacher or start is none of this fold.
    """
    place = place_of(fold, study)
    if place.fitted.is_file():
        return True
    split_of(fold, study.sources, place, looks)
    teachers = tuple(teacher_of(folder, fold, digest=split_digest(place.split)) for folder in study.teachers)
    start = None if study.start is None else start_of(study.start, place)
    require_same_order(place.order, order_of(fold, study, teachers, start))
    recipe = study.recipe
    order = FitOrder(
        {name: study.sources.folders[name] for name in fold.trains}, place.run, recipe, split=place.split,
        encoder=study.sources.encoder_of(recipe.architecture), start=start, device=study.device, seed=study.seed,
        threads=study.threads, goes_on=True, max_steps=study.max_steps, cache=study.cache, teachers=teachers,
    )  # fmt: skip
    heard: dict[str, object] = {}
    events = Events(place.run / "events.jsonl", None, watch=lambda event: _watch(event, heard))
    try:
        fit(order, tell=events.tell, stop=stop)
    except Stopped as end:
        events.tell("stopped", reason=end.reason, step=end.step)
        return False
    finally:
        events.close()
    write_json(place.fitted, {name: heard[name] for name in ("step", "holdout_dice", "finished")})
    return True


def _watch(event: Mapping[str, object], heard: dict[str, object]) -> None:
    if event["type"] == "result":
        heard.update(event)
    step = event.get("step")
    if event["type"] == "step" and isinstance(step, int) and step % TOLD_EVERY == 0:
        note(f"  step {step} of {event['steps']}, loss {event['loss']}, {event['seconds_left']} s left")
    if event["type"] == "evaluation":
        note(f"  epoch {event['epoch']}: Dice {event['holdout_dice']} on the frames that choose")
    if event["type"] in ("warning", "stopped"):
        note(f"  {event.get('message') or event.get('reason')}")


def order_of(fold: Fold, study: Study, teachers: tuple[Path, ...], start: Path | None) -> dict[str, object]:
    """What decides the weights of a fold, as JSON values. `start`: the checkpoint that it begins with."""
    values = {
        "fold": fold.name, "seed": study.seed, "max_steps": study.max_steps, "recipe": recipe_values(study.recipe),
        "teachers": [read_bundle(folder).digest for folder in teachers],
        "split": split_digest(place_of(fold, study).split),
    }  # fmt: skip
    if start is not None:
        values["start"] = weights_digest(start)
    told: dict[str, object] = json.loads(json.dumps(values))
    return told


def split_digest(path: Path) -> str:
    """What stands for the split of a fold: teachers must have the same one."""
    sides = read_split(path).sides()
    return hashlib.sha256(json.dumps(sides, sort_keys=True).encode()).hexdigest()


def require_same_order(path: Path, order: Mapping[str, object]) -> None:
    """Write the order of a new fold. Raises DataError when the fold was begun with another one."""
    if not path.is_file():
        write_json(path, order)
        return
    begun = read_order(path)
    other = sorted(name for name in {*begun, *order} if begun.get(name) != order.get(name))
    if other:
        raise DataError(
            "folds.order",
            f"The fold in {path.parent} was begun with another {', '.join(other)}.",
            "Go on as it was begun, or give the study another --name.",
        )


def read_order(path: Path) -> dict[str, Any]:
    """What a fold was begun with; a field that recipes did not have yet has its default."""
    begun = read_object(path)
    told = begun["recipe"]
    begun["recipe"] = json.loads(json.dumps(recipe_values(recipe_of(told, name=told["name"]))))
    return begun


def start_of(study: Path, place: Place) -> Path:
    """The checkpoint of the fold `kvasir-only` of another study.

    Raises DataError when that fold is not trained to its end, or has seen frames that this one keeps apart: what it
    trained on must train here, and what chose its epoch must train or choose.
    """
    begun = Place(study / KVASIR_ONLY)
    if not begun.fitted.is_file():
        raise DataError(
            "folds.start", f"The fold {KVASIR_ONLY} of {study.name} is not trained to its end.", "Train it first."
        )
    sides = read_split(place.split).sides()
    seen = read_object(begun.run / "run.json")
    trained = {str(key).partition("#")[0] for key in seen["train"]}
    odd = [key for key in sorted(trained) if sides.get(key) != "train"]
    odd += [key for key in seen["validation"] if sides.get(key) not in ("train", "validation")]
    if odd:
        raise DataError(
            "folds.start", f"{KVASIR_ONLY} of {study.name} has seen {len(odd)} frames that stand apart in "
            f"{place.folder.name}, such as {odd[0]}.", "Begin that fold with the encoder's weights alone.",
        )  # fmt: skip
    return begun.run / "best.pt"


def weights_digest(checkpoint: Path) -> str:
    """What stands for the weights that a fold began with."""
    return hashlib.sha256(checkpoint.read_bytes()).hexdigest()


def teacher_of(study: Path, fold: Fold, *, digest: str) -> Path:
    """The bundle of the same fold of another study.

    Raises DataError when there is none yet, or it was made with other frames than this fold may see.
    """
    place = Place(study / fold.name)
    try:
        order = json.loads(place.order.read_text("utf-8"))
        made = json.loads(place.made.read_text("utf-8"))
    except OSError as error:
        raise DataError(
            "folds.teacher", f"{study.name} has no bundle of the fold {fold.name} yet.",
            "Train that fold of it and let it choose first.",
        ) from error  # fmt: skip
    bundle = read_bundle(place.bundle)
    if order["fold"] != fold.name or order["split"] != digest or made["bundle"] != bundle.digest:
        raise DataError(
            "folds.teacher", f"The bundle in {place.folder} was not made within the fold {fold.name}.",
            "A teacher must not have seen what its student is judged on: train it in the same fold.",
        )  # fmt: skip
    return bundle.folder
