"""The random robot at the real window for a minute; `make fuzz` lets it work for an hour. See tests/e2e/robot.py."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QObject

from tests.e2e.watchdog import BAR_MS, Watchdog

ROOT = Path(__file__).parents[2]
SECONDS = 45
LEAST_EVENTS = 5_000
BAR_HERE = 2 * BAR_MS
"""Other tests share the cores, and their caches; `make fuzz` holds the window to the bar itself."""


def test_a_handler_that_works_too_long_is_a_stall_and_one_that_only_waits_is_none() -> None:
    watchdog = Watchdog(doing="nothing")

    def work(_receiver: QObject, _event: QEvent) -> bool:
        end = time.thread_time_ns() + int(10 * BAR_MS * 1e6)
        while time.thread_time_ns() < end:
            pass
        return True

    def wait(_receiver: QObject, _event: QEvent) -> bool:
        time.sleep(10 * BAR_MS / 1000)
        return True

    receiver = QObject()
    watchdog.watch(wait, receiver, QEvent(QEvent.Type.User))
    assert watchdog.stalls() == []
    watchdog.watch(work, receiver, QEvent(QEvent.Type.Paint))
    assert watchdog.stalls() == []
    assert watchdog.repaints[0].milliseconds > BAR_MS
    watchdog.watch(work, receiver, QEvent(QEvent.Type.User))
    assert [stall.event for stall in watchdog.stalls()] == ["User"]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_robot_at_the_window_finds_no_error_no_stall_and_no_lost_mask(window_platform: str) -> None:
    command = [
        sys.executable,
        "-m",
        "tests.e2e.robot",
        "--seed",
        "2026",
        "--seconds",
        str(SECONDS),
        "--bar",
        str(BAR_HERE),
    ]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    assert lines, f"the robot's window ended with {done.returncode}:\n{done.stderr[-4000:]}"
    report: dict[str, Any] = json.loads(lines[-1])
    assert report["findings"] == [], f"repeat with: {' '.join(command[1:])}"
    assert report["events"] >= LEAST_EVENTS
    assert report["checks"] >= 2
