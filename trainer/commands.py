"""What each command does, and how its end is told: result 0, stopped 3, error 1."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TextIO

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from trainer.errors import DataError, SurroundingsError, TrainerError
from trainer.events import ENGINE_PROTOCOL, Events, Stopped, StopSwitch, protocol_stream, say
from trainer.files import disk_trouble

EXIT_ERROR, EXIT_STOPPED = 1, 3


def run_split(data: Sequence[str], *, out: Path, frames: int, salt: str) -> None:
    """Write the list of held-out stems."""
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


def run_finetune(place: Path, *, protocol: bool) -> None:
    """Run a job. Events go to stdout and beside the new bundle; stdin is listened to where it is a pipe."""
    stream = protocol_stream()

    def work(events: Events, stop: StopSwitch) -> None:
        require_torch()
        from trainer.finetune import finetune

        finetune(place, tell=events.tell, stop=stop)

    with_ending(work, path=_beside_output(place), stream=stream, listen=protocol or _stdin_is_pipe())


def _beside_output(place: Path) -> Path | None:
    """`events.jsonl` beside the bundle that the job asks for; None when the job cannot be read (that is told later)."""
    from trainer.job import read_job

    try:
        return read_job(place).out.parent / "events.jsonl"
    except TrainerError:
        return None


def _stdin_is_pipe() -> bool:
    """A parent process holds the other end. A terminal, /dev/null and a file say nothing when they end."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (OSError, ValueError, AttributeError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


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


def run_export(
    run: Path, *, out: Path, words: Path, data: Sequence[str], name: str, version: str, reports: Sequence[Path]
) -> None:
    """Write the best weights of a fit as a bundle."""

    def work() -> None:
        require_torch()
        from trainer.cards import read_words, report_metrics, trained_facts
        from trainer.checkpoints import read_checkpoint
        from trainer.export import write_bundle
        from trainer.models.registry import build_network

        metrics = [metric for report in reports for metric in report_metrics(report)]
        folders = named_folders(data)
        facts = trained_facts(read_words(words), run, name=name, version=version, folders=folders, metrics=metrics)
        network = build_network(facts.architecture)
        network.load_state_dict(read_checkpoint(run / "best.pt").average)
        bundle = write_bundle(out, network, facts)
        Console(stderr=True).print(f"{out}: {bundle.digest}")

    with_errors_told(work)


def run_serve(bundle: Path, *, frames: Path, device: str) -> None:
    """Answer requests until stdin ends; an error before the first one is one line, and exit code 1."""
    replies = protocol_stream()
    try:
        require_torch()
        from trainer.serve import serve

        serve(bundle, device=device, frames=frames, requests=sys.stdin, replies=replies)
    except TrainerError as error:
        _sentence(error)
        told = {"code": error.code, "message": error.message, "cure": error.cure}
        say(replies, {"protocol": ENGINE_PROTOCOL, "type": "error", **told})
        raise SystemExit(EXIT_ERROR) from None
    except BrokenPipeError:
        raise SystemExit(EXIT_ERROR) from None


def run_with_events(work: Callable[[Events, StopSwitch], None], *, path: Path | None, protocol: bool) -> None:
    """Run `work` with events on stdout where asked for, else shown on stderr."""
    with_ending(work, path=path, stream=protocol_stream() if protocol else None, listen=protocol)


def with_ending(
    work: Callable[[Events, StopSwitch], None], *, path: Path | None, stream: TextIO | None, listen: bool
) -> None:
    """Run `work` so that its last event is a result, `stopped` or `error`, and the exit code says the same."""
    stop = StopSwitch()
    events = Events(None, stream, watch=None if stream is not None else _show)
    if listen:
        stop.listen(sys.stdin)
    try:
        events.keep(path)
        work(events, stop)
    except (Stopped, KeyboardInterrupt) as end:
        reason, step = (end.reason, end.step) if isinstance(end, Stopped) else ("Ctrl+C", events.last_step)
        events.tell("stopped", reason=reason, step=step)
        raise SystemExit(EXIT_STOPPED) from None
    except TrainerError as error:
        events.tell("error", code=error.code, message=error.message, cure=error.cure)
        raise SystemExit(EXIT_ERROR) from None
    except OSError as error:
        trouble = disk_trouble(error, Path(error.filename or "the disk"))
        events.tell("error", code=trouble.code, message=trouble.message, cure=trouble.cure)
        raise SystemExit(EXIT_ERROR) from None
    finally:
        events.close()


def _show(line: str) -> None:
    typer.echo(line, err=True)


def with_errors_told(work: Callable[[], None]) -> None:
    """Run `work`; an expected error becomes one sentence and its cure on stderr, and exit code 1."""
    try:
        work()
    except TrainerError as error:
        _sentence(error)
        raise SystemExit(EXIT_ERROR) from None
    except OSError as error:
        _sentence(disk_trouble(error, Path(error.filename or "the disk")))
        raise SystemExit(EXIT_ERROR) from None


def _sentence(error: TrainerError) -> None:
    typer.echo(f"{error.message} {error.cure}", err=True)


def require_torch() -> None:
    """Load PyTorch; raises SurroundingsError when it is not installed.

    Its threads are told to sleep rather than spin while they wait for each other: a step beside a busy window took half
    the time so.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise SurroundingsError(
            "torch.missing", "PyTorch is not installed here.", "Install it with: pip install 'polypviewer[cpu,train]'."
        ) from error


def named_folders(data: Sequence[str]) -> dict[str, Path]:
    """`NAME=FOLDER` arguments as a mapping; raises DataError when one has no name."""
    pairs = [entry.partition("=") for entry in data]
    if not pairs or not all(name and folder for name, _, folder in pairs):
        raise DataError("data.argument", "Data is given as NAME=FOLDER.", "For example --data kvasir=/data/kvasir-seg.")
    return {name: Path(folder) for name, _, folder in pairs}
