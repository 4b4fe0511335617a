"""Networks by name, as a card names them: ours in `MODELS`, those of other libraries as `library:name`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from trainer.errors import BundleError
from trainer.models.from_monai import monai_network
from trainer.models.from_smp import smp_network
from trainer.models.lite_unet import LiteUNet
from trainer.models.mobile_unet import MobileUNet
from trainer.models.network import Network, parameter_count
from trainer.models.residual_unet import ResidualUNet
from trainer.models.unet import UNet
from trainer.models.unetplusplus import UNetPlusPlus

__all__ = ["LIBRARIES", "MODELS", "Architecture", "build_network", "parameter_count"]


@dataclass(frozen=True, slots=True)
class Architecture:
    """A network's name in `MODELS`, or `library:name` for one of `LIBRARIES`, and keyword arguments (JSON values)."""

    name: str
    arguments: Mapping[str, object]


MODELS: dict[str, Callable[..., Network]] = {
    "lite_unet": LiteUNet,
    "mobile_unet": MobileUNet,
    "residual_unet": ResidualUNet,
    "unet": UNet,
    "unetplusplus": UNetPlusPlus,
}
LIBRARIES: dict[str, Callable[[str, Mapping[str, object]], Network]] = {"monai": monai_network, "smp": smp_network}


def build_network(architecture: Architecture) -> Network:
    """A fresh network; its weights are random. Raises BundleError for an unknown name or arguments that do not fit,
    SurroundingsError when its library is not installed."""
    library, _, name = architecture.name.partition(":")
    if name and library in LIBRARIES:
        return LIBRARIES[library](name, architecture.arguments)
    maker = MODELS.get(architecture.name)
    if maker is None:
        known = ", ".join((*sorted(MODELS), *(f"{library}:NAME" for library in LIBRARIES)))
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
