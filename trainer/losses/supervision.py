"""Deep supervision: one loss on several maps of logits."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from trainer.data.augment import Batch
from trainer.errors import DataError
from trainer.losses.frames import Loss


def supervised(
    loss: Loss, outputs: Sequence[Tensor], batch: Batch, weights: Tensor, shares: Sequence[float] = ()
) -> Tensor:
    """Mean of the loss of each map, weighted by `shares` (such as 1, .5, .25: finest first); a scalar.

    `outputs`: maps of logits `(n, 1, s, s)`, first the one that is used. No shares supervise that one alone. The mean
    keeps the loss on the scale of one map, so a rate fits with and without. A map of share 0 is not computed.
    Raises DataError when there are not as many shares as maps, or they sum to nothing.
    """
    if not shares:
        return loss(outputs[0], batch, weights)
    if len(shares) != len(outputs) or min(shares) < 0 or sum(shares) <= 0:
        raise DataError(
            "loss.shares",
            f"The network gives {len(outputs)} maps, and deep supervision has the shares {list(shares)}.",
            "Give one share of at least 0 for each map, the first for the map that is used, or none at all.",
        )
    parts = [share * loss(logits, batch, weights) for share, logits in zip(shares, outputs, strict=True) if share]
    return sum(parts[1:], parts[0]) / sum(shares)
