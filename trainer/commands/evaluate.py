"""`polyp-trainer evaluate`: judge a bundle or a folder of masks, or compare two."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from trainer.commands.ending import folders_of, require_torch, with_errors_told
from trainer.commands.options import Device

if TYPE_CHECKING:
    from trainer.evaluation.evaluate import Order, Told

Folders = Annotated[
    list[str] | None, typer.Option(help="Folder with images/ and masks/, or NAME=FOLDER; may be given more than once.")
]

SHOWN = {"A is better": "A", "B is better": "B", "no difference shown": "-", "not enough evidence": "?"}


def evaluate(
    *,
    out: Annotated[Path, typer.Option(help="Report folder to write.")],
    data: Folders = None,
    model: Annotated[Path | None, typer.Option(help="Folder of a model bundle.")] = None,
    masks: Annotated[Path | None, typer.Option(help="Instead: folder of masks of any program, same stems.")] = None,
    graded: Annotated[bool, typer.Option("--graded", help="Grey values of --masks are probabilities.")] = False,
    only: Annotated[Path | None, typer.Option(help="List of stems to judge on; all without it.")] = None,
    split: Annotated[Path | None, typer.Option(help="split.json; judges the frames on --side.")] = None,
    side: Annotated[str, typer.Option(help="Side of the split: test, validation or train.")] = "test",
    train: Annotated[list[str] | None, typer.Option(help="Training folder to look for near-duplicates in.")] = None,
    choose: Annotated[
        list[str] | None,
        typer.Option(help="Validation folder on which threshold, temperature and smallest area are chosen first."),
    ] = None,
    compare: Annotated[
        tuple[Path, Path] | None,
        typer.Option(help="Two report folders, or two bundles or mask folders with --data: paired differences."),
    ] = None,
    run: Annotated[Path | None, typer.Option(help="Run folder whose training curves the report shows.")] = None,
    on: Annotated[str, typer.Option(help="What the report calls this data.")] = "",
    tta: Annotated[bool, typer.Option("--tta", help="Mean over four mirror images of each frame.")] = False,
    by: Annotated[str, typer.Option(help="Groups: auto (exam or sequence), exam, sequence, centre or hash.")] = "auto",
    device: Device = "cpu",
    pictures: Annotated[bool, typer.Option(help="Show the worst and the best frames in the report.")] = True,
) -> None:
    """Judge a model by every definition, with intervals, curves, strata and a leak report."""

    def work() -> None:
        require_torch()
        from trainer.evaluation.evaluate import Order

        order = Order(
            data=folders_of(data or []), out=out, model=model, masks=masks, graded=graded, listed=only,
            sides=_sides(split), side=side, training=folders_of(train or []), choose=folders_of(choose or []),
            run=run, on=on, by=by, device=device, flips=tta, pictures=pictures,
        )  # fmt: skip
        run_compare(order, *compare) if compare is not None else run_evaluate(order)

    with_errors_told(work)


def run_evaluate(order: Order) -> None:
    """Write a report and print its metrics."""
    from trainer.evaluation.evaluate import evaluate as judge
    from trainer.evaluation.page import warnings_of

    with _progress() as told:
        report = judge(order, told=told)
    Console().print(_metric_table(report))
    for warning in warnings_of(report):
        Console(stderr=True).print(f"Mind: {warning}")
    Console(stderr=True).print(f"{order.out / 'report.html'} shows all of it.")


def run_compare(order: Order, one: Path, other: Path) -> None:
    """Write a comparison and print its differences."""
    from trainer.evaluation.comparing import compare as compared

    with _progress() as told:
        report = compared(order, one, other, told=told)
    Console().print(_difference_table(report))
    Console(stderr=True).print(f"{order.out / 'report.html'} shows all of it.")


def _sides(split: Path | None) -> Mapping[str, str] | None:
    if split is None:
        return None
    from trainer.data.split_file import read_split

    return read_split(split).sides()


@contextmanager
def _progress() -> Iterator[Told]:
    with Progress(console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, object] = {}

        def told(what: str, done: int) -> None:
            task = tasks.setdefault(what, bar.add_task(what, total=None) if what not in tasks else None)
            bar.update(cast("int", task), completed=done, description=f"{what}: {done}")  # type: ignore[arg-type]

        yield told


def _metric_table(report: Mapping[str, object]) -> Table:
    table = _table("image size", "95 % by frame", "95 % by group", "network size", title=_title(report))
    metrics = cast("Mapping[str, Mapping[str, object]]", report["metrics"])
    for name, found in metrics.items():
        small = found["at_network_size"]
        table.add_row(
            name, _number(found["value"]), _span(found["interval"]), _span(found["interval_by_group"]),
            _number(small["value"]) if isinstance(small, Mapping) else "",
        )  # fmt: skip
    return table


def _difference_table(report: Mapping[str, object]) -> Table:
    table = _table("A", "B", "B - A", "95 % by frame", "95 % by group", "better", title=_title(report))
    table.caption = "better by group: A, B, - no difference shown, ? not enough evidence"
    for name, found in cast("Mapping[str, Mapping[str, object]]", report["differences"]).items():
        table.add_row(
            name, _number(found["a"]), _number(found["b"]), _number(found["difference"], sign="+"),
            _span(found["interval"]), _span(found["interval_by_group"]), SHOWN[str(found["shown"])],
        )  # fmt: skip
    return table


def _table(*columns: str, title: str) -> Table:
    table = Table(title=title)
    table.add_column("metric", no_wrap=True, overflow="fold")
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _title(report: Mapping[str, object]) -> str:
    return f"{report['frames']} frames of {report['on']}"


def _number(value: object, *, sign: str = "") -> str:
    return f"{value:{sign}.4f}" if isinstance(value, int | float) else "–"


def _span(interval: object) -> str:
    return f"{_short(interval[0])}–{_short(interval[1])}" if isinstance(interval, list | tuple) else ""


def _short(value: float) -> str:
    return f"{value:.3f}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:.4g}"
