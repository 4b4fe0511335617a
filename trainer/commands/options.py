"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

Data = Annotated[list[str], typer.Option(help="NAME=FOLDER with images/ and masks/; may be given more than once.")]
Protocol = Annotated[bool, typer.Option("--protocol", help="Events on stdout, control on stdin.")]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda; never falls back silently.")]
