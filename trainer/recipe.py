"""A recipe: every number of a training run, read from a TOML file beside this module or given by path."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from trainer.data.augment import NOTHING, Augmentation
from trainer.errors import DataError
from trainer.models.registry import Architecture
from trainer.pseudo import PseudoLabels
from trainer.typed import read_values, require_known, with_setting

FOLDER = Path(__file__).parent / "recipes"
FINETUNE = "finetune"
"""The one recipe that `fit` does not take: the numbers of fine-tuning (trainer/tuning.py)."""
CHOICES = {
    "optimiser.name": ("adamw", "adam", "sgd"),
    "schedule.name": ("constant", "cosine", "plateau"),
    "schedule.over": ("run", "stage"),
    "precision": ("auto", "float32", "bf16", "fp16"),
    "compile": ("auto", "on", "off"),
    "cache": ("ram", "device"),
    "log": ("", "tensorboard"),
}


@dataclass(frozen=True, slots=True)
class Stage:
    """Some epochs with one loss at one rate; a recipe is a row of them.

    `rate`: the decoder's top rate; `encoder_rate`: the encoder's, the same where it is not given. `loss` and `options`:
    a name of `trainer.losses` and its keyword arguments. `size`: side of the frames in pixels, 0 the recipe's.
    """

    epochs: int
    rate: float
    encoder_rate: float | None = None
    loss: str = "bce_dice"
    options: Mapping[str, object] = field(default_factory=dict)
    size: int = 0


@dataclass(frozen=True, slots=True)
class Optimiser:
    """`name`: adamw (decoupled decay), adam or sgd (Nesterov where `momentum` > 0). `clip`: largest norm of the
    gradient, 0 for none."""

    name: str = "adamw"
    weight_decay: float = 0.01
    momentum: float = 0.9
    clip: float = 1.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """How the rate goes. `warm_up_steps` rise linearly from 0; then constant, half a cosine down to `floor` of the top
    rate, or plateau: times `factor` whenever the validation's Dice has not risen for `patience` epochs, never below
    `floor`. `over`: whether warm-up and cosine are counted over the whole run or begin anew with each stage."""

    name: str = "cosine"
    over: str = "run"
    warm_up_steps: int = 100
    floor: float = 0.01
    patience: int = 5
    factor: float = 0.3


@dataclass(frozen=True, slots=True)
class Teaching:
    """What a teacher (`--teacher`) has to say. `share`: of the loss, above 0; at 1 the labels are not looked at.
    `temperature`: above 1 what it holds unlikely counts more. `flips`: it answers with the mean over four flips."""

    share: float = 0.5
    temperature: float = 1.0
    flips: bool = False


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network is trained from the start.

    What is learned
        `source`: where the recipe comes from, in words. `architecture`: network and arguments (`channels = 1` makes a
        network that turns its RGB input grey). `stages`: see Stage. `deep_supervision`: shares of the losses of the
        network's maps, finest first; empty supervises the one map that is used. `teaching`: see Teaching.
    What it sees
        `size`: side of the frames in pixels. `batch`: frames that go through the network at a time; `accumulation`:
        such batches a step. `scales`: shares of the size of which each step draws one (multi-scale). `augment`: false
        shows frames as they are. `augmentation`: see Augmentation. `crop`: to the field of view, insets blanked, as the
        application does; false is for comparing with published numbers only. `datasets`: share of each named dataset in
        what is drawn, when several are mixed (`--set datasets.kvasir=1 --set datasets.polypgen=1` draws both as often,
        however many frames each has; hospitals within one folder are not told apart); empty takes every frame once an
        epoch. `negatives`: share of the training frames from which a crop of mucosa without a polyp is trained on as
        well, as an empty frame, see trainer/data/negatives.py. `erased`: share of those with a polyp that train once
        more with it painted over, as empty frames, see trainer/data/erased.py. `validation`: share of the groups that
        choose the epoch; `folds` > 0: the groups of `fold` of so many instead.
        `pseudo`: how the teacher labels frames without labels (`--unlabelled`), see PseudoLabels; weight 0 takes none.
    How it descends
        `optimiser`, `schedule`: see there. `ema`: decay of the running average of the weights, which is what is judged
        and shipped; 0 judges the weights themselves. `freeze_early`: the network's early parts (edges and colours) stay
        as they began: a third less work, for runs that begin with weights of polyps. `early_stopping`: epochs without a
        better Dice that end a stage, 0 never. `tta`: judge with the mean over four flips.
    How it runs
        `precision`: auto takes bf16 where the device has it; fp16 scales the loss and needs CUDA. `channels_last`:
        memory layout. `compile`: torch.compile on, off, or auto: on CUDA in runs of at least 500 steps. `cache`: the
        frames stay in ram or on the device (uint8). `log`: tensorboard writes scalars and pictures. `look_every`: steps
        between `step` events; each looks at the loss and so waits for the device. `checkpoint_seconds`,
        `checkpoint_steps`: time and steps after which a checkpoint is due.
    """

    name: str
    architecture: Architecture
    stages: tuple[Stage, ...]
    source: str = ""
    size: int = 256
    batch: int = 16
    accumulation: int = 1
    optimiser: Optimiser = field(default_factory=Optimiser)
    schedule: Schedule = field(default_factory=Schedule)
    ema: float = 0.99
    freeze_early: bool = False
    early_stopping: int = 0
    deep_supervision: tuple[float, ...] = ()
    teaching: Teaching = field(default_factory=Teaching)
    pseudo: PseudoLabels = field(default_factory=PseudoLabels)
    negatives: float = 0.0
    erased: float = 0.0
    validation: float = 0.06
    folds: int = 0
    fold: int = 0
    scales: tuple[float, ...] = ()
    datasets: Mapping[str, float] = field(default_factory=dict)
    augment: bool = True
    augmentation: Augmentation = field(default_factory=Augmentation)
    crop: bool = True
    tta: bool = False
    precision: str = "auto"
    channels_last: bool = True
    compile: str = "auto"
    cache: str = "ram"
    log: str = ""
    look_every: int = 1
    checkpoint_seconds: float = 60.0
    checkpoint_steps: int = 50

    @property
    def epochs(self) -> int:
        """Epochs of all stages."""
        return sum(stage.epochs for stage in self.stages)

    @property
    def frames_a_step(self) -> int:
        """Frames that one step of the optimiser looks at, in all processes together."""
        return self.batch * self.accumulation

    @property
    def ranges(self) -> Augmentation:
        """What may happen to a frame."""
        return self.augmentation if self.augment else NOTHING

    def stage_at(self, epoch: int) -> int:
        """Number of the stage that an epoch belongs to; the last one for epochs behind it."""
        for number in range(len(self.stages)):
            if epoch < self.first_epoch(number + 1):
                return number
        return len(self.stages) - 1

    def first_epoch(self, stage: int) -> int:
        """First epoch of a stage; of the stage behind the last one: the number of epochs."""
        return sum(item.epochs for item in self.stages[:stage])

    def size_of(self, stage: int) -> int:
        """Side of the frames in a stage, in pixels."""
        return self.stages[stage].size or self.size


def recipe_names() -> list[str]:
    """Recipes that come along for `fit`."""
    found = {path.name.split(".")[0] for path in FOLDER.glob("*.toml") if not path.name.endswith(".card.toml")}
    return sorted(found - {FINETUNE})


def read_recipe(path: Path, settings: Sequence[str] = ()) -> Recipe:
    """Read a recipe file, or one of those that come along by its name; `settings` are `name=value`, dotted for tables.

    Raises DataError if it does not fit, naming the nearest name for an unknown one.
    """
    values = recipe_file(path)
    for setting in settings:
        values = with_setting(values, setting)
    return recipe_of(values, name=path.stem)


def recipe_file(path: Path) -> dict[str, object]:
    """The values of a recipe's file; raises DataError when there is none, or it is no TOML."""
    place = path if path.is_file() else FOLDER / f"{path.name.removesuffix('.toml')}.toml"
    if not place.is_file():
        raise DataError(
            "recipe.missing", f"There is no recipe {path}.", f"Recipes that come along: {', '.join(recipe_names())}."
        )
    try:
        return tomllib.loads(place.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError("recipe.broken", f"The recipe {place} cannot be read: {error}.", "Correct the file.") from error


def recipe_values(recipe: Recipe) -> dict[str, object]:
    """The recipe as JSON values, for cards and checkpoints."""
    return dataclasses.asdict(recipe)


def recipe_of(values: Mapping[str, object], *, name: str) -> Recipe:
    """The recipe that `recipe_values` wrote, or a file holds."""
    if values.get("kind") == FINETUNE:
        raise DataError(
            "recipe.kind", f"{name} holds the numbers of fine-tuning.", "`polyp-trainer finetune` takes them by itself."
        )
    network = values.get("architecture")
    if isinstance(network, Mapping):
        values = {**values, "architecture": {"arguments": {}, **network}}
    recipe = read_values(Recipe, {**values, "name": name}, where=f"The recipe {name}")
    for path, known in CHOICES.items():
        _require_choice(recipe, path, known)
    if recipe.epochs < 1 or min(recipe.size, recipe.batch, recipe.accumulation, recipe.look_every) < 1:
        raise DataError(
            "recipe.value", f"The recipe {name} asks for no work at all.",
            "Epochs, size, batch, accumulation and look_every are at least 1.",
        )  # fmt: skip
    if recipe.folds and not 0 <= recipe.fold < recipe.folds:
        raise DataError("recipe.value", f"There is no fold {recipe.fold} of {recipe.folds}.", "Folds count from 0.")
    return recipe


def _require_choice(recipe: Recipe, path: str, known: Sequence[str]) -> None:
    value: object = recipe
    for part in path.split("."):
        value = getattr(value, part)
    require_known(str(value), known, where=f"The recipe {recipe.name}, {path}")


def with_numbers(recipe: Recipe, *, epochs: int | None, size: int | None) -> Recipe:
    """The recipe with other numbers from the command line; the stages keep their shares of epochs and of the size."""
    if epochs is not None:
        edges = [round(recipe.first_epoch(n) * epochs / recipe.epochs) for n in range(len(recipe.stages) + 1)]
        stages = tuple(
            dataclasses.replace(stage, epochs=end - start)
            for stage, start, end in zip(recipe.stages, edges, edges[1:], strict=False)
        )
        recipe = dataclasses.replace(recipe, stages=stages)
    if size is not None:
        stages = tuple(
            dataclasses.replace(stage, size=stage.size and max(32, round(stage.size * size / recipe.size / 32) * 32))
            for stage in recipe.stages
        )
        recipe = dataclasses.replace(recipe, size=size, stages=stages)
    return recipe
