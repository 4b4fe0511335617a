"""Networks: shapes, TensorFlow's padding, pretrained weights, names."""

from pathlib import Path

import numpy as np
import pytest
import torch

from trainer.errors import BundleError, DataError
from trainer.models.mobile_unet import MobileUNet, SameConv, load_imagenet
from trainer.models.registry import Architecture, build_network


@pytest.mark.parametrize("name", ["mobile_unet", "unet"])
def test_every_network_answers_at_the_size_it_was_asked(name: str) -> None:
    network = build_network(Architecture(name, {})).eval()
    with torch.inference_mode():
        assert network(torch.zeros(2, 3, 64, 96)).shape == (2, 1, 64, 96)


@pytest.mark.parametrize("name", ["mobile_unet", "unet"])
def test_encoder_and_decoder_hold_all_parameters(name: str) -> None:
    network = build_network(Architecture(name, {}))
    both = [*network.encoder.parameters(), *network.decoder.parameters()]
    assert len(both) == len(list(network.parameters()))


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


@pytest.mark.parametrize(
    "architecture", [Architecture("resnet", {}), Architecture("unet", {"depth": 3})], ids=["name", "arguments"]
)
def test_an_unknown_architecture_is_refused(architecture: Architecture) -> None:
    with pytest.raises(BundleError):
        build_network(architecture)


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
