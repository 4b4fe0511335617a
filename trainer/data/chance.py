"""Random numbers for a batch: drawn on the CPU from one generator, so that a seed decides a batch on every device.

What is to be decided (which frames, how large a tile) is decided on the CPU; a GPU only gets numbers sent and is never
asked anything back, so it need not be waited for.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from trainer.data.ranges import Range


@dataclass(frozen=True, slots=True)
class Chance:
    """Numbers for each of `n` frames that live on `device`. `generator` is one of the CPU."""

    n: int
    generator: torch.Generator
    device: torch.device

    def of(self, n: int) -> Chance:
        """The same source for `n` frames."""
        return Chance(n, self.generator, self.device)

    def between(self, low: float, high: float) -> Tensor:
        """`(n,)` numbers, even between both."""
        return self._sent(torch.rand(self.n, generator=self.generator) * (high - low) + low)

    def pictures(self, bounds: Range) -> Tensor:
        """`(n, 1, 1, 1)` numbers, to be multiplied with pictures."""
        return self.between(*bounds)[:, None, None, None]

    def happens(self, share: float) -> Tensor:
        """`(n,)` bool: true for that share of frames."""
        return self._sent(torch.rand(self.n, generator=self.generator) < share)

    def chosen(self, share: float) -> Tensor | None:
        """Indices `(m,)` of the frames that something happens to; None where there are none."""
        found = torch.nonzero(torch.rand(self.n, generator=self.generator) < share)[:, 0] if share > 0 else None
        return None if found is None or not len(found) else self._sent(found)

    def number(self, bounds: Range) -> float:
        """One number for all frames."""
        low, high = bounds
        return float(torch.rand((), generator=self.generator)) * (high - low) + low

    def numbers(self, below: int) -> Tensor:
        """`(n,)` whole numbers under `below`, on the CPU."""
        return torch.randint(below, (self.n,), generator=self.generator)

    def surface(self, cells: int) -> Tensor:
        """`(n, 1, cells, cells)` normal numbers: what a smooth random surface is stretched from."""
        return self._sent(torch.randn((self.n, 1, cells, cells), generator=self.generator))

    def noise(self, like: Tensor) -> Tensor:
        """Normal numbers in the shape of `like`, made where it lives: every device has its own, the seed decides them.

        Drawing some millions of numbers on the CPU would take longer than all the rest does on a GPU.
        """
        seed = int(torch.randint(2**62, (), generator=self.generator))
        source = torch.Generator("cpu" if self.device.type == "meta" else self.device).manual_seed(seed)
        return torch.randn(like.shape, generator=source, device=self.device)

    def _sent(self, values: Tensor) -> Tensor:
        return values.to(self.device, non_blocking=True)
