"""What was chosen on validation frames goes into the bundle: into its card, and the temperature into its network."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.trainer.conftest import SMALL, write_data
from trainer.bundle import read_bundle
from trainer.commands.export import Export, run_export
from trainer.errors import DataError
from trainer.evaluation.choosing import Chosen, write_chosen
from trainer.export import Shipped, open_onnx, run_onnx
from trainer.models.network import Network
from trainer.models.registry import build_network
from trainer.training.checkpoints import Checkpoint, write_checkpoint

WORDS = 'intended_use = "tests"\nknown_failures = []\n[licences]\nweights = "none"\n[data.d]\nname = "D"\n'
CHOSEN = Chosen(0.35, 1.7, 0.001, "best Dice", on="validation", bundle="sha256:0", measured={"frames": 3})


@pytest.fixture
def network() -> Network:
    torch.manual_seed(0)
    return build_network(SMALL).eval()


@pytest.fixture
def order(network: Network, tmp_path: Path) -> Export:
    """An export of a run's folder as `fit` leaves it, with `network` as its best weights."""
    data, run = write_data(tmp_path / "data", frames=2), tmp_path / "run"
    run.mkdir()
    recipe = {"architecture": {"name": SMALL.name, "arguments": dict(SMALL.arguments)}, "size": 32}
    summary = {"recipe": recipe, "train": ["d/f000"], "validation": ["d/f001"], "torch": "0", "version": "0", "seed": 3}
    (run / "run.json").write_text(json.dumps(summary), "utf-8")
    weights = dict(network.state_dict())
    write_checkpoint(run / "best.pt", Checkpoint(weights, weights, 0, {}, {}, {"best_dice": 0.5}, {}))
    (tmp_path / "words.toml").write_text(WORDS, "utf-8")
    return Export(run, tmp_path / "b", tmp_path / "words.toml", (f"d={data}",), "b", "1")


def test_the_card_says_what_was_chosen_and_on_which_frames(order: Export, tmp_path: Path) -> None:
    write_chosen(CHOSEN, tmp_path / "choose.json")
    run_export(dataclasses.replace(order, chosen=tmp_path / "choose.json"))
    bundle = read_bundle(order.out)
    assert (bundle.threshold, bundle.temperature, bundle.minimum_area) == (0.35, 1.7, 0.001)
    recipe = bundle.card["recipe"]
    assert isinstance(recipe, dict)
    assert recipe["chosen"] == {"on": "validation", "bundle": "sha256:0", "why": "best Dice"}
    assert recipe["size"] == 32


def test_the_temperature_that_was_chosen_is_inside_the_network(order: Export, network: Network, tmp_path: Path) -> None:
    write_chosen(CHOSEN, tmp_path / "choose.json")
    run_export(dataclasses.replace(order, chosen=tmp_path / "choose.json"))
    images = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
    with torch.inference_mode():
        expected = Shipped(network, temperature=1.7)(torch.from_numpy(images)).numpy()
    assert np.abs(run_onnx(open_onnx(order.out / "model.onnx"), images) - expected).max() <= 1e-4


def test_a_file_that_holds_no_choice_is_refused_and_nothing_is_written(order: Export, tmp_path: Path) -> None:
    (tmp_path / "choose.json").write_text("{}", "utf-8")
    with pytest.raises(DataError, match="holds no choice"):
        run_export(dataclasses.replace(order, chosen=tmp_path / "choose.json"))
    assert not order.out.exists()
