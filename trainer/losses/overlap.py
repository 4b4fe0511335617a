"""Losses on how lesion and probability overlap, so that the size of the background does not matter."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from trainer.losses.frames import PIXELS, FrameLoss, Maps, mean_over_frames, require
from trainer.losses.pixelwise import Bce

FLAT = 1e-6
"""Below this a focal Tversky loss is flat: a power below 1 has an infinite slope at 0."""


@dataclass(frozen=True, slots=True)
class Dice(FrameLoss):
    """1 - soft Dice of each frame: `(2 sum(p y) + smooth) / (sum(p) + sum(y) + smooth)`.

    After Milletari et al. 2016, whose denominator has squares; without them it is what Dice is of masks.

    `smooth`: pixels, above 0. On a frame without a lesion it is 1 - smooth / (sum(p) + smooth): almost flat until
    nearly every pixel is right. Such frames teach little here; join it with cross-entropy, or pool.
    """

    smooth: float = 1.0

    def __post_init__(self) -> None:
        require_smooth(self.smooth)

    def frames(self, maps: Maps) -> Tensor:
        hit, false, missed = overlaps(maps).unbind(dim=1)
        return 1 - (2 * hit + self.smooth) / (2 * hit + false + missed + self.smooth)


@dataclass(frozen=True, slots=True)
class DicePooled(FrameLoss):
    """1 - soft Dice over the whole batch as if it were one frame: what empty frames get wrong counts against the rest.

    `smooth`: pixels a frame, above 0. Frame weights weigh their pixels. Large lesions decide more than small ones. It
    is no mean over frames, so a batch that goes through the network in parts has not quite the loss of the whole.
    """

    smooth: float = 1.0

    def __post_init__(self) -> None:
        require_smooth(self.smooth)

    def reduced(self, maps: Maps, weights: Tensor) -> Tensor:
        hit, false, missed = mean_over_frames(overlaps(maps), weights).unbind()
        return 1 - (2 * hit + self.smooth) / (2 * hit + false + missed + self.smooth)


@dataclass(frozen=True, slots=True)
class BceDice(FrameLoss):
    """`bce` times cross-entropy plus `dice` times 1 - soft Dice of each frame; other options as in Bce and Dice."""

    bce: float = 1.0
    dice: float = 1.0
    positive: float = 1.0
    balanced: bool = False
    smooth: float = 1.0

    def __post_init__(self) -> None:
        require(min(self.bce, self.dice) >= 0 < self.bce + self.dice, "bce and dice", "shares of which one is above 0")
        Bce(self.positive, self.balanced)
        Dice(self.smooth)

    def frames(self, maps: Maps) -> Tensor:
        entropy = Bce(self.positive, self.balanced).frames(maps)
        return self.bce * entropy + self.dice * Dice(self.smooth).frames(maps)


@dataclass(frozen=True, slots=True)
class Tversky(FrameLoss):
    """1 - `(TP + smooth) / (TP + alpha FP + beta FN + smooth)` of each frame (Salehi et al. 2017).

    `alpha` weighs false positives and `beta` false negatives: beta above alpha misses less and proposes more. With
    both .5 it is Dice (of twice the `smooth`). Some public code swaps the two letters.
    """

    alpha: float = 0.3
    beta: float = 0.7
    smooth: float = 1.0

    def __post_init__(self) -> None:
        require(min(self.alpha, self.beta) >= 0 < self.alpha + self.beta, "alpha and beta", "shares, one above 0")
        require_smooth(self.smooth)

    def frames(self, maps: Maps) -> Tensor:
        hit, false, missed = overlaps(maps).unbind(dim=1)
        return 1 - (hit + self.smooth) / (hit + self.alpha * false + self.beta * missed + self.smooth)


@dataclass(frozen=True, slots=True)
class FocalTversky(FrameLoss):
    """The Tversky loss of each frame to the power of `exponent` (Abraham and Khan 2018).

    `exponent`: the paper's 1 / gamma, .75 there; its code calls .75 itself gamma. Below 1 it keeps pulling at frames
    that are nearly right, above 1 it turns to the bad ones. The other options are Tversky's.
    """

    alpha: float = 0.3
    beta: float = 0.7
    exponent: float = 0.75
    smooth: float = 1.0

    def __post_init__(self) -> None:
        require(self.exponent > 0, "exponent", "a number above 0")
        Tversky(self.alpha, self.beta, self.smooth)

    def frames(self, maps: Maps) -> Tensor:
        return Tversky(self.alpha, self.beta, self.smooth).frames(maps).clamp(min=FLAT) ** self.exponent


def overlaps(maps: Maps) -> Tensor:
    """`(n, 3)`: soft true positives, false positives and false negatives of each frame, in known pixels."""
    probability = torch.sigmoid(maps.logits) * maps.known
    lesion = maps.lesion * maps.known
    hit = (probability * lesion).sum(dim=PIXELS)
    false = (probability * (1 - lesion)).sum(dim=PIXELS)
    missed = ((1 - probability) * lesion).sum(dim=PIXELS)
    return torch.stack([hit, false, missed], dim=1)


def require_smooth(smooth: float) -> None:
    """Without it a frame where nothing is and nothing is found has no Dice."""
    require(smooth > 0, "smooth", "a number of pixels above 0")
