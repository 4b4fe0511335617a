"""Augmentation on tensors, on whatever device they are: geometry in one resampling, colour in one matrix.

Ranges follow published polyp recipes; every number comes from the generator, so a seed decides a batch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as functional
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Ranges of what may happen to a frame; shift and shear are shares of the frame, hue is a turn in degrees."""

    flip: float = 0.5
    rotation_degrees: float = 180.0
    rotation_share: float = 0.5
    scale: tuple[float, float] = (0.7, 1.4)
    shift: float = 0.12
    shear: float = 0.1
    brightness: tuple[float, float] = (0.6, 1.6)
    contrast: tuple[float, float] = (0.7, 1.4)
    saturation: tuple[float, float] = (0.6, 1.4)
    hue_degrees: float = 12.0
    colour_share: float = 0.8
    blur_share: float = 0.1
    coarse_share: float = 0.1
    noise_share: float = 0.1


NOTHING = Augmentation(
    flip=0.0,
    rotation_share=0.0,
    scale=(1.0, 1.0),
    shift=0.0,
    shear=0.0,
    colour_share=0.0,
    blur_share=0.0,
    coarse_share=0.0,
    noise_share=0.0,
)


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """`image`: `(n, 3, s, s)` float32 in [-1, 1]; `lesion` and `known`: `(n, 1, s, s)` float32 of 0 and 1."""

    image: Tensor
    lesion: Tensor
    known: Tensor


def plain_batch(images: Tensor, labels: Tensor) -> Batch:
    """No augmentation: `(n, s, s, 3)` uint8 and `(n, s, s)` uint8 of 0, 1 and 255 as a Batch."""
    image = images.permute(0, 3, 1, 2).float() / 127.5 - 1
    label = labels.unsqueeze(1)
    return Batch(image, (label == 1).float(), (label != 255).float())


def augmented_batch(
    images: Tensor, labels: Tensor, *, size: int, ranges: Augmentation, generator: torch.Generator
) -> Batch:
    """A Batch at `size` from `(n, s, s, 3)` and `(n, s, s)` uint8, each frame changed in its own way."""
    dice = _Dice(len(images), generator, images.device)
    image = images.permute(0, 3, 1, 2).float() / 255
    label = torch.stack([(labels == 1), (labels == 255)], dim=1).float()
    grid = functional.affine_grid(_affine(dice, ranges), [len(images), 3, size, size], align_corners=False)
    image = functional.grid_sample(image, grid, align_corners=False)
    label = functional.grid_sample(label, grid, align_corners=False)
    image = _coloured(image, dice, ranges)
    image = _worn(image, dice, ranges)
    return Batch(image * 2 - 1, (label[:, :1] > 0.5).float(), (label[:, 1:] <= 0.5).float())


@dataclass(frozen=True, slots=True)
class _Dice:
    """Random numbers for each of `n` frames, drawn on the CPU so that every device gets the same."""

    n: int
    generator: torch.Generator
    device: torch.device

    def between(self, low: float, high: float) -> Tensor:
        return (torch.rand(self.n, generator=self.generator) * (high - low) + low).to(self.device)

    def happens(self, share: float) -> Tensor:
        return (torch.rand(self.n, generator=self.generator) < share).to(self.device)


def _affine(dice: _Dice, ranges: Augmentation) -> Tensor:
    """`(n, 2, 3)` maps from output to input places in [-1, 1]."""
    angle = dice.between(-1, 1) * math.radians(ranges.rotation_degrees) * dice.happens(ranges.rotation_share)
    low, high = (math.log(value) for value in ranges.scale)
    zoom = torch.exp(-dice.between(low, high))
    shear = dice.between(-ranges.shear, ranges.shear)
    flip_x = 1 - 2 * dice.happens(ranges.flip).float()
    flip_y = 1 - 2 * dice.happens(ranges.flip).float()
    cosine, sine = torch.cos(angle) * zoom, torch.sin(angle) * zoom
    top = torch.stack([cosine * flip_x, (shear * cosine - sine) * flip_y, dice.between(-ranges.shift, ranges.shift)], 1)
    low_row = torch.stack(
        [sine * flip_x, (shear * sine + cosine) * flip_y, dice.between(-ranges.shift, ranges.shift)], 1
    )
    return torch.stack([top, low_row], dim=1)


def _coloured(image: Tensor, dice: _Dice, ranges: Augmentation) -> Tensor:
    """Brightness, contrast, saturation and hue as one colour matrix and offset a frame; black stays black."""
    happens = dice.happens(ranges.colour_share)
    gain = dice.between(*ranges.brightness)
    contrast = dice.between(*ranges.contrast)
    matrix = _hue_saturation(dice.between(-1, 1) * math.radians(ranges.hue_degrees), dice.between(*ranges.saturation))
    matrix = matrix * (gain * contrast)[:, None, None]
    identity = torch.eye(3, device=image.device).expand_as(matrix)
    matrix = torch.where(happens[:, None, None], matrix, identity)
    offset = (image.mean(dim=(1, 2, 3)) * gain * (1 - contrast) * happens)[:, None, None, None]
    seen = (image.amax(dim=1, keepdim=True) > 0.01).float()
    changed = torch.einsum("nij,njhw->nihw", matrix, image) + offset
    return (changed * seen).clamp(0, 1)


def _hue_saturation(angle: Tensor, saturation: Tensor) -> Tensor:
    """`(n, 3, 3)`: turn about the grey axis and stretch from it (Haeberli's colour matrices, in YIQ)."""
    to_yiq = torch.tensor([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]], device=angle.device)
    turn = torch.zeros(len(angle), 3, 3, device=angle.device)
    turn[:, 0, 0] = 1
    turn[:, 1, 1] = turn[:, 2, 2] = torch.cos(angle) * saturation
    turn[:, 1, 2], turn[:, 2, 1] = -torch.sin(angle) * saturation, torch.sin(angle) * saturation
    back: Tensor = torch.linalg.inv(to_yiq)
    return back @ turn @ to_yiq


def _worn(image: Tensor, dice: _Dice, ranges: Augmentation) -> Tensor:
    """Out of focus, coarse like a small stream, or noisy; each on a few frames only."""
    blurred, coarse = dice.happens(ranges.blur_share), dice.happens(ranges.coarse_share)
    noisy = dice.happens(ranges.noise_share)
    image = image.clone()
    if blurred.any():
        image[blurred] = functional.avg_pool2d(image[blurred], 5, stride=1, padding=2, count_include_pad=False)
    if coarse.any():
        half = functional.interpolate(image[coarse], scale_factor=0.4, mode="area")
        image[coarse] = functional.interpolate(half, size=image.shape[2:], mode="bilinear", align_corners=False)
    if noisy.any():
        noisy_frames = image[noisy]
        noise = torch.randn(noisy_frames.shape, generator=dice.generator).to(image.device) * 0.03
        image[noisy] = (noisy_frames + noise * (noisy_frames > 0.01)).clamp(0, 1)
    return image
