"""A small network learns from what larger ones say, with or without labels (Hinton et al. 2015).

A teacher is one bundle or several; it sees the augmented batch that the student sees, so its answer is as turned and
coloured as the question, and every epoch asks it something new.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as functional
from torch import Tensor

from trainer.bundle import Bundle, load_network
from trainer.data.augment import Batch
from trainer.device import mixed_precision
from trainer.ensembling import mean_over_flips
from trainer.errors import DataError
from trainer.losses.frames import mean_of_pixels, mean_over_frames
from trainer.models.network import Network
from trainer.training.descent import Objective

SURE = 1e-6
"""Soft targets stay so far from 0 and 1, so that their logits are finite."""


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """One network of a teacher. `size`: `(height, width)` that it was made for; `temperature`: its card's."""

    network: Network
    size: tuple[int, int]
    temperature: float


@dataclass(frozen=True, slots=True, eq=False)
class Teacher:
    """The mean of its members' probabilities; with `flips` each member's is the mean over four mirror images.

    `precision`: as in a recipe.
    """

    members: tuple[Member, ...]
    flips: bool = False
    precision: str = "auto"

    @torch.no_grad()
    def __call__(self, image: Tensor) -> Tensor:
        """`(n, 1, h, w)` float32 probability of `(n, 3, h, w)` RGB in [-1, 1], on the device of the members."""
        asked = [functools.partial(self._asked, member) for member in self.members]
        said = [mean_over_flips(ask, image) if self.flips else ask(image) for ask in asked]
        return torch.stack(said).mean(dim=0)

    def _asked(self, member: Member, image: Tensor) -> Tensor:
        """One member's answer at the size of the image; a member sees frames at its own size."""
        size = (int(image.shape[2]), int(image.shape[3]))
        with mixed_precision(image.device, self.precision):
            logits = member.network(stretched(image, member.size).contiguous(memory_format=torch.channels_last))
        return stretched(torch.sigmoid(logits.float() / member.temperature), size)


def teacher_of(
    bundles: Sequence[Bundle], *, device: torch.device, flips: bool = False, precision: str = "auto"
) -> Teacher:
    """A teacher of bundles, each with its card's temperature and size; raises BundleError or DataError."""
    if not bundles:
        raise DataError("teacher.nothing", "A teacher needs a bundle.", "Name at least one.")
    members = []
    for bundle in bundles:
        network = load_network(bundle).to(device).requires_grad_(requires_grad=False)
        members.append(Member(network, bundle.size, bundle.temperature))
    return Teacher(tuple(members), flips, precision)


def stretched(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """`(n, c, h, w)` at another size: linear, and averaged where it shrinks; the same tensor where it fits."""
    if tuple(maps.shape[2:]) == size:
        return maps
    return functional.interpolate(maps, size, mode="bilinear", align_corners=False, antialias=True)


def distil_loss(logits: Tensor, soft: Tensor, known: Tensor, weights: Tensor, temperature: float = 1.0) -> Tensor:
    """Cross-entropy of the student's logits `(n, 1, s, s)` against soft targets, the weighted mean over frames.

    `soft` and `known`: `(n, 1, s, s)`; only known pixels count. `temperature` > 1 flattens both sides, so that what the
    teacher holds unlikely counts too; times its square, as gradients shrink by that (Hinton et al. 2015, section 2).
    Its minimum is the entropy of the soft targets, not 0.
    """
    if temperature <= 0:
        raise DataError("teacher.temperature", "A temperature is above 0.", "1 keeps the probabilities as they are.")
    with torch.autocast(logits.device.type, enabled=False):
        logits = logits if logits.dtype == torch.float64 else logits.float()
        target = soft.to(logits)
        if temperature != 1:
            target = torch.sigmoid(torch.logit(target, eps=SURE) / temperature)
        pixels = functional.binary_cross_entropy_with_logits(logits / temperature, target, reduction="none")
        return temperature**2 * mean_over_frames(mean_of_pixels(pixels, known.to(logits)), weights.to(logits))


def taught(objective: Objective, teacher: Teacher, *, share: float, temperature: float = 1.0) -> Objective:
    """An objective of which `share` is the teacher's and the rest that of the labels; at 1 labels are not looked at.

    The teacher speaks of the first map, the one that is used. Raises DataError when `share` is no share.
    """
    if not 0 < share <= 1:
        raise DataError("teacher.share", f"A teacher cannot have the share {share}.", "Give one above 0, at most 1.")

    def combined(outputs: tuple[Tensor, ...], batch: Batch, weights: Tensor) -> Tensor:
        soft = teacher(batch.image)
        cost = share * distil_loss(outputs[0], soft, batch.known, weights, temperature)
        return cost if share == 1 else cost + (1 - share) * objective(outputs, batch, weights)

    return combined
