"""What a fold chooses on frames of its training sources: temperature, threshold, smallest area; then its bundle.

The epoch was chosen on the same frames while the fold was trained. Frames without a polyp are rare outside of one
hospital, so crops of mucosa, cut out of the choosing frames, stand in for them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.folds.plan import Fold, Place, Study, place_of
from benchmarks.folds.sides import Looks, split_of, training_pairs
from benchmarks.report import note
from trainer.bundle import Bundle, read_bundle
from trainer.commands.export import Export, run_export
from trainer.data.folders import Pair, find_pairs
from trainer.data.negatives import Mucosa, mucosa_of
from trainer.data.splits import Split
from trainer.errors import DataError
from trainer.evaluation.choosing import write_chosen
from trainer.evaluation.validating import choose_on
from trainer.files import write_folder_whole, write_json
from trainer.pixels.split import stable_fraction

EMPTY: Final = 40
"""Frames without a polyp that choose, where there is mucosa for so many: the sources' own first, then crops."""
MUCOSA: Final = "mucosa"


def choose_fold(fold: Fold, study: Study, *, looks: Looks) -> Bundle:
    """Choose with the best epoch of a trained fold, and write `choose.json` and the bundle that carries it.

    Raises DataError when the fold is not trained to its end, or no frame without a polyp can be had.
    """
    place = place_of(fold, study)
    if not place.fitted.is_file():
        raise DataError("folds.stage", f"The fold {fold.name} is not trained yet.", "Run --stage fit first.")
    split = split_of(fold, study.sources, place, looks)
    _, choosing = training_pairs(fold, study.sources, split)
    empty = [pair for pair in choosing if split.frames[pair.key].is_empty]
    crops = mucosa_folder([pair for pair in choosing if pair not in empty], place.mucosa, count=EMPTY - len(empty))
    if not empty and not crops:
        raise DataError(
            "folds.empty", f"No frame without a polyp can choose in the fold {fold.name}.", "Add frames without one."
        )
    plain = _bundle(fold, study, place.folder / "unchosen", chosen=None)
    on = f"{len(choosing)} frames of {', '.join(fold.trains)} ({len(empty)} empty), {len(crops)} crops of mucosa"
    note(f"  choosing on {on}")
    chosen = choose_on(plain, [*choosing, *crops], on=on, told=lambda _: None)
    write_chosen(chosen, place.chosen)
    bundle = _bundle(fold, study, place.bundle, chosen=place.chosen)
    shutil.rmtree(plain.folder)
    write_json(place.made, {"bundle": bundle.digest, "split": split_counts(split)})
    return bundle


def split_counts(split: Split) -> dict[str, dict[str, int]]:
    """Frames and empty frames of the sides that train and choose."""
    return {
        side: {
            "frames": len(split.keys_on(side)),
            "empty": sum(split.frames[key].is_empty for key in split.keys_on(side)),
        }
        for side in ("train", "validation")
    }  # fmt: skip


def mucosa_folder(pairs: Sequence[Pair], folder: Path, *, count: int) -> list[Pair]:
    """At most `count` crops of mucosa of these frames as a data folder of empty frames, and the boxes they are from.

    Which frames give theirs is decided by the hash of their key.
    """
    found: list[Mucosa] = []
    for pair in sorted(pairs, key=lambda one: stable_fraction(one.key, salt="choosing")):
        mucosa = mucosa_of(pair) if len(found) < count else None
        found += [] if mucosa is None else [mucosa]
    if not found:
        return []
    write_folder_whole(folder / "images", lambda place: _write(place, found, _cut))
    write_folder_whole(
        folder / "masks", lambda place: _write(place, found, lambda one: np.zeros_like(_cut(one)[..., 0]))
    )
    write_json(folder / "boxes.json", {one.crop.key: list(one.crop.box) for one in found})
    return find_pairs(folder, name=MUCOSA)


def _cut(mucosa: Mucosa) -> NDArray[np.uint8]:
    box = mucosa.crop.box
    return mucosa.image[box.top : box.bottom, box.left : box.right, ::-1]


def _write(place: Path, found: Sequence[Mucosa], picture: Callable[[Mucosa], NDArray[np.uint8]]) -> None:
    for one in found:
        cv2.imwrite(str(place / f"{one.crop.key.replace('/', '-')}.png"), np.ascontiguousarray(picture(one)))


def _bundle(fold: Fold, study: Study, out: Path, *, chosen: Path | None) -> Bundle:
    folders = study.sources.folders
    run_export(
        Export(
            Place(out.parent).run, out, study.sources.words, tuple(f"{name}={folders[name]}" for name in fold.trains),
            f"{study.folder.name} {fold.name}", "0", chosen=chosen,
        )
    )  # fmt: skip
    return read_bundle(out)
