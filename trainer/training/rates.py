"""Optimisers by name, and how fast they go: warm-up, constant, cosine, plateau."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from trainer.models.network import Network
from trainer.recipe import Optimiser, Recipe, Schedule

Group = dict[str, object]
OPTIMISERS: dict[str, Callable[[list[Group], Optimiser, bool], torch.optim.Optimizer]] = {
    "adamw": lambda groups, o, fused: torch.optim.AdamW(groups, lr=0.0, weight_decay=o.weight_decay, fused=fused),
    "adam": lambda groups, o, fused: torch.optim.Adam(groups, lr=0.0, weight_decay=o.weight_decay, fused=fused),
    "sgd": lambda groups, o, fused: torch.optim.SGD(
        groups, lr=0.0, weight_decay=o.weight_decay, momentum=o.momentum, nesterov=o.momentum > 0, fused=fused
    ),
}


def make_optimiser(network: Network, optimiser: Optimiser, *, fused: bool) -> torch.optim.Optimizer:
    """An optimiser with two groups of parameters, encoder and decoder; `set_rates` gives them their rates."""
    groups: list[Group] = [
        {"params": [parameter for parameter in part.parameters() if parameter.requires_grad]}
        for part in (network.encoder, network.decoder)
    ]
    return OPTIMISERS[optimiser.name](groups, optimiser, fused)


def set_rates(
    optimiser: torch.optim.Optimizer, recipe: Recipe, *, epoch: int, step: int, steps: int, dropped: float
) -> None:
    """Give encoder and decoder the rates of a step: `step` of `steps` in `epoch`; `dropped` is the plateau's factor."""
    number = recipe.stage_at(epoch)
    stage = recipe.stages[number]
    first = recipe.first_epoch(number) if recipe.schedule.over == "stage" else 0
    last = recipe.first_epoch(number + 1) if recipe.schedule.over == "stage" else recipe.epochs
    done = (epoch - first) * steps + step
    share = rate_share(recipe.schedule, done, (last - first) * steps, dropped=dropped)
    tops = (stage.rate if stage.encoder_rate is None else stage.encoder_rate, stage.rate)
    for group, top in zip(optimiser.param_groups, tops, strict=True):
        group["lr"] = top * share


def rate_share(schedule: Schedule, step: int, steps: int, *, dropped: float = 1.0) -> float:
    """Share of the top rate, in 0..1, at `step` of `steps`."""
    warm = min(1.0, (step + 1) / max(1, schedule.warm_up_steps))
    if schedule.name == "cosine":
        half_turn = math.pi * min(1.0, step / max(1, steps))
        return warm * (schedule.floor + (1 - schedule.floor) * 0.5 * (1 + math.cos(half_turn)))
    return warm * (max(schedule.floor, dropped) if schedule.name == "plateau" else 1.0)
