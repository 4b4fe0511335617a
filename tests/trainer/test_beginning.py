"""A run that begins with another one's weights, and parts that stay as they began."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tests.trainer.test_training_choices import order
from trainer.errors import DataError
from trainer.events import StopSwitch
from trainer.fit import fit
from trainer.models.registry import Architecture, build_network
from trainer.recipe import Stage
from trainer.training.checkpoints import read_checkpoint

pytestmark = pytest.mark.torch
Tell = Callable[..., None]
LITE = Architecture("lite_unet", {"decoder": [8, 8, 8, 8]})


def test_a_run_begins_with_the_averaged_weights_of_another(data: Path, tmp_path: Path, tell: Tell) -> None:
    first = fit(order(data, tmp_path / "first"), tell=tell, stop=StopSwitch())
    slow = (Stage(1, rate=1e-12),)
    second = fit(
        dataclasses.replace(order(data, tmp_path / "second", stages=slow), start=first, max_steps=1),
        tell=tell, stop=StopSwitch(),
    )  # fmt: skip
    ours, theirs = read_checkpoint(second).average, read_checkpoint(first).average
    assert all(torch.allclose(ours[name], theirs[name], atol=1e-6) for name in ours if name.endswith("weight"))
    assert json.loads((tmp_path / "second" / "run.json").read_text("utf-8"))["start"] == "best.pt"


def test_a_run_of_another_network_is_no_start(data: Path, tmp_path: Path, tell: Tell) -> None:
    first = fit(order(data, tmp_path / "first"), tell=tell, stop=StopSwitch())
    other = order(data, tmp_path / "second", architecture=Architecture("unet", {"widths": [4, 12]}))
    with pytest.raises(DataError, match="trained another network"):
        fit(dataclasses.replace(other, start=first), tell=tell, stop=StopSwitch())


@pytest.mark.slow
def test_early_parts_stay_as_they_began_where_the_recipe_freezes_them(data: Path, tmp_path: Path, tell: Tell) -> None:
    torch.manual_seed(1)
    begun = {name: tensor.clone() for name, tensor in build_network(LITE).state_dict().items()}
    wanted = order(data, tmp_path / "run", architecture=LITE, freeze_early=True, ema=0.0)
    ended = read_checkpoint(fit(wanted, tell=tell, stop=StopSwitch())).average
    early = ("encoder.stem", "encoder.stages.0.", "encoder.stages.1.", "encoder.stages.2.")
    weights = [name for name in ended if name.endswith("weight")]
    assert all(torch.equal(ended[name], begun[name]) for name in weights if name.startswith(early))
    assert not any(torch.equal(ended[name], begun[name]) for name in weights if not name.startswith(early))
