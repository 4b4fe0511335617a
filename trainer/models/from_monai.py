"""`monai:NAME`: a network of MONAI 1.6 (https://docs.monai.io/en/1.6.0/networks.html#nets) in two dimensions.

NAME is a class of `monai.networks.nets` (UNet, BasicUNet, AttentionUnet, SegResNet, DynUNet, FlexibleUNet, SwinUNETR
and others) and the arguments are that class's own; `spatial_dims=2`, `in_channels=3` and `out_channels=1` are given
where it knows them and the recipe does not say otherwise. `in_channels=1` makes a grey network. It sees the image in
[-1, 1].
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping

from trainer.models.from_library import LibraryNetwork, built, channels_in, maker_in, needing
from trainer.models.network import unfit

GIVEN = {"spatial_dims": 2, "in_channels": 3, "out_channels": 1}
COARSE_FIRST = {"BasicUNetPlusPlus"}
"""Networks whose row of maps ends with the deepest one."""
SIDES = ("img_size", "image_size", "input_image_size")
"""Arguments of networks that are made for one size."""


def monai_network(name: str, arguments: Mapping[str, object]) -> LibraryNetwork:
    """A MONAI network behind our face. Raises SurroundingsError without MONAI, BundleError for what does not fit."""
    with needing("pip install 'monai[einops]>=1.6,<2'"):
        maker = maker_in(importlib.import_module("monai.networks.nets"), name)
        taken = inspect.signature(maker).parameters
        given = {key: value for key, value in GIVEN.items() if key in taken} | dict(arguments)
        channels, side = channels_in(given), side_in(given)
        inner = built(maker, given)
        return LibraryNetwork(inner, channels=channels, coarse_first=type(inner).__name__ in COARSE_FIRST, side=side)


def side_in(arguments: Mapping[str, object]) -> int | None:
    """The side in pixels that the arguments state (256 or [256, 256]), or None. Raises BundleError if not square."""
    size = next((arguments[key] for key in SIDES if key in arguments), None)
    if size is None or isinstance(size, int):
        return size
    if not isinstance(size, list | tuple) or len(set(size)) != 1 or not isinstance(size[0], int):
        raise unfit(f"frames are square here, not {size}")
    return size[0]
