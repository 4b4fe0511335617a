"""The command line of the trainer. Importing it loads no torch: each command imports what it needs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Train, fine-tune, judge, export and serve segmentation networks."
)

Data = Annotated[list[str], typer.Option(help="NAME=FOLDER with images/ and masks/; may be given more than once.")]
Protocol = Annotated[bool, typer.Option("--protocol", help="Events on stdout, control on stdin.")]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda; never falls back silently.")]


@app.command()
def split(
    *,
    data: Data,
    out: Annotated[Path, typer.Option(help="List to write.")],
    frames: Annotated[int, typer.Option(help="Frames of the first data set to hold out.")],
    salt: str = "polypviewer",
) -> None:
    """Choose a hold-out by hash, whole near-duplicate groups at a time."""
    from trainer.commands import run_split

    run_split(data, out=out, frames=frames, salt=salt)


@app.command()
def fit(
    *,
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder of the run.")],
    recipe: Annotated[Path, typer.Option(help="Recipe file, or the name of one that comes along.")] = Path(
        "polyp-fast"
    ),
    holdout: Annotated[Path | None, typer.Option(help="List of stems that are never trained on.")] = None,
    encoder: Annotated[Path | None, typer.Option(help="NPZ with ImageNet weights for the encoder.")] = None,
    epochs: int | None = None,
    size: int | None = None,
    device: Device = "auto",
    seed: int = 0,
    threads: int = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a killed run stopped.")] = False,
    protocol: Protocol = False,
) -> None:
    """Train a network from the start; events go to OUT/events.jsonl."""
    from trainer.commands import run_fit

    run_fit(
        data, out=out, recipe=recipe, holdout=holdout, encoder=encoder, epochs=epochs, size=size, device=device,
        seed=seed, threads=threads, resume=resume, protocol=protocol,
    )  # fmt: skip


@app.command()
def finetune(
    *,
    job: Annotated[Path, typer.Argument(help="Folder of a job, or its job.json.")],
    protocol: Protocol = False,
) -> None:
    """Run a job of the application; events go to stdout, control comes from stdin where it is a pipe."""
    from trainer.commands import run_finetune

    run_finetune(job, protocol=protocol)


@app.command()
def evaluate(
    *,
    model: Annotated[Path, typer.Option(help="Folder of a model bundle.")],
    data: Annotated[Path, typer.Option(help="Folder with images/ and masks/.")],
    out: Annotated[Path, typer.Option(help="Report to write (JSON).")],
    only: Annotated[Path | None, typer.Option(help="List of stems to judge on; all without it.")] = None,
    on: Annotated[str, typer.Option(help="What the report calls this data.")] = "",
) -> None:
    """Judge a bundle: every metric by name, with intervals and strata."""
    from trainer.commands import run_evaluate

    run_evaluate(model, data=data, out=out, only=only, on=on)


@app.command()
def export(
    *,
    run: Annotated[Path, typer.Option(help="Folder of a fit.")],
    out: Annotated[Path, typer.Option(help="Bundle to write.")],
    words: Annotated[Path, typer.Option(help="TOML with the card's words: use, failures, licences, data.")],
    data: Data,
    name: Annotated[str, typer.Option(help="Name on the card.")],
    version: Annotated[str, typer.Option(help="Version on the card.")],
    report: Annotated[
        list[Path] | None, typer.Option(help="Report of `evaluate` whose metrics the card gives; more than once.")
    ] = None,
) -> None:
    """Write the best weights of a fit as a model bundle."""
    from trainer.commands import run_export

    run_export(run, out=out, words=words, data=data, name=name, version=version, reports=report or [])


@app.command()
def serve(
    *,
    bundle: Annotated[Path, typer.Option(help="Folder of a model bundle.")],
    frames: Annotated[Path, typer.Option(help="File that the application owns; pixels go through it.")],
    device: Device = "auto",
) -> None:
    """Answer the application's requests until stdin ends."""
    from trainer.commands import run_serve

    run_serve(bundle, frames=frames, device=device)


def main() -> None:
    """Entry point `polyp-trainer`."""
    app()


if __name__ == "__main__":
    main()
