"""Recipes: every one that comes along can be built, and every name and value is checked in one sentence."""

import json
from pathlib import Path

import pytest

from trainer.errors import DataError
from trainer.losses import build_loss
from trainer.models.registry import build_network, parameter_count
from trainer.recipe import Recipe, Schedule, Stage, read_recipe, recipe_names, recipe_of, recipe_values, with_numbers
from trainer.training.rates import rate_share
from trainer.training.state import require_sizes
from trainer.tuning import read_tuning


@pytest.mark.parametrize("name", recipe_names())
def test_a_recipe_that_comes_along_names_a_network_losses_and_its_source(name: str) -> None:
    recipe = read_recipe(Path(name))
    assert len(recipe.source) > 20
    network = build_network(recipe.architecture)
    require_sizes(network, recipe)
    for stage in recipe.stages:
        build_loss(stage.loss, stage.options)


@pytest.mark.parametrize("name", recipe_names())
def test_a_recipe_is_written_and_read_back_the_same(name: str) -> None:
    recipe = read_recipe(Path(name))
    assert recipe_of(json.loads(json.dumps(recipe_values(recipe))), name=name) == recipe


def test_two_stages_are_one_recipe() -> None:
    recipe = read_recipe(Path("hyperkvasir-gray128"))
    assert [(stage.epochs, stage.loss, stage.rate) for stage in recipe.stages] == [
        (100, "bce", 1e-3),
        (50, "dice", 1e-4),
    ]
    assert [recipe.stage_at(epoch) for epoch in (0, 99, 100, 149, 150)] == [0, 0, 1, 1, 1]


def test_settings_reach_every_depth_of_a_recipe() -> None:
    recipe = read_recipe(
        Path("polyp-fast"),
        ["batch=4", "schedule.name=constant", "stages.1.rate=1e-5", "augmentation.scale=[0.9, 1.1]", "datasets.a=2",
         "architecture.arguments.dropout=0.5", "log=tensorboard", "validation=1"],
    )  # fmt: skip
    assert (recipe.batch, recipe.schedule.name, recipe.stages[1].rate) == (4, "constant", 1e-5)
    assert (recipe.augmentation.scale, recipe.datasets, recipe.log) == ((0.9, 1.1), {"a": 2.0}, "tensorboard")
    assert recipe.architecture.arguments["dropout"] == 0.5
    assert isinstance(recipe.validation, float)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("bach=4", "there is no 'bach'. Nearest are: batch"),
        ("clipp=1", "optimiser.clip"),
        ("optimiser.momentun=1", "Nearest are: momentum"),
        ("schedule.name=cosin", "Nearest are: cosine"),
        ("batch=many", "'many' is not a whole number"),
        ("batch=true", "True is not a whole number"),
        ("augment=1", "1 is not true or false"),
        ("augmentation.scale=[1.0]", "2 values are wanted, not 1"),
        ("stages.7.rate=1", "names no place in the recipe"),
        ("batch", "'batch' is no setting"),
        ("batch=0", "asks for no work"),
        ("folds=5", ""),
        ("architecture=unet", "'unet' is not a table"),
    ],
)
def test_a_setting_that_does_not_fit_is_one_sentence(setting: str, words: str) -> None:
    if not words:
        assert read_recipe(Path("polyp-fast"), [setting]).folds == 5
        return
    with pytest.raises(DataError) as caught:
        read_recipe(Path("polyp-fast"), [setting])
    assert words in str(caught.value)


def test_a_recipe_with_an_unknown_number_or_without_stages_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "odd.toml"
    path.write_text('wheels = 1\n[architecture]\nname = "unet"\n', "utf-8")
    with pytest.raises(DataError, match="wheels"):
        read_recipe(path)
    path.write_text('[architecture]\nname = "unet"\n', "utf-8")
    with pytest.raises(DataError, match="says nothing about 'stages'"):
        read_recipe(path)
    path.write_text("size = [", "utf-8")
    with pytest.raises(DataError, match="cannot be read"):
        read_recipe(path)


def test_other_epochs_and_another_size_keep_the_shares_of_the_stages() -> None:
    recipe = with_numbers(read_recipe(Path("polyp-start")), epochs=3, size=128)
    assert [stage.epochs for stage in recipe.stages] == [2, 1]
    assert [recipe.size_of(number) for number in (0, 1)] == [96, 128]


def test_the_numbers_of_finetuning_are_read_from_their_file_and_are_no_recipe_for_fit() -> None:
    tuning = read_tuning(steps=3, batch=2)
    assert (tuning.steps, tuning.decoder_rate, tuning.augmentation.scale) == (3, 3e-4, (0.8, 1.25))
    with pytest.raises(DataError, match="numbers of fine-tuning"):
        read_recipe(Path("finetune"))


def test_rates_rise_and_then_stay_fall_or_wait_for_a_plateau() -> None:
    constant, cosine = Schedule("constant", warm_up_steps=4), Schedule("cosine", warm_up_steps=4, floor=0.01)
    assert [rate_share(constant, step, 100) for step in (0, 3, 99)] == [0.25, 1.0, 1.0]
    assert rate_share(cosine, 50, 100) == pytest.approx(0.505)
    assert rate_share(cosine, 100, 100) == pytest.approx(0.01)
    plateau = Schedule("plateau", warm_up_steps=0, floor=0.2)
    assert [rate_share(plateau, 50, 100, dropped=share) for share in (1.0, 0.3, 0.1)] == [1.0, 0.3, 0.2]


def test_a_size_that_the_network_cannot_halve_is_refused_with_one_that_fits() -> None:
    recipe = read_recipe(Path("polyp-fast"), ["size=250"])
    with pytest.raises(DataError, match="Choose 256 pixels"):
        require_sizes(build_network(recipe.architecture), recipe)


def test_a_recipe_needs_only_a_network_and_stages() -> None:
    recipe = read_recipe(Path("polyp-fast"))
    assert Recipe("r", recipe.architecture, (Stage(1, rate=1e-3),)).epochs == 1


@pytest.mark.parametrize(("name", "parameters"), [("clinicdb-unet3", 4_557_249), ("hyperkvasir-gray128", 31_042_369)])
def test_a_published_recipe_builds_the_published_network(name: str, parameters: int) -> None:
    """31,043,521 with three channels in; the grey one has 64 kernels of 9 weights fewer for each of two channels."""
    assert parameter_count(build_network(read_recipe(Path(name)).architecture)) == parameters
