"""Programs that we measure ourselves against, each installed into an environment of its own below `runs/peers`."""

import subprocess
import sys
import venv
from pathlib import Path

from benchmarks.report import ROOT, note

__all__ = ["PeerAbsentError", "peer_python"]

PEERS = ROOT / "runs" / "peers"


class PeerAbsentError(Exception):
    """The peer is not installed and may not, or could not, be installed now. The text says which."""


def peer_python(name: str, *, requirement: str, install: bool) -> Path:
    """The interpreter in which the peer `name` ("labelme") is installed, as `requirement` ("labelme==6.3.1").

    With `install` false (a quick run) an absent peer raises PeerAbsentError, as does a failed installation.
    """
    folder = PEERS / name
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    done = folder / "installed.txt"
    if done.is_file() and done.read_text(encoding="utf-8") == requirement:
        return python
    if not install:
        raise PeerAbsentError(f"{requirement} is not installed; the run without --quick installs it")
    note(f"installing {requirement} into {folder.relative_to(ROOT)}")
    venv.create(folder, with_pip=True, clear=True)
    pip = subprocess.run(
        [str(python), "-m", "pip", "install", "--quiet", requirement], capture_output=True, text=True, check=False
    )
    if pip.returncode != 0:
        last = (pip.stderr.strip().splitlines() or ["pip failed"])[-1]
        raise PeerAbsentError(f"{requirement} could not be installed: {last}")
    done.write_text(requirement, encoding="utf-8")
    return python
