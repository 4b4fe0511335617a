"""One frame to one mask, exactly as the application does it (docs/formats.md, "From frame to mask")."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.pixels.field_of_view import FieldOfView, find_field_of_view
from trainer.pixels.geometry import network_input, quantise, to_frame
from trainer.pixels.postprocess import binarise, frame_confidence

Probability = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""`(h, w, 3)` uint8 RGB at network size to `(h, w)` float32 probability."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a card says about the way from frame to mask."""

    size: tuple[int, int]
    threshold: float
    minimum_area: float


@dataclass(frozen=True, slots=True, eq=False)
class Proposed:
    """At frame size: `soft` uint8 probability, `mask` bool; `field` is where the endoscope sees."""

    soft: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    field: FieldOfView

    @property
    def confidence(self) -> float:
        return frame_confidence(self.soft, self.mask)


def propose(
    image: NDArray[np.uint8], probability: Probability, rules: Rules, *, field: FieldOfView | None = None
) -> Proposed:
    """The proposal for `(H, W, 3)` uint8 RGB; the field of view is found unless it is given."""
    height, width = rules.size
    field = field or find_field_of_view(image)
    soft = to_frame(quantise(probability(network_input(image, field, height=height, width=width))), field)
    area = int(np.count_nonzero(field.seen()))
    mask = binarise(soft, threshold=rules.threshold, minimum_area=rules.minimum_area, field_area=area)
    return Proposed(soft, mask, field)
