"""`smp:NAME`: a network of segmentation-models-pytorch (https://smp.readthedocs.io), where that library is installed.

NAME is one of its architectures (Unet, UnetPlusPlus, FPN, DeepLabV3Plus and others) and the arguments are that class's
own, among them `encoder_name`; `classes=1`, `in_channels=3` and `encoder_weights=None` are given where the recipe does
not say otherwise. Its encoders were pretrained on frames normalised by ImageNet's mean and spread: so they see them.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping

from trainer.models.from_library import LibraryNetwork, built, channels_in, maker_in, needing

GIVEN = {"in_channels": 3, "classes": 1, "encoder_weights": None}
NORMAL = {3: ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)), 1: ((0.449,), (0.226,))}
"""Mean and spread of ImageNet's RGB in [0, 1] as torchvision and smp state them, by channels; grey: their means."""


def smp_network(name: str, arguments: Mapping[str, object]) -> LibraryNetwork:
    """An smp network behind our face. Raises SurroundingsError without smp, BundleError for what does not fit."""
    with needing("pip install 'segmentation-models-pytorch>=0.5'"):
        maker = maker_in(importlib.import_module("segmentation_models_pytorch"), name)
        given = GIVEN | dict(arguments)
        channels = channels_in(given)
        centre, spread = NORMAL[channels]
        return LibraryNetwork(built(maker, given), channels=channels, centre=centre, spread=spread)
