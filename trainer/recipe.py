"""A recipe: every number of a training run, read from a TOML file beside this module or given by path."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from trainer.data.augment import Augmentation
from trainer.errors import DataError
from trainer.models.registry import Architecture

FOLDER = Path(__file__).parent / "recipes"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network is trained from the start. `small_epochs` at `small_size` come first: coarse, fast steps."""

    name: str
    architecture: Architecture
    epochs: int = 16
    size: int = 256
    small_size: int = 192
    small_epochs: int = 0
    batch: int = 16
    encoder_rate: float = 2e-4
    decoder_rate: float = 1e-3
    weight_decay: float = 0.01
    warm_up_steps: int = 100
    clip: float = 1.0
    ema: float = 0.99
    validation: float = 0.06
    precision: str = "auto"
    augmentation: Augmentation = field(default_factory=Augmentation)

    def size_at(self, epoch: int) -> int:
        """Side of the frames in that epoch, in pixels."""
        return self.small_size if epoch < self.small_epochs else self.size


def read_recipe(path: Path) -> Recipe:
    """Read a recipe file, or one of the recipes that come along by its name. Raises DataError if it does not fit."""
    place = path if path.is_file() else FOLDER / f"{path.name.removesuffix('.toml')}.toml"
    if not place.is_file():
        raise DataError("recipe.missing", f"There is no recipe {path}.", f"Recipes that come along are in {FOLDER}.")
    try:
        return _recipe(tomllib.loads(place.read_text("utf-8")), name=place.stem)
    except (tomllib.TOMLDecodeError, TypeError, KeyError) as error:
        raise DataError("recipe.broken", f"The recipe {place} cannot be used: {error}.", "Correct the file.") from error


def recipe_values(recipe: Recipe) -> dict[str, object]:
    """The recipe as JSON values, for cards and checkpoints."""
    return dataclasses.asdict(recipe)


def recipe_of(values: Mapping[str, object], *, name: str) -> Recipe:
    """The recipe that `recipe_values` wrote."""
    return _recipe(values, name=name)


def _recipe(values: Mapping[str, object], *, name: str) -> Recipe:
    numbers = {key: value for key, value in values.items() if key not in ("architecture", "augmentation", "name")}
    architecture, augmentation = values["architecture"], values.get("augmentation", {})
    if not isinstance(architecture, Mapping) or not isinstance(augmentation, Mapping):
        raise TypeError("architecture and augmentation are tables")
    ranges = {key: tuple(value) if isinstance(value, list) else value for key, value in augmentation.items()}
    chosen = Architecture(str(architecture["name"]), dict(architecture.get("arguments", {})))
    return Recipe(name=name, architecture=chosen, augmentation=Augmentation(**ranges), **numbers)  # type: ignore[arg-type]
