"""The formats of an export. A writer gets one frame after the other and ends with its index file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Final, Protocol

import cv2
import numpy as np

from polypviewer.core.label_map import IGNORE, LabelMap, Mask, lesion_mask, polyp_mask, slots_present
from polypviewer.datasets.export_frame import ExportFrame, encode_png
from polypviewer.datasets.rle import coco_rle

Files = Iterator[tuple[str, bytes]]


class FormatWriter(Protocol):
    """Gives (path inside the export, bytes) of what belongs to a frame, and at the end of what belongs to all."""

    def add(self, frame: ExportFrame) -> Files:
        """Files of one frame; the picture comes first."""

    def finish(self) -> Files:
        """Files about all frames."""


def picture_path(frame: ExportFrame) -> str:
    """Where the picture of a frame stands in every format."""
    return f"images/{frame.name}{frame.suffix}"


def as_json(value: object) -> bytes:
    """UTF-8 JSON, indented, with a final newline."""
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


class KvasirWriter:
    """`images/`, `masks/` as PNG with 0 and 255, `bounding-boxes.json` in the shape of Kvasir-SEG's file.

    A box goes around one lesion slot, in pixels: from the first column and row to the first beyond the lesion. Kvasir
    has no word for "ignore": such pixels are 0 in the mask, and white in `ignore/NAME.png` where a frame has any.
    """

    def __init__(self) -> None:
        self._boxes: dict[str, object] = {}

    def add(self, frame: ExportFrame) -> Files:
        """Picture, mask, and ignored pixels if there are any."""
        yield picture_path(frame), frame.picture
        yield f"masks/{frame.name}.png", encode_png(_white(polyp_mask(frame.label_map)))
        if (frame.label_map == IGNORE).any():
            yield f"ignore/{frame.name}.png", encode_png(_white(frame.label_map == IGNORE))
        height, width = frame.label_map.shape
        self._boxes[frame.name] = {"height": height, "width": width, "bbox": _kvasir_boxes(frame.label_map)}

    def finish(self) -> Files:
        """The bounding boxes."""
        yield "bounding-boxes.json", as_json(self._boxes)


def _white(mask: Mask) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.where(mask, 255, 0).astype(np.uint8)


def _kvasir_boxes(label_map: LabelMap) -> list[dict[str, object]]:
    boxes: list[dict[str, object]] = []
    for slot in slots_present(label_map):
        x, y, width, height = _box(lesion_mask(label_map, slot))
        boxes.append({"label": "polyp", "xmin": x, "ymin": y, "xmax": x + width, "ymax": y + height})
    return boxes


def _box(mask: Mask) -> tuple[int, int, int, int]:
    x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
    return int(x), int(y), int(width), int(height)


class CocoWriter:
    """`images/` and `annotations.json`: one annotation with a compressed RLE for each lesion slot.

    `area` is the count of pixels, `bbox` is [x, y, width, height] in pixels. Ignored pixels of a frame are one more
    annotation with `iscrowd` and `ignore` 1, which COCO's evaluation passes over.
    """

    def __init__(self) -> None:
        self._images: list[dict[str, object]] = []
        self._annotations: list[dict[str, object]] = []

    def add(self, frame: ExportFrame) -> Files:
        """The picture; its annotations wait for the end."""
        yield picture_path(frame), frame.picture
        height, width = frame.label_map.shape
        image = len(self._images) + 1
        self._images.append({"id": image, "file_name": f"{frame.name}{frame.suffix}", "height": height, "width": width})
        for slot in slots_present(frame.label_map):
            self._annotate(image, lesion_mask(frame.label_map, slot), slot=slot)
        if (frame.label_map == IGNORE).any():
            self._annotate(image, frame.label_map == IGNORE, slot=IGNORE)

    def _annotate(self, image: int, mask: Mask, *, slot: int) -> None:
        self._annotations.append(
            {
                "id": len(self._annotations) + 1,
                "image_id": image,
                "category_id": 1,
                "segmentation": coco_rle(mask),
                "area": int(np.count_nonzero(mask)),
                "bbox": list(_box(mask)),
                "iscrowd": int(slot == IGNORE),
                "ignore": int(slot == IGNORE),
                "slot": slot,
            }
        )

    def finish(self) -> Files:
        """Images, annotations and the one category."""
        categories = [{"id": 1, "name": "polyp", "supercategory": "lesion"}]
        yield (
            "annotations.json",
            as_json(
                {
                    "info": {"description": "Polyp masks; see dataset.json"},
                    "licenses": [],
                    "images": self._images,
                    "annotations": self._annotations,
                    "categories": categories,
                }
            ),
        )


FORMATS: Final[dict[str, Callable[[], FormatWriter]]] = {"kvasir": KvasirWriter, "coco": CocoWriter}
