"""`polyp-trainer fit`: train a network from the start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from trainer.commands.ending import folders_of, require_torch, run_with_events
from trainer.commands.options import Device, Protocol
from trainer.events import Events, StopSwitch


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks of a run."""

    data: Mapping[str, Path]
    out: Path
    recipe: Path
    settings: tuple[str, ...]
    split: Path | None
    holdout: Path | None
    encoder: Path | None
    start: Path | None
    epochs: int | None
    size: int | None
    device: str
    seed: int
    threads: int
    max_steps: int
    resume: bool
    cache: Path | None
    teachers: tuple[Path, ...]
    unlabelled: Path | None


def fit(
    *,
    data: Annotated[
        list[str], typer.Option(help="FOLDER or NAME=FOLDER with images/ and masks/; may be given more than once.")
    ],
    out: Annotated[Path, typer.Option(help="Folder of the run.")],
    recipe: Annotated[Path, typer.Option(help="Recipe file, or the name of one that comes along.")] = Path(
        "polyp-fast"
    ),
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="NAME=VALUE of the recipe, dotted for tables: schedule.name=constant."),
    ] = None,
    split: Annotated[Path | None, typer.Option(help="File of `polyp-trainer split`: the side of every frame.")] = None,
    holdout: Annotated[Path | None, typer.Option(help="List of stems that are never trained on.")] = None,
    encoder: Annotated[Path | None, typer.Option(help="ImageNet weights for the encoder: NPZ or PTH.")] = None,
    start: Annotated[Path | None, typer.Option(help="Checkpoint of another run to begin with: its best.pt.")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Instead of the recipe's; stages keep shares.")] = None,
    size: Annotated[int | None, typer.Option(min=8, help="Side of the frames in pixels.")] = None,
    max_steps: Annotated[int, typer.Option(min=0, help="Budget of steps: then judge and end; 0 for none.")] = 0,
    teacher: Annotated[
        list[Path] | None, typer.Option(help="Bundle to learn from; several vote by their probabilities.")
    ] = None,
    unlabelled: Annotated[
        Path | None, typer.Option(help="Folder of frames for the teacher to label; needs --set pseudo.weight=...")
    ] = None,
    cache: Annotated[Path | None, typer.Option(help="Folder that keeps prepared frames for the next run.")] = None,
    device: Device = "auto",
    seed: Annotated[int, typer.Option(min=0, help="Decides everything random.")] = 0,
    threads: Annotated[int, typer.Option(min=0, help="Threads on a CPU; 0 leaves it to PyTorch.")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a killed run stopped.")] = False,
    protocol: Protocol = False,
) -> None:
    """Train a network from the start; events go to OUT/events.jsonl. `torchrun ... -m trainer.cli fit` for several."""

    def work(events: Events, stop: StopSwitch) -> None:
        asked = Asked(
            folders_of(data), out, recipe, tuple(settings or ()), split, holdout, encoder, start, epochs, size, device,
            seed, threads, max_steps, resume, cache, tuple(teacher or ()), unlabelled,
        )  # fmt: skip
        run_fit(asked, events, stop)

    run_with_events(work, path=out / "events.jsonl", protocol=protocol)


def run_fit(asked: Asked, events: Events, stop: StopSwitch) -> None:
    """Train a network to its `result` event."""
    require_torch()
    from trainer.fit import FitOrder, fit
    from trainer.recipe import read_recipe, with_numbers
    from trainer.training.parallel import from_surroundings

    recipe = with_numbers(read_recipe(asked.recipe, asked.settings), epochs=asked.epochs, size=asked.size)
    order = FitOrder(
        asked.data, asked.out, recipe, asked.split, asked.holdout, asked.encoder, asked.start, asked.device,
        asked.seed, asked.threads, asked.resume, asked.max_steps, from_surroundings(), asked.cache, asked.teachers,
        asked.unlabelled,
    )  # fmt: skip
    fit(order, tell=events.tell, stop=stop)
