"""`polyp-trainer finetune`: fine-tune on a job of the application."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import Annotated

import typer

from trainer.commands.ending import require_torch, with_ending
from trainer.commands.options import Protocol
from trainer.errors import TrainerError
from trainer.events import Events, StopSwitch, protocol_stream


def finetune(
    *,
    job: Annotated[Path, typer.Argument(help="Folder of a job, or its job.json.")],
    protocol: Protocol = False,
) -> None:
    """Run a job of the application; events go to stdout, control comes from stdin where it is a pipe."""
    run_finetune(job, protocol=protocol)


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
