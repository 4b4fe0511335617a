"""Losses on logits, where some pixels are ignored and some frames weigh more."""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor

from trainer.data.augment import Batch

SMOOTH = 1.0


def bce_dice(logits: Tensor, batch: Batch, weights: Tensor) -> Tensor:
    """Weighted mean over frames of binary cross-entropy plus 1 - soft Dice, ignored pixels left out.

    `logits`: `(n, 1, s, s)`; `weights`: `(n,)`. Reduced to a scalar here, so a weight can never be reduced away.
    """
    logits = logits.float()
    pixels = functional.binary_cross_entropy_with_logits(logits, batch.lesion, reduction="none") * batch.known
    known = batch.known.sum(dim=(1, 2, 3)).clamp(min=1)
    entropy = pixels.sum(dim=(1, 2, 3)) / known
    probability = torch.sigmoid(logits) * batch.known
    lesion = batch.lesion * batch.known
    overlap = (probability * lesion).sum(dim=(1, 2, 3))
    whole = probability.sum(dim=(1, 2, 3)) + lesion.sum(dim=(1, 2, 3))
    soft_dice = (2 * overlap + SMOOTH) / (whole + SMOOTH)
    frames = entropy + 1 - soft_dice
    return (frames * weights).sum() / weights.sum().clamp(min=1e-6)
