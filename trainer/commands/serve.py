"""`polyp-trainer serve`: the engine of the application."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from trainer.commands.ending import EXIT_ERROR, require_torch, say_sentence
from trainer.commands.options import Device
from trainer.errors import TrainerError
from trainer.events import ENGINE_PROTOCOL, protocol_stream, say


def serve(
    *,
    bundle: Annotated[Path, typer.Option(help="Folder of a model bundle.")],
    frames: Annotated[Path, typer.Option(help="File that the application owns; pixels go through it.")],
    device: Device = "auto",
) -> None:
    """Answer the application's requests until stdin ends."""
    run_serve(bundle, frames=frames, device=device)


def run_serve(bundle: Path, *, frames: Path, device: str) -> None:
    """Answer requests until stdin ends; an error before the first one is one line, and exit code 1."""
    replies = protocol_stream()
    try:
        require_torch()
        from trainer.serve import serve

        serve(bundle, device=device, frames=frames, requests=sys.stdin, replies=replies)
    except TrainerError as error:
        say_sentence(error)
        told = {"code": error.code, "message": error.message, "cure": error.cure}
        say(replies, {"protocol": ENGINE_PROTOCOL, "type": "error", **told})
        raise SystemExit(EXIT_ERROR) from None
    except BrokenPipeError:
        raise SystemExit(EXIT_ERROR) from None
