"""What every loss here shares: float32, pixels that count, one number a frame, and the weighted mean over frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from trainer.data.augment import Batch
from trainer.errors import DataError

Loss = Callable[[Tensor, Batch, Tensor], Tensor]
"""`(n, 1, s, s)` logits, their Batch, `(n,)` weights of the frames, at least 0; returns a scalar."""

PIXELS = (1, 2, 3)
"""The axes of a map that a frame's number is summed over."""


@dataclass(frozen=True, slots=True, eq=False)
class Maps:
    """`(n, 1, s, s)` maps in the precision of the loss: `logits`; `lesion` and `known` of 0 and 1."""

    logits: Tensor
    lesion: Tensor
    known: Tensor


@dataclass(frozen=True, slots=True)
class FrameLoss:
    """A loss that gives each frame a number. Its fields are its options, as a recipe names them."""

    def __call__(self, logits: Tensor, batch: Batch, weights: Tensor) -> Tensor:
        with torch.autocast(logits.device.type, enabled=False):
            maps = maps_of(logits, batch)
            return self.reduced(maps, weights.to(maps.logits))

    def reduced(self, maps: Maps, weights: Tensor) -> Tensor:
        """The scalar: by default the weighted mean of the frames' numbers."""
        return mean_over_frames(self.frames(maps), weights)

    def frames(self, maps: Maps) -> Tensor:
        """`(n,)`: what each frame costs; a frame in which no pixel is known costs nothing."""
        raise NotImplementedError


def maps_of(logits: Tensor, batch: Batch) -> Maps:
    """The maps in float32, or in float64 where the logits are."""
    whole = logits if logits.dtype == torch.float64 else logits.float()
    return Maps(whole, batch.lesion.to(whole), batch.known.to(whole))


def mean_over_frames(frames: Tensor, weights: Tensor) -> Tensor:
    """Mean of `(n,)` numbers or `(n, k)` rows, weighted; 0 when all weights are."""
    shares = weights / weights.sum().clamp(min=1e-6)
    return (frames * shares.view(-1, *[1] * (frames.ndim - 1))).sum(dim=0)


def mean_of_pixels(pixels: Tensor, counted: Tensor) -> Tensor:
    """`(n,)`: mean of `(n, 1, s, s)` values in each frame, over the pixels that `counted` (0 or 1) marks; else 0."""
    return (pixels * counted).sum(dim=PIXELS) / counted.sum(dim=PIXELS).clamp(min=1)


def require(condition: bool, option: str, wanted: str) -> None:  # noqa: FBT001 # reads as an assertion
    """Raises DataError, saying what an option of a loss must be."""
    if not condition:
        raise DataError("loss.option", f"The loss cannot use this '{option}'.", f"Give {wanted}.")
