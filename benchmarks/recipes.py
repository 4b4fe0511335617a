"""Every recipe trained for real within a budget of steps, judged on held-out frames. `python -m benchmarks.recipes`.

Trained on Kvasir-SEG without the held-out tenth (whole groups of near-duplicates, trainer/splits/kvasir_tenth.txt),
judged once on that tenth, beside the mask that says "polyp" everywhere. The budgets below were written down before the
runs that the table in docs/recipes.md shows (the first ones, of 50 to 300 steps, were too few where a network begins
from nothing with BCE: docs/recipes.md keeps the one that was run); they are what two cores do in some minutes, not what
a recipe needs. A run goes on where it was stopped.
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.folds.plan import Sources
from benchmarks.report import ROOT, Figure, note, print_report
from trainer.data.folders import Pair, find_pairs, only, read_list, read_pair
from trainer.ensembling import averaged_network, read_weights
from trainer.events import StopSwitch
from trainer.fit import FitOrder, fit
from trainer.pixels.metrics import Counts, count, dice, iou, per_image_dice, per_image_iou, pooled
from trainer.proposing import Rules, propose
from trainer.recipe import read_recipe
from trainer.training.prediction import predict

DATA = ROOT.parent / "shared" / "data" / "kvasir-seg"
TENTH = ROOT / "trainer" / "splits" / "kvasir_tenth.txt"
RUNS = ROOT / "runs" / "recipes"
MARGIN = 0.15
"""Dice by which a trained network must beat the mask that covers everything."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Steps of a run on two cores, and what is set otherwise than the recipe has it, with the reason."""

    steps: int
    settings: tuple[str, ...] = ()
    why: str = ""


SMALL: Final = "at 128 px, a quarter of the pixels of its own size, so that two cores do hundreds of steps in minutes"

BUDGETS: dict[str, Budget] = {
    "polyp-start": Budget(150),
    "clinicdb-unet3": Budget(500, ("size=128",), SMALL),
    "hyperkvasir-gray128": Budget(150, ("batch=8",), "8 frames a step: 32 of them take two cores half a minute"),
    "kvasir-unet256": Budget(500, ("size=128",), SMALL),
    "cvc612-unet": Budget(500, ("size=128",), SMALL),
    "kvasir-unetpp": Budget(100, ("size=128",), SMALL),
    "polyp-teacher": Budget(
        120, ("batch=8", "size=128", "schedule.warm_up_steps=20", "ema=0.97"),
        "made for a GPU: a step of 32 frames at 352 px takes minutes on two cores",
    ),
}  # fmt: skip
"""`finetune` is no `fit`: `polypviewer demo DIR --headless` and tests/trainer/test_finetune.py run it."""


def main() -> None:
    """Train what was asked for, judge it, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="polyp-start alone, 4 steps; ends within 50 s")
    parser.add_argument("--only", nargs="*", choices=sorted(BUDGETS), help="these recipes")
    told = parser.parse_args()
    if not DATA.is_dir():
        print_report("recipes", {"dice": Figure(ours=None, better="higher", why="the real frames are not here")})
        return
    budgets = {"polyp-start": Budget(4)} if told.quick else {name: BUDGETS[name] for name in told.only or BUDGETS}
    base = everywhere()
    figures: dict[str, Figure] = {}
    for name, budget in budgets.items():
        figures |= run(name, budget, folder=RUNS / ("quick" if told.quick else name), base=base, quick=told.quick)
    print_report("recipes", figures)


def run(name: str, budget: Budget, *, folder: Path, base: float, quick: bool) -> dict[str, Figure]:
    """Train one recipe within its budget and judge it."""
    recipe = read_recipe(Path(name), budget.settings)
    weights = Sources().encoder_of(recipe.architecture)
    encoder = weights if weights is not None and weights.is_file() else None
    if encoder is not weights:
        note(f"{name}: {weights} is not here, so the encoder begins at random")
    order = FitOrder(
        {"kvasir": DATA}, folder, recipe, holdout=TENTH, encoder=encoder, device="cpu", goes_on=True,
        max_steps=budget.steps, cache=RUNS / "cache",
    )  # fmt: skip
    clock = Clock()
    note(f"{name}: {budget.steps} steps of {recipe.frames_a_step} frames at {recipe.size} px")
    best = fit(order, tell=clock.tell, stop=StopSwitch())
    found = definitions(judged(best, size=recipe.size, quick=quick))
    seconds = clock.seconds_an_epoch()
    rows = {
        f"{name}_{what}": Figure(ours=value, better="higher", why=budget.why or None)
        for what, value in found.items() if what != "dice"
    }  # fmt: skip
    return {
        f"{name}_dice": Figure(
            ours=found["dice"], better="higher", bar=base + MARGIN, peer=base, peer_name="polyp everywhere",
            why="; ".join(
                filter(None, (f"{budget.steps} steps of {recipe.frames_a_step} frames", budget.why, start_of(encoder)))
            ),
        ),
        **rows,
        f"{name}_seconds_an_epoch": Figure(
            ours=seconds, better="lower", why=None if seconds else "the run had been done before"
        ),
    }  # fmt: skip


def start_of(encoder: Path | None) -> str:
    """What a run began with, in words."""
    return "from random weights" if encoder is None else f"encoder {encoder.name}"


def everywhere() -> float:
    """Mean per-image Dice of the mask that covers the whole frame, on the held-out tenth."""
    found = []
    for pair in held_out():
        _, label = read_pair(pair)
        found.append(dice(count(np.ones(label.shape, np.bool_), label)))
    return float(np.mean(found))


def held_out() -> list[Pair]:
    """The frames that nothing here trains on."""
    return only(find_pairs(DATA, name="kvasir"), read_list(TENTH))


def judged(checkpoint: Path, *, size: int, quick: bool) -> list[Counts]:
    """Counts at frame size, threshold .5, of the averaged weights of a checkpoint on the held-out tenth."""
    network = averaged_network([read_weights(checkpoint)])

    def probability(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        return next(predict(network, image[np.newaxis], device=torch.device("cpu")))

    rules = Rules((size, size), 0.5, 0.0005)
    counts = []
    for pair in held_out()[:: 8 if quick else 1]:
        image, label = read_pair(pair)
        counts.append(count(propose(image, probability, rules).mask, label))
    return counts


def definitions(counts: list[Counts]) -> dict[str, float]:
    """What the systems behind the recipes report, by their own definitions."""
    whole = pooled(counts)
    background = Counts(tp=whole.tn, fp=whole.fn, fn=whole.fp, tn=whole.tp)
    return {
        "dice": per_image_dice(counts),
        "iou": per_image_iou(counts),
        "two_class_pooled_iou": (iou(whole) + iou(background)) / 2,
        "accuracy": (whole.tp + whole.tn) / (whole.tp + whole.tn + whole.fp + whole.fn),
    }


class Clock:
    """Hears the events of a run: how long a step takes, and how many an epoch has."""

    def __init__(self) -> None:
        self._at: list[float] = []
        self.steps_an_epoch = 0

    def tell(self, kind: str, **fields: object) -> None:
        """One event."""
        if kind == "plan":
            self.steps_an_epoch = int(str(fields["train"])) // int(str(fields["batch"]))
        if kind == "step":
            self._at.append(time.perf_counter())
            if len(self._at) % 10 == 0:
                note(f"  step {fields['step']} of {fields['steps']}, loss {fields['loss']}")

    def seconds_an_epoch(self) -> float | None:
        """At the median of the steps; None when fewer than three were made."""
        between = np.diff(self._at)
        return float(np.median(between)) * self.steps_an_epoch if len(between) > 1 else None


if __name__ == "__main__":
    main()
