"""`polyp-trainer split`: which frames a network never sees."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from trainer.commands.ending import named_folders, with_errors_told
from trainer.commands.options import Data


def split(
    *,
    data: Data,
    out: Annotated[Path, typer.Option(help="List to write.")],
    frames: Annotated[int, typer.Option(help="Frames of the first data set to hold out.")],
    salt: str = "polypviewer",
) -> None:
    """Choose a hold-out by hash, whole near-duplicate groups at a time."""
    with_errors_told(lambda: _split(data, out=out, frames=frames, salt=salt))


def _split(data: Sequence[str], *, out: Path, frames: int, salt: str) -> None:
    from trainer.data.duplicates import NEAR, choose_holdout
    from trainer.data.folders import find_pairs
    from trainer.files import write_whole
    from trainer.fit import near_groups

    folders = named_folders(data)
    groups = near_groups([pair for name, folder in folders.items() for pair in find_pairs(folder, name=name)])
    first = next(iter(folders))
    chosen = choose_holdout(list(groups), list(groups.values()), dataset=first, frames=frames, salt=salt)
    head = (
        f"# {len(chosen)} frames of {first} that are never trained on: chosen by a stable hash, salt '{salt}',\n"
        f"# in whole groups of near-duplicates (perceptual hash, at most {NEAR} of 64 bits apart) over: "
        f"{', '.join(folders)}.\n# Duplicates are found so, patients are not: numbers on this list are optimistic.\n"
    )
    text = head + "".join(f"{key.split('/', 1)[1]}\n" for key in chosen)
    write_whole(out, lambda beside: beside.write_text(text, "utf-8"))
    Console(stderr=True).print(f"{len(chosen)} frames in {out}")
