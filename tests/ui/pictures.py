"""Small frames for tests of widgets."""

import numpy as np
from numpy.typing import NDArray

from polypviewer.core.label_map import LabelMap


def grey_frame(height: int, width: int, *, value: int = 90) -> NDArray[np.uint8]:
    """An even frame, `(height, width, 3)` uint8."""
    return np.full((height, width, 3), value, np.uint8)


def checkered_labels(height: int, width: int, *, side: int = 3) -> LabelMap:
    """A label map in which neighbouring squares differ: background, slots 1 to 6 and ignore."""
    rows, columns = np.indices((height, width))
    values = np.array([0, 1, 2, 0, 3, 4, 5, 6, 255, 0], np.uint8)
    return np.ascontiguousarray(values[((rows // side) * 7 + (columns // side) * 3) % len(values)])
