"""`polyp-trainer fit`: train a network from the start."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from trainer.commands.ending import named_folders, require_torch, run_with_events
from trainer.commands.options import Data, Device, Protocol
from trainer.events import Events, StopSwitch


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
    run_fit(
        data, out=out, recipe=recipe, holdout=holdout, encoder=encoder, epochs=epochs, size=size, device=device,
        seed=seed, threads=threads, resume=resume, protocol=protocol,
    )  # fmt: skip


def run_fit(
    data: Sequence[str], *, out: Path, recipe: Path, holdout: Path | None, encoder: Path | None, epochs: int | None,
    size: int | None, device: str, seed: int, threads: int, resume: bool, protocol: bool,
) -> None:  # fmt: skip
    """Train a network; events go to `OUT/events.jsonl`, and to stdout with `--protocol`."""

    def work(events: Events, stop: StopSwitch) -> None:
        require_torch()
        from trainer.fit import FitOrder, fit, with_numbers
        from trainer.recipe import read_recipe

        chosen = with_numbers(read_recipe(recipe), epochs=epochs, size=size)
        order = FitOrder(named_folders(data), out, chosen, holdout, encoder, device, seed, threads, resume)
        best = fit(order, tell=events.tell, stop=stop)
        events.tell("result", bundle=None, checkpoint=str(best), digest=None)

    run_with_events(work, path=out / "events.jsonl", protocol=protocol)
