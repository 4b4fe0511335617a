"""The fine-tuning loop: small steps from a base that is never left far behind.

Encoder slower than decoder, batch norm statistics frozen, a pull back to the base (L2-SP, Li et al. 2018), an average
of the weights, and at the end a mixture with the base (WiSE-FT).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from trainer.data.augment import Augmentation, augmented_batch
from trainer.data.frames import Frames
from trainer.events import StopSwitch, Tell
from trainer.losses import build_loss
from trainer.models.network import Network
from trainer.recipe import FINETUNE, recipe_file
from trainer.training.descent import Descent, Memory, gradients, require_finite, single_map
from trainer.training.ema import Average
from trainer.typed import read_values


@dataclass(frozen=True, slots=True)
class Tuning:
    """The numbers of a fine-tuning run; the job gives steps and batch, `recipes/finetune.toml` the others.

    `encoder_rate`, `decoder_rate`: top rates. `warm_up_steps` rise to them, half a cosine falls to `floor` of them.
    `pull`: towards the base, in shares of the way for each unit of the rate (L2-SP). `ema`: decay of the average.
    `clip`: largest norm of the gradient. `precision`, `augmentation`, `loss` and `options`: as in a Recipe.
    """

    steps: int
    batch: int
    encoder_rate: float
    decoder_rate: float
    warm_up_steps: int
    floor: float
    pull: float
    ema: float
    clip: float
    loss: str
    precision: str
    augmentation: Augmentation
    source: str = ""
    options: Mapping[str, object] = field(default_factory=dict)


def read_tuning(*, steps: int, batch: int) -> Tuning:
    """The numbers of `recipes/finetune.toml` with a job's steps and batch."""
    values = recipe_file(Path(FINETUNE))
    del values["kind"]
    return read_values(Tuning, {**values, "steps": steps, "batch": batch}, where=f"The recipe {FINETUNE}")


AfterStep = Callable[[int, float, dict[str, Tensor]], None]
"""`after(step, loss, averaged weights)`, called after each step with the number of steps done."""


def tune(
    network: Network, train: Frames, replay: Frames | None, tuning: Tuning, *, seed: int, device: torch.device,
    tell: Tell, stop: StopSwitch, first_step: int, after: AfterStep,
) -> dict[str, Tensor]:  # fmt: skip
    """Tune `network` in place; returns the averaged weights. Raises Stopped within one step of being asked."""
    network.freeze_early()
    base = [(parameter, parameter.detach().clone()) for parameter in learning(network)]
    optimiser = torch.optim.AdamW(
        [
            {"params": learning(network.encoder), "top_rate": tuning.encoder_rate},
            {"params": learning(network.decoder), "top_rate": tuning.decoder_rate},
        ],
        weight_decay=0.0,
    )
    average, memory = Average(network, decay=tuning.ema), Memory()
    loss_of = build_loss(tuning.loss, tuning.options)
    how = Descent(single_map(network), lambda maps, batch, weights: loss_of(maps[0], batch, weights), tuning.precision)
    draw = _Draw(train, replay, tuning.batch, np.random.default_rng(seed))
    freeze_statistics(network)
    for step in range(tuning.steps):
        stop.raise_if_on(first_step + step)
        frames = draw.batch()
        batch = augmented_batch(
            torch.from_numpy(frames.images).to(device), torch.from_numpy(frames.labels).to(device),
            size=frames.images.shape[1], ranges=tuning.augmentation,
            generator=torch.Generator().manual_seed(seed * 1_000_003 + step),
        )  # fmt: skip
        weights = torch.from_numpy(frames.weights).to(device)
        loss = require_finite(float(gradients(network, batch, weights, how=how, memory=memory, tell=tell)))
        _descend(network, optimiser, base, tuning, share=step / tuning.steps, step=step)
        average.follow(network)
        after(step + 1, loss, average.tensors)
        freeze_statistics(network)
    return average.tensors


def learning(module: nn.Module) -> list[nn.Parameter]:
    """The parameters that are to change."""
    return [parameter for parameter in module.parameters() if parameter.requires_grad]


def freeze_statistics(network: nn.Module) -> None:
    """Train, but leave batch norm's statistics as the base has them: a handful of frames would spoil them."""
    network.train()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()


@torch.no_grad()
def _pull_back(base: list[tuple[nn.Parameter, Tensor]], rates: dict[int, float], pull: float) -> None:
    """L2-SP, decoupled as AdamW decouples its decay: towards the base by `rate * pull` of the way."""
    for parameter, origin in base:
        parameter.lerp_(origin, min(1.0, rates[id(parameter)] * pull))


def _descend(
    network: Network, optimiser: torch.optim.Optimizer, base: list[tuple[nn.Parameter, Tensor]], tuning: Tuning,
    *, share: float, step: int,
) -> None:  # fmt: skip
    cosine = tuning.floor + (1 - tuning.floor) * 0.5 * (1 + math.cos(math.pi * share))
    factor = min(1.0, (step + 1) / max(1, tuning.warm_up_steps)) * cosine
    rates: dict[int, float] = {}
    for group in optimiser.param_groups:
        group["lr"] = group["top_rate"] * factor
        rates |= {id(parameter): group["lr"] for parameter in group["params"]}
    nn.utils.clip_grad_norm_(network.parameters(), tuning.clip)
    optimiser.step()
    _pull_back(base, rates, tuning.pull)


class _Draw:
    """Batches in which every frame comes equally often; half of each is replay where there is any."""

    def __init__(self, train: Frames, replay: Frames | None, batch: int, rng: np.random.Generator) -> None:
        self._sources = [train] if replay is None else [train, replay]
        sizes = [batch] if replay is None else [batch - batch // 2, batch // 2]
        self._sizes = [max(1, size) for size in sizes]
        self._waiting: list[list[int]] = [[] for _ in self._sources]
        self._rng = rng

    def batch(self) -> Frames:
        parts = [self._take(number) for number in range(len(self._sources))]
        return Frames(
            tuple(key for part in parts for key in part.keys),
            np.concatenate([part.images for part in parts]),
            np.concatenate([part.labels for part in parts]),
            np.concatenate([part.weights for part in parts]),
        )

    def _take(self, number: int) -> Frames:
        source, waiting = self._sources[number], self._waiting[number]
        while len(waiting) < self._sizes[number]:
            waiting.extend(int(index) for index in self._rng.permutation(len(source)))
        chosen = [waiting.pop() for _ in range(self._sizes[number])]
        return source.subset(chosen)
