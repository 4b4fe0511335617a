"""Killed at any moment of a write: all that was acknowledged is there, bit for bit, and can still be undone."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from uuid import UUID

import numpy as np
import pytest

from polypviewer.core.history import rebuild_history
from polypviewer.core.label_map import LabelMap
from tests.conftest import ROOT
from tests.storage.kill_child import READER, Step, plan
from tests.storage.projects import HEIGHT, WIDTH, make_project, opened, ref_of

MOMENTS = 40
FIRST_MOMENTS = 6


class Reference:
    """The slow model: whole pictures, no patches. `done` and `undone` hold (command id, frame, before, after)."""

    def __init__(self) -> None:
        self.frames = [np.zeros((HEIGHT, WIDTH), np.uint8) for _ in range(2)]
        self.done: list[tuple[UUID, int, LabelMap, LabelMap]] = []
        self.undone: list[tuple[UUID, int, LabelMap, LabelMap]] = []

    def go(self, step: Step) -> None:
        if step.kind == "paint":
            before, after = self.frames[step.frame], self.frames[step.frame].copy()
            after[step.rect.slices] = step.value
            self.done.append((step.id, step.frame, before, after))
            self.undone.clear()
            self.frames[step.frame] = after
        elif step.kind == "undo":
            self.undone.append(self.done.pop())
            self.frames[step.frame] = self.undone[-1][2]
        elif step.kind == "redo":
            self.done.append(self.undone.pop())
            self.frames[step.frame] = self.done[-1][3]

    def says(self) -> tuple[list[bytes], list[UUID], list[UUID]]:
        return [f.tobytes() for f in self.frames], [s[0] for s in self.done], [s[0] for s in self.undone]


@pytest.fixture(scope="module")
def server() -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.storage.kill_child"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=20) == 0


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("template") / "project")


def acknowledged_when_killed(server: subprocess.Popen[bytes], folder: Path, seed: int) -> int:
    """Let a child work, kill it at a moment that the seed chooses, and count the steps that it told of."""
    assert server.stdin is not None
    assert server.stdout is not None
    lines = iter(server.stdout.readline, b"")
    server.stdin.write(f"{seed} {folder}\n".encode())
    child = int(next(lines).split()[1])
    random = Random(seed * 7919)
    last = 0
    if seed >= FIRST_MOMENTS:
        wanted = random.randrange(1, 60)
        while last < wanted:
            last = int(next(lines).split()[1])
        time.sleep(random.uniform(0, 0.006))
    else:
        time.sleep(random.uniform(0.005, 0.08))
    os.kill(child, signal.SIGKILL)
    server.stdin.write(b"reap\n")
    for line in lines:
        if line == b"reaped\n":
            break
        last = int(line.split()[1])
    return last


@pytest.mark.parametrize("seed", range(MOMENTS))
def test_a_kill_at_any_moment_loses_nothing_that_was_acknowledged(
    server: subprocess.Popen[bytes], template: Path, tmp_path: Path, seed: int
) -> None:
    folder = tmp_path / "project"
    shutil.copytree(template, folder)
    steps = acknowledged_when_killed(server, folder, seed)
    reference, steps_to_come = Reference(), plan(seed)
    for _ in range(steps):
        reference.go(next(steps_to_come))
    allowed = [reference.says()]
    reference.go(next(steps_to_come))
    allowed.append(reference.says())
    with opened(folder, reader=READER) as store:
        history = rebuild_history((row.action, row.command) for row in store.history_rows())
        found = (
            [store.load_draft(ref_of(number)).label_map.tobytes() for number in range(2)],
            [command.id for command in history.done],
            [command.id for command in history.undone],
        )
        assert found in allowed
        assert store.notices == ()
