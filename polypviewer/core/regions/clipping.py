"""Copy and paste of a frame's mask, at the same place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from polypviewer.core.errors import EditError
from polypviewer.core.geometry import Rect
from polypviewer.core.label_map import BACKGROUND, LabelMap
from polypviewer.core.region import Reshape, Scene, region_of, reshaped


@dataclass(frozen=True, slots=True, eq=False)
class Clipping:
    """What was copied from a frame of (`height`, `width`): its label map inside `rect`, uint8, never painted."""

    rect: Rect
    labels: LabelMap
    height: int
    width: int


def cut_clipping(labels: LabelMap, *, slot: int | None = None) -> Clipping:
    """A copy of one lesion of a `(height, width)` label map, or of all lesions and ignored pixels (None).

    Its rectangle is as tight as can be; empty where there is nothing.
    """
    height, width = labels.shape
    chosen = labels != BACKGROUND if slot is None else labels == slot
    region = region_of(chosen)
    return Clipping(region.rect, np.where(region.mask, labels[region.rect.slices], BACKGROUND), height, width)


def pasted(scene: Scene, clipping: Clipping) -> Reshape:
    """The clipping at its place, with its slots, on background only and inside the limit.

    What is painted already stays, lesions and ignored pixels alike. Raises `EditError` ("edit.paste_size") if the
    frame has another size than the one it was copied from.
    """
    if (scene.height, scene.width) != (clipping.height, clipping.width):
        raise EditError(
            "edit.paste_size",
            copied=f"{clipping.width} x {clipping.height}",
            here=f"{scene.width} x {scene.height}",
        )
    after = scene.labels.copy()
    place = after[clipping.rect.slices]
    np.copyto(place, clipping.labels, where=place == BACKGROUND)
    return reshaped(scene, after)
