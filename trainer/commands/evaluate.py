"""`polyp-trainer evaluate`: judge a bundle."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from trainer.commands.ending import require_torch, with_errors_told


def evaluate(
    *,
    model: Annotated[Path, typer.Option(help="Folder of a model bundle.")],
    data: Annotated[Path, typer.Option(help="Folder with images/ and masks/.")],
    out: Annotated[Path, typer.Option(help="Report to write (JSON).")],
    only: Annotated[Path | None, typer.Option(help="List of stems to judge on; all without it.")] = None,
    on: Annotated[str, typer.Option(help="What the report calls this data.")] = "",
) -> None:
    """Judge a bundle: every metric by name, with intervals and strata."""
    run_evaluate(model, data=data, out=out, only=only, on=on)


def run_evaluate(model: Path, *, data: Path, out: Path, only: Path | None, on: str) -> None:
    """Write a report and print its metrics."""

    def work() -> None:
        require_torch()
        from trainer.evaluate import evaluate

        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("judging", total=None)
            report = evaluate(
                model, data, report=out, listed=only, on=on, told=lambda done: bar.update(task, completed=done)
            )
        Console().print(_metric_table(report))

    with_errors_told(work)


def _metric_table(report: Mapping[str, object]) -> Table:
    table = Table("metric", "value", "95 %", title=f"{report['frames']} frames of {report['on']}")
    metrics = report["metrics"]
    for name, found in metrics.items() if isinstance(metrics, Mapping) else ():
        value, interval = found["value"], found["interval"]
        text = "not measured" if value is None else f"{value:.4f}"
        table.add_row(name, text, f"{interval[0]:.4f} to {interval[1]:.4f}" if interval else "")
    return table
