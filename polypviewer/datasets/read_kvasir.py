"""Reading a folder laid out like Kvasir-SEG: `images/`, `masks/`, the same stem in both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from polypviewer.core.errors import PolypViewerError
from polypviewer.core.label_map import LabelMap, has_polyp
from polypviewer.core.record import Provenance, Record
from polypviewer.core.review import Origin, Presence
from polypviewer.datasets.find_media import FoundItem, find_media
from polypviewer.datasets.masks import read_mask

ImageReader = Callable[[Path], NDArray[np.uint8]]


def read_kvasir(
    folder: Path, *, read_image: ImageReader, on_problem: Callable[[Path, PolypViewerError], None] | None = None
) -> Iterator[Record]:
    """Records of a Kvasir-style folder; images without a mask have no label map and presence "unknown".

    `read_image`: `media.read_image`, given from above. A file that cannot be read, or whose mask has another size, goes
    to `on_problem(path, error)` and the rest goes on; without `on_problem` it is raised. An empty mask says "no polyp".
    Nobody of this project has decided these masks: their decision is "undecided".
    """
    for number, item in enumerate(find_media([folder]), 1):
        try:
            if item.problem is not None:
                raise item.problem
            yield _record(item, number, read_image)
        except PolypViewerError as error:
            if on_problem is None:
                raise
            on_problem(item.path, error)


def _record(item: FoundItem, number: int, read_image: ImageReader) -> Record:
    label_map: LabelMap | None = None
    presence = Presence.UNKNOWN
    if item.mask_path is not None:
        height, width = read_image(item.path).shape[:2]
        label_map = read_mask(item.mask_path, height=height, width=width)
        presence = Presence.POLYP if has_polyp(label_map) else Presence.NO_POLYP
    return Record(
        name=f"M-{number:04}",
        load_pixels=partial(read_image, item.path),
        label_map=label_map,
        presence=presence,
        provenance=Provenance(origin=Origin.IMPORTED),
        source_file=item.path,
    )
