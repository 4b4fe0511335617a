"""The whole protocol within a minute: one fold, some real frames, a few steps; its figures only show that it runs."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from benchmarks.folds.figures import figures_of_study
from benchmarks.folds.fitting import Deadline
from benchmarks.folds.plan import CENTRES, CLINICDB, FOLDS, KVASIR, RUNS, Sources, Study
from benchmarks.folds.stages import go_on
from benchmarks.report import Figure
from trainer.data.pairs import Pair
from trainer.recipe import read_recipe

EVERY: Final = {KVASIR: 40, CLINICDB: 20, **dict.fromkeys(CENTRES, 20)}
"""Of each set one frame in so many."""
STEPS: Final = 4
WHY: Final = f"only shows that it runs: {STEPS} steps on some frames"


def quick_figures(*, sources: Sources | None = None, folder: Path = RUNS / "quick") -> dict[str, Figure]:
    """Fit, choose and judge no-C4 on a sample of the frames, from random weights, in a folder of its own."""
    shutil.rmtree(folder, ignore_errors=True)
    study = Study(
        read_recipe(Path("polyp-fast"), ["size=96", "stages.0.size=96", "batch=4", "negatives=0.5"]), folder / "study",
        sampled(sources or Sources(), folder / "data"), folder / "cache", max_steps=STEPS, device="cpu",
    )  # fmt: skip
    go_on([FOLDS["no-C4"]], study, stage=None, again=False, stop=Deadline(float("inf")))
    return figures_of_study(study, quick=WHY)


def sampled(sources: Sources, folder: Path) -> Sources:
    """Sources of a few frames, linked to the real ones; of the tenth as many in proportion."""
    listed = {pair.stem for pair in sources.pairs("kvasir-tenth")}
    kvasir = sources.pairs(KVASIR)
    inside, outside = ([pair for pair in kvasir if (pair.stem in listed) is side] for side in (True, False))
    tenth = inside[:: EVERY[KVASIR]]
    some = [*tenth, *outside[:: EVERY[KVASIR]]]
    _link(some, folder / KVASIR, ())
    (folder / "tenth.txt").write_text("".join(f"{pair.stem}\n" for pair in tenth), "utf-8")
    centres = [pair for centre in CENTRES for pair in sources.pairs(centre)[:: EVERY[centre]]]
    _link(centres, folder / "polypgen", sources.polypgen.glob("*.csv"))
    _link(sources.pairs(CLINICDB)[:: EVERY[CLINICDB]], folder / CLINICDB, sources.clinicdb.glob("*.csv"))
    return Sources(folder / KVASIR, folder / "polypgen", folder / CLINICDB, folder / "tenth.txt", {}, sources.words)


def _link(pairs: Iterable[Pair], folder: Path, tables: Iterable[Path]) -> None:
    for side in ("images", "masks"):
        (folder / side).mkdir(parents=True)
    for pair in pairs:
        (folder / "images" / pair.image.name).symlink_to(pair.image.resolve())
        (folder / "masks" / pair.mask.name).symlink_to(pair.mask.resolve())
    for table in tables:
        (folder / table.name).symlink_to(table.resolve())
