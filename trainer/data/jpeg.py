"""JPEG's loss on tensors: 8x8 cosine terms quantised as a coder of a given quality does, without writing a file.

Tables: ITU-T T.81 annex K.1 and K.2; scaling by quality as the IJG's library does it; colour at half size (4:2:0).
Rounding has no useful gradient: this is for augmentation.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as functional
from torch import Tensor

LUMA = (
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
    87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103, 99,
)  # fmt: skip
CHROMA = (
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99,
    99, 99, 99, *(99 for _ in range(32)),
)  # fmt: skip
TO_YCC = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))
FROM_YCC = ((1.0, 0.0, 1.402), (1.0, -0.344136, -0.714136), (1.0, 1.772, 0.0))


def through_jpeg(image: Tensor, quality: Tensor) -> Tensor:
    """`image` `(n, 3, h, w)` RGB in 0..1 as it comes back from a JPEG of `quality` `(n,)`, 1..100. Not clamped."""
    height, width = image.shape[2:]
    padded = functional.pad(image, (0, -width % 16, 0, -height % 16), mode="replicate")
    ycc = _mixed(padded, TO_YCC) * 255
    ycc[:, 0] -= 128
    luma = _quantised(ycc[:, :1], _table(LUMA, quality))
    chroma = _quantised(functional.avg_pool2d(ycc[:, 1:], 2), _table(CHROMA, quality))
    chroma = functional.interpolate(chroma, scale_factor=2.0, mode="bilinear", align_corners=False)
    back = _mixed(torch.cat([luma + 128, chroma], dim=1) / 255, FROM_YCC)
    return back[:, :, :height, :width]


def _quantised(plane: Tensor, table: Tensor) -> Tensor:
    """`plane` `(n, c, h, w)` after its 8x8 terms were rounded to multiples of `table` `(n, 8, 8)`."""
    n, channels, height, width = plane.shape
    cosine = _cosine(plane.device)
    blocks = plane.reshape(n, channels, height // 8, 8, width // 8, 8).transpose(3, 4)
    steps = table[:, None, None, None]
    terms = torch.round(cosine @ blocks @ cosine.T / steps) * steps
    return (cosine.T @ terms @ cosine).transpose(3, 4).reshape(plane.shape)


def _cosine(device: torch.device) -> Tensor:
    """`(8, 8)` orthonormal DCT-II matrix; rows are frequencies."""
    place, frequency = torch.arange(8) + 0.5, torch.arange(8)[:, None]
    matrix = torch.cos(math.pi / 8 * place * frequency) / 2
    matrix[0] /= math.sqrt(2)
    return matrix.to(device, non_blocking=True)


def _table(base: tuple[int, ...], quality: Tensor) -> Tensor:
    """`(n, 8, 8)` steps of quantisation at `quality` `(n,)`."""
    scale = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality)[:, None, None]
    table = torch.tensor(base, dtype=torch.float32).view(8, 8).to(quality.device, non_blocking=True)
    return torch.floor((table * scale + 50) / 100).clamp(1, 255)


def _mixed(image: Tensor, rows: tuple[tuple[float, ...], ...]) -> Tensor:
    matrix = torch.tensor(rows).to(image.device, non_blocking=True)
    return (matrix @ image.flatten(2)).view_as(image)
