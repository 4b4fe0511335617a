"""One step of gradient descent, within the memory there is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from trainer.data.augment import Batch
from trainer.device import mixed_precision
from trainer.errors import DeviceError, TrainingError
from trainer.events import Tell
from trainer.losses import bce_dice
from trainer.models.network import Network


@dataclass(slots=True)
class Memory:
    """In how many parts a batch goes through the network; doubled whenever the memory does not suffice."""

    parts: int = 1


def gradients(network: Network, batch: Batch, weights: Tensor, *, precision: str, memory: Memory, tell: Tell) -> float:
    """Leave the batch's gradients in the network and return its loss.

    When memory runs out the batch goes through in halves, with a `warning` event. Raises DeviceError when one frame is
    too much, TrainingError when the loss is no finite number.
    """
    while True:
        try:
            return _in_parts(network, batch, weights, precision=precision, parts=memory.parts)
        except (torch.OutOfMemoryError, RuntimeError) as error:
            if not _is_memory(error):
                raise
            network.zero_grad(set_to_none=True)
            memory.parts = _more_parts(memory.parts, frames=len(weights))
            size = math.ceil(len(weights) / memory.parts)
            tell(
                "warning", code="memory.halved", message=f"Memory ran out; the batch now goes through {size} at a time."
            )


def _in_parts(network: Network, batch: Batch, weights: Tensor, *, precision: str, parts: int) -> float:
    network.zero_grad(set_to_none=True)
    total = 0.0
    for chosen in torch.arange(len(weights), device=weights.device).tensor_split(parts):
        part = Batch(batch.image[chosen], batch.lesion[chosen], batch.known[chosen])
        with mixed_precision(weights.device, precision):
            logits = network(part.image.contiguous(memory_format=torch.channels_last))
        loss = bce_dice(logits, part, weights[chosen]) * (weights[chosen].sum() / weights.sum().clamp(min=1e-6))
        total += _finite(float(loss.detach()))
        loss.backward()  # type: ignore[no-untyped-call]
    return total


def _finite(loss: float) -> float:
    if not math.isfinite(loss):
        raise TrainingError(
            "training.nan",
            f"The loss became {loss}, so the run was ended; the last good state is kept.",
            "Start again with a lower learning rate, and look at the frames that came last.",
        )
    return loss


def _more_parts(parts: int, *, frames: int) -> int:
    if parts >= frames:
        raise DeviceError(
            "memory.too_small",
            "Even one frame at a time does not fit into the memory of this device.",
            "Close other programs, choose a smaller network, or choose --device cpu.",
        )
    return min(frames, parts * 2)


def _is_memory(error: Exception) -> bool:
    """CUDA says so by type; the CPU's allocator by its words."""
    if isinstance(error, torch.OutOfMemoryError):
        return True
    told = str(error).lower()
    return "not enough memory" in told or "can't allocate memory" in told or "out of memory" in told


def interpolated(base: dict[str, Tensor], tuned: dict[str, Tensor], alpha: float) -> dict[str, Tensor]:
    """Weights between two states, 0 the base and 1 the tuned one (WiSE-FT, Wortsman et al. 2022)."""
    return {
        name: torch.lerp(tensor, tuned[name].to(tensor), alpha) if tensor.is_floating_point() else tensor
        for name, tensor in base.items()
    }
