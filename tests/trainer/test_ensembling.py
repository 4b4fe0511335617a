"""Mirror images and the mean of weights: what stays as it is, what becomes the mean, and what has none."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tests.trainer.conftest import SMALL, frame_with_polyp
from trainer.bundle import Bundle, load_network
from trainer.ensembling import (
    Weights,
    average_states,
    averaged_network,
    mean_over_flips,
    mean_over_flips_of_frames,
    read_weights,
    recompute_statistics,
)
from trainer.errors import BundleError, DataError
from trainer.models.network import Network
from trainer.models.registry import Architecture, build_network
from trainer.recipe import Recipe, Stage, recipe_values
from trainer.training.checkpoints import Checkpoint, write_checkpoint

CPU = torch.device("cpu")


def small_network(seed: int) -> Network:
    torch.manual_seed(seed)
    return build_network(SMALL).eval()


def some_frames(count: int = 6) -> NDArray[np.uint8]:
    return np.stack([frame_with_polyp(number, side=64)[0] for number in range(count)])


def test_an_answer_that_turns_with_its_frame_stays_as_it_is() -> None:
    image = torch.rand(2, 3, 6, 8)
    assert torch.allclose(mean_over_flips(lambda seen: seen[:, :1], image), image[:, :1])


def test_the_mean_is_over_four_mirror_images() -> None:
    ramp = torch.arange(4.0).expand(1, 1, 4, 4) + 10 * torch.arange(4.0).view(1, 1, 4, 1)
    mean = mean_over_flips(lambda seen: ramp + 0 * seen[:, :1], torch.zeros(1, 3, 4, 4))
    assert torch.allclose(mean, torch.full((1, 1, 4, 4), 16.5))


def test_arrays_and_tensors_have_the_same_mean() -> None:
    network, images = small_network(0), some_frames(2)

    def of_tensor(image: Tensor) -> Tensor:
        return torch.sigmoid(network(image))

    def of_array(frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        return of_tensor(torch.from_numpy(frames).permute(0, 3, 1, 2).float() / 127.5 - 1).numpy()

    with torch.no_grad():
        arrays = mean_over_flips_of_frames(of_array, images)
        tensors = mean_over_flips(of_tensor, torch.from_numpy(images).permute(0, 3, 1, 2).float() / 127.5 - 1)
    assert arrays.dtype == np.float32
    assert arrays == pytest.approx(tensors.numpy(), abs=1e-6)


@pytest.mark.parametrize("copies", [1, 2, 3])
def test_the_mean_of_equal_states_is_the_state(copies: int) -> None:
    state = small_network(0).state_dict()
    mean = average_states([state] * copies)
    assert mean.keys() == state.keys()
    assert all(torch.equal(mean[name], state[name]) for name in state)


def test_shares_decide_how_much_a_state_counts() -> None:
    states = [{"a": torch.tensor([value]), "steps": torch.tensor(int(value))} for value in (0.0, 8.0)]
    mean = average_states(states, (3, 1))
    assert float(mean["a"]) == 2
    assert int(mean["steps"]) == 0
    assert mean["a"] is not states[0]["a"]


@pytest.mark.parametrize("shares", [(1.0,), (0.0, 0.0), (2.0, -1.0)])
def test_shares_that_do_not_fit_are_refused(shares: tuple[float, ...]) -> None:
    with pytest.raises(DataError, match="2 states"):
        average_states([{"a": torch.zeros(1)}] * 2, shares)


@pytest.mark.parametrize("other", [{"a": torch.zeros(2)}, {"b": torch.zeros(1)}, {}])
def test_states_of_different_tensors_have_no_mean(other: dict[str, Tensor]) -> None:
    with pytest.raises(DataError, match="differs from the first in"):
        average_states([{"a": torch.zeros(1)}, other])


def test_a_bundle_averaged_with_itself_answers_as_before(bundle: Bundle) -> None:
    network = averaged_network([read_weights(bundle.folder)] * 2)
    image = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(network(image), load_network(bundle)(image))


def test_of_a_checkpoint_the_running_average_is_taken(tmp_path: Path) -> None:
    network, average = (small_network(seed).state_dict() for seed in (0, 1))
    recipe = recipe_values(Recipe("tiny", SMALL, (Stage(1, rate=1e-3),)))
    write_checkpoint(tmp_path / "best.pt", Checkpoint(network, average, 5, {}, {}, {"best_dice": 0.5}, recipe))
    read = read_weights(tmp_path / "best.pt")
    assert read.architecture.name == "unet"
    assert all(torch.equal(read.tensors[name], average[name]) for name in average)
    image = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(averaged_network([read])(image), small_network(1)(image))


def test_networks_of_two_architectures_have_no_mean(bundle: Bundle) -> None:
    members = [read_weights(bundle.folder)]
    wide = Architecture("unet", {"widths": [8, 16]})
    members.append(Weights(wide, build_network(wide).state_dict()))
    with pytest.raises(DataError, match="one architecture"):
        averaged_network(members)


def test_an_architecture_is_the_same_with_lists_and_tuples(bundle: Bundle) -> None:
    member = read_weights(bundle.folder)
    widths = member.architecture.arguments["widths"]
    assert isinstance(widths, list)
    other = replace(member, architecture=Architecture("unet", {"widths": tuple(widths)}))
    averaged_network([member, other])


def test_no_weights_have_no_mean() -> None:
    with pytest.raises(DataError):
        averaged_network([])


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: path.write_bytes(b"no weights")])
def test_what_is_neither_bundle_nor_checkpoint_is_told(tmp_path: Path, make: Callable[[Path], object]) -> None:
    make(tmp_path / "thing")
    with pytest.raises((BundleError, DataError)):
        read_weights(tmp_path / "thing")


def test_networks_that_agree_may_average_to_one_that_does_not() -> None:
    """Two orders of the same channels: why weights of different random starts are not to be averaged."""
    first = nn.Sequential(nn.Conv2d(1, 2, 1, bias=False), nn.ReLU(), nn.Conv2d(2, 1, 1, bias=False))
    state = {"0.weight": torch.tensor([1.0, -1.0]).view(2, 1, 1, 1), "2.weight": torch.ones(1, 2, 1, 1)}
    turned = {"0.weight": state["0.weight"].flip(0), "2.weight": state["2.weight"]}
    image, answers = torch.ones(1, 1, 1, 1), []
    for weights in (state, turned, average_states([state, turned])):
        first.load_state_dict(weights)
        answers.append(float(first(image).detach()))
    assert answers == [1, 1, 0]


def statistics(layer: nn.BatchNorm2d) -> NDArray[np.float32]:
    """Running means and variances as two rows."""
    assert layer.running_mean is not None
    assert layer.running_var is not None
    return np.stack([layer.running_mean.numpy(), layer.running_var.numpy()])


def test_statistics_are_those_of_the_frames() -> None:
    layer = nn.BatchNorm2d(3, momentum=0.25)
    network = nn.Sequential(nn.Dropout2d(0.5), layer)
    images = some_frames()
    assert recompute_statistics(network, images, device=CPU, batch=len(images)) == 1
    pixels = images.reshape(-1, 3) / 127.5 - 1
    assert statistics(layer) == pytest.approx(np.stack([pixels.mean(axis=0), pixels.var(axis=0)]), abs=1e-3)
    assert layer.momentum == 0.25
    assert not network.training
    assert not layer.training


def test_statistics_of_many_batches_are_their_mean() -> None:
    layer = nn.BatchNorm2d(3)
    images = some_frames(6)
    recompute_statistics(layer, images, device=CPU, batch=2)
    assert statistics(layer)[0] == pytest.approx((images.reshape(-1, 3) / 127.5 - 1).mean(axis=0), abs=1e-3)


def test_recomputing_mends_what_averaging_spoiled() -> None:
    """Two networks whose statistics lie far apart: their mean normalises neither's activations."""
    images = some_frames()
    spoiled = average_states([small_network(seed).state_dict() for seed in (0, 1)])
    network = build_network(SMALL)
    network.load_state_dict(spoiled)
    before = _spread(network, images)
    assert recompute_statistics(network, images, device=CPU) > 0
    assert abs(_spread(network, images) - 1) < 0.05 < abs(before - 1)


def _spread(network: Network, images: NDArray[np.uint8]) -> float:
    """Standard deviation behind the first batch norm, on frames: 1 where its statistics fit."""
    heard: list[Tensor] = []
    layer = next(module for module in network.modules() if isinstance(module, nn.BatchNorm2d))
    handle = layer.register_forward_hook(lambda _module, _inputs, output: heard.append(output.clone()))
    with torch.no_grad():
        network.eval()(torch.from_numpy(images).permute(0, 3, 1, 2).float() / 127.5 - 1)
    handle.remove()
    return float(heard[0].std(dim=(0, 2, 3)).mean())


def test_a_network_without_batch_norm_has_no_statistics() -> None:
    assert recompute_statistics(nn.Conv2d(3, 1, 1), some_frames(2), device=CPU) == 0


def test_statistics_need_frames() -> None:
    with pytest.raises(DataError):
        recompute_statistics(nn.BatchNorm2d(3), some_frames()[:0], device=CPU)
