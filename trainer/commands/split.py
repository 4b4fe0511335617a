"""`polyp-trainer split`: which frames teach, which choose, which judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from trainer.commands.ending import folders_of, named_folders, with_errors_told
from trainer.errors import DataError

if TYPE_CHECKING:
    from trainer.data.folders import Pair
    from trainer.data.scan import Seen
    from trainer.data.splits import Candidate, Rule, Split

SHOWN = 5


def split(
    folders: Annotated[
        list[str] | None, typer.Argument(metavar="DATA...", help="FOLDER or NAME=FOLDER with images/ and masks/.")
    ] = None,
    *,
    data: Annotated[list[str] | None, typer.Option(help="The same, as an option.")] = None,
    out: Annotated[Path, typer.Option(help="Split to write (JSON); with --frames a list.")],
    validation: Annotated[float, typer.Option(help="Share of the groups that choose epoch and threshold.")] = 0.1,
    test: Annotated[
        float, typer.Option("--test", "--holdout", help="Share of the groups that are kept for judging.")
    ] = 0.1,
    by: Annotated[
        str, typer.Option(help="What stands together: exam, sequence, centre, hash; auto: exam, else sequence.")
    ] = "auto",
    previous: Annotated[
        Path | None, typer.Option(help="An earlier split, or list of held-out stems: no frame of it moves.")
    ] = None,
    leave_out: Annotated[str, typer.Option(help="Test on this part alone, such as centre=C4.")] = "",
    folds: Annotated[int, typer.Option(help="Folds for cross-validation outside the test side; 0 for none.")] = 0,
    frames: Annotated[
        int | None, typer.Option(help="Write a list instead: so many frames of the first data set to hold out.")
    ] = None,
    salt: Annotated[str, typer.Option(help="Another word gives another split.")] = "polypviewer",
) -> None:
    """Divide data by exam, or by near-duplicates where exams are unknown; adding data never moves a frame."""
    given = [*(folders or ()), *(data or ())]

    def work() -> None:
        from trainer.data.splits import Rule

        if not given:
            raise DataError("data.argument", "No data was named.", "For example: kvasir=/data/kvasir-seg.")
        if frames is not None:
            _write_list(given, out=out, frames=frames, salt=salt)
        else:
            _write_split(given, out, Rule(validation, test, folds, salt, by, leave_out), previous)

    with_errors_told(work)


def _write_split(data: Sequence[str], out: Path, rule: Rule, previous: Path | None) -> None:
    from trainer.data.folders import find_pairs
    from trainer.data.split_file import write_split
    from trainer.data.splits import make_split

    pairs = [pair for name, folder in folders_of(data).items() for pair in find_pairs(folder, name=name)]
    candidates = _candidates(pairs, _looked_at(pairs), rule)
    made = make_split(candidates, rule, previous=_memory(previous, candidates, rule))
    write_split(out, made)
    _show(made, pairs)


def _memory(previous: Path | None, candidates: Sequence[Candidate], rule: Rule) -> Split | None:
    from trainer.data.split_file import read_split, split_of_list

    if previous is None:
        return None
    return read_split(previous) if previous.suffix == ".json" else split_of_list(previous, candidates, rule)


def _looked_at(pairs: Sequence[Pair]) -> list[Seen]:
    from trainer.data.scan import look_at

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("looking at frames", total=len(pairs))
        return look_at(pairs, told=lambda done: bar.update(task, completed=done))


def _candidates(pairs: Sequence[Pair], seen: Sequence[Seen], rule: Rule) -> list[Candidate]:
    from trainer.data.groups import unit_name
    from trainer.data.splits import Candidate

    kind, equals, wanted = rule.leave_out.partition("=")
    found = [
        Candidate(
            pair.key, unit_name(pair, by=rule.by), one.bits, one.pixels, one.is_empty,
            bool(equals) and wanted in (pair.unit(kind), f"{pair.dataset}/{pair.unit(kind)}"),
        )
        for pair, one in zip(pairs, seen, strict=True)
    ]  # fmt: skip
    if rule.leave_out and not any(one.must_test for one in found):
        raise DataError(
            "split.leave_out",
            f"No frame is of '{rule.leave_out}'.",
            "Write KIND=KEY, such as centre=C4 or exam=E-0001.",
        )
    return found


def _show(made: Split, pairs: Sequence[Pair]) -> None:
    """What was divided, as a table and sentences on stdout."""
    from trainer.data.split_file import group_counts, notes_of
    from trainer.data.splits import SIDES, leaks_of

    console = Console()
    table = Table("data", *SIDES, "left out", title="frames (without a polyp)")
    for name in sorted({_part(pair) for pair in pairs}):
        keys = [pair.key for pair in pairs if _part(pair) == name]
        cells = [_cell([made.frames[key].is_empty for key in keys if _is_on(made, key, side)]) for side in SIDES]
        table.add_row(name, *cells, str(sum(key in made.left_out for key in keys)))
    everyone = made.frames.values()
    cells = [_cell([one.is_empty for one in everyone if one.side == side]) for side in SIDES]
    table.add_row("all, earlier data included", *cells, str(len(made.left_out)), style="bold")
    groups = [str(len({one.group for one in everyone if one.side == side})) for side in SIDES]
    table.add_row("groups", *groups, "")
    console.print(table)
    counts = ", ".join(f"{count} by {source}" for source, count in group_counts(made).items())
    leaks = leaks_of(made)
    lines = [f"Groups: {counts}.", f"Near-duplicates across sides: {len(leaks)}."]
    lines += [f"  {leak.train} and {leak.test}: {leak.bits} of 64 bits differ" for leak in leaks[:SHOWN]]
    for why, count in sorted(Counter(_kind_of(why) for why in made.left_out.values()).items()):
        example = next(f"{key}: {text}" for key, text in made.left_out.items() if _kind_of(text) == why)
        lines.append(f"Left out: {count}, such as {example}.")
    console.print("\n".join([*lines, *notes_of(made)]), highlight=False, markup=False, soft_wrap=True)


def _part(pair: Pair) -> str:
    centre = pair.unit("centre")
    return pair.dataset if centre is None else f"{pair.dataset} {centre}"


def _is_on(made: Split, key: str, side: str) -> bool:
    return key in made.frames and made.frames[key].side == side


def _cell(empty: Sequence[bool]) -> str:
    return f"{len(empty)} ({sum(empty)})"


def _kind_of(why: str) -> str:
    return "the same picture" if why.startswith("the same picture") else why


def _write_list(data: Sequence[str], *, out: Path, frames: int, salt: str) -> None:
    from trainer.data.duplicates import NEAR, choose_holdout, group_near
    from trainer.data.folders import find_pairs
    from trainer.data.groups import hashes_of
    from trainer.files import write_whole

    folders = named_folders(data)
    pairs = [pair for name, folder in folders.items() for pair in find_pairs(folder, name=name)]
    keys = [pair.key for pair in pairs]
    first = next(iter(folders))
    chosen = choose_holdout(keys, group_near(keys, hashes_of(pairs)), dataset=first, frames=frames, salt=salt)
    head = (
        f"# {len(chosen)} frames of {first} that are never trained on: chosen by a stable hash, salt '{salt}',\n"
        f"# in whole groups of near-duplicates (perceptual hash, at most {NEAR} of 64 bits apart) over: "
        f"{', '.join(folders)}.\n# Duplicates are found so, patients are not: numbers on this list are optimistic.\n"
    )
    text = head + "".join(f"{key.split('/', 1)[1]}\n" for key in chosen)
    write_whole(out, lambda beside: beside.write_text(text, "utf-8"))
    Console(stderr=True).print(f"{len(chosen)} frames in {out}")
