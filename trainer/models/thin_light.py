"""Thin bright structures wiped from a picture before a network sees it: console text over tissue, small highlights.

Every console writes other lines, and every lamp is mirrored otherwise: neither says anything about mucosa, and a
network that never sees them cannot lean on them. As a layer of the network it is the same in training, in fine-tuning
and in the ONNX file, and the pixels that people see stay as they are.
"""

from __future__ import annotations

from typing import Final

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

WIDTH: Final = 5
"""Pixels of the network's grid: what is narrower than this either way is thin. Strokes of text are 1 to 3 wide."""
BRIGHTER: Final = 0.16
"""By how much, in [-1, 1], the darkest channel exceeds its surroundings (20 of 255): text and highlights are white."""
RIM: Final = 3
"""Side of the square by which what is found is widened: text has a rim."""
BLOCKS: Final = (8, 32)
"""Sides of the blocks whose untouched pixels are averaged to fill in; the second where the first hold none."""
FEW: Final = 0.02
"""Share of untouched pixels below which blocks are said to hold none."""


class ThinLightFilter(nn.Module):
    """Wipes thin light (a white top-hat: the picture minus its opening, Meyer 1979). No parameters, no gradient.

    `(n, 3, h, w)` float RGB in [-1, 1] to the same; h and w are multiples of 32.
    """

    @torch.no_grad()
    def forward(self, image: Tensor) -> Tensor:
        touched = self.found(image)
        free = 1 - touched
        untouched, filled = torch.cat([image * free, free], dim=1), image
        for side in reversed(BLOCKS):
            blocks = functional.avg_pool2d(untouched, side)
            around = functional.interpolate(blocks, scale_factor=float(side), mode="bilinear", align_corners=False)
            share = around[:, 3:]
            filled = torch.where(share > FEW, around[:, :3] / share.clamp(min=FEW), filled)
        return torch.where(touched > 0, filled, image)

    def found(self, image: Tensor) -> Tensor:
        """`(n, 1, h, w)` of 0 and 1: where thin light is, with its rim."""
        dark = image.amin(dim=1, keepdim=True)
        opened = _highest(-_highest(-dark, WIDTH), WIDTH)
        return _highest((dark - opened > BRIGHTER).to(image.dtype), RIM)


def _highest(values: Tensor, side: int) -> Tensor:
    """The highest value in a square around each pixel, by rows and then by columns."""
    rows = functional.max_pool2d(values, (1, side), stride=1, padding=(0, side // 2))
    return functional.max_pool2d(rows, (side, 1), stride=1, padding=(side // 2, 0))
