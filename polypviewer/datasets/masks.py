"""Other people's mask files as LabelMaps."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from polypviewer.core.errors import DatasetError
from polypviewer.core.label_map import MAX_SLOT, LabelMap, Mask

# Kvasir-SEG's masks are JPEGs: its authors binarise in the middle of the range.
_THRESHOLD: Final = 127
# Specks at the rim of a JPEG mask are not lesions of their own.
_SMALLEST_LESION: Final = 12


def read_mask(path: Path, *, height: int, width: int) -> LabelMap:
    """The mask file as a LabelMap of `(height, width)`: one slot for each 8-connected component, the largest first.

    A pixel belongs to a polyp where any channel is above 127 (above half the range for 16 bits; above 0 where the
    highest value of the file is 1). Raises `DatasetError`: unreadable, another size than the image, or values that are
    neither black nor white.
    """
    mask = _binary(path)
    if mask.shape != (height, width):
        raise DatasetError(
            "dataset.mask_size",
            name=path.name,
            mask_width=mask.shape[1],
            mask_height=mask.shape[0],
            width=width,
            height=height,
        )
    return lesions_by_component(mask)


def _binary(path: Path) -> Mask:
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
        samples = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if data.size else None
    except (OSError, cv2.error) as error:
        raise DatasetError("dataset.mask_unreadable", name=path.name) from error
    if samples is None:
        raise DatasetError("dataset.mask_unreadable", name=path.name)
    highest_of_pixel = _brightest(np.asarray(samples))
    top = int(highest_of_pixel.max(initial=0))
    threshold = 0 if top == 1 else np.iinfo(highest_of_pixel.dtype).max // 2
    is_lossless = path.suffix.lower() not in (".jpg", ".jpeg", ".webp")
    if is_lossless and 1 < top <= threshold:
        raise DatasetError("dataset.mask_values", name=path.name, highest=top)
    mask: Mask = highest_of_pixel > threshold
    return mask


def _brightest(samples: NDArray[np.generic]) -> NDArray[np.unsignedinteger]:
    """The highest colour channel of each pixel; alpha does not count."""
    if samples.dtype.kind != "u":
        samples = np.asarray(np.clip(samples.astype(np.float64) * 255, 0, 255), np.uint8)
    channels = samples if samples.ndim == 3 else samples[:, :, None]
    colours = channels[:, :, : {2: 1, 4: 3}.get(channels.shape[2], channels.shape[2])]
    return np.asarray(colours.max(axis=2))


def lesions_by_component(mask: Mask) -> LabelMap:
    """`(height, width)` bool as a LabelMap: a slot for each 8-connected component, by descending area from 1.

    Components under 12 pixels, and those beyond the 254th, join slot 1, so that no pixel of the mask is lost.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(np.asarray(mask, np.uint8), connectivity=8)
    slots = np.zeros(count, np.uint8)
    order = sorted(range(1, count), key=lambda label: (-int(stats[label, cv2.CC_STAT_AREA]), label))
    for place, label in enumerate(order, 1):
        is_lesion = place <= MAX_SLOT and stats[label, cv2.CC_STAT_AREA] >= _SMALLEST_LESION
        slots[label] = place if is_lesion else 1
    return np.asarray(slots[labels], np.uint8)
