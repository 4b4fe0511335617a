"""Networks of other libraries behind the face of ours: what channels they see, how they split, what size they take."""

from __future__ import annotations

import contextlib
import copy
import inspect
import math
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from trainer.errors import BundleError, SurroundingsError
from trainer.models.network import Network, in_channels, require, unfit

STRIDES = (1, 2, 4, 8, 16, 32, 64, 128)
PROBED = 160
"""Sides of at least so many pixels are tried, so that no norm is left with one pixel."""
REFUSALS = (RuntimeError, ValueError, TypeError, AssertionError, IndexError, KeyError, AttributeError)
"""What a library's network may raise at arguments or sizes that it does not take."""
FETCHED = ("pretrained", "encoder_weights")
"""Arguments by which libraries fetch weights from the network."""


class LibraryNetwork(Network):
    """`inner` sees `channels` channels of the image in [-1, 1], or after `centre` and `spread` if they are given.

    A part of `inner` that is called `encoder` becomes ours; otherwise the encoder is empty, the decoder is all of
    `inner`, and everything learns at the decoder's rate. `coarse_first`: a row of maps begins with the coarsest. A
    network that is made for one size (`side`) has that size as its stride. No part is known to be early.
    """

    def __init__(
        self, inner: nn.Module, *, channels: int, coarse_first: bool = False, side: int | None = None,
        centre: tuple[float, ...] = (), spread: tuple[float, ...] = (),
    ) -> None:  # fmt: skip
        super().__init__()
        self.channels, self.coarse_first = channels, coarse_first
        self.centre, self.spread = centre, spread
        self.encoder, self.decoder = apart(inner)
        self.stride = measured_stride(self, side)

    def outputs(self, image: Tensor) -> tuple[Tensor, ...]:
        """Every map that the network gives in its present mode, stretched to the size of the image, finest first."""
        answer = self.decoder(self._seen(image))
        if isinstance(answer, Tensor):
            maps = list(answer.unbind(1)) if answer.dim() == image.dim() + 1 else [answer]
        else:
            maps = list(answer)
        size = image.shape[2:]
        return tuple(
            one if one.shape[2:] == size else functional.interpolate(one, size=size, mode="bilinear")
            for one in (reversed(maps) if self.coarse_first else maps)
        )

    def forward(self, image: Tensor) -> Tensor:
        return self.outputs(image)[0]

    def _seen(self, image: Tensor) -> Tensor:
        seen = in_channels(image, self.channels)
        if not self.centre:
            return seen
        centre, spread = (image.new_tensor(values).view(1, -1, 1, 1) for values in (self.centre, self.spread))
        return (seen / 2 + 0.5 - centre) / spread


def apart(inner: nn.Module) -> tuple[nn.Module, nn.Module]:
    """Encoder and decoder of a library's network. The decoder goes on to call its encoder, but no longer owns it."""
    encoder = inner._modules.pop("encoder", None)
    if encoder is None:
        return nn.Sequential(), inner
    vars(inner)["encoder"] = encoder
    return encoder, inner


def measured_stride(network: Network, side: int | None) -> int:
    """The smallest power of two whose odd multiples the network answers in size; `side` where only that is taken.

    Tried on the meta device, where shapes travel and nothing is computed. Raises BundleError when none of them is.
    """
    shapes = copy.deepcopy(network).eval().to("meta")
    reason = ""
    for stride in (side,) if side else STRIDES:
        reason = objection(shapes, stride if side else stride * (math.ceil(PROBED / stride) | 1))
        if not reason:
            return stride
    raise unfit(f"it does not answer a frame with one map of its size ({reason})")


def objection(network: Network, side: int) -> str:
    """Why a network on the meta device does not answer frames of `side` pixels with one map of that size, or ""."""
    try:
        shape = network(torch.empty(2, 3, side, side, device="meta")).shape
    except REFUSALS as error:
        return first_line(error)
    return "" if shape == (2, 1, side, side) else f"it answers with {tuple(shape)}"


@contextlib.contextmanager
def needing(install: str) -> Iterator[None]:
    """Raises SurroundingsError for a library that is missing inside; `install` is what brings the main one."""
    try:
        yield
    except ImportError as error:
        raise SurroundingsError(
            "surroundings.library",
            f"This network needs a library that is not installed: {first_line(error)}.",
            f"Install what is missing where the trainer runs: {install}",
        ) from error


def maker_in(nets: ModuleType, name: str) -> Callable[..., nn.Module]:
    """A class of networks by its name. Raises BundleError when the library has none of that name."""
    maker = getattr(nets, name, None)
    if not (inspect.isclass(maker) and issubclass(maker, nn.Module)):
        raise unfit(f"{nets.__name__} has no network called '{name}'")
    return maker


def channels_in(arguments: Mapping[str, object]) -> int:
    """The argument `in_channels`. Raises BundleError when it is neither 1 (grey) nor 3 (RGB)."""
    channels = arguments.get("in_channels")
    if not isinstance(channels, int) or channels not in {1, 3}:
        raise unfit(f"in_channels is {channels!r}, neither 1 (grey) nor 3 (RGB)")
    return channels


def built(maker: Callable[..., nn.Module], arguments: Mapping[str, object]) -> nn.Module:
    """What a library makes of arguments. Raises BundleError when it refuses them, or when they would fetch weights."""
    fetching = [name for name in FETCHED if arguments.get(name)]
    require(not fetching, f"{', '.join(fetching)} would fetch weights from the internet whenever a bundle is opened")
    try:
        return maker(**arguments)
    except REFUSALS as error:
        raise BundleError(
            "bundle.arguments",
            f"{maker.__name__} does not take these arguments: {first_line(error)}.",
            f"See the documentation of {maker.__module__}.",
        ) from error


def first_line(error: Exception) -> str:
    """What an error says, without the pages that some add; its name where it says nothing."""
    return (str(error).splitlines() or [repr(error)])[0].rstrip(".")
