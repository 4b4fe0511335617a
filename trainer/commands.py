"""What each command does, and how its end is told: result 0, stopped 3, error 1."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import typer
from rich.console import Console

from trainer.errors import DataError, SurroundingsError, TrainerError
from trainer.events import Events, Stopped, StopSwitch, protocol_stream

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
    write_whole(out, lambda beside: beside.write_text(text, "utf-8") and None)
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


def run_with_events(work: Callable[[Events, StopSwitch], None], *, path: Path | None, protocol: bool) -> None:
    """Run `work` so that its last event is a result, `stopped` or `error`, and the exit code says the same."""
    stream = protocol_stream() if protocol else None
    events = Events(path, stream, watch=None if protocol else _show)
    stop = StopSwitch()
    if protocol:
        stop.listen(sys.stdin)
    try:
        work(events, stop)
    except (Stopped, KeyboardInterrupt) as end:
        reason, step = (end.reason, end.step) if isinstance(end, Stopped) else ("Ctrl+C", 0)
        events.tell("stopped", reason=reason, step=step)
        raise SystemExit(EXIT_STOPPED) from None
    except TrainerError as error:
        events.tell("error", code=error.code, message=error.message, cure=error.cure)
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
        Console(stderr=True).print(f"[red]{error.message}[/red] {error.cure}")
        raise SystemExit(EXIT_ERROR) from None


def require_torch() -> None:
    """Raises SurroundingsError when PyTorch is not installed."""
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
