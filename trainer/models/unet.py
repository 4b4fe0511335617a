"""A plain U-Net (Ronneberger et al. 2015, https://arxiv.org/abs/1505.04597), padded so that sizes stay the same.

By default small, with batch norm and stretching. The layout that most published U-Nets of 64 to 1024 channels share
(31,031,745 parameters, with batch norm 31,043,521) is `widths=[64, 128, 256, 512, 1024], up="transpose", bias=True`
on three channels: every convolution keeps its bias, no norm follows the transposed ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from trainer.models.layers import doubled, require_choices, start_as_he, two_convs, whole_numbers
from trainer.models.network import Network, in_channels, require

BRIDGES = (1, 3)


class UNetEncoder(nn.Module):
    """Two convolutions a level, halved between levels; returns the features of every level, finest first."""

    def __init__(
        self,
        widths: Sequence[int],
        *,
        channels: int = 3,
        norm: str = "batch",
        bias: bool | None = None,
        bridge: int = 3,
    ) -> None:
        super().__init__()
        kernels = [3] * (len(widths) - 1) + [bridge]
        self.levels = nn.ModuleList(
            two_convs(before, width, norm=norm, bias=bias, kernel=kernel)
            for before, width, kernel in zip([channels, *widths[:-1]], widths, kernels, strict=True)
        )

    def forward(self, image: Tensor) -> list[Tensor]:
        features, out = [], image
        for number, level in enumerate(self.levels):
            out = level(out if number == 0 else functional.max_pool2d(out, 2))
            features.append(out)
        return features


class UNetDecoder(nn.Module):
    """From the coarsest level up: double, join, two convolutions; logits at full size."""

    def __init__(self, widths: Sequence[int], *, norm: str, bias: bool | None, up: str, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout2d(dropout)
        self.ups, self.steps = nn.ModuleList(), nn.ModuleList()
        for fine, coarse in zip(reversed(widths[:-1]), reversed(widths[1:]), strict=True):
            double, below = doubled(up, coarse, fine)
            self.ups.append(double)
            self.steps.append(two_convs(below + fine, fine, norm=norm, bias=bias))
        self.head = nn.Conv2d(widths[0], 1, 1)

    def forward(self, features: list[Tensor]) -> Tensor:
        out = self.dropout(features[-1])
        for double, step, skip in zip(self.ups, self.steps, reversed(features[:-1]), strict=True):
            out = step(torch.cat([double(out), skip], dim=1))
        logits: Tensor = self.head(out)
        return logits


class UNet(Network):
    """`widths`: channels of each level, finest first; the last is the bridge.

    `norm`: none, batch or group. `bias`: of the convolutions before a norm; None keeps it only where there is no norm.
    `bridge`: kernel of the bridge's convolutions, 3 or 1. `up`: transpose, bilinear or nearest. `channels`: 3, or 1 for
    a network that turns its RGB input grey. `dropout`: of whole channels at the bridge. Raises BundleError.
    """

    def __init__(
        self, *, widths: Sequence[int] = (16, 32, 64, 128), norm: str = "batch", bias: bool | None = None,
        bridge: int = 3, up: str = "nearest", channels: int = 3, dropout: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__()
        widths = whole_numbers("widths", widths)
        require_choices(norm=norm, channels=channels, dropout=dropout, up=up)
        require(bridge in BRIDGES, f"the bridge's kernel is {bridge!r}, neither 1 nor 3")
        self.channels, self.stride = channels, 2 ** (len(widths) - 1)
        self.encoder: UNetEncoder = UNetEncoder(widths, channels=channels, norm=norm, bias=bias, bridge=bridge)
        self.decoder = UNetDecoder(widths, norm=norm, bias=bias, up=up, dropout=dropout)
        if norm == "none":
            start_as_he(self)

    def forward(self, image: Tensor) -> Tensor:
        logits: Tensor = self.decoder(self.encoder(in_channels(image, self.channels)))
        return logits

    def early(self) -> list[nn.Module]:
        """All levels but the two coarsest."""
        return list(self.encoder.levels[:-2])
