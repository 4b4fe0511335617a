"""Geometry of augmentation: image and labels in one resampling, so that they cannot drift apart."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as functional
from torch import Tensor

from trainer.data.chance import Chance
from trainer.data.ranges import Augmentation


def warped(layers: Tensor, chance: Chance, ranges: Augmentation, *, size: int) -> tuple[Tensor, Tensor]:
    """`layers` `(n, c, s, s)` moved to `(n, c, size, size)`, 0 outside the frame.

    And where the frame is: `(n, 1, size, size)` bool.
    """
    grid = _grid(_affine(chance, ranges), size)
    inside = (grid.abs().amax(dim=-1) <= 1).unsqueeze(1)
    return functional.grid_sample(layers, grid, align_corners=False), inside


def _grid(theta: Tensor, size: int) -> Tensor:
    """`(n, size, size, 2)`: the place in [-1, 1] that each output pixel comes from. As `affine_grid`, in one pass."""
    centres = (2 * torch.arange(size, device=theta.device) + 1) / size - 1
    along_x = theta[:, None, None, :, 0] * centres[None, None, :, None]
    along_y = theta[:, None, None, :, 1] * centres[None, :, None, None] + theta[:, None, None, :, 2]
    return along_x + along_y


def _affine(chance: Chance, ranges: Augmentation) -> Tensor:
    """`(n, 2, 3)` maps from output to input places in [-1, 1]."""
    turn = math.radians(ranges.rotation_degrees)
    angle = chance.between(-turn, turn) * chance.happens(ranges.rotation_share)
    low, high = (math.log(value) for value in ranges.scale)
    zoom = torch.exp(-chance.between(low, high))
    shear = chance.between(-ranges.shear, ranges.shear)
    flip_x = 1 - 2 * chance.happens(ranges.flip).float()
    flip_y = 1 - 2 * chance.happens(ranges.flip).float()
    cosine, sine = torch.cos(angle) * zoom, torch.sin(angle) * zoom
    right, down = chance.between(-ranges.shift, ranges.shift), chance.between(-ranges.shift, ranges.shift)
    top = torch.stack([cosine * flip_x, (shear * cosine - sine) * flip_y, right], dim=1)
    low_row = torch.stack([sine * flip_x, (shear * sine + cosine) * flip_y, down], dim=1)
    return torch.stack([top, low_row], dim=1)
