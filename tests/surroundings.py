"""What the machine offers to a test run: a display of its own, Qt's libraries, a home folder that is not the user's."""

import ctypes
import importlib.util
import os
import shutil
import subprocess
import threading
import time
from pathlib import Path

__all__ = [
    "Xvfb",
    "isolate_home",
    "leaked_threads",
    "missing_extra",
    "qt_failure",
    "xcb_failure",
]

SCREEN = "1920x1080x24"
"""The larger of the two sizes that the window is designed for."""


class Xvfb:
    """An X server without a screen, one per test process, so that windows of two workers never steal the focus."""

    def __init__(self, screen: str = SCREEN) -> None:
        """Start it on a free display number. Raises OSError when it does not come up."""
        reader, writer = os.pipe()
        command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", screen, "-nolisten", "tcp", "-noreset"]
        self._process = subprocess.Popen(
            command, pass_fds=[writer], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(writer)
        with os.fdopen(reader) as pipe:
            number = pipe.readline().strip()
        if not number:
            self.stop()
            raise OSError("Xvfb did not come up: run it by hand to see why (apt-get install xvfb)")
        self.display = f":{number}"

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=10)

    @staticmethod
    def installed() -> bool:
        return shutil.which("Xvfb") is not None


def qt_failure() -> str | None:
    """Why Qt cannot paint on this machine (a missing system library, most often), or None."""
    try:
        from PySide6 import QtGui, QtTest, QtWidgets
    except ImportError as error:
        return str(error)
    del QtGui, QtTest, QtWidgets
    return None


def xcb_failure() -> str | None:
    """Why Qt's X11 plugin cannot be loaded, or None. Qt itself would abort the process."""
    spec = importlib.util.find_spec("PySide6")
    if spec is None or spec.origin is None:
        return "PySide6 is not installed"
    plugin = Path(spec.origin).parent / "Qt" / "plugins" / "platforms" / "libqxcb.so"
    try:
        ctypes.CDLL(str(plugin))
    except OSError as error:
        return str(error)
    return None


def missing_extra(name: str) -> bool:
    """Whether the library `name` ("torch") of an optional extra is absent; it is not imported."""
    return importlib.util.find_spec(name) is None


def isolate_home(folder: Path) -> dict[str, str]:
    """The environment in which `folder` is home to every setting, cache and record; makes its folders."""
    runtime = folder / "run"
    runtime.mkdir(parents=True, exist_ok=True)
    runtime.chmod(0o700)  # Qt warns about any other mode
    return {
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_STATE_HOME": str(folder / "state"),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "XDG_RUNTIME_DIR": str(runtime),
    }


def leaked_threads(before: set[threading.Thread], *, patience_s: float = 2.0) -> list[str]:
    """Names of the threads that were started since `before` and still run after `patience_s` seconds.

    Threads that foreign code brought into Python (Qt's, av's) are not ours to end and are left out.
    """
    deadline = time.monotonic() + patience_s
    while True:
        alive = [t for t in threading.enumerate() if t not in before and not isinstance(t, threading._DummyThread)]
        if not alive or time.monotonic() > deadline:
            return sorted(t.name for t in alive)
        time.sleep(0.01)
