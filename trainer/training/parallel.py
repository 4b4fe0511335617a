"""Several processes, on one machine or many, that train one network: `torchrun ... -m trainer.cli fit ...`.

Each process takes its part of every batch; gradients, weighted by frames, are summed in one message, so the weights
are those of one process with the same whole batch. What differs: augmentation and dropout draw other random numbers in
each process, and batch norm. On CUDA its statistics are those of the whole batch (SyncBatchNorm). On a CPU each
process uses those of its own part, with a warning, and the running averages are averaged; group norm has no such
difference. Only the first process writes, and only it tells.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor, nn

from trainer.events import Tell
from trainer.models.network import Network

PATIENCE = timedelta(minutes=10)
"""How long a process waits for the others before it gives up."""

KEEPS_THE_GROUP = "torch.distributed.nn.functional"
"""A part of PyTorch with the world's group among the defaults of its functions, which the first optimiser loads."""


@dataclass(frozen=True, slots=True)
class Processes:
    """How many processes train together, and which of them this is, from 0."""

    count: int = 1
    rank: int = 0

    @property
    def first(self) -> bool:
        """Whether this process is the one that writes and tells."""
        return self.rank == 0


ALONE = Processes()


def from_surroundings() -> Processes:
    """What torchrun's variables say; alone without them."""
    return Processes(int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0")))


@contextmanager
def joined(processes: Processes, device: torch.device) -> Iterator[None]:
    """Connected to the other processes for a while: by NCCL on CUDA, one device each, else by gloo.

    `KEEPS_THE_GROUP` is loaded before there is a group. Loaded later it would hold the group for good, its threads
    would go on when the process ends, and one that dropped its last tensor then would abort the process.
    """
    if processes.count == 1:
        yield
        return
    if device.type == "cuda":
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    importlib.import_module(KEEPS_THE_GROUP)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=PATIENCE)
    try:
        yield
    finally:
        dist.destroy_process_group()


def prepare_statistics(network: Network, processes: Processes, device: torch.device, tell: Tell) -> Network:
    """The network with statistics of batch norm over all processes where the device can; else it is told."""
    has_statistics = any(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in network.modules())
    if processes.count == 1 or not has_statistics:
        return network
    if device.type == "cuda":
        whole: Network = nn.SyncBatchNorm.convert_sync_batchnorm(network)  # type: ignore[no-untyped-call]
        return whole
    tell(
        "warning", code="parallel.batch_norm",
        message="On a CPU each process normalises by its own part of the batch; group norm would not differ.",
    )  # fmt: skip
    return network


def same_start(network: Network, processes: Processes) -> None:
    """Every process takes the weights of the first."""
    if processes.count > 1:
        for tensor in network.state_dict().values():
            dist.broadcast(tensor, src=0)


def summed(network: Network, told: Tensor, processes: Processes) -> Tensor:
    """Sum the gradients and the numbers `told` over all processes, and average batch norm's statistics; one message."""
    if processes.count == 1:
        return told
    slopes = [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
    statistics = [buffer for buffer in network.buffers() if buffer.is_floating_point()]
    tensors = [*slopes, *statistics, told]
    message = torch.cat([tensor.reshape(-1).float() for tensor in tensors])
    dist.all_reduce(message)
    parts = torch.split(message, [tensor.numel() for tensor in tensors])
    for tensor, part in zip(slopes, parts, strict=False):
        tensor.copy_(part.view_as(tensor))
    for tensor, part in zip(statistics, parts[len(slopes) :], strict=False):
        tensor.copy_(part.view_as(tensor) / processes.count)
    return parts[-1]


def summed_counts(counts: Tensor, processes: Processes) -> Tensor:
    """Sum whole numbers over all processes."""
    if processes.count > 1:
        dist.all_reduce(counts)
    return counts


def from_first(content: bytes, processes: Processes, device: torch.device) -> bytes:
    """The bytes that the first process has; what the others give is not looked at."""
    if processes.count == 1:
        return content
    length = torch.tensor([len(content)], device=device)
    dist.broadcast(length, src=0)
    data = torch.empty(int(length), dtype=torch.uint8, device=device)
    if processes.first and content:
        data.copy_(torch.frombuffer(bytearray(content), dtype=torch.uint8))
    if len(data):
        dist.broadcast(data, src=0)
    return data.cpu().numpy().tobytes()
