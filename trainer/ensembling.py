"""Several answers made one: the mean over mirror images, and the mean of several networks' weights.

Weights may be averaged only of networks that lie in one valley: checkpoints of one run, or runs that went on from the
same trained weights (model soups, Wortsman et al. 2022). Runs from different random starts order their channels
differently, and their mean is no network that anybody trained: let those vote by their probabilities
(`trainer.distillation.Teacher`) and distil the vote into one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trainer.bundle import load_network, read_bundle
from trainer.data.augment import plain_batch
from trainer.errors import DataError
from trainer.models.layers import FLIPS
from trainer.models.network import Network
from trainer.models.registry import Architecture, build_network
from trainer.training.checkpoints import read_checkpoint


def mean_over_flips(answer: Callable[[Tensor], Tensor], image: Tensor) -> Tensor:
    """Test-time augmentation: mean of what `answer` says of `(n, 3, h, w)` images and their three mirror images.

    `answer` gives probabilities `(n, 1, h, w)` (of logits the mean would be another one); each is turned back first.
    """
    parts = [answer(image.flip(axes)).flip(axes) for axes in FLIPS]
    return torch.stack(parts).mean(dim=0)


def mean_over_flips_of_frames(
    answer: Callable[[NDArray[np.uint8]], NDArray[np.float32]], images: NDArray[np.uint8]
) -> NDArray[np.float32]:
    """The same on arrays: `(n, h, w, 3)` uint8 frames, probabilities `(n, 1, h, w)` float32."""
    parts = []
    for axes in FLIPS:
        mirrored = np.ascontiguousarray(np.flip(images, tuple(axis - 1 for axis in axes)))
        parts.append(np.flip(answer(mirrored), axes))
    return np.asarray(np.mean(parts, axis=0), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """A network's tensors by name, and what network they belong to."""

    architecture: Architecture
    tensors: Mapping[str, Tensor]


def read_weights(path: Path) -> Weights:
    """A bundle's, or the running average of a checkpoint (`best.pt`); raises BundleError or DataError if neither."""
    if path.is_dir():
        bundle = read_bundle(path)
        return Weights(bundle.architecture, load_network(bundle).state_dict())
    state = read_checkpoint(path)
    made = cast("Mapping[str, object]", state.recipe["architecture"])
    arguments = cast("Mapping[str, object]", made["arguments"])
    return Weights(Architecture(str(made["name"]), arguments), state.average)


def averaged_network(members: Sequence[Weights], shares: Sequence[float] | None = None) -> Network:
    """One network with the mean of the members' weights, in evaluation mode; call `recompute_statistics` on it.

    Raises DataError when the members are not of one architecture.
    """
    if not members:
        raise DataError("ensemble.nothing", "There are no weights to average.", "Name two bundles or checkpoints.")
    first = members[0].architecture
    for member in members[1:]:
        other = member.architecture
        if (other.name, _plain(other.arguments)) != (first.name, _plain(first.arguments)):
            raise DataError(
                "ensemble.architecture",
                f"Weights of '{other.name}' {dict(other.arguments)} and '{first.name}' {dict(first.arguments)} "
                "have no mean.",
                "Average networks of one architecture only.",
            )
    network = build_network(first)
    network.load_state_dict(average_states([member.tensors for member in members], shares))
    return network.eval()


def _plain(value: object) -> object:
    """A card has lists where a checkpoint has tuples."""
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def average_states(states: Sequence[Mapping[str, Tensor]], shares: Sequence[float] | None = None) -> dict[str, Tensor]:
    """Mean of each floating tensor, weighted by `shares` (else all alike), in float64; other tensors are the first's.

    The mean of batch norm's statistics is not the statistics of the mean: see `recompute_statistics`. Raises DataError
    when names or shapes differ, or the shares do not fit.
    """
    given = list(shares) if shares is not None else [1.0] * len(states)
    if not states or len(given) != len(states) or min(given) < 0 or sum(given) <= 0:
        raise DataError(
            "ensemble.shares", f"{len(states)} states cannot be averaged with the shares {given}.",
            "Give at least one state, and each a share of at least 0.",
        )  # fmt: skip
    _require_same_tensors(states)
    return {name: _mean([state[name] for state in states], given) for name in states[0]}


def _mean(tensors: Sequence[Tensor], shares: Sequence[float]) -> Tensor:
    first = tensors[0]
    if not first.is_floating_point():
        return first.clone()
    total = torch.zeros(first.shape, dtype=torch.float64, device=first.device)
    for tensor, share in zip(tensors, shares, strict=True):
        total += tensor.to(total) * share
    return (total / sum(shares)).to(first.dtype)


def _require_same_tensors(states: Sequence[Mapping[str, Tensor]]) -> None:
    wanted = {name: tensor.shape for name, tensor in states[0].items()}
    for number, state in enumerate(states[1:], start=2):
        shapes = {name: tensor.shape for name, tensor in state.items()}
        odd = sorted(name for name in wanted.keys() | shapes.keys() if wanted.get(name) != shapes.get(name))
        if odd:
            raise DataError(
                "ensemble.tensors", f"State {number} differs from the first in '{odd[0]}'.",
                "Average networks of one architecture only.",
            )  # fmt: skip


@torch.no_grad()
def recompute_statistics(
    network: nn.Module, images: NDArray[np.uint8], *, device: torch.device, batch: int = 16, seed: int = 0
) -> int:
    """Give batch norm the statistics of training frames `(n, s, s, 3)` uint8; returns how many layers have some.

    After averaging weights, activations are those of no member, and neither member's statistics fit (Izmailov et al.
    2018, section 3). Means and variances are averaged over random batches of nearly equal size, the frames as they are.
    Everything but batch norm stays in evaluation mode, so dropout does not widen the variances, as it does with torch's
    `update_bn`. The network is left in evaluation mode. Raises DataError when there is no frame.
    """
    if not len(images):
        raise DataError("ensemble.frames", "Statistics need frames.", "Give the frames that the networks learned from.")
    network.to(device).eval()
    layers = [layer for layer in network.modules() if isinstance(layer, nn.modules.batchnorm._BatchNorm)]
    layers = [layer for layer in layers if layer.track_running_stats]
    momenta = [layer.momentum for layer in layers]
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None  # torch's word for the plain mean over all batches
        layer.train()
    for part in _random_batches(images, batch=batch, seed=seed) if layers else ():
        pixels = torch.from_numpy(part).to(device)
        network(plain_batch(pixels, torch.zeros(pixels.shape[:3], dtype=torch.uint8, device=device)).image)
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum
    network.eval()
    return len(layers)


def _random_batches(images: NDArray[np.uint8], *, batch: int, seed: int) -> Iterable[NDArray[np.uint8]]:
    order = np.random.default_rng(seed).permutation(len(images))
    return (images[chosen] for chosen in np.array_split(order, -(-len(images) // batch)))
