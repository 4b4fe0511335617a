"""What a fold chooses on frames of its training sources: temperature, threshold, smallest area; then its bundle.

The epoch was chosen on the same frames while the fold was trained. Frames without a polyp are rare outside of one
hospital, so crops of mucosa, cut out of the choosing frames, and choosing frames whose polyp was painted over stand in
for them.
"""

from __future__ import annotations

import dataclasses
import itertools
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.folds.elsewhere import look_elsewhere
from benchmarks.folds.fitting import start_of
from benchmarks.folds.plan import FOLDS, KVASIR_ONLY, Fold, Place, Study, place_of, read_object
from benchmarks.folds.sides import Looks, split_of, training_pairs
from benchmarks.report import note
from trainer.bundle import Bundle, read_bundle
from trainer.commands.export import Export, run_export
from trainer.data.erased import erased
from trainer.data.folders import Pair, find_pairs
from trainer.data.frames import load_frames
from trainer.data.negatives import Mucosa, mucosa_of
from trainer.data.splits import Split
from trainer.errors import DataError
from trainer.evaluation.choosing import write_chosen
from trainer.evaluation.proposals import bundle_source
from trainer.evaluation.validating import choose_on
from trainer.files import write_folder_whole, write_json
from trainer.pixels.split import stable_fraction
from trainer.recipe import Recipe

EMPTY: Final = 40
"""Frames without a polyp that choose, where there is mucosa for so many: the sources' own first, then crops."""
ERASED: Final = 60
"""Choosing frames at most that choose a second time, their polyp painted over (trainer/data/erased.py)."""
MUCOSA: Final = "mucosa"
STARTS_ON: Final = FOLDS[KVASIR_ONLY].trains


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
    with_polyp = [pair for pair in choosing if not split.frames[pair.key].is_empty]
    crops = mucosa_folder(with_polyp, place.mucosa, count=EMPTY - len(empty))
    twins = erased_folder(with_polyp, place.erased, count=ERASED, recipe=study.recipe)
    if not empty and not crops and not twins:
        raise DataError(
            "folds.empty", f"No frame without a polyp can choose in the fold {fold.name}.", "Add frames without one."
        )
    plain = _bundle(fold, study, place.run, place.folder / "unchosen", chosen=None)
    own = f"{len(choosing)} frames of {', '.join(fold.trains)} ({len(empty)} empty)"
    on = f"{own}, {len(crops)} crops of mucosa, {len(twins)} frames whose polyp was painted over"
    note(f"  choosing on {on}")
    raised, why = raised_by(fold, study, split, place=place)
    chosen = choose_on(plain, [*choosing, *crops, *twins], on=on, told=lambda _: None, raised=raised)
    write_chosen(dataclasses.replace(chosen, why=f"{chosen.why}{why}"), place.chosen)
    bundle = _bundle(fold, study, place.run, place.bundle, chosen=place.chosen)
    shutil.rmtree(plain.folder)
    write_json(place.made, {"bundle": bundle.digest, "split": split_counts(split)})
    return bundle


def raised_by(fold: Fold, study: Study, split: Split, *, place: Place) -> tuple[float, str]:
    """What the temperature is multiplied by for hospitals that did not teach, and why; 1 where the fold has no start.

    The start's own frames are those that chose its epoch; new to it are all that train and choose in the fold and are
    of another data set.
    """
    if study.start is None:
        return 1.0, ""
    run = start_of(study.start, place).parent
    validation = set(read_object(run / "run.json")["validation"])
    own = [pair for name in STARTS_ON for pair in study.sources.pairs(name) if pair.key in validation]
    new: dict[str, list[Pair]] = {}
    for pair in itertools.chain(*training_pairs(fold, study.sources, split)):
        if not pair.key.startswith(tuple(f"{name}/" for name in STARTS_ON)):
            new.setdefault(str(pair.unit("centre")), []).append(pair)
    bundle = _bundle(FOLDS[KVASIR_ONLY], study, run, place.folder / "start", chosen=None)
    found = look_elsewhere(bundle_source(bundle), own, new)
    shutil.rmtree(bundle.folder)
    note(f"  {study.start.name}: temperature {found.own:.3g} at home, {found.new:.3g} on {', '.join(found.hospitals)}")
    return found.factor, (
        f"; temperature multiplied by {found.factor:.3g}: the network that these weights began with, taught by "
        f"{', '.join(STARTS_ON)} alone, needs {found.new:.3g} on {', '.join(found.hospitals)} (least error of unsure "
        f"pixels) and {found.own:.3g} at home"
    )


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
    crops = _empty_folder({one.crop.key: _cut(one) for one in found}, folder, name=MUCOSA)
    if crops:
        write_json(folder / "boxes.json", {one.crop.key: list(one.crop.box) for one in found})
    return crops


def erased_folder(pairs: Sequence[Pair], folder: Path, *, count: int, recipe: Recipe) -> list[Pair]:
    """At most `count` of these frames without their polyp, as `recipe` prepares them, as a data folder.

    Which ones is decided by the hash of their key.
    """
    found: dict[str, NDArray[np.uint8]] = {}
    for pair in sorted(pairs, key=lambda one: stable_fraction(one.key, salt="choosing")):
        image = _erased(pair, recipe) if len(found) < count else None
        found |= {} if image is None else {pair.key: image}
    return _empty_folder(found, folder, name="erased")


def _erased(pair: Pair, recipe: Recipe) -> NDArray[np.uint8] | None:
    frame = load_frames([pair], size=recipe.size, crop=recipe.crop, threads=1)
    return erased(frame.images[0], frame.labels[0], key=pair.key)


def _cut(mucosa: Mucosa) -> NDArray[np.uint8]:
    box = mucosa.crop.box
    return mucosa.image[box.top : box.bottom, box.left : box.right]


def _empty_folder(images: Mapping[str, NDArray[np.uint8]], folder: Path, *, name: str) -> list[Pair]:
    """RGB images by key as a data folder of frames without a polyp; nothing is written where there is none."""
    if not images:
        return []

    def write(place: Path, picture: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]) -> None:
        for key, image in images.items():
            cv2.imwrite(str(place / f"{key.replace('/', '-')}.png"), np.ascontiguousarray(picture(image)))

    write_folder_whole(folder / "images", lambda place: write(place, lambda image: image[..., ::-1]))
    write_folder_whole(folder / "masks", lambda place: write(place, lambda image: np.zeros_like(image[..., 0])))
    return find_pairs(folder, name=name)


def _bundle(fold: Fold, study: Study, run: Path, out: Path, *, chosen: Path | None) -> Bundle:
    """In the form that ships: weights stored in float16, computed in float32."""
    folders = study.sources.folders
    run_export(
        Export(
            run, out, study.sources.words, tuple(f"{name}={folders[name]}" for name in fold.trains),
            f"{study.folder.name} {fold.name}", "0", chosen=chosen, half_weights=True,
        )
    )  # fmt: skip
    return read_bundle(out)
