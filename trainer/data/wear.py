"""What lamp, lens, movement and recorder do to a picture. Each works on the frames it was chosen for, all at once.

Order is that of the light: scene, lens, sensor, stream. Pixels that are not seen stay black through all of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import torch
import torch.nn.functional as functional
from torch import Tensor

from trainer.data.chance import Chance
from trainer.data.jpeg import through_jpeg
from trainer.data.ranges import Augmentation

SPOT_CELLS = 32
FOG_CELLS = 4
Effect = Callable[[Tensor, Tensor, Chance, Augmentation], Tensor]
"""`effect(image (m, 3, s, s) in 0..1, seen (m, 1, s, s) of 0 and 1, chance, ranges)`: the image anew, in any range."""


def worn(image: Tensor, seen: Tensor, chance: Chance, ranges: Augmentation, effects: dict[str, Effect]) -> Tensor:
    """`image` `(n, 3, s, s)` in 0..1 changed in place by each effect, on the share of frames that its field names."""
    for share, effect in effects.items():
        chosen = chance.chosen(getattr(ranges, share))
        if chosen is not None:
            part = seen[chosen]
            changed = effect(image[chosen], part, chance.of(len(chosen)), ranges)
            image[chosen] = changed.clamp_(0, 1).mul_(part)
    return image


def specular(image: Tensor, seen: Tensor, chance: Chance, ranges: Augmentation) -> Tensor:
    """White spots with soft rims where a random surface is highest and the tissue is lit."""
    surface = _stretched(chance.surface(SPOT_CELLS), image, mode="bicubic")
    spots = (surface.sub_(chance.pictures(ranges.specular)) * 4).clamp_(0, 1)
    lit = ((image.mean(dim=1, keepdim=True) - 0.15) * 4).clamp_(0, 1)
    return image.lerp(torch.ones_like(image), spots * lit * chance.pictures((0.7, 1.0)))


def fogged(image: Tensor, seen: Tensor, chance: Chance, ranges: Augmentation) -> Tensor:
    """Light grey over the picture, thicker in some places."""
    clouds = _stretched(chance.surface(FOG_CELLS), image, mode="bicubic").sigmoid_()
    thickness = chance.pictures(ranges.fog) * (0.5 + clouds)
    return image.lerp(chance.pictures((0.65, 0.95)).expand_as(image), thickness.clamp_(0, 0.9))


def vignetted(image: Tensor, seen: Tensor, chance: Chance, ranges: Augmentation) -> Tensor:
    """Less light the farther from a point near the middle."""
    places = torch.linspace(-1, 1, image.shape[-1], device=image.device)
    x = (places[None, :] - chance.between(-0.3, 0.3)[:, None]).square()
    y = (places[None, :] - chance.between(-0.3, 0.3)[:, None]).square()
    far = ((x[:, None, None, :] + y[:, None, :, None]) / 2).clamp_(0, 1)
    return image * (1 - chance.pictures(ranges.vignette) * far)


def out_of_focus(image: Tensor, seen: Tensor, chance: Chance, ranges: Augmentation) -> Tensor:
    """Blurred alike in all directions, by a triangle about 2 % of the side wide."""
    reach = max(1, round(image.shape[-1] * 0.016))
    layers = _averaged(_averaged(torch.cat([image, seen], dim=1), reach, axis=3), reach, axis=2)
    return image.lerp(_inside(layers), chance.pictures(ranges.blur))


def _averaged(layers: Tensor, reach: int, *, axis: int) -> Tensor:
    """Each pixel and its neighbours up to `reach` along `axis`, weighted by nearness; 0 beyond the border.

    Adding slices takes a CPU a fifth of the time of a convolution with one column.
    """
    far = (reach, reach)
    padded = functional.pad(layers, (*far, 0, 0) if axis == 3 else (0, 0, *far))
    whole, side = (reach + 1) ** 2, layers.shape[axis]
    total = padded.narrow(axis, reach, side) * ((reach + 1) / whole)
    for step in (step for step in range(-reach, reach + 1) if step):
        total.add_(padded.narrow(axis, reach + step, side), alpha=(reach + 1 - abs(step)) / whole)
    return total


def moved(image: Tensor, seen: Tensor, chance: Chance, ranges: Augmentation) -> Tensor:
    """Blurred along a line: the mean of eight places on it, in three doublings."""
    angle, length = chance.between(0, 2 * math.pi), chance.between(*ranges.motion) * 2
    step = torch.stack([torch.cos(angle), torch.sin(angle)], dim=1) * (length / 8)[:, None]
    layers = torch.cat([image, seen], dim=1)
    centres = (2 * torch.arange(image.shape[-1], device=image.device) + 1) / image.shape[-1] - 1
    here = torch.stack(torch.meshgrid(centres, centres, indexing="xy"), dim=-1)
    for far in (-4, 2, 1):
        grid = here + (step * far)[:, None, None, :]
        layers = (layers + functional.grid_sample(layers, grid, align_corners=False)) / 2
    return _inside(layers)


def noisy(image: Tensor, seen: Tensor, chance: Chance, ranges: Augmentation) -> Tensor:
    """Every channel of every pixel off by a little, independently."""
    return image + chance.noise(image) * chance.pictures(ranges.noise)


def coarse(image: Tensor, seen: Tensor, chance: Chance, ranges: Augmentation) -> Tensor:
    """As a small stream looks when it is scaled up."""
    side = max(2, round(image.shape[-1] * chance.number(ranges.coarse)))
    return _stretched(functional.interpolate(image, size=(side, side), mode="area"), image, mode="bilinear")


def compressed(image: Tensor, seen: Tensor, chance: Chance, ranges: Augmentation) -> Tensor:
    """As a JPEG or a frame of a video comes back."""
    return through_jpeg(image, chance.between(*ranges.jpeg))


def _stretched(small: Tensor, like: Tensor, *, mode: str) -> Tensor:
    return functional.interpolate(small, size=like.shape[2:], mode=mode, align_corners=False)


def _inside(layers: Tensor) -> Tensor:
    """A blurred image whose last layer is the blurred field of view: the dark outside does not creep in."""
    return layers[:, :3] / layers[:, 3:].clamp(min=1e-3)


SCENE: Final[dict[str, Effect]] = {
    "vignette_share": vignetted,
    "specular_share": specular,
    "fog_share": fogged,
    "blur_share": out_of_focus,
    "motion_share": moved,
    "noise_share": noisy,
}
STREAM: Final[dict[str, Effect]] = {"coarse_share": coarse, "jpeg_share": compressed}
