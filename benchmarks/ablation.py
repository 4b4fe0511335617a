"""What each part of the recipe is worth: one taken away at a time, three seeds. `python -m benchmarks.ablation`.

Trains small (160 pixels, seven epochs, early layers as ImageNet left them) on Kvasir-SEG alone, as the fold
`kvasir-only` does, and looks at the three hospitals of PolypGen, which are new to all of these networks. Written after
the recipes that ship were frozen: it chooses nothing.
`--seeds 0 1 2` trains what is missing of them, some two hours on two cores; without it nothing is trained, and what was
found so far is printed. A run that was stopped goes on; `--seeds 1 --threads 1` beside `--seeds 0 2 --threads 1` shares
the work between two processes. `--quick`: a few steps on a few frames.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from scipy.stats import sem, t

from benchmarks.folds.fitting import Deadline, fit_fold
from benchmarks.folds.plan import CENTRES, FOLDS, KVASIR_ONLY, RUNS, Place, Sources, Study, place_of, read_object
from benchmarks.folds.quick import STEPS, WHY, sampled
from benchmarks.folds.sides import judged_pairs
from benchmarks.report import ROOT, Figure, note, print_report
from trainer.commands.ending import with_errors_told
from trainer.data.frames import load_frames
from trainer.data.split_file import read_split
from trainer.ensembling import averaged_network, read_weights
from trainer.errors import DataError
from trainer.evaluation.intervals import value_of
from trainer.evaluation.statistics import area_under_roc
from trainer.files import write_json
from trainer.pixels.metrics import count, per_image_dice
from trainer.recipe import read_recipe
from trainer.training.prediction import predict

FOLDER: Final = ROOT / "runs" / "ablation"
RECIPE: Final = Path("polyp-start")
SEEDS: Final = (0, 1, 2)
WHOLE: Final = "whole"
EMPTIES: Final = "C4"
"""The one hospital with more than a few frames without a polyp."""
COMMON: Final = (
    "size=160", "ema=0.99", "freeze_early=true", "schedule.warm_up_steps=30",
    "stages=[{epochs=7,loss='bce_dice_presence',options={presence=0.1},rate=1e-3,encoder_rate=4e-4}]",
)  # fmt: skip
PLAIN_STAGE: Final = "stages=[{epochs=7,loss='bce_dice',rate=1e-3,encoder_rate=4e-4}]"
WEAR: Final = ("motion", "specular", "fog", "vignette", "jpeg", "inset", "text", "blur", "noise", "coarse")
VARIANTS: Final[Mapping[str, tuple[str, ...]]] = {
    WHOLE: (),
    "no_pretraining": ("freeze_early=false",),
    "no_wear": tuple(f"augmentation.{what}_share=0" for what in WEAR),
    "no_colour": ("augmentation.colour_share=0",),
    "no_turns": ("augmentation.rotation_share=0", "augmentation.scale=[1.0,1.0]"),
    "no_made_empties": ("negatives=0", "erased=0", PLAIN_STAGE),
}
"""What is set otherwise than the whole recipe has it. `no_pretraining` begins at random instead of with ImageNet, so
its early layers learn too."""


@dataclass(frozen=True, slots=True)
class Reached:
    """One run: mean Dice of what chose its epoch, of the hospitals new to it (their mean), and how well its highest
    probability tells C4's frames with a polyp from those without (area under the ROC curve)."""

    choosing_dice: float
    new_hospitals_dice: float
    presence_auc: float


FIELDS: Final = tuple(field.name for field in dataclasses.fields(Reached))


def main() -> None:
    """Train what was asked for, then print what all runs that are done have reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", choices=tuple(VARIANTS), help="these; the others are printed if done")
    parser.add_argument("--seeds", nargs="*", type=int, choices=SEEDS, default=[], help="train with these")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop at a checkpoint after so many")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="the whole recipe and one variant, 3 steps, few frames")
    told = parser.parse_args()
    if not Sources().are_here:
        print_report("ablation", {f"{WHOLE}_{FIELDS[1]}": _missing("the real frames are not here")})
    elif told.quick:
        with_errors_told(lambda: print_report("ablation", quick_figures()))
    else:
        with_errors_told(lambda: _train(told))
        print_report("ablation", figures(FOLDER))


def _train(told: argparse.Namespace) -> None:
    stop = Deadline(told.minutes)
    for seed, variant in itertools.product(told.seeds, told.only or VARIANTS):
        if stop.is_over or not run(study_of(variant, seed, Sources(), FOLDER, threads=told.threads), stop):
            break


def quick_figures(*, folder: Path = RUNS / "quick-ablation") -> dict[str, Figure]:
    """The whole recipe and one variant for two seeds, from random weights, in a folder of its own."""
    shutil.rmtree(folder, ignore_errors=True)
    sources = sampled(Sources(), folder / "data")
    for seed, variant in itertools.product(SEEDS[:2], (WHOLE, "no_wear")):
        run(study_of(variant, seed, sources, folder, steps=STEPS), Deadline(float("inf")))
    return {name: dataclasses.replace(one, why=f"{WHY}; {one.why}") for name, one in figures(folder).items()}


def study_of(variant: str, seed: int, sources: Sources, folder: Path, *, steps: int = 0, threads: int = 0) -> Study:
    """The study of a variant and a seed; its one fold stands in a folder of its own."""
    recipe = read_recipe(RECIPE, (*COMMON, *VARIANTS[variant]))
    begins = sources.encoders if variant != "no_pretraining" else {}
    return Study(
        recipe, _folder(folder, variant, seed), dataclasses.replace(sources, encoders=begins), folder / "cache", seed,
        max_steps=steps, device="cpu", threads=threads,
    )  # fmt: skip


def run(study: Study, stop: Deadline) -> bool:
    """Train and look, unless that was done; False when the time was over before."""
    fold = FOLDS[KVASIR_ONLY]
    place = place_of(fold, study)
    if _reached_file(study.folder).is_file():
        return True
    encoder = study.sources.encoder_of(study.recipe.architecture)
    if encoder is not None and not encoder.is_file():
        raise DataError("ablation.encoder", f"{encoder} is not here.", "See docs/models.md for where it is from.")
    note(f"{study.folder.name}")
    if not fit_fold(fold, study, stop=stop, looks={}):
        return False
    write_json(_reached_file(study.folder), dataclasses.asdict(reached(study, place)))
    return True


def reached(study: Study, place: Place) -> Reached:
    """What the best epoch of a run says of the hospitals, at the network's own size and a threshold of .5."""
    network = averaged_network([read_weights(place.run / "best.pt")])
    split = read_split(place.split)
    dice: list[float] = []
    auc = float("nan")
    for centre in CENTRES:
        pairs = judged_pairs(centre, study.sources, split)
        frames = load_frames(pairs, size=study.recipe.size, cache=study.cache, threads=1)
        said = list(predict(network, frames.images, device=torch.device("cpu")))
        counts = [count(one >= 0.5, label) for one, label in zip(said, frames.labels, strict=True)]
        dice.append(per_image_dice(counts))
        if centre == EMPTIES:
            auc = auc_of([float(one.max()) for one in said], [one.has_polyp for one in counts])
    return Reached(float(read_object(place.fitted)["holdout_dice"]), float(np.mean(dice)), auc)


def auc_of(scores: Sequence[float], positive: Sequence[bool]) -> float:
    """Area under the ROC curve of scores of 0..1, in 256 steps; nan where one side is missing."""
    levels = np.rint(255 * np.asarray(scores)).astype(np.intp)
    rows = np.eye(256)[levels]
    held = np.asarray(positive, np.bool_)[:, np.newaxis]
    found = value_of(area_under_roc(rows * held, rows * ~held), len(levels))
    return float("nan") if found is None else found


def figures(folder: Path) -> dict[str, Figure]:
    """Of each variant that has a run: the means over its seeds, and how much less than the whole recipe that is."""
    done = {variant: dict(_done(folder, variant)) for variant in VARIANTS}
    rows: dict[str, Figure] = {}
    for variant, name in itertools.product(VARIANTS, FIELDS):
        runs = {seed: getattr(one, name) for seed, one in done[variant].items()}
        rows[f"{variant}_{name}"] = _mean(runs)
        if variant != WHOLE:
            whole = {seed: getattr(one, name) for seed, one in done[WHOLE].items()}
            rows[f"{variant}_{name}_lost"] = _lost(whole, runs)
    return rows


def _mean(runs: Mapping[int, float]) -> Figure:
    if not runs:
        return _missing("no run of it is done")
    each = ", ".join(f"{seed}: {value:.4f}" for seed, value in sorted(runs.items()))
    return Figure(ours=float(np.mean(list(runs.values()))), better="higher", why=f"mean over seeds ({each})")


def _lost(whole: Mapping[int, float], runs: Mapping[int, float]) -> Figure:
    """Mean of the differences by seed, with Student's interval of 95 %."""
    both = sorted(whole.keys() & runs.keys())
    if len(both) < 2:
        return dataclasses.replace(_missing("fewer than two seeds of both are done"), better="lower")
    lost = [whole[seed] - runs[seed] for seed in both]
    low, high = t.interval(0.95, len(lost) - 1, np.mean(lost), sem(lost)) if np.ptp(lost) else (lost[0], lost[0])
    interval = (round(float(low), 5), round(float(high), 5))
    return Figure(ours=float(np.mean(lost)), better="lower", interval=interval, why=f"{len(both)} seeds, by seed")


def _missing(why: str) -> Figure:
    return Figure(ours=None, better="higher", why=why)


def _done(folder: Path, variant: str) -> Iterator[tuple[int, Reached]]:
    for seed in SEEDS:
        path = _reached_file(_folder(folder, variant, seed))
        if path.is_file():
            yield seed, Reached(**read_object(path))


def _folder(folder: Path, variant: str, seed: int) -> Path:
    return folder / f"{variant}-seed{seed}"


def _reached_file(study: Path) -> Path:
    return study / "reached.json"


if __name__ == "__main__":
    main()
