"""Folders of frames and masks: Kvasir's layout (`images/`, `masks/`, the same stems) and the application's exports.

An export as "kvasir" may have `ignore/` beside the masks, one as "coco" has `annotations.json` instead of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trainer.data.coco import ANNOTATIONS, label_map_of, read_regions
from trainer.data.pairs import Pair, Picture
from trainer.data.pixels import MASK_ABOVE, read_grey, read_image, read_mask
from trainer.data.units import Units, read_units
from trainer.errors import DataError

__all__ = [
    "MASK_ABOVE",
    "Pair",
    "Picture",
    "find_images",
    "find_pairs",
    "only",
    "read_grey",
    "read_image",
    "read_list",
    "read_pair",
    "require_same_size",
    "without",
]  # fmt: skip

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"}
LAYOUT = "Lay the data out as images/ and masks/."
IGNORE = 255


def find_pairs(folder: Path, *, name: str, may_lack_masks: bool = False) -> list[Pair]:
    """All frames of a folder that have a mask, sorted by stem; `name` is the data set's.

    Raises DataError when frames and masks do not match; `may_lack_masks` passes over frames without one.
    """
    images, units = _by_stem(folder / "images"), read_units(folder)
    if (folder / ANNOTATIONS).is_file() and not (folder / "masks").is_dir():
        pairs, masks = _coco_pairs(folder, images, units, name=name)
    else:
        masks = _by_stem(folder / "masks")
        ignored = _by_stem(folder / "ignore") if (folder / "ignore").is_dir() else {}
        pairs = [
            Pair(f"{name}/{stem}", images[stem], masks[stem], ignored.get(stem), None, units.get(stem, ()))
            for stem in sorted(set(images) & set(masks))
        ]
    _require_partners(folder, set(images), set(masks), may_lack_masks=may_lack_masks)
    return pairs


def find_images(folder: Path, *, name: str) -> list[Picture]:
    """All frames of a folder, masks not asked for, sorted by stem: of `images/` in it, else of the folder itself."""
    place = folder / "images" if (folder / "images").is_dir() else folder
    units = read_units(folder)
    return [Picture(f"{name}/{stem}", path, units.get(stem, ())) for stem, path in sorted(_by_stem(place).items())]


def _coco_pairs(
    folder: Path, images: dict[str, Path], units: Units, *, name: str
) -> tuple[list[Pair], dict[str, Path]]:
    path = folder / ANNOTATIONS
    regions = {Path(file).stem: found for file, found in read_regions(path).items()}
    pairs = [
        Pair(f"{name}/{stem}", images[stem], path, None, regions[stem], units.get(stem, ()))
        for stem in sorted(set(images) & set(regions))
    ]
    return pairs, dict.fromkeys(regions, path)


def _require_partners(folder: Path, images: set[str], masks: set[str], *, may_lack_masks: bool) -> None:
    lonely = sorted(masks - images if may_lack_masks else images ^ masks)
    if lonely:
        kind = "mask" if lonely[0] in images else "image"
        raise DataError(
            "data.unpaired",
            f"{len(lonely)} frames of {folder} have no {kind} or the other way round, for example '{lonely[0]}'.",
            "Give every image in images/ a mask of the same name in masks/.",
        )


def _by_stem(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise DataError("data.folder", f"There is no folder {folder}.", LAYOUT)
    paths = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in SUFFIXES and path.name[0] != "."]
    if not paths:
        raise DataError("data.empty", f"The folder {folder} holds no images.", LAYOUT)
    found: dict[str, Path] = {}
    for path in paths:
        if found.setdefault(path.stem, path) is not path:
            raise DataError(
                "data.twice",
                f"{folder} holds both {found[path.stem].name} and {path.name}.",
                "Take one of them out: a mask belongs to one image, and it is not said to which.",
            )
    return found


def read_pair(pair: Pair) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Frame `(h, w, 3)` uint8 RGB and LabelMap `(h, w)` uint8 of 0, 1 and 255; raises DataError if sizes differ."""
    image = read_image(pair.image)
    if pair.regions is not None:
        height, width = image.shape[:2]
        return image, label_map_of(pair.regions, height=height, width=width, name=str(pair.image))
    mask = read_mask(pair.mask)
    require_same_size(image, mask, name=str(pair.mask))
    label = mask.astype(np.uint8)
    if pair.ignore is not None:
        ignored = read_mask(pair.ignore)
        require_same_size(image, ignored, name=str(pair.ignore))
        label[ignored & ~mask] = IGNORE
    return image, label


def require_same_size(image: NDArray[np.uint8], mask: NDArray[np.generic], *, name: str) -> None:
    """Raises DataError unless the mask lies on the image's grid."""
    if image.shape[:2] != mask.shape[:2]:
        (height, width), (rows, columns) = image.shape[:2], mask.shape[:2]
        raise DataError(
            "data.size",
            f"The mask {name} is {columns}x{rows} pixels, its image {width}x{height}.",
            "Export the mask at the size of its image; it is not stretched, since it may belong to another frame.",
        )


def read_list(path: Path) -> set[str]:
    """Stems of a list file, one a line; `#` starts a comment. Raises DataError when there is none."""
    if not path.is_file():
        raise DataError("data.list", f"There is no list {path}.", "Write it with `polyp-trainer split`.")
    lines = (line.split("#", 1)[0].strip() for line in path.read_text("utf-8").splitlines())
    return {line for line in lines if line}


def without(pairs: Iterable[Pair], stems: set[str]) -> list[Pair]:
    """The pairs whose stem is not listed."""
    return [pair for pair in pairs if pair.stem not in stems]


def only(pairs: Sequence[Pair], stems: set[str]) -> list[Pair]:
    """The pairs whose stem is listed; raises DataError when one of the stems has no pair."""
    missing = sorted(stems - {pair.stem for pair in pairs})
    if missing:
        raise DataError(
            "data.list", f"{len(missing)} listed frames are not there, such as '{missing[0]}'.", "Check it."
        )
    return [pair for pair in pairs if pair.stem in stems]
