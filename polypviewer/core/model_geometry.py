"""Between frame pixels and network pixels: blank, crop, stretch, and back (resize rule `stretch`).

The application's copy (twice on purpose). Specification: docs/formats.md, "From frame to mask";
golden vectors in tests/contract/golden_pixels.json.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from polypviewer.core.field_of_view import FieldOfView


def network_input(
    image: NDArray[np.uint8], field_of_view: FieldOfView, *, height: int, width: int
) -> NDArray[np.uint8]:
    """The crop a network sees: `(height, width, 3)` uint8 RGB from a frame `(H, W, 3)` uint8 RGB.

    Pixels outside the field of view and under insets are 0; the box is stretched to `height` x `width` without keeping
    its aspect: `INTER_AREA` if the crop is larger in either axis, else `INTER_LINEAR`.
    """
    box = field_of_view.box
    seen = _seen_in_box(field_of_view).view(np.uint8)
    crop = np.asarray(cv2.copyTo(image[box.top : box.bottom, box.left : box.right], seen), np.uint8)
    return np.asarray(cv2.resize(crop, (width, height), interpolation=_rule(crop, height, width)), np.uint8)


def quantise(probability: NDArray[np.float32]) -> NDArray[np.uint8]:
    """`round(255 * p)` as uint8, halves to even; `probability`: any shape, in 0..1."""
    return np.asarray(np.rint(np.clip(probability, 0.0, 1.0) * np.float32(255.0)), np.uint8)


def to_frame(probability_u8: NDArray[np.uint8], field_of_view: FieldOfView) -> NDArray[np.uint8]:
    """Network-size `(h, w)` uint8 probability at frame size `(H, W)`: linear into the box, 0 where nothing is seen."""
    box = field_of_view.box
    frame = np.zeros(field_of_view.mask.shape, np.uint8)
    stretched = cv2.resize(probability_u8, (box.width, box.height), interpolation=cv2.INTER_LINEAR)
    frame[box.top : box.bottom, box.left : box.right] = stretched * _seen_in_box(field_of_view)
    return frame


def _seen_in_box(field_of_view: FieldOfView) -> NDArray[np.bool_]:
    box = field_of_view.box
    seen = field_of_view.mask[box.top : box.bottom, box.left : box.right].copy()
    for inset in field_of_view.insets:
        top, left = max(0, inset.top - box.top), max(0, inset.left - box.left)
        seen[top : max(0, inset.bottom - box.top), left : max(0, inset.right - box.left)] = False
    return seen


def _rule(crop: NDArray[np.uint8], height: int, width: int) -> int:
    return cv2.INTER_AREA if crop.shape[0] > height or crop.shape[1] > width else cv2.INTER_LINEAR
