"""The command line of the trainer. Importing it loads no torch: each command imports what it needs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Train, fine-tune, judge, export and serve networks."
)


@app.command()
def split(
    data: Annotated[list[str], typer.Option(help="NAME=FOLDER; the first one gives the hold-out, all are checked.")],
    out: Annotated[Path, typer.Option(help="List to write.")],
    frames: Annotated[int, typer.Option(help="Frames to hold out.")],
    salt: str = "polypviewer",
) -> None:
    """Choose a hold-out by hash, whole near-duplicate groups at a time."""
    from trainer.commands import run_split

    run_split(data, out=out, frames=frames, salt=salt)


@app.command()
def fit(
    data: Annotated[list[str], typer.Option(help="NAME=FOLDER with images/ and masks/; may be given more than once.")],
    out: Annotated[Path, typer.Option(help="Folder of the run.")],
    recipe: Annotated[Path, typer.Option(help="Recipe file, or the name of one that comes along.")] = Path(
        "polyp-fast"
    ),
    holdout: Annotated[Path | None, typer.Option(help="List of stems that are never trained on.")] = None,
    encoder: Annotated[Path | None, typer.Option(help="NPZ with ImageNet weights for the encoder.")] = None,
    epochs: int | None = None,
    size: int | None = None,
    device: str = "auto",
    seed: int = 0,
    threads: int = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a killed run stopped.")] = False,
    protocol: Annotated[bool, typer.Option("--protocol", help="Events on stdout, control on stdin.")] = False,
) -> None:
    """Train a network from the start."""
    from trainer.commands import run_fit

    run_fit(
        data, out=out, recipe=recipe, holdout=holdout, encoder=encoder, epochs=epochs, size=size, device=device,
        seed=seed, threads=threads, resume=resume, protocol=protocol,
    )  # fmt: skip


def main() -> None:
    """Entry point `polyp-trainer`."""
    app()


if __name__ == "__main__":
    main()
