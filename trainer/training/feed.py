"""Which frames a step sees: order, mixture of data sets, this process's part, and where the frames wait."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainer.data.augment import Batch, augmented_batch
from trainer.data.frames import Frames
from trainer.errors import DataError
from trainer.recipe import Recipe
from trainer.training.parallel import Processes

FAR = 1_000_003
"""A prime that keeps the random numbers of neighbouring seeds apart."""


@dataclass(frozen=True, slots=True, eq=False)
class Fed:
    """One process's part of a step: its batch, weights `(n,)` of its frames, and the sum of all processes' weights."""

    batch: Batch
    weights: Tensor
    whole: float


class Feed:
    """Batches of a run. Everything random comes from seed and step, so a run that goes on needs no state of it."""

    def __init__(
        self, frames: Frames, recipe: Recipe, *, seed: int, stride: int, device: torch.device, processes: Processes
    ) -> None:
        if min(len(frames), recipe.frames_a_step) < processes.count:
            raise DataError(
                "data.processes",
                f"{processes.count} processes cannot share {min(len(frames), recipe.frames_a_step)} frames a step.",
                "Start fewer processes or choose a larger batch.",
            )
        self._recipe, self._seed, self._stride = recipe, seed, stride
        self._device, self._processes = device, processes
        self._share = _shares(frames, recipe)
        place = device if recipe.cache == "device" else torch.device("cpu")
        self._images = torch.from_numpy(frames.images).to(place)
        self._labels = torch.from_numpy(frames.labels).to(place)
        self._weights = frames.weights
        self.steps = max(1, len(frames) // recipe.frames_a_step)
        """Steps an epoch takes: whole batches, but at least one."""

    def step(self, epoch: int, step: int) -> Fed:
        """What this process sees in a step of an epoch."""
        at, n = epoch * self.steps + step, self._recipe.frames_a_step
        everyone = self.order(epoch)[step * n : (step + 1) * n]
        mine = everyone[self._processes.rank :: self._processes.count]
        chosen = torch.from_numpy(mine).to(self._images.device)
        draw = (self._seed * FAR + at) * self._processes.count + self._processes.rank
        batch = augmented_batch(
            self._images[chosen].to(self._device), self._labels[chosen].to(self._device), size=self.size(epoch, at),
            ranges=self._recipe.ranges, generator=torch.Generator().manual_seed(draw),
        )  # fmt: skip
        torch.manual_seed(draw)  # of dropout
        weights = torch.from_numpy(self._weights[mine]).to(self._device)
        return Fed(batch, weights, float(self._weights[everyone].sum()))

    def order(self, epoch: int) -> NDArray[np.intp]:
        """Frames of an epoch: each once, or drawn so that every data set has its share and its frames come in turn."""
        rng = np.random.default_rng((self._seed, epoch))
        if self._share is None:
            return rng.permutation(len(self._weights))
        sets = rng.choice(len(self._share), size=len(self._weights), p=[share for share, _ in self._share])
        order = np.zeros(len(self._weights), np.intp)
        for number, (_, members) in enumerate(self._share):
            places = np.flatnonzero(sets == number)
            rounds = -(-len(places) // len(members))
            turns = [rng.permutation(members) for _ in range(rounds)]
            order[places] = np.concatenate([*turns, np.zeros(0, np.intp)])[: len(places)]
        return order

    def size(self, epoch: int, at: int) -> int:
        """Side of the frames in step `at`, in pixels: the stage's, or one of its scales in whole strides."""
        size = self._recipe.size_of(self._recipe.stage_at(epoch))
        if not self._recipe.scales:
            return size
        scale = np.random.default_rng((self._seed, at)).choice(self._recipe.scales)
        return max(self._stride, round(size * float(scale) / self._stride) * self._stride)


def _shares(frames: Frames, recipe: Recipe) -> list[tuple[float, NDArray[np.intp]]] | None:
    """Probability and members of each data set; None when every frame comes once."""
    if not recipe.datasets:
        return None
    names = np.array([key.split("/", 1)[0] for key in frames.keys])
    odd = sorted(set(names.tolist()) ^ set(recipe.datasets))
    if odd or min(recipe.datasets.values()) <= 0:
        raise DataError(
            "data.shares",
            f"The shares of the data sets do not fit the data ({', '.join(odd) or 'each is above 0'}).",
            "Give every data set that is trained on a share, and no other.",
        )
    total = sum(recipe.datasets.values())
    return [(share / total, np.flatnonzero(names == name)) for name, share in recipe.datasets.items()]
