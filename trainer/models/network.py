"""What every network here has: an encoder that may be pretrained, a decoder, and logits out."""

from __future__ import annotations

from torch import Tensor, nn


class Network(nn.Module):
    """Maps `(n, 3, h, w)` float RGB in [-1, 1] to `(n, 1, h, w)` logits; h and w are multiples of 32.

    `encoder` and `decoder` are trained at different rates; together they hold all parameters.
    """

    encoder: nn.Module
    decoder: nn.Module

    def forward(self, image: Tensor) -> Tensor:
        raise NotImplementedError

    def early(self) -> list[nn.Module]:
        """Parts that a handful of frames should not change: edges and colours. Fine-tuning leaves them as they are."""
        return []


def conv_bn_relu(inputs: int, outputs: int) -> nn.Sequential:
    """3x3 convolution that keeps the size, batch norm, ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )
