"""U-Net over a MobileNetV2 1.0 encoder (Sandler et al. 2018), made for two CPU cores.

The encoder's batch norm is folded into its biases, as in TensorFlow's released weights, so it is trained like a
network with frozen batch norm; padding is TensorFlow's SAME (right and bottom at stride 2). The decoder has batch norm
and ends at half size: the logits are stretched to full size, which costs less than a fifth stage and no accuracy.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from trainer.errors import DataError
from trainer.models.layers import DepthwiseConv, require_choices, two_convs, whole_numbers
from trainer.models.network import Network, require

BLOCKS = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
"""Expansion, channels, repeats and first stride of each stage, as in the paper's table 2."""
SKIP_STAGES = {0: 16, 1: 24, 2: 32, 4: 96}
"""Stages whose output the decoder sees (strides 2, 4, 8, 16) and their channels; the last stage is the bottom."""


class SameConv(nn.Conv2d):
    """3x3 convolution with TensorFlow's SAME padding: at stride 2 one pixel right and below, for even sizes."""

    def __init__(self, inputs: int, outputs: int, *, stride: int) -> None:
        super().__init__(inputs, outputs, 3, stride=stride, padding=0 if stride == 2 else 1)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 # torch's own name of it
        return super().forward(padded_as_same(input, self.stride[0]))


class SameDepthwiseConv(DepthwiseConv):
    """The same with one filter a channel."""

    def __init__(self, channels: int, *, stride: int) -> None:
        super().__init__(channels, 3, stride=stride, padding=0 if stride == 2 else 1)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 # torch's own name of it
        return super().forward(padded_as_same(input, self.stride[0]))


def padded_as_same(image: Tensor, stride: int) -> Tensor:
    """What TensorFlow adds before a 3x3 convolution of stride 2: a pixel right and below; at stride 1 nothing here."""
    return functional.pad(image, (0, 1, 0, 1)) if stride == 2 else image


class InvertedResidual(nn.Module):
    """Expand 1x1, `depthwise`, project 1x1; the input is added where shapes agree."""

    def __init__(self, inputs: int, outputs: int, *, depthwise: DepthwiseConv) -> None:
        super().__init__()
        hidden = depthwise.in_channels
        layers: list[nn.Module] = []
        if hidden > inputs:
            layers += [nn.Conv2d(inputs, hidden, 1), nn.ReLU6(inplace=True)]
        layers += [depthwise, nn.ReLU6(inplace=True), nn.Conv2d(hidden, outputs, 1)]
        self.layers = nn.Sequential(*layers)
        self.adds = depthwise.stride == (1, 1) and inputs == outputs

    def forward(self, image: Tensor) -> Tensor:
        out: Tensor = self.layers(image)
        return image + out if self.adds else out


class MobileEncoder(nn.Module):
    """MobileNetV2's stages; returns the features at strides 2, 4, 8, 16 and 32."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(SameConv(3, 32, stride=2), nn.ReLU6(inplace=True))
        self.stages = nn.ModuleList()
        inputs = 32
        for expansion, channels, repeats, stride in BLOCKS:
            blocks = []
            for number in range(repeats):
                depthwise = SameDepthwiseConv(inputs * expansion, stride=stride if number == 0 else 1)
                blocks.append(InvertedResidual(inputs, channels, depthwise=depthwise))
                inputs = channels
            self.stages.append(nn.Sequential(*blocks))

    def forward(self, image: Tensor) -> list[Tensor]:
        return features_of(self.stem(image), self.stages, skips=SKIP_STAGES)


def features_of(out: Tensor, stages: nn.ModuleList, *, skips: Container[int]) -> list[Tensor]:
    """What the stages named by `skips`, and the last one, give."""
    features = []
    for number, stage in enumerate(stages):
        out = stage(out)
        if number in skips or number == len(stages) - 1:
            features.append(out)
    return features


class SkipDecoder(nn.Module):
    """Four steps up, from stride 32 to stride 2: stretch, join with the encoder's features, two convolutions.

    `bottom`: channels at stride 32; `skips`: those at strides 2, 4, 8 and 16.
    """

    def __init__(self, bottom: int, skips: Sequence[int], widths: Sequence[int], dropout: float) -> None:
        super().__init__()
        inputs = [bottom, *widths[:-1]]
        self.steps = nn.ModuleList(
            two_convs(below + skip, width) for below, skip, width in zip(inputs, reversed(skips), widths, strict=True)
        )
        self.dropout = nn.Dropout2d(dropout)
        self.head = nn.Conv2d(widths[-1], 1, 1)

    def forward(self, features: list[Tensor]) -> Tensor:
        out = self.dropout(features[-1])
        for step, skip in zip(self.steps, reversed(features[:-1]), strict=True):
            out = functional.interpolate(out, scale_factor=2.0, mode="nearest")
            out = step(torch.cat([out, skip], dim=1))
        logits = self.head(out)
        return functional.interpolate(logits, scale_factor=2.0, mode="bilinear", align_corners=False)


class MobileUNet(Network):
    """`decoder`: the four widths of the decoder, from the bottom up; `dropout`: of whole channels at the bottom.

    Raises BundleError.
    """

    def __init__(self, *, decoder: Sequence[int] = (128, 64, 32, 24), dropout: float = 0.1) -> None:
        super().__init__()
        widths = whole_numbers("decoder", decoder)
        require(len(widths) == len(SKIP_STAGES), f"decoder {widths} is not {len(SKIP_STAGES)} widths")
        require_choices(norm="batch", channels=3, dropout=dropout)
        self.encoder: MobileEncoder = MobileEncoder()
        self.decoder = SkipDecoder(BLOCKS[-1][1], tuple(SKIP_STAGES.values()), widths, dropout)

    def forward(self, image: Tensor) -> Tensor:
        logits: Tensor = self.decoder(self.encoder(image))
        return logits

    def early(self) -> list[nn.Module]:
        """The stem and the stages down to stride 8: most of a step's cost, and little of what is learned."""
        return [self.encoder.stem, *self.encoder.stages[:3]]

    def load_encoder(self, path: Path) -> None:
        """See `load_imagenet`."""
        load_imagenet(self, path)


def load_imagenet(network: MobileUNet, path: Path) -> None:
    """Start the encoder from folded ImageNet weights: an NPZ with `NN:layer.weight` and `.bias` in layer order.

    Raises DataError when the file is missing or its shapes are not MobileNetV2 1.0's.
    """
    cure = "Give the path of the MobileNetV2 1.0 weights with --encoder."
    if not path.is_file():
        raise DataError("encoder.missing", f"There are no encoder weights at {path}.", cure)
    convolutions = [layer for layer in network.encoder.modules() if isinstance(layer, nn.Conv2d)]
    with np.load(path) as arrays:
        keys = sorted(key.removesuffix(".weight") for key in arrays.files if key.endswith(".weight"))
        for layer, key in zip(convolutions, keys, strict=False):
            weight, bias = torch.from_numpy(arrays[f"{key}.weight"]), torch.from_numpy(arrays[f"{key}.bias"])
            if layer.weight.shape != weight.shape or layer.bias is None:
                raise DataError("encoder.shape", f"{path.name} does not hold MobileNetV2 1.0 ({key} differs).", cure)
            with torch.no_grad():
                layer.weight.copy_(weight)
                layer.bias.copy_(bias)
