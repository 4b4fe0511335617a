"""Augmentation on tensors, on whatever device they are: warp, colour, wear, overlays; a seed decides a batch.

Three things are told apart by `known`. What the frame shows is known. Pixels that a person marked as ignored stay
unknown wherever they move. What a turn, a shift or a smaller scale brings in from outside the frame is black and
unknown: padding is not tissue, and counting it as background would only dilute the loss. The black that a frame has
already, outside its field of view, stays what it is: known background.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from trainer.data.chance import Chance
from trainer.data.colour import coloured
from trainer.data.overlay import with_insets, with_text
from trainer.data.ranges import ENDOSCOPIC, NOTHING, Augmentation
from trainer.data.warp import warped
from trainer.data.wear import SCENE, STREAM, worn

__all__ = ["ENDOSCOPIC", "NOTHING", "Augmentation", "Batch", "augmented_batch", "plain_batch"]

DARK = 2.55
"""Brightest channel, of 255, up to which a pixel is one that was blanked."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """`image`: `(n, 3, s, s)` float32 in [-1, 1]; `lesion` and `known`: `(n, 1, s, s)` float32 of 0 and 1.

    A pixel of a lesion is always known.
    """

    image: Tensor
    lesion: Tensor
    known: Tensor


def plain_batch(images: Tensor, labels: Tensor) -> Batch:
    """No augmentation: `(n, s, s, 3)` uint8 and `(n, s, s)` uint8 of 0, 1 and 255 as a Batch."""
    image = images.permute(0, 3, 1, 2).float() / 127.5 - 1
    label = labels.unsqueeze(1)
    return Batch(image, (label == 1).float(), (label != 255).float())


@torch.no_grad()
def augmented_batch(
    images: Tensor, labels: Tensor, *, size: int, ranges: Augmentation, generator: torch.Generator
) -> Batch:
    """A Batch at `size` from `(n, s, s, 3)` and `(n, s, s)` uint8, each frame changed in its own way.

    `generator` is one of the CPU wherever the frames are. On a CPU the same generator gives the same batch to the bit;
    on a GPU geometry and colours are those of the CPU up to rounding, and noise is its own.
    """
    chance = Chance(len(images), generator, images.device)
    layers, inside = warped(_layers(images, labels), chance, ranges, size=size)
    known = (layers[:, 4:] <= 0.5) & inside
    seen = (layers[:, :3].amax(dim=1, keepdim=True) > DARK).float()
    image = coloured(layers[:, :3], seen, chance, ranges)
    image = worn(image, seen, chance, ranges, {**SCENE, "text_share": with_text})
    with_insets(image, known, seen > 0, chance, ranges)
    image = worn(image, seen, chance, ranges, STREAM)
    lesion = (layers[:, 3:4] > 0.5) & known
    return Batch(image.mul_(2).sub_(1), lesion.float(), known.float())


def _layers(images: Tensor, labels: Tensor) -> Tensor:
    """`(n, 5, s, s)` float32: red, green, blue of 0..255, lesion, ignored."""
    n, height, width, _ = images.shape
    layers = torch.empty((n, 5, height, width), device=images.device)
    layers[:, :3] = images.permute(0, 3, 1, 2)
    layers[:, 3] = labels == 1
    layers[:, 4] = labels == 255
    return layers
