"""What fine-tuning starts from is what the application runs: the same probability from weights and from ONNX."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.models.golden import DemoFrame, bundle_folders
from trainer.bundle import NETWORK, load_network, read_bundle
from trainer.cards import facts_of
from trainer.export import PARITY, parity
from trainer.models.registry import parameter_count
from trainer.precision import network_image

pytestmark = pytest.mark.torch

PARAMETERS = {"polyp-fast": 5_000_000}
each = pytest.mark.parametrize("folder", bundle_folders(), ids=lambda folder: str(folder.name))


@each
def test_weights_and_onnx_give_the_same_probability_on_demo_frames(folder: Path, frames: list[DemoFrame]) -> None:
    bundle = read_bundle(folder)
    pictures = [network_image(frame.image, bundle.size) for frame in frames[::3]]
    assert PARITY <= 1e-3
    assert parity(load_network(bundle), folder / NETWORK, facts=facts_of(bundle), frames=pictures) <= PARITY


@each
def test_the_network_is_within_its_parameters(folder: Path) -> None:
    bundle = read_bundle(folder)
    assert parameter_count(load_network(bundle)) <= PARAMETERS.get(folder.name, float("inf"))
