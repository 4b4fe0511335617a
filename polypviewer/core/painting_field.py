"""Where a hand may paint: the field of view of the models, and without the blackened insets that they tolerate.

Some data sets (Kvasir-SEG) carry a black rectangle in a corner where the console's position inset was. The hull of the
field of view (`fov-1`) runs diagonally through it. That rule is shared with the trainer and stays as it is; for the
hand, such a rectangle is no tissue.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from polypviewer.core.field_of_view import NEAR_BLACK, WORKING_LINES, find_field_of_view
from polypviewer.core.label_map import Mask

BRIGHT: Final = 0
"""OpenCV's label of everything that is not dark."""
INSET_SMALLEST: Final = 0.01
INSET_LARGEST: Final = 0.25
INSET_FILL: Final = 0.9
"""Share of its bounding box that a black corner must fill to be a rectangle; an octagon's corner fills half of it."""


def painting_field(image: NDArray[np.uint8]) -> Mask:
    """Where tissue is seen and nothing lies over it, `(height, width)` bool.

    `image`: `(height, width, 3)` uint8 RGB.
    """
    field = find_field_of_view(image).seen()
    for rows, columns in black_corners(image):
        field[rows, columns] = False
    return field


def black_corners(image: NDArray[np.uint8]) -> list[tuple[slice, slice]]:
    """Rows and columns of each black rectangle that fills a corner of the frame."""
    height, width = image.shape[:2]
    step = max(1, min(height, width) // WORKING_LINES)
    dark = (image[::step, ::step].max(axis=2) <= NEAR_BLACK).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=4)
    last_row, last_column = dark.shape[0] - 1, dark.shape[1] - 1
    corners = {int(labels[row, column]) for row in (0, last_row) for column in (0, last_column)} - {BRIGHT}
    found = []
    for number in sorted(corners):
        left, top, box_width, box_height, area = (int(value) for value in stats[number])
        is_rectangle = area >= INSET_FILL * box_width * box_height
        if is_rectangle and INSET_SMALLEST * dark.size <= area <= INSET_LARGEST * dark.size:
            bottom, right = min(height, (top + box_height) * step), min(width, (left + box_width) * step)
            found.append((slice(top * step, bottom), slice(left * step, right)))
    return found
