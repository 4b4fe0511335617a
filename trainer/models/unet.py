"""A plain U-Net (Ronneberger et al. 2015) with batch norm, trained from scratch: the small, configurable baseline."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from trainer.models.network import Network, conv_bn_relu


class UNetEncoder(nn.Module):
    """Two convolutions a level, halved between levels; returns the features of every level, finest first."""

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        inputs = [3, *widths[:-1]]
        self.levels = nn.ModuleList(
            nn.Sequential(conv_bn_relu(before, width), conv_bn_relu(width, width))
            for before, width in zip(inputs, widths, strict=True)
        )

    def forward(self, image: Tensor) -> list[Tensor]:
        features, out = [], image
        for number, level in enumerate(self.levels):
            out = level(out if number == 0 else functional.max_pool2d(out, 2))
            features.append(out)
        return features


class UNetDecoder(nn.Module):
    """From the coarsest level up: stretch, join, two convolutions; logits at full size."""

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        self.steps = nn.ModuleList(
            nn.Sequential(conv_bn_relu(coarse + fine, fine), conv_bn_relu(fine, fine))
            for fine, coarse in zip(reversed(widths[:-1]), reversed(widths[1:]), strict=True)
        )
        self.head = nn.Conv2d(widths[0], 1, 1)

    def forward(self, features: list[Tensor]) -> Tensor:
        out = features[-1]
        for step, skip in zip(self.steps, reversed(features[:-1]), strict=True):
            out = functional.interpolate(out, scale_factor=2.0, mode="nearest")
            out = step(torch.cat([out, skip], dim=1))
        logits: Tensor = self.head(out)
        return logits


class UNet(Network):
    """`widths`: channels of each level, finest first."""

    def __init__(self, *, widths: Sequence[int] = (16, 32, 64, 128)) -> None:
        super().__init__()
        self.encoder = UNetEncoder(tuple(widths))
        self.decoder = UNetDecoder(tuple(widths))

    def forward(self, image: Tensor) -> Tensor:
        logits: Tensor = self.decoder(self.encoder(image))
        return logits
