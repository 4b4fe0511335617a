"""How the command line speaks: results on stdout, all else on stderr; one sentence and a cure for an expected error."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NoReturn

import typer
from rich.console import Console

if TYPE_CHECKING:
    from polypviewer.core.errors import PolypViewerError
    from polypviewer.session.store_door import Tell
    from polypviewer.session.values import Progress

INTERRUPTED: Final = 130
FAILED: Final = 1


def out() -> Console:
    """Where results go."""
    return Console(highlight=False, soft_wrap=True)


def aside() -> Console:
    """Where everything else goes."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def say_json(value: object) -> None:
    """One JSON document on stdout and nothing else."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def say_error(error: PolypViewerError) -> None:
    """What happened, and what to do next."""
    console = aside()
    console.print("Error: ", style="bold red", end="")
    console.print(error.happened, markup=False, end=" ")
    console.print(error.cure, markup=False)


def _error_document(error: PolypViewerError) -> dict[str, object]:
    return {"error": {"code": error.code, "happened": error.happened, "cure": error.cure}}


def run_app(app: typer.Typer, arguments: Sequence[str]) -> NoReturn:
    """Run a command and turn its end into an exit code. A terminated process cleans up like an interrupted one.

    With `--json` an error is one JSON document on stdout, too.
    """
    from polypviewer.core.errors import PolypViewerError

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        app(list(arguments), prog_name="polypviewer")
    except PolypViewerError as error:
        say_error(error)
        if "--json" in arguments:
            say_json(_error_document(error))
        raise SystemExit(FAILED) from None
    except SystemExit as end:
        if end.code == INTERRUPTED:
            aside().print("Interrupted. Nothing half done was left.")
            if "--json" in arguments:
                say_json(_error_document(PolypViewerError("command.interrupted")))
        raise
    raise SystemExit(0)


@contextmanager
def progress_bar(text: str, *, quiet: bool = False) -> Iterator[Tell]:
    """A bar on stderr that a job tells how far it is; nothing where stderr is no terminal, or `quiet`."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    console = aside()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=console, transient=True, disable=quiet or not console.is_terminal) as bar:
        task = bar.add_task(text, total=None)

        def tell(progress: Progress) -> None:
            bar.update(task, completed=progress.done, total=progress.total or None)

        yield tell
