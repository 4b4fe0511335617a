"""A residual U-Net with an atrous pyramid as its bridge: wide enough to teach, plain enough for bf16 and compilation.

Residual blocks (He et al. 2016, https://arxiv.org/abs/1512.03385) whose shortcut is averaged before it is projected
(ResNet-D, He et al. 2019, https://arxiv.org/abs/1812.01187); the pyramid is DeepLabv3's (Chen et al. 2017,
https://arxiv.org/abs/1706.05587). ResUNet++ (Jha et al. 2019, https://arxiv.org/abs/1911.07067) joined the two for
polyps.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from trainer.models.layers import conv_norm_relu, norm_of, require_choices, whole_numbers
from trainer.models.network import Network, in_channels, require

SUPERVISED = 3
"""How many of the decoder's finest levels deep supervision looks at."""


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut; the first one halves where `stride` is 2."""

    def __init__(self, inputs: int, outputs: int, *, norm: str, stride: int = 1) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False), *norm_of(norm, outputs),
            nn.ReLU(inplace=True),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False), *norm_of(norm, outputs),
        )  # fmt: skip
        shortcut: list[nn.Module] = [nn.AvgPool2d(2)] if stride == 2 else []
        if inputs != outputs:
            shortcut += [nn.Conv2d(inputs, outputs, 1, bias=False), *norm_of(norm, outputs)]
        self.shortcut = nn.Sequential(*shortcut)

    def forward(self, image: Tensor) -> Tensor:
        out: Tensor = self.layers(image) + self.shortcut(image)
        return functional.relu(out, inplace=True)


class AtrousPyramid(nn.Module):
    """One 1x1 and several atrous 3x3 convolutions side by side with the image's mean, joined by a 1x1 convolution.

    The mean's branch has no norm: it holds one value a frame, too few for statistics of a small batch.
    """

    def __init__(self, width: int, rates: Sequence[int], *, norm: str) -> None:
        super().__init__()
        inner = max(1, width // 2)
        self.point = conv_norm_relu(width, inner, norm=norm, kernel=1)
        self.atrous = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(width, inner, 3, padding=rate, dilation=rate, bias=False), *norm_of(norm, inner),
                nn.ReLU(inplace=True),
            )
            for rate in rates
        )  # fmt: skip
        self.mean = nn.Conv2d(width, inner, 1)
        self.join = conv_norm_relu(inner * (len(rates) + 2), width, norm=norm, kernel=1)

    def forward(self, image: Tensor) -> Tensor:
        mean = functional.relu(self.mean(image.mean(dim=(2, 3), keepdim=True))).expand(-1, -1, *image.shape[2:])
        joined: Tensor = self.join(
            torch.cat([self.point(image), *(layer(image) for layer in self.atrous), mean], dim=1)
        )
        return joined


class ResidualEncoder(nn.Module):
    """A stem of one convolution and residual levels, each at half the size of the one before; finest first."""

    def __init__(self, widths: Sequence[int], blocks: Sequence[int], *, channels: int, norm: str) -> None:
        super().__init__()
        self.stem = conv_norm_relu(channels, widths[0], norm=norm)
        self.levels = nn.ModuleList()
        for number, (before, width, count) in enumerate(zip([widths[0], *widths[:-1]], widths, blocks, strict=True)):
            first = ResidualBlock(before, width, norm=norm, stride=1 if number == 0 else 2)
            rest = [ResidualBlock(width, width, norm=norm) for _ in range(count - 1)]
            self.levels.append(nn.Sequential(first, *rest))

    def forward(self, image: Tensor) -> list[Tensor]:
        features, out = [], self.stem(image)
        for level in self.levels:
            out = level(out)
            features.append(out)
        return features


class ResidualDecoder(nn.Module):
    """The pyramid, then up: stretch, join, a residual block. Returns logits of the headed levels, finest first, as
    large as each level is."""

    def __init__(self, widths: Sequence[int], rates: Sequence[int], *, heads: int, norm: str, dropout: float) -> None:
        super().__init__()
        self.bridge = AtrousPyramid(widths[-1], rates, norm=norm)
        self.dropout = nn.Dropout2d(dropout)
        self.steps = nn.ModuleList(
            ResidualBlock(coarse + fine, fine, norm=norm)
            for fine, coarse in zip(reversed(widths[:-1]), reversed(widths[1:]), strict=True)
        )
        self.heads = nn.ModuleList(nn.Conv2d(width, 1, 1) for width in widths[:heads])

    def forward(self, features: list[Tensor]) -> list[Tensor]:
        out = self.dropout(self.bridge(features[-1]))
        decoded = []
        for step, skip in zip(self.steps, reversed(features[:-1]), strict=True):
            out = functional.interpolate(out, scale_factor=2.0, mode="bilinear", align_corners=False)
            out = step(torch.cat([out, skip], dim=1))
            decoded.append(out)
        return [head(level) for head, level in zip(self.heads, reversed(decoded), strict=False)]


class ResidualUNet(Network):
    """`widths` and `blocks`: channels and residual blocks of each level, finest first; by default 19 M parameters.

    `rates`: dilations of the pyramid; by default two thirds of DeepLabv3's 6, 12 and 18, which were meant for maps of
    33 pixels, where a frame of 352 has 22 here. `deep_supervision`: heads on the three finest levels, their
    logits stretched to the image. `norm`: batch or group. `channels`, `dropout` as in UNet. Raises BundleError.
    """

    def __init__(
        self, *, widths: Sequence[int] = (32, 64, 128, 256, 512), blocks: Sequence[int] = (1, 2, 2, 2, 2),
        rates: Sequence[int] = (4, 8, 12), deep_supervision: bool = False, norm: str = "batch", channels: int = 3,
        dropout: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__()
        widths, blocks = whole_numbers("widths", widths, least=2), whole_numbers("blocks", blocks)
        require(norm != "none", "residual blocks need a norm, batch or group")
        require_choices(norm=norm, channels=channels, dropout=dropout)
        require(len(blocks) == len(widths), f"{len(blocks)} blocks and {len(widths)} widths are not as many")
        self.channels, self.stride = channels, 2 ** (len(widths) - 1)
        heads = min(SUPERVISED, len(widths) - 1) if deep_supervision else 1
        self.encoder: ResidualEncoder = ResidualEncoder(widths, blocks, channels=channels, norm=norm)
        self.decoder = ResidualDecoder(widths, whole_numbers("rates", rates), heads=heads, norm=norm, dropout=dropout)

    def outputs(self, image: Tensor) -> tuple[Tensor, ...]:
        """The logits of every head, finest first, all at the size of the image."""
        finest, *coarser = self.decoder(self.encoder(in_channels(image, self.channels)))
        size = image.shape[2:]
        stretched = (functional.interpolate(m, size=size, mode="bilinear", align_corners=False) for m in coarser)
        return (finest, *stretched)

    def forward(self, image: Tensor) -> Tensor:
        return self.outputs(image)[0]

    def early(self) -> list[nn.Module]:
        """The stem and all levels but the two coarsest."""
        return [self.encoder.stem, *self.encoder.levels[:-2]]
