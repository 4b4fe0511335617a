"""COCO files as the application exports them: `images/` and `annotations.json` with compressed RLE regions.

Format of the runs after pycocotools' `maskApi.c` (rleFrString, rleDecode), written anew; tests hold both equal.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from trainer.data.pairs import Rle
from trainer.errors import DataError

ANNOTATIONS: Final = "annotations.json"
CURE: Final = "Export it again as 'kvasir' or 'coco' from the application."


def read_regions(path: Path) -> dict[str, tuple[Rle, ...]]:
    """By file name of the image: its regions, none for an empty frame. Raises DataError: unreadable, polygons."""
    try:
        content = json.loads(path.read_text("utf-8"))
        names = {image["id"]: str(image["file_name"]) for image in content["images"]}
        regions: dict[str, list[Rle]] = {name: [] for name in names.values()}
        for annotation in content["annotations"]:
            regions[names[annotation["image_id"]]].append(_region(annotation, path))
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError) as error:
        raise DataError("data.coco", f"{path} is not a COCO file that can be read: {error}.", CURE) from error
    return {name: tuple(found) for name, found in regions.items()}


def _region(annotation: dict[str, Any], path: Path) -> Rle:
    shape = annotation["segmentation"]
    if not isinstance(shape, dict) or not isinstance(shape["counts"], str):
        raise DataError("data.coco", f"{path} holds outlines, not masks in compressed run lengths.", CURE)
    height, width = shape["size"]
    return Rle(int(height), int(width), shape["counts"], bool(annotation.get("ignore", annotation.get("iscrowd", 0))))


def label_map_of(regions: Iterable[Rle], *, height: int, width: int, name: str) -> NDArray[np.uint8]:
    """`(height, width)` uint8 of 0, 1 and 255; a lesion wins over ignored pixels. Raises DataError on another size."""
    label = np.zeros((height, width), np.uint8)
    for region in sorted(regions, key=lambda region: not region.is_ignored):
        if (region.height, region.width) != (height, width):
            raise DataError(
                "data.size",
                f"A mask of {name} is {region.width}x{region.height} pixels, its image {width}x{height}.",
                "Export the data set again; a mask is not stretched, since it may belong to another frame.",
            )
        label[decode_rle(region)] = 255 if region.is_ignored else 1
    return label


def decode_rle(region: Rle) -> NDArray[np.bool_]:
    """`(height, width)` bool. Raises DataError when the runs do not fill the frame."""
    runs: list[int] = []
    for difference in _numbers(region.counts):
        runs.append(difference + (runs[-2] if len(runs) > 2 else 0))
    if sum(runs) != region.height * region.width or min(runs, default=0) < 0:
        raise DataError("data.coco", "The run lengths of a mask do not fill its frame.", CURE)
    filled = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    return filled.reshape((region.width, region.height)).T


def _numbers(text: str) -> Iterable[int]:
    """Signed numbers, five bits a character from "0", bit 5 set where more follow, lowest first."""
    value, shift = 0, 0
    for character in text:
        bits = ord(character) - 48
        value |= (bits & 0x1F) << shift
        shift += 5
        if not bits & 0x20:
            yield value - (1 << shift) if bits & 0x10 else value
            value, shift = 0, 0
