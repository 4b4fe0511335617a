"""From probability at frame size to a mask and its confidence.

The application's copy (twice on purpose). Specification: docs/formats.md, "From frame to mask";
golden vectors in tests/contract/golden_pixels.json.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray


def binarise(
    frame_u8: NDArray[np.uint8], *, threshold: float, minimum_area: float, field_area: int
) -> NDArray[np.bool_]:
    """The mask of one frame.

    `frame_u8`: `(height, width)` uint8 probability. `threshold`: in 0..1; kept is `frame_u8 >= ceil(255 * threshold)`.
    8-connected components smaller than `minimum_area * field_area` pixels are removed; `field_area` is the number
    of pixels that are seen: inside the field of view and not under an inset.
    """
    binary = frame_u8 >= max(1, math.ceil(255 * threshold))
    if minimum_area <= 0 or not binary.any():
        return np.asarray(binary, np.bool_)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(binary.astype(np.uint8), connectivity=8)
    kept = stats[:, cv2.CC_STAT_AREA] >= minimum_area * field_area
    kept[0] = False
    return np.asarray(kept[labels], np.bool_)


def frame_confidence(frame_u8: NDArray[np.uint8], mask: NDArray[np.bool_]) -> float:
    """Highest probability (0..1) inside the mask that remains; 0 where nothing remains."""
    return float(frame_u8[mask].max()) / 255.0 if mask.any() else 0.0
