"""The models that ship, trained and judged: `python -m benchmarks.folds --recipe NAME [--fold NAME ...] [--minutes M]`.

Trains, chooses and judges fold after fold (docs/models.md), as far as the minutes reach; the next call goes on. Without
`--recipe` nothing is trained: what the study of polyp-fast has found so far is printed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.report import Figure, print_report
from trainer.commands.ending import require_torch, with_errors_told

EXPORT = "export"
"""The stage that writes what ships; no fold goes on to it by itself."""


def main(arguments: list[str] | None = None) -> None:
    """Do what was asked, then print the figures there are."""
    told = _asked(arguments)

    def work() -> None:
        require_torch()
        from benchmarks.folds.plan import Sources

        if not Sources().are_here:
            print_report("folds", {"dice": Figure(ours=None, better="higher", why="the real frames are not here")})
        elif told.quick:
            from benchmarks.folds.quick import quick_figures

            print_report("folds", quick_figures())
        else:
            _study(told)

    with_errors_told(work)


def _study(told: argparse.Namespace) -> None:
    from benchmarks.folds.figures import figures_of_study
    from benchmarks.folds.fitting import Deadline
    from benchmarks.folds.plan import ENCODERS, FOLDS, RUNS, STUDY, Sources, Study, study_folder, teacher_folders
    from benchmarks.folds.stages import go_on
    from trainer.recipe import FOLDER, read_recipe

    recipe = read_recipe(told.recipe or Path("polyp-fast"), told.settings)
    teachers = teacher_folders(told.teacher_recipe) if told.teacher_recipe else ()
    members = teacher_folders(told.average) if told.average else ()
    sources = Sources(encoders=ENCODERS if told.encoder is None else dict.fromkeys(ENCODERS, told.encoder))
    study = Study(
        recipe, study_folder(told.name or recipe.name, told.seed), sources, RUNS / "cache",
        told.seed, teachers, RUNS / told.start if told.start else None, members, told.max_steps, told.device,
        told.threads,
    )  # fmt: skip
    if told.stage == EXPORT:
        from benchmarks.folds.shipping import export_ship

        words = told.words or FOLDER / f"{recipe.name}.card.toml"
        export_ship(study, told.out, words=words, version=told.bundle_version)
    elif told.recipe is not None:
        folds = [FOLDS[name] for name in told.fold or STUDY]
        go_on(folds, study, stage=told.stage, again=told.again, stop=Deadline(told.minutes))
    print_report("folds", figures_of_study(study))


def _asked(arguments: list[str] | None) -> argparse.Namespace:
    from benchmarks.folds.plan import FOLDS
    from benchmarks.folds.stages import STAGES

    parser = argparse.ArgumentParser(prog="python -m benchmarks.folds", description=__doc__)
    parser.add_argument("--recipe", type=Path, help="recipe file, or the name of one that comes along")
    parser.add_argument("--fold", nargs="*", choices=sorted(FOLDS), help="these folds; no-C1 to ship without it")
    parser.add_argument(
        "--stage",
        choices=(*STAGES, EXPORT),
        help="this stage alone, instead of all that are left; export: of ship only",
    )
    parser.add_argument("--out", type=Path, help="bundle to write (--stage export)")
    parser.add_argument("--bundle-version", default="0", help="version on its card")
    parser.add_argument("--words", type=Path, help="words of its card; RECIPE.card.toml without it")
    parser.add_argument("--seed", type=int, default=0, help="decides everything random")
    parser.add_argument(
        "--minutes",
        type=float,
        default=float("inf"),
        help="begin nothing after so many; training stops at a checkpoint",
    )
    parser.add_argument("--teacher-recipe", help="name of a study whose folds teach the same folds of this one")
    parser.add_argument("--average", help="name of a study: each fold is the mean of that study's seeds; give a --name")
    parser.add_argument("--start", help="name of a study whose fold kvasir-only every fold begins with")
    parser.add_argument("--encoder", type=Path, help="ImageNet weights instead of those that the plan names")
    parser.add_argument("--name", help="name of the study's folder; the recipe's without it")
    parser.add_argument(
        "--set", dest="settings", action="append", default=[], help="NAME=VALUE of the recipe, as for polyp-trainer fit"
    )
    parser.add_argument("--max-steps", type=int, default=0, help="budget of steps a fold; 0 for the whole recipe")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--threads", type=int, default=0, help="on a CPU; 0 leaves it to PyTorch")
    parser.add_argument("--again", action="store_true", help="judge once more what was judged, and count that")
    parser.add_argument("--quick", action="store_true", help="a few frames and steps; ends within 50 s")
    told = parser.parse_args(arguments)
    if told.stage == EXPORT and (told.fold != ["ship"] or told.recipe is None or told.out is None):
        parser.error("--stage export goes with --recipe NAME --fold ship --out FOLDER")
    if told.average is not None and told.name in (None, told.average):
        parser.error("--average wants a --name of its own")
    return told


if __name__ == "__main__":
    main()
