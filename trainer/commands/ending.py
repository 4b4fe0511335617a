"""How a command ends: result 0, stopped 3, error 1 with one sentence and its cure."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TextIO

import typer
from rich.console import Console

from trainer.commands.showing import Showing, sentence
from trainer.errors import DataError, SurroundingsError, TrainerError
from trainer.events import Events, Stopped, StopSwitch, protocol_stream
from trainer.files import disk_trouble

EXIT_ERROR, EXIT_STOPPED = 1, 3


def run_with_events(work: Callable[[Events, StopSwitch], None], *, path: Path | None, protocol: bool) -> None:
    """Run `work` with events on stdout where asked for, else shown on stderr; of several processes only the first."""
    if os.environ.get("RANK", "0") != "0":
        with_ending(work, path=None, stream=None, listen=False, watch=_say_errors)
        return
    showing = Showing(Console(stderr=True))
    stream = protocol_stream() if protocol else None
    try:
        with_ending(work, path=path, stream=stream, listen=protocol, watch=None if protocol else showing.event)
    finally:
        showing.close()


def with_ending(
    work: Callable[[Events, StopSwitch], None], *, path: Path | None, stream: TextIO | None, listen: bool,
    watch: Callable[[Mapping[str, object]], None] | None = None,
) -> None:  # fmt: skip
    """Run `work` so that its last event is a result, `stopped` or `error`, and the exit code says the same."""
    stop = StopSwitch()
    events = Events(None, stream, watch=watch)
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


def _say_errors(event: Mapping[str, object]) -> None:
    """The other processes of a run: the first one tells for all, but their troubles are their own."""
    if event["type"] == "error":
        typer.echo(f"Process {os.environ['RANK']}: {sentence(event)}", err=True)


def with_errors_told(work: Callable[[], None]) -> None:
    """Run `work`; an expected error becomes one sentence and its cure on stderr, and exit code 1."""
    try:
        work()
    except TrainerError as error:
        say_sentence(error)
        raise SystemExit(EXIT_ERROR) from None
    except OSError as error:
        say_sentence(disk_trouble(error, Path(error.filename or "the disk")))
        raise SystemExit(EXIT_ERROR) from None


def say_sentence(error: TrainerError) -> None:
    """What happened and what to do next, on stderr."""
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


def folders_of(data: Sequence[str]) -> dict[str, Path]:
    """`FOLDER` or `NAME=FOLDER` arguments as a mapping; a plain folder takes its own name.

    Raises DataError when two have the same name.
    """
    folders: dict[str, Path] = {}
    for entry in data:
        name, equals, folder = entry.partition("=")
        plain = not equals or Path(entry).is_dir()
        place = Path(entry if plain else folder)
        name = place.resolve().name if plain else name
        if name in folders:
            raise DataError("data.argument", f"Two folders are called '{name}'.", "Give one another name: NAME=FOLDER.")
        folders[name] = place
    return folders
