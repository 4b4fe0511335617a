"""Running the command line in this process, as a person would type it."""

import json
from dataclasses import dataclass

import pytest

from polypviewer.cli import app
from polypviewer.cli.commands import with_window
from polypviewer.cli.speaking import run_app


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, object]:
        """The one JSON document on stdout."""
        value = json.loads(self.out)
        assert isinstance(value, dict)
        return value


def polypviewer(capfd: pytest.CaptureFixture[str], *arguments: object) -> Ran:
    """Run `polypviewer ARGUMENTS`."""
    capfd.readouterr()
    with pytest.raises(SystemExit) as end:
        run_app(app, with_window([str(argument) for argument in arguments]))
    told = capfd.readouterr()
    code = end.value.code
    return Ran(code if isinstance(code, int) else 0, told.out, " ".join(told.err.split()))
