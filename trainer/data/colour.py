"""Colour of augmentation: brightness, contrast, saturation and hue as one matrix and offset a frame."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from trainer.data.chance import Chance
from trainer.data.ranges import Augmentation

TO_YIQ = ((0.299, 0.587, 0.114), (0.596, -0.274, -0.322), (0.211, -0.523, 0.312))
"""NTSC's brightness and two axes of colour; rows are Y, I, Q, columns R, G, B."""


def coloured(image: Tensor, seen: Tensor, chance: Chance, ranges: Augmentation) -> Tensor:
    """`image` `(n, 3, s, s)` of 0..255 in new colours, in 0..1, black where not `seen` `(n, 1, s, s)` of 0 and 1."""
    happens = chance.happens(ranges.colour_share)
    turn = math.radians(ranges.hue_degrees)
    gain, contrast = chance.between(*ranges.brightness), chance.between(*ranges.contrast)
    angle, saturation = chance.between(-turn, turn), chance.between(*ranges.saturation)
    gain, contrast, saturation = (
        torch.where(happens, value, torch.ones_like(value)) for value in (gain, contrast, saturation)
    )
    saturation = saturation * ~chance.happens(ranges.grey_share)
    matrix = _hue_saturation(angle * happens, saturation) * (gain * contrast / 255)[:, None, None]
    mean = image.mean(dim=1, keepdim=True).mul_(seen).sum(dim=(1, 2, 3)) / seen.sum(dim=(1, 2, 3)).clamp(min=1)
    offset = (mean * gain * (1 - contrast) / 255)[:, None, None]
    changed = torch.baddbmm(offset, matrix, image.flatten(2)).view_as(image)
    return changed.clamp_(0, 1).mul_(seen)


def _hue_saturation(angle: Tensor, saturation: Tensor) -> Tensor:
    """`(n, 3, 3)`: turn about the grey axis and stretch from it (Haeberli's colour matrices, in YIQ)."""
    yiq = torch.tensor(TO_YIQ)
    back = torch.linalg.inv(yiq).to(angle.device, non_blocking=True)
    one, none = torch.ones_like(angle), torch.zeros_like(angle)
    cosine, sine = torch.cos(angle) * saturation, torch.sin(angle) * saturation
    rows = [torch.stack(row, dim=1) for row in ((one, none, none), (none, cosine, -sine), (none, sine, cosine))]
    changed: Tensor = back @ torch.stack(rows, dim=1) @ yiq.to(angle.device, non_blocking=True)
    return changed
