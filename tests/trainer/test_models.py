"""Networks: what every one of them promises; TensorFlow's padding, pretrained weights, names."""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from trainer.bundle import load_network, read_bundle
from trainer.errors import BundleError, DataError
from trainer.export import PARITY, CardFacts, export_onnx, parity
from trainer.models.mobile_unet import MobileUNet, SameConv, load_imagenet
from trainer.models.network import Network
from trainer.models.registry import MODELS, Architecture, build_network, parameter_count

SHIPPED = Path(__file__).parents[2] / "resources" / "models" / "polyp-fast"
SMALL = {
    "lite_unet": Architecture("lite_unet", {}),
    "mobile_unet": Architecture("mobile_unet", {}),
    "residual_unet": Architecture("residual_unet", {"widths": [4, 8, 8, 16], "blocks": [1, 1, 2, 1]}),
    "residual_unet, supervised": Architecture(
        "residual_unet", {"widths": [4, 8, 8, 16], "blocks": [1, 1, 1, 1], "deep_supervision": True, "norm": "group"}
    ),
    "unet": Architecture("unet", {}),
    "unet as published": Architecture("unet", {"widths": [4, 8, 16], "up": "transpose", "bias": True, "bridge": 1}),
    "unet without norm": Architecture("unet", {"widths": [4, 8, 16], "up": "bilinear", "norm": "none"}),
    "unet, grey": Architecture("unet", {"widths": [4, 8], "norm": "group", "channels": 1, "dropout": 0.2}),
    "unetplusplus": Architecture("unetplusplus", {"widths": [4, 8, 8, 16]}),
    "unetplusplus, pruned": Architecture("unetplusplus", {"widths": [4, 8, 8, 16], "prune": 2, "up": "transpose"}),
    "unetplusplus, one head": Architecture(
        "unetplusplus", {"widths": [4, 8], "deep_supervision": False, "channels": 1}
    ),
    "monai, no encoder": Architecture(
        "monai:UNet", {"channels": [4, 8, 8], "strides": [2, 2], "in_channels": 1, "norm": "BATCH"}
    ),
    "monai, encoder": Architecture("monai:SegResNetDS", {"init_filters": 4, "blocks_down": [1, 1, 1], "norm": "BATCH"}),
}


def network_of(name: str) -> Network:
    torch.manual_seed(0)
    return build_network(SMALL[name])


def frames(height: int, width: int, *, count: int = 2) -> Tensor:
    return torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(1)) * 2 - 1


every_network = pytest.mark.parametrize("name", SMALL)


def test_every_network_of_the_table_is_tried_here() -> None:
    assert set(MODELS) <= {architecture.name for architecture in SMALL.values()}


@every_network
def test_every_network_answers_at_the_size_it_was_asked(name: str) -> None:
    network = network_of(name).eval()
    side = network.stride * -(-32 // network.stride)
    with torch.inference_mode():
        for height, width in ((side, side), (side, side + network.stride), (3 * side, 2 * side)):
            assert network(torch.zeros(2, 3, height, width)).shape == (2, 1, height, width)


@every_network
def test_encoder_and_decoder_hold_all_parameters(name: str) -> None:
    network = network_of(name)
    both = [*network.encoder.parameters(), *network.decoder.parameters()]
    assert len(both) == len(list(network.parameters()))
    assert sum(parameter.numel() for parameter in both) == parameter_count(network)


@every_network
def test_a_loss_on_all_maps_reaches_every_parameter(name: str) -> None:
    network = network_of(name).train()
    maps = network.outputs(frames(64, 64, count=4))
    torch.autograd.backward([one.square().mean() for one in maps])
    assert [key for key, value in network.named_parameters() if value.grad is None or not value.grad.any()] == []


@every_network
def test_the_first_map_is_the_one_that_counts_and_all_have_the_size_of_the_image(name: str) -> None:
    network, image = network_of(name).eval(), frames(64, 96)
    with torch.inference_mode():
        maps = network.outputs(image)
        assert torch.equal(maps[0], network(image))
    assert {one.shape for one in maps} == {(2, 1, 64, 96)}


@every_network
def test_channels_last_gives_the_same_logits(name: str) -> None:
    network, image = network_of(name).eval(), frames(64, 64)
    last = copy.deepcopy(network).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    with torch.inference_mode():
        there = last(image.to(memory_format=torch.channels_last))
        torch.testing.assert_close(there, network(image), rtol=1e-4, atol=1e-4)


@every_network
def test_a_seed_gives_the_same_network_and_the_network_the_same_answer(name: str) -> None:
    first, second, image = network_of(name).eval(), network_of(name).eval(), frames(64, 64)
    with torch.inference_mode():
        assert torch.equal(first(image), second(image))
        assert torch.equal(first(image), first(image))


@every_network
def test_what_is_early_belongs_to_the_encoder(name: str) -> None:
    network = network_of(name)
    encoder = {id(parameter) for parameter in network.encoder.parameters()}
    early = {id(parameter) for part in network.early() for parameter in part.parameters()}
    assert early <= encoder
    assert early != encoder or not encoder


@every_network
def test_every_network_learns_in_half_precision(name: str) -> None:
    network = network_of(name).to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    image, optimiser = frames(64, 64, count=4), torch.optim.AdamW(network.parameters(), 3e-3)
    lesion, losses = (image.mean(dim=1, keepdim=True) > 0).float(), []
    for _ in range(8):
        with torch.autocast("cpu", torch.bfloat16):
            maps = network.outputs(image)
        loss = sum(torch.nn.functional.binary_cross_entropy_with_logits(one.float(), lesion) for one in maps)
        assert isinstance(loss, Tensor)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
        losses.append(float(loss.detach()))
    assert np.isfinite(losses).all()
    assert losses[-1] < losses[0]


LONG = {name: [pytest.mark.slow] for name in ("lite_unet", "mobile_unet", "residual_unet", "residual_unet, supervised")}


def difference_in_onnx(architecture: Architecture, folder: Path) -> float:
    """Largest difference of probability between a network and its ONNX twin, on frames of 64 pixels."""
    torch.manual_seed(0)
    network, path = build_network(architecture), folder / "model.onnx"
    facts = CardFacts("small", "0", architecture, (64, 64), "tests", (), {})
    export_onnx(network, path, size=facts.size, temperature=facts.temperature)
    return parity(network, path, facts=facts)


@pytest.mark.parametrize("name", [pytest.param(name, marks=LONG.get(name, [])) for name in SMALL])
def test_every_network_is_the_same_in_onnx(name: str, tmp_path: Path) -> None:
    assert difference_in_onnx(SMALL[name], tmp_path) <= PARITY


@pytest.mark.slow
@pytest.mark.parametrize("name", ["residual_unet", "unetplusplus"])
def test_networks_of_default_size_are_the_same_in_onnx(name: str, tmp_path: Path) -> None:
    assert difference_in_onnx(Architecture(name, {}), tmp_path) <= PARITY


@pytest.mark.parametrize(
    ("name", "least", "most"), [("residual_unet", 10e6, 30e6), ("unetplusplus", 9e6, 10e6), ("unet", 1e5, 1e6)]
)
def test_networks_of_default_size_are_as_large_as_their_use_wants(name: str, least: float, most: float) -> None:
    with torch.device("meta"):
        assert least < parameter_count(build_network(Architecture(name, {}))) < most


def test_stride_two_pads_right_and_below_as_tensorflow_does() -> None:
    layer = SameConv(1, 1, stride=2)
    with torch.no_grad():
        layer.weight.zero_()
        layer.weight[0, 0, 0, 0] = 1.0
        assert layer.bias is not None
        layer.bias.zero_()
    image = torch.arange(16.0).reshape(1, 1, 4, 4)
    assert layer(image).flatten().tolist() == [0.0, 2.0, 8.0, 10.0]


def test_imagenet_weights_reach_their_layers(tmp_path: Path) -> None:
    network = MobileUNet()
    layers = [layer for layer in network.encoder.modules() if isinstance(layer, torch.nn.Conv2d)]
    arrays = {}
    for number, layer in enumerate(layers):
        arrays[f"{number:02}:layer.weight"] = np.full(layer.weight.shape, number, np.float32)
        arrays[f"{number:02}:layer.bias"] = np.full(layer.weight.shape[0], -number, np.float32)
    np.savez(tmp_path / "encoder.npz", **arrays)  # type: ignore[arg-type]
    load_imagenet(network, tmp_path / "encoder.npz")
    assert [float(layer.weight.detach().mean()) for layer in layers] == [float(n) for n in range(len(layers))]


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    arrays = {"00:layer.weight": np.zeros((4, 3, 3, 3), np.float32), "00:layer.bias": np.zeros(4, np.float32)}
    np.savez(tmp_path / "other.npz", **arrays)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="does not hold MobileNetV2"):
        load_imagenet(MobileUNet(), tmp_path / "other.npz")


UNFIT = {
    "name": Architecture("resnet", {}),
    "library": Architecture("keras:UNet", {}),
    "no name": Architecture("monai:", {}),
    "argument": Architecture("unet", {"depth": 3}),
    "no widths": Architecture("unet", {"widths": []}),
    "one number": Architecture("unet", {"widths": 8}),
    "words": Architecture("unet", {"widths": "16"}),
    "broken width": Architecture("unet", {"widths": [16, 24.5]}),
    "negative width": Architecture("unet", {"widths": [16, -8]}),
    "norm": Architecture("unet", {"norm": "layer"}),
    "bridge": Architecture("unet", {"bridge": 2}),
    "up": Architecture("unet", {"up": "cubic"}),
    "channels": Architecture("unet", {"channels": 4}),
    "dropout": Architecture("unet", {"dropout": 1.0}),
    "one level": Architecture("unetplusplus", {"widths": [16]}),
    "pruned to nothing": Architecture("unetplusplus", {"prune": 0}),
    "pruned too deep": Architecture("unetplusplus", {"widths": [4, 8], "prune": 2}),
    "pruned by a word": Architecture("unetplusplus", {"prune": "2"}),
    "blocks": Architecture("residual_unet", {"blocks": [1, 1]}),
    "no norm": Architecture("residual_unet", {"norm": "none"}),
    "rates": Architecture("residual_unet", {"rates": []}),
    "decoder": Architecture("mobile_unet", {"decoder": [64, 32]}),
    "decoder, lite": Architecture("lite_unet", {"decoder": [64, 32]}),
}


@pytest.mark.parametrize("architecture", UNFIT.values(), ids=UNFIT)
def test_what_does_not_fit_is_refused(architecture: Architecture) -> None:
    with pytest.raises(BundleError):
        build_network(architecture)


def test_the_bundle_that_ships_still_fits_its_network() -> None:
    bundle = read_bundle(SHIPPED)
    assert parameter_count(load_network(bundle)) == 3_769_001


def test_the_shipped_encoder_is_as_good_as_its_file_says(shared_data: Path) -> None:
    path = shared_data.parent / "backbones" / "mobilenet_v2_imagenet.npz"
    network = MobileUNet()
    load_imagenet(network, path)
    with torch.inference_mode():
        features = network.encoder(torch.rand(1, 3, 64, 64) * 2 - 1)
    assert [tuple(feature.shape[1:]) for feature in features] == [
        (16, 32, 32), (24, 16, 16), (32, 8, 8), (96, 4, 4), (320, 2, 2)
    ]  # fmt: skip
    assert all(torch.isfinite(feature).all() for feature in features)


def test_fine_tuning_leaves_the_early_stages_alone() -> None:
    network = MobileUNet()
    early = {id(parameter) for part in network.early() for parameter in part.parameters()}
    names = [name for name, parameter in network.named_parameters() if id(parameter) in early]
    assert names
    assert all(
        name.startswith(("encoder.stem", "encoder.stages.0", "encoder.stages.1", "encoder.stages.2")) for name in names
    )
