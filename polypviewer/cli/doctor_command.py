"""`doctor`: one line for each thing that the program needs of this machine."""

from __future__ import annotations

import platform
from dataclasses import asdict
from pathlib import Path
from typing import Final

from polypviewer import __version__
from polypviewer.cli.speaking import FAILED, out, say_json
from polypviewer.core.check import Check
from polypviewer.session.diagnosis import doctor_checks
from polypviewer.session.models import bundle_roots
from polypviewer.session.settings import home_folder

_SIGNS: Final = {"ok": "[green]ok[/green]", "warning": "[yellow]note[/yellow]", "error": "[red]missing[/red]"}


def run_doctor(*, as_json: bool) -> None:
    """Print the report; exit code 1 if something that people need does not work."""
    folders = {"projects": Path.cwd(), "settings": home_folder()}
    checks = doctor_checks(folders=folders, bundle_roots=bundle_roots())
    if as_json:
        say_json(
            {
                "version": __version__,
                "python": platform.python_version(),
                "system": platform.platform(),
                "checks": [asdict(check) for check in checks],
            }
        )
    else:
        _print(checks)
    if any(check.state == "error" for check in checks):
        raise SystemExit(FAILED)


def _print(checks: tuple[Check, ...]) -> None:
    console = out()
    console.print(f"polypviewer {__version__}, Python {platform.python_version()}, {platform.platform()}")
    for check in checks:
        console.print(f"{_SIGNS[check.state]:>24}  {check.name}: ", end="")
        console.print(check.detail, markup=False)
        if check.cure:
            console.print(f"{'':>9} → {check.cure}", markup=False)
