"""Losses on logits by name. Each leaves ignored pixels out, weighs frames, and is finite on frames without a polyp.

A loss takes `(n, 1, s, s)` logits, a Batch and the `(n,)` weights of its frames, and returns a scalar. It is computed
in float32 whatever the precision of the network, and reduced to a scalar here, so that no weight can be reduced away.
"""

from trainer.losses.frames import Loss
from trainer.losses.supervision import supervised
from trainer.losses.table import LOSSES, bce_dice, build_loss

__all__ = ["LOSSES", "Loss", "bce_dice", "build_loss", "supervised"]
