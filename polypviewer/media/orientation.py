"""EXIF orientation, the one vocabulary for images and videos.

The eight values after the Exif 2.32 standard, tag 0x0112. The grid of a LabelMap is the picture after this step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

_TURNS: Final[dict[int, Callable[[Pixels], Pixels]]] = {
    1: lambda pixels: pixels,
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: pixels.swapaxes(0, 1)[:, ::-1],
    7: lambda pixels: pixels.swapaxes(0, 1)[::-1, ::-1],
    8: lambda pixels: pixels.swapaxes(0, 1)[::-1],
}
_BY_COUNTERCLOCKWISE_QUARTERS: Final = (1, 8, 3, 6)


def valid_orientation(value: object) -> int:
    """The EXIF number if it is one of 1 to 8, else 1 (cameras write 0 when they do not know)."""
    return value if isinstance(value, int) and value in _TURNS else 1


def orientation_of_rotation(degrees_counterclockwise: float) -> int:
    """EXIF number of a container's rotation, to the nearest quarter turn."""
    return _BY_COUNTERCLOCKWISE_QUARTERS[round(degrees_counterclockwise / 90) % 4]


def swaps_sides(orientation: int) -> bool:
    """True if height and width change places."""
    return orientation >= 5


def oriented(pixels: Pixels, orientation: int) -> Pixels:
    """The picture the right way up, C-contiguous; the array itself when nothing is to be done."""
    return np.ascontiguousarray(_TURNS[orientation](pixels))
