"""The plain U-Net: the sizes of published ones, the meaning of its arguments, and bundles that were written before."""

import pytest
import torch
from torch import nn

from trainer.models.registry import Architecture, build_network, parameter_count
from trainer.models.unet import UNet

PUBLISHED = {"up": "transpose", "bias": True}
"""The layout that published U-Nets share; the counts below are theirs, for three channels."""


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        ({"widths": [64, 128, 256, 512, 1024], "norm": "none"}, 31_031_745),
        ({"widths": [64, 128, 256, 512, 1024], "norm": "batch"}, 31_043_521),
        ({"widths": [64, 128, 256, 512, 1024], "norm": "batch", "channels": 1}, 31_043_521 - 2 * 64 * 9),
        ({"widths": [64, 128, 256, 512], "norm": "batch", "bridge": 1}, 4_557_249),
    ],
    ids=["no norm", "batch norm", "grey", "three levels and a 1x1 bridge"],
)
def test_published_networks_have_as_many_parameters_here(arguments: dict[str, object], count: int) -> None:
    with torch.device("meta"):
        assert parameter_count(build_network(Architecture("unet", PUBLISHED | arguments))) == count


def test_the_default_keeps_the_names_and_shapes_that_bundles_were_written_with() -> None:
    shapes = {name: tuple(value.shape) for name, value in UNet(widths=(4, 8)).state_dict().items()}
    units = {"encoder.levels.0": (3, 4), "encoder.levels.1": (4, 8), "decoder.steps.0": (12, 4)}
    expected: dict[str, tuple[int, ...]] = {"decoder.head.weight": (1, 4, 1, 1), "decoder.head.bias": (1,)}
    for place, (inputs, width) in units.items():
        for number, before in enumerate((inputs, width)):
            expected[f"{place}.{number}.0.weight"] = (width, before, 3, 3)
            expected |= {f"{place}.{number}.1.{part}": (width,) for part in STATISTICS}
            expected[f"{place}.{number}.1.num_batches_tracked"] = ()
    assert shapes == expected


STATISTICS = ("weight", "bias", "running_mean", "running_var")


@pytest.mark.parametrize(("norm", "biased"), [("none", True), ("batch", False), ("group", False)])
def test_a_bias_stands_only_where_no_norm_takes_its_place(norm: str, biased: bool) -> None:  # noqa: FBT001 # a table
    network = UNet(widths=(4, 8), norm=norm)
    convolutions = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    assert {layer.bias is not None for layer in convolutions[:-1]} == {biased}


def test_a_grey_network_sees_luma_alone() -> None:
    network = UNet(widths=(4, 8), channels=1).eval()
    red = torch.zeros(1, 3, 8, 8)
    red[:, 0] = 0.587 / 0.299
    green = torch.zeros(1, 3, 8, 8)
    green[:, 1] = 1.0
    with torch.inference_mode():
        torch.testing.assert_close(network(red), network(green))
        assert not torch.allclose(network(red), network(-green))
    assert next(network.encoder.parameters()).shape[1] == 1


def test_a_bridge_of_one_pixel_looks_no_further() -> None:
    network = UNet(widths=(4, 8, 16), bridge=1)
    kernels = [
        [layer.kernel_size for layer in level.modules() if isinstance(layer, nn.Conv2d)]
        for level in network.encoder.levels
    ]
    assert kernels == [[(3, 3)] * 2, [(3, 3)] * 2, [(1, 1)] * 2]


def test_without_norm_a_deep_network_starts_with_signal_at_its_bridge() -> None:
    torch.manual_seed(0)
    network = UNet(widths=(8, 16, 16, 32, 32), norm="none")
    with torch.inference_mode():
        spreads = [float(feature.std()) for feature in network.encoder(torch.randn(2, 3, 64, 64))]
    assert min(spreads) > 0.2 * max(spreads)


def test_dropout_is_for_training_alone() -> None:
    network, image = UNet(widths=(4, 8), dropout=0.5), torch.rand(2, 3, 16, 16)
    with torch.inference_mode():
        assert not torch.equal(network.train()(image), network(image))
        assert torch.equal(network.eval()(image), network(image))
