"""Which image pixel lies under each device pixel: for layers that colour the device's pixels themselves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polypviewer.ui.canvas.surface import Surface

Indices = NDArray[np.intp]


def pixels_under(surface: Surface, *, height: int, width: int) -> tuple[Indices, Indices]:
    """The row of a frame of (height, width) under each device row, and the column under each column; -1: outside."""
    size, view = surface.device_size, surface.view
    return (
        _under(size.height(), surface.ratio, view.top, view.scale, height),
        _under(size.width(), surface.ratio, view.left, view.scale, width),
    )


def span(indices: Indices, first: int, end: int) -> slice:
    """The device rows or columns under which the image rows or columns `first` to `end` (exclusive) lie."""
    found = np.flatnonzero((indices >= first) & (indices < end))
    return slice(int(found[0]), int(found[-1]) + 1) if found.size else slice(0, 0)


def _under(count: int, ratio: float, origin: float, scale: float, limit: int) -> Indices:
    positions = ((np.arange(count) + 0.5) / ratio - origin) / scale
    found: Indices = np.floor(positions).astype(np.intp)
    found[(positions < 0) | (found >= limit)] = -1
    return found
