"""What every network here has: an encoder that may be pretrained, a decoder, and logits out."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor, nn

from trainer.errors import BundleError, DataError

GREY = (0.299, 0.587, 0.114)
"""Shares of red, green and blue in luma, as ITU-R BT.601 gives them; they sum to 1, so [-1, 1] stays [-1, 1]."""


class Network(nn.Module):
    """Maps `(n, 3, h, w)` float RGB in [-1, 1] to `(n, 1, h, w)` logits; h and w are multiples of `stride`.

    `encoder` and `decoder` are trained at different rates; together they hold all parameters.
    """

    encoder: nn.Module
    decoder: nn.Module
    stride: int = 32

    def forward(self, image: Tensor) -> Tensor:
        raise NotImplementedError

    def outputs(self, image: Tensor) -> tuple[Tensor, ...]:
        """Every map of logits that a loss may supervise, `(n, 1, h, w)` each: first the one that `forward` gives."""
        return (self(image),)

    def early(self) -> list[nn.Module]:
        """Parts that a handful of frames should not change: edges and colours. Fine-tuning leaves them as they are."""
        return []

    def freeze_early(self) -> None:
        """Leave the early parts as they are from now on: no gradient is asked for them."""
        for part in self.early():
            part.requires_grad_(requires_grad=False)

    def load_encoder(self, path: Path) -> None:
        """Start the encoder from pretrained weights. Raises DataError where the file does not fit, or none can."""
        raise DataError(
            "encoder.network", f"{type(self).__name__} takes no encoder weights such as {path.name}.",
            "Leave --encoder out.",
        )  # fmt: skip


def parameter_count(network: nn.Module) -> int:
    """How many numbers a network learns; running statistics of batch norm are not learned."""
    return sum(parameter.numel() for parameter in network.parameters())


def in_channels(image: Tensor, channels: int) -> Tensor:
    """`(n, 3, h, w)` RGB as it is for 3 channels; as BT.601 luma `(n, 1, h, w)` for 1. The range stays the same."""
    if channels == len(GREY):
        return image
    red, green, blue = (share * image[:, number : number + 1] for number, share in enumerate(GREY))
    return red + green + blue


def require(fits: bool, why: str) -> None:  # noqa: FBT001 # reads like an assertion
    """Raises BundleError unless an argument of an architecture fits; `why` says what is wrong with it."""
    if not fits:
        raise unfit(why)


def unfit(why: str) -> BundleError:
    """The error of arguments that a network cannot be built from."""
    cure = "Correct the arguments in the recipe or the card."
    return BundleError("bundle.arguments", f"The arguments of the network do not fit: {why}.", cure)
