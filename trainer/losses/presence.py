"""A loss on the frame as a whole: whether it holds a lesion at all, told by its most probable pixels."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as functional
from torch import Tensor

from trainer.losses.frames import PIXELS, FrameLoss, Maps, require
from trainer.losses.overlap import BceDice, require_smooth

UNSEEN = -1e4
"""The logit of a pixel of which nothing is known, so that it is never among the highest."""


@dataclass(frozen=True, slots=True)
class BceDicePresence(FrameLoss):
    """BceDice plus `presence` times cross-entropy of the frame's own logit against whether it holds a lesion.

    That logit is the mean of the frame's highest ones, of `share` of its pixels (pooling as in multiple-instance
    learning, Zhou et al. 2017; ours in its numbers). A small blob on a frame without a lesion costs cross-entropy over
    pixels next to nothing, and Dice as much as a large one: here it costs as much as it disturbs, one proposal.

    `share`: 0..1; by default that of the smallest proposal that is kept, .0005 of the field.
    """

    bce: float = 1.0
    dice: float = 1.0
    presence: float = 0.3
    share: float = 0.0005
    smooth: float = 1.0

    def __post_init__(self) -> None:
        require(self.presence >= 0, "presence", "a weight of 0 or more")
        require(0 < self.share <= 1, "share", "a share of the pixels, above 0 and at most 1")
        require_smooth(self.smooth)
        BceDice(self.bce, self.dice)

    def frames(self, maps: Maps) -> Tensor:
        plain = BceDice(self.bce, self.dice, smooth=self.smooth).frames(maps)
        present = (maps.lesion * maps.known).amax(dim=PIXELS)
        seen = maps.known.amax(dim=PIXELS)
        entropy = functional.binary_cross_entropy_with_logits(self.logit(maps), present, reduction="none")
        return plain + self.presence * entropy * seen

    def logit(self, maps: Maps) -> Tensor:
        """`(n,)`: the mean of each frame's highest known logits; 0 where no pixel is known."""
        flat = torch.where(maps.known > 0, maps.logits, UNSEEN).flatten(1)
        highest = flat.topk(max(1, round(self.share * flat.shape[1])), dim=1).values
        counted = (highest > UNSEEN).to(highest)
        return (highest * counted).sum(dim=1) / counted.sum(dim=1).clamp(min=1)
