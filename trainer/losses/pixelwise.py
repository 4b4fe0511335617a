"""Losses that ask each pixel by itself: cross-entropy and focal loss."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as functional
from torch import Tensor

from trainer.losses.frames import FrameLoss, Maps, mean_of_pixels, require


@dataclass(frozen=True, slots=True)
class Bce(FrameLoss):
    """Binary cross-entropy: the mean over the known pixels of a frame.

    `positive`: weight of a lesion's pixel (torch's `pos_weight`; above 1 finds more and outlines wider). `balanced`:
    lesion and background count half each, however small the lesion (Xie and Tu 2015, HED); a frame that has only one
    of them counts whole. Both shift the probabilities away from frequencies: calibrate after training.
    """

    positive: float = 1.0
    balanced: bool = False

    def __post_init__(self) -> None:
        require(self.positive > 0, "positive", "a weight above 0")

    def frames(self, maps: Maps) -> Tensor:
        pixels = functional.binary_cross_entropy_with_logits(
            maps.logits, maps.lesion, reduction="none", pos_weight=maps.logits.new_full((), self.positive)
        )
        return _in_halves(pixels, maps) if self.balanced else mean_of_pixels(pixels, maps.known)


def _in_halves(pixels: Tensor, maps: Maps) -> Tensor:
    sides = (maps.lesion * maps.known, (1 - maps.lesion) * maps.known)
    there = sum((side.amax(dim=(1, 2, 3)) for side in sides), torch.zeros_like(pixels[:, 0, 0, 0]))
    return (mean_of_pixels(pixels, sides[0]) + mean_of_pixels(pixels, sides[1])) / there.clamp(min=1)


@dataclass(frozen=True, slots=True)
class Focal(FrameLoss):
    """Cross-entropy times `(1 - p)^gamma`, p being the probability of the right answer (Lin et al. 2017).

    `gamma`: how little easy pixels count; 0 is cross-entropy. `alpha`: weight of lesion pixels, in [0, 1]; background
    pixels get 1 - alpha; not given, all weigh 1. The mean is over known pixels, not over lesion pixels as in the paper,
    so the loss of an empty frame is defined; its numbers are small beside Dice's.
    """

    gamma: float = 2.0
    alpha: float | None = None

    def __post_init__(self) -> None:
        require(self.gamma >= 0, "gamma", "0 or more")
        require(self.alpha is None or 0 <= self.alpha <= 1, "alpha", "a share between 0 and 1")

    def frames(self, maps: Maps) -> Tensor:
        pixels = functional.binary_cross_entropy_with_logits(maps.logits, maps.lesion, reduction="none")
        # log(1 - p) from the logit: no power of a rounded 1 - p, whose slope at 0 is infinite for gamma below 1
        log_wrong = functional.logsigmoid(maps.logits * (1 - 2 * maps.lesion))
        pixels = torch.exp(self.gamma * log_wrong) * pixels
        if self.alpha is not None:
            pixels = pixels * (self.alpha * maps.lesion + (1 - self.alpha) * (1 - maps.lesion))
        return mean_of_pixels(pixels, maps.known)
