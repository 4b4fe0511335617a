"""Weighted cross-entropy plus weighted IoU, the loss of F3Net, PraNet and most polyp networks after them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as functional
from torch import Tensor

from trainer.losses.frames import PIXELS, FrameLoss, Maps, require
from trainer.losses.overlap import require_smooth


@dataclass(frozen=True, slots=True)
class Structure(FrameLoss):
    """Per frame `sum(w bce) / sum(w) + 1 - (sum(w p y) + smooth) / (sum(w (p + y - p y)) + smooth)`.

    `w = 1 + boundary |mean of y in a window around the pixel - y|`: pixels near an outline weigh up to six times. The
    published code (Wei et al. 2020, F3Net; Fan et al. 2020, PraNet) calls cross-entropy with `reduce='none'`. That old
    argument is a boolean, any text is true, and torch returns the mean: `sum(w mean) / sum(w)` is the mean, so their
    cross-entropy never was weighted (their IoU was). Here it is, as the papers say.

    `window`: side in pixels, odd; 31 was chosen for frames of about 352 pixels. As published, beyond the frame's edge
    is background; ignored pixels count in no mean. `boundary`: 0 weighs all alike. `smooth`: above 0.
    """

    window: int = 31
    boundary: float = 5.0
    smooth: float = 1.0

    def __post_init__(self) -> None:
        require(self.window > 0 and self.window % 2 == 1, "window", "an odd number of pixels")
        require(self.boundary >= 0, "boundary", "0 or more")
        require_smooth(self.smooth)

    def frames(self, maps: Maps) -> Tensor:
        weight = self.weight(maps)
        pixels = functional.binary_cross_entropy_with_logits(maps.logits, maps.lesion, reduction="none")
        entropy = (weight * pixels).sum(dim=PIXELS) / weight.sum(dim=PIXELS).clamp(min=1)
        probability = torch.sigmoid(maps.logits)
        inside = (weight * probability * maps.lesion).sum(dim=PIXELS)
        union = (weight * (probability + maps.lesion)).sum(dim=PIXELS) - inside
        return entropy + 1 - (inside + self.smooth) / (union + self.smooth)

    def weight(self, maps: Maps) -> Tensor:
        """`(n, 1, s, s)`: how much each pixel counts; ignored ones not at all."""
        lesion = self._mean_around(maps.lesion * maps.known, beyond=0)
        known = self._mean_around(maps.known, beyond=1)
        mean = lesion / known.clamp(min=0.5 / self.window**2)
        return (1 + self.boundary * (mean - maps.lesion).abs()) * maps.known

    def _mean_around(self, values: Tensor, *, beyond: float) -> Tensor:
        """The mean in the window, by rows and then by columns: a fifteenth of the work of the square at 31 pixels."""
        half = self.window // 2
        padded = functional.pad(values, (half, half, half, half), value=beyond)
        rows = functional.avg_pool2d(padded, (1, self.window), stride=1)
        return functional.avg_pool2d(rows, (self.window, 1), stride=1)
