"""The command line: the same session functions, no windows. Commands import what they need when they run."""

from __future__ import annotations

import sys

from polypviewer.cli.commands import app, with_window
from polypviewer.cli.speaking import run_app

__all__ = ["app", "main"]


def main() -> None:
    """Entry point `polypviewer`. Exit code 0 only on success, 1 for an expected error, 130 after Ctrl+C."""
    run_app(app, with_window(sys.argv[1:]))
