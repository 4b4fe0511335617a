"""Opening the window, or saying in one line why that cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

from polypviewer.core.errors import SettingsError
from polypviewer.session.diagnosis import window_problem


def open_window(project: Path | None) -> NoReturn:
    """Open the window; the process ends with its exit code.

    Raises `SettingsError` ("command.window") where none opens.
    """
    problem = window_problem()
    if problem is not None:
        raise SettingsError("command.window", reason=problem)
    from polypviewer.app import run_window

    raise SystemExit(run_window(project))
