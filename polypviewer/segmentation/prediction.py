"""Masks for images without a project (`polypviewer predict`): plain functions, and a value that can be pickled."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import cv2
import numpy as np
from numpy.typing import NDArray

from polypviewer.core.identity import FrameRef
from polypviewer.core.label_map import Mask
from polypviewer.core.proposal import numbered_components
from polypviewer.segmentation.segmenter import Request, Segmenter

OUTLINE: Final = (64, 224, 208)
_NO_MEDIUM: Final = UUID(int=0)


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What a model says about one image. `mask`: `(height, width)` bool; `probability`: the highest inside it, 0-1.

    `milliseconds` is the whole way from pixels to mask; `device` is the one that really ran.
    """

    mask: Mask
    probability: float
    milliseconds: float
    device: str
    bundle_digest: str

    @property
    def mask_pixels(self) -> NDArray[np.uint8]:
        """`(height, width)` uint8: 255 polyp, 0 background."""
        return self.mask.astype(np.uint8) * np.uint8(255)

    @property
    def row(self) -> dict[str, object]:
        """The row of `predictions.json` (without names of files)."""
        height, width = self.mask.shape
        return {
            "height": height,
            "width": width,
            "polyp": bool(self.mask.any()),
            "probability": round(self.probability, 4),
            "area_pixels": int(self.mask.sum()),
            "ms": round(self.milliseconds, 2),
            "device": self.device,
        }


def predict_image(image: NDArray[np.uint8], segmenter: Segmenter, *, threshold: float | None = None) -> Prediction:
    """The mask of one image, `(height, width, 3)` uint8 RGB, at the bundle's threshold (or another, 0-1).

    Raises `SegmentationError`.
    """
    started = time.perf_counter()
    proposal = segmenter.propose(Request(image, FrameRef(_NO_MEDIUM, 0)))
    labels, components = numbered_components(proposal, threshold=threshold)
    mask: Mask = labels > 0
    probability = max((component.confidence for component in components), default=0.0)
    milliseconds = (time.perf_counter() - started) * 1000
    return Prediction(mask, probability, milliseconds, proposal.device, proposal.bundle_digest)


def draw_overlay(
    image: NDArray[np.uint8],
    mask: Mask,
    *,
    colour: tuple[int, int, int] = OUTLINE,
    opacity: float = 0.25,
    thickness: int | None = None,
) -> NDArray[np.uint8]:
    """A copy of `image`, `(height, width, 3)` uint8 RGB, with `mask`, `(height, width)` bool, tinted and outlined.

    `opacity` 0-1 is the tint's; `thickness` of the outline in pixels, by default 1/400 of the shorter side.
    """
    drawn = image.copy()
    if not mask.any():
        return drawn
    tint = np.array(colour, np.float32) * opacity
    drawn[mask] = np.rint(drawn[mask] * (1.0 - opacity) + tint).astype(np.uint8)
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    width = thickness or max(1, round(min(mask.shape) / 400))
    cv2.drawContours(drawn, contours, -1, colour, width, cv2.LINE_8)
    return drawn
