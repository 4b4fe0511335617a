"""`polyp-trainer plan`: look at data and propose a recipe, with reasons."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from trainer.commands.ending import folders_of, require_torch, with_errors_told
from trainer.commands.options import Device

if TYPE_CHECKING:
    from trainer.data.fingerprint import Fingerprint
    from trainer.data.plan import Plan, Surroundings


def plan(
    *,
    data: Annotated[
        list[str], typer.Option(help="FOLDER or NAME=FOLDER with images/ and masks/; may be given more than once.")
    ],
    device: Device = "auto",
    out: Annotated[Path | None, typer.Option(help="Recipe to write (TOML).")] = None,
    json: Annotated[Path | None, typer.Option(help="Fingerprint and plan to write (JSON).")] = None,
) -> None:
    """Measure data sets and propose size, batch, epochs, loss, augmentation and split, saying why."""

    def work() -> None:
        require_torch()
        from trainer.data.plan import make_plan
        from trainer.files import write_json

        found = _measured(data)
        where = _surroundings(device)
        made = make_plan(found, where)
        if out is not None:
            _write_recipe(out, made)
        if json is not None:
            write_json(json, {"fingerprint": dataclasses.asdict(found), "where": dataclasses.asdict(where),
                              "plan": dataclasses.asdict(made)})  # fmt: skip
        _show(found, made)

    with_errors_told(work)


def _measured(data: list[str]) -> Fingerprint:
    from trainer.data.fingerprint import fingerprint
    from trainer.data.folders import find_pairs
    from trainer.data.scan import look_at

    pairs = [pair for name, folder in folders_of(data).items() for pair in find_pairs(folder, name=name)]
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("looking at frames", total=len(pairs))
        seen = look_at(pairs, told=lambda done: bar.update(task, completed=done))
    return fingerprint(pairs, seen)


def _surroundings(name: str) -> Surroundings:
    import os

    import torch

    from trainer.data.plan import Surroundings
    from trainer.device import choose_device

    device = choose_device(name)
    if device.type == "cuda":
        return Surroundings("cuda", float(torch.cuda.get_device_properties(device).total_memory))
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 8e9
    return Surroundings("cpu", float(pages))


def _write_recipe(path: Path, made: Plan) -> None:
    import tomlkit

    from trainer.files import write_whole
    from trainer.recipe import read_recipe, recipe_file, recipe_values, with_numbers
    from trainer.typed import with_setting

    base = read_recipe(Path(made.base))
    settings = made.settings()
    loss = settings.pop("stages.loss")
    sized = recipe_values(with_numbers(base, epochs=made.epochs, size=int(str(settings["size"]))))
    stages = sized["stages"]
    values = {**recipe_file(Path(made.base)), "source": f"`polyp-trainer plan`, from {made.base}."}
    values["stages"] = [_stage(row, str(loss)) for row in (stages if isinstance(stages, list | tuple) else ())]
    for name, value in settings.items():
        values = with_setting(values, f"{name}={value}")
    reasons = "".join(f"# {one.name} = {one.value}: {one.why}\n" for one in made.advice)
    write_whole(path, lambda beside: beside.write_text(reasons + tomlkit.dumps(values), "utf-8"))
    read_recipe(path)


def _stage(row: dict[str, object], loss: str) -> dict[str, object]:
    """A stage as a file holds it: with what has a value, and with another loss."""
    options = row["options"] if row["loss"] == loss else {}
    return {name: value for name, value in {**row, "loss": loss, "options": options}.items() if value not in (None, {})}


def _show(found: Fingerprint, made: Plan) -> None:
    console = Console()
    facts = Table("what", "value", title="the data")
    for name, value in _facts(found):
        facts.add_row(name, value)
    console.print(facts)
    table = Table("setting", "value", "why", title=f"a recipe, from {made.base}")
    for one in made.advice:
        table.add_row(one.name, str(one.value), one.why)
    console.print(table)
    for warning in made.warnings:
        console.print(warning, highlight=False, markup=False, soft_wrap=True)


def _facts(found: Fingerprint) -> list[tuple[str, str]]:
    low, middle, high = found.lesion
    parts = ", ".join(f"{name} {frames} ({empty})" for name, (frames, empty) in found.parts.items())
    return [
        ("frames (without a polyp)", f"{found.frames} ({found.empty}): {parts}"),
        ("groups", ", ".join(f"{count} by {source}" for source, count in sorted(found.groups.items()))),
        ("frames of the largest group", str(found.largest)),
        ("frames with the pixels of another", str(found.repeated)),
        ("shorter side, median", f"{found.side} pixels"),
        ("lesions", f"{found.lesions}; 5, 50, 95 %: {low:.2%}, {middle:.2%}, {high:.2%} of the field"),
        ("lesions under 2 %", f"{found.small:.1%}"),
        ("field that is lesion, mean", f"{found.prevalence:.1%}"),
        ("pixels ignored", f"{found.ignored:.2%}"),
        ("frame inside the field of view", f"{found.field:.1%}"),
        ("frames with an inset", f"{found.insets:.1%}; of empty ones {found.insets_empty:.1%}"),
        ("frames without colour", f"{found.grey:.1%}"),
    ]
