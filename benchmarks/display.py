"""A display of our own and empty settings, for the processes that a benchmark starts."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.report import ROOT
from tests.surroundings import SCREEN, Xvfb, isolate_home, xcb_failure

__all__ = ["display"]


@contextmanager
def display(folder: Path, *, screen: str = SCREEN) -> Iterator[dict[str, str]]:
    """An environment with its home in `folder` and a display (Qt's offscreen platform where there is no Xvfb)."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("POLYPVIEWER_")}
    environment |= isolate_home(folder / "home")
    environment |= {"PYTHONPATH": str(ROOT)}
    if xcb_failure() is not None or not Xvfb.installed():
        yield environment | {"QT_QPA_PLATFORM": "offscreen"}
        return
    server = Xvfb(screen)
    try:
        yield environment | {"QT_QPA_PLATFORM": "xcb", "DISPLAY": server.display}
    finally:
        server.stop()
        shutil.rmtree(folder / "home", ignore_errors=True)
