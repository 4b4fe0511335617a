"""The running average of a network's weights, which is what is judged and shipped."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn


class Average:
    """Exponential moving average of all floating tensors of a network, batch norm statistics included.

    A `decay` of 0 keeps no average: `tensors` are then the network's own.
    """

    def __init__(self, network: nn.Module, *, decay: float) -> None:
        self.decay = decay
        self.steps = 0
        own = {name: tensor.detach() for name, tensor in network.state_dict().items()}
        self.tensors = {name: tensor.clone() for name, tensor in own.items()} if decay else own

    @torch.no_grad()
    def follow(self, network: nn.Module) -> None:
        """Move towards the network's weights; the first steps move faster, so that the start is forgotten."""
        self.steps += 1
        if not self.decay:
            return
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        weights = network.state_dict()
        floating = [name for name, tensor in weights.items() if tensor.is_floating_point()]
        torch._foreach_lerp_([self.tensors[n] for n in floating], [weights[n] for n in floating], 1 - decay)
        for name in weights.keys() - set(floating):
            self.tensors[name].copy_(weights[name])

    def load(self, tensors: Mapping[str, Tensor], *, steps: int) -> None:
        """Go on from a checkpoint."""
        self.steps = steps
        if self.decay:
            for name, tensor in tensors.items():
                self.tensors[name].copy_(tensor)
