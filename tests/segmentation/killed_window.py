"""A program that opens an engine and is killed with no chance to end it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil

WINDOW = """
import sys, time
from pathlib import Path
from polypviewer.segmentation import EngineSegmenter, load_bundle
engine = EngineSegmenter(load_bundle(Path(sys.argv[1])), sys.argv[2:])
print(engine.pid, engine._pixels.path, flush=True)
time.sleep(600)
"""


def engine_outlives_killed_window(bundle: Path, command: Sequence[str], *, seconds: float) -> bool:
    """Whether the engine still runs `seconds` after kill -9 of the program that opened it; it is ended then."""
    window = subprocess.Popen([sys.executable, "-c", WINDOW, str(bundle), *command], stdout=subprocess.PIPE, text=True)
    with window:
        assert window.stdout is not None
        pid, _, frames = window.stdout.readline().strip().partition(" ")
        engine = psutil.Process(int(pid))
        window.send_signal(signal.SIGKILL)
    Path(frames).unlink(missing_ok=True)
    _, alive = psutil.wait_procs([engine], timeout=seconds)
    for process in alive:
        process.kill()
    return bool(alive)
