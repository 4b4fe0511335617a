"""The running average of a network's weights, which is what is judged and shipped."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Average:
    """Exponential moving average of all floating tensors of a network, batch norm statistics included."""

    def __init__(self, network: nn.Module, *, decay: float) -> None:
        self.decay = decay
        self.steps = 0
        self.tensors = {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}

    @torch.no_grad()
    def follow(self, network: nn.Module) -> None:
        """Move towards the network's weights; the first steps move faster, so that the start is forgotten."""
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        for name, tensor in network.state_dict().items():
            if tensor.is_floating_point():
                self.tensors[name].lerp_(tensor, 1 - decay)
            else:
                self.tensors[name].copy_(tensor)

    def load(self, tensors: dict[str, Tensor], *, steps: int) -> None:
        """Go on from a checkpoint."""
        self.tensors = {name: tensor.clone() for name, tensor in tensors.items()}
        self.steps = steps
