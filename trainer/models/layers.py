"""What U-Nets are built of: convolution, norm and ReLU; steps down and up; widths checked."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from trainer.models.network import require

NORMS = ("none", "batch", "group")
UPS = ("transpose", "bilinear", "nearest")
GROUPS = 8
FLIPS: tuple[tuple[int, ...], ...] = ((), (-1,), (-2,), (-2, -1))
"""Axes of `(..., h, w)` that are turned round: the frame and its mirror images, left to right first."""


class DepthwiseConv(nn.Conv2d):
    """One filter a channel, with bias, padded alike on both sides.

    Mixed precision on a CPU passes over those of stride 2 or more than 3x3: oneDNN has no quick backward pass for them
    in bfloat16 (measured on an EPYC with AVX512-BF16, 144 channels of 64x64, 5x5, stride 2: 226 ms, float32 41 ms).
    Where nothing is learned, as in frozen parts, there is no backward pass, and half is the quicker one.
    """

    def __init__(self, channels: int, kernel: int, *, stride: int, padding: int | None = None) -> None:
        around = kernel // 2 if padding is None else padding
        super().__init__(channels, channels, kernel, stride=stride, padding=around, groups=channels)
        self.is_slow_in_half = kernel > 3 or stride > 1

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 # torch's own name of it
        learns = torch.is_grad_enabled() and (input.requires_grad or self.weight.requires_grad)
        is_half = input.device.type == "cpu" and torch.is_autocast_enabled("cpu")
        if not (self.is_slow_in_half and learns and is_half):
            return super().forward(input)
        half = torch.get_autocast_dtype("cpu")
        with torch.autocast("cpu", enabled=False):
            return super().forward(input.float()).to(half)


def norm_of(norm: str, width: int) -> list[nn.Module]:
    """No layer, batch norm, or group norm (Wu and He 2018) over up to eight groups of at least two channels."""
    if norm == "batch":
        return [nn.BatchNorm2d(width)]
    return [nn.GroupNorm(math.gcd(GROUPS, max(1, width // 2)), width)] if norm == "group" else []


def conv_norm_relu(
    inputs: int, outputs: int, *, norm: str = "batch", bias: bool | None = None, kernel: int = 3
) -> nn.Sequential:
    """Convolution that keeps the size, norm, ReLU. `bias`: by default only where no norm follows to take its place."""
    biased = norm == "none" if bias is None else bias
    conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=biased)
    return nn.Sequential(conv, *norm_of(norm, outputs), nn.ReLU(inplace=True))


def two_convs(
    inputs: int, outputs: int, *, norm: str = "batch", bias: bool | None = None, kernel: int = 3
) -> nn.Sequential:
    """A U-Net's level: twice convolution, norm and ReLU."""
    return nn.Sequential(
        conv_norm_relu(inputs, outputs, norm=norm, bias=bias, kernel=kernel),
        conv_norm_relu(outputs, outputs, norm=norm, bias=bias, kernel=kernel),
    )


def doubled(up: str, coarse: int, fine: int) -> tuple[nn.Module, int]:
    """What doubles height and width, and how many channels leave it.

    A transposed convolution (2x2, with bias) goes from `coarse` channels to `fine`; stretching leaves them as many.
    """
    if up == "transpose":
        return nn.ConvTranspose2d(coarse, fine, 2, stride=2), fine
    if up == "bilinear":
        return nn.Upsample(scale_factor=2.0, mode="bilinear", align_corners=False), coarse
    return nn.Upsample(scale_factor=2.0, mode="nearest"), coarse


def start_as_he(network: nn.Module) -> None:
    """Weights from He's normal distribution, biases 0 (He et al. 2015): without norm, only so do deep layers learn."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def whole_numbers(name: str, values: Sequence[int], *, least: int = 1) -> tuple[int, ...]:
    """An argument as a tuple. Raises BundleError unless it holds `least` or more whole numbers above 0."""
    row = tuple(values)
    whole = all(type(value) is int and value > 0 for value in row)
    require(whole and len(row) >= least, f"{name} {values!r} is not a row of {least} or more whole numbers above 0")
    return row


def require_choices(*, norm: str, channels: int, dropout: float, up: str = "nearest") -> None:
    """Raises BundleError unless the arguments that all U-Nets here share are among what they can be."""
    require(norm in NORMS, f"norm '{norm}' is none of {', '.join(NORMS)}")
    require(up in UPS, f"up '{up}' is none of {', '.join(UPS)}")
    require(channels in {1, 3}, f"channels is {channels!r}, neither 1 (grey) nor 3 (RGB)")
    require(0.0 <= dropout < 1.0, f"dropout {dropout} is not in [0, 1)")
