"""One step of gradient descent, within the memory there is."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from trainer.data.augment import Batch
from trainer.device import is_out_of_memory, mixed_precision
from trainer.errors import DeviceError, TrainingError
from trainer.events import Tell
from trainer.models.network import Network

Forward = Callable[[Tensor], tuple[Tensor, ...]]
"""From images `(n, 3, s, s)` to every supervised map of logits `(n, 1, s, s)`."""
Objective = Callable[[tuple[Tensor, ...], Batch, Tensor], Tensor]
"""`objective(maps, batch, frame weights)`: the loss, a weighted mean over frames."""


@dataclass(frozen=True, slots=True, eq=False)
class Descent:
    """How a batch becomes gradients. `scaler` is fp16's; `channels_last` the memory layout of the images."""

    forward: Forward
    objective: Objective
    precision: str
    channels_last: bool = True
    scaler: torch.amp.GradScaler | None = None


@dataclass(slots=True)
class Memory:
    """In how many parts a batch goes through the network; doubled whenever the memory does not suffice."""

    parts: int = 1


def single_map(network: Network) -> Forward:
    """The one map that is used, as a `Forward`."""
    return lambda image: (network(image),)


def gradients(
    network: Network, batch: Batch, weights: Tensor, *, how: Descent, memory: Memory, tell: Tell,
    whole: float | None = None,
) -> Tensor:  # fmt: skip
    """Leave the batch's gradients in the network and return its loss, a scalar on the batch's device.

    `whole`: the frame weights of all processes together, where the batch is one process's part. When memory runs out
    the batch goes through in halves, with a `warning` event; a loss over the whole batch becomes one over each half.
    Raises DeviceError when one frame is too much.
    """
    while True:
        try:
            return _in_parts(network, batch, weights, how=how, parts=memory.parts, whole=whole)
        except (torch.OutOfMemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            network.zero_grad(set_to_none=True)
            memory.parts = _more_parts(memory.parts, frames=len(weights))
            size = math.ceil(len(weights) / memory.parts)
            tell(
                "warning", code="memory.halved", message=f"Memory ran out; the batch now goes through {size} at a time."
            )


def _in_parts(
    network: Network, batch: Batch, weights: Tensor, *, how: Descent, parts: int, whole: float | None
) -> Tensor:
    network.zero_grad(set_to_none=True)
    total = torch.zeros((), device=weights.device)
    everything = weights.sum().clamp(min=1e-6) if whole is None else max(whole, 1e-6)
    layout = torch.channels_last if how.channels_last else torch.contiguous_format
    for chosen in torch.arange(len(weights), device=weights.device).tensor_split(min(parts, len(weights))):
        part = Batch(batch.image[chosen], batch.lesion[chosen], batch.known[chosen])
        with mixed_precision(weights.device, how.precision):
            maps = how.forward(part.image.contiguous(memory_format=layout))
        loss = how.objective(maps, part, weights[chosen]) * (weights[chosen].sum() / everything)
        total += loss.detach()
        (loss if how.scaler is None else how.scaler.scale(loss)).backward()  # type: ignore[no-untyped-call]
    return total


def require_finite(value: float, *, what: str = "loss") -> float:
    """The value itself; raises TrainingError when it is no finite number."""
    if not math.isfinite(value):
        raise TrainingError(
            "training.nan",
            f"The {what} became {value}, so the run was ended; the last good state is kept.",
            "Start again with a lower learning rate, and look at the frames that came last.",
        )
    return value


def _more_parts(parts: int, *, frames: int) -> int:
    if parts >= frames:
        raise too_small("Even one frame at a time does not fit into the memory of this device.")
    return min(frames, parts * 2)


def too_small(message: str) -> DeviceError:
    """The error for a memory that does not suffice."""
    return DeviceError(
        "memory.too_small", message, "Close other programs, choose a smaller network, or choose --device cpu."
    )


def interpolated(base: dict[str, Tensor], tuned: dict[str, Tensor], alpha: float) -> dict[str, Tensor]:
    """Weights between two states, 0 the base and 1 the tuned one (WiSE-FT, Wortsman et al. 2022)."""
    return {
        name: torch.lerp(tensor, tuned[name].to(tensor), alpha) if tensor.is_floating_point() else tensor
        for name, tensor in base.items()
    }
