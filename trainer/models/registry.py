"""Networks by name and arguments, as a card names them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from trainer.errors import BundleError
from trainer.models.mobile_unet import MobileUNet
from trainer.models.network import Network
from trainer.models.unet import UNet


@dataclass(frozen=True, slots=True)
class Architecture:
    """A network's name in `MODELS` and its keyword arguments (JSON values)."""

    name: str
    arguments: Mapping[str, object]


MODELS: dict[str, Callable[..., Network]] = {"mobile_unet": MobileUNet, "unet": UNet}


def build_network(architecture: Architecture) -> Network:
    """A fresh network; its weights are random. Raises BundleError for an unknown name or arguments that do not fit."""
    maker = MODELS.get(architecture.name)
    if maker is None:
        known = ", ".join(sorted(MODELS))
        raise BundleError(
            "bundle.architecture", f"No network is called '{architecture.name}' here.", f"Known are: {known}."
        )
    try:
        return maker(**architecture.arguments)
    except TypeError as error:
        raise BundleError(
            "bundle.arguments",
            f"The arguments of '{architecture.name}' do not fit this version: {error}.",
            "Update the trainer, or use a bundle that it wrote.",
        ) from error
