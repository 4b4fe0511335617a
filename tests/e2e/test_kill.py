"""kill -9 at seeded moments, some of them inside a save: after reopening, nothing that was said to be saved is lost."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from polypviewer.core.exam_rules import ExamRule
from polypviewer.core.history import rebuild_history
from polypviewer.core.identity import FrameRef
from polypviewer.media.write import write_png
from polypviewer.session.importing import import_media
from polypviewer.session.jobs import project_for_command
from polypviewer.session.store_door import direct_door
from polypviewer.storage import create_project, open_project
from tests.e2e.kill_child import READER, STEPS
from tests.e2e.plan import Reference, Snapshot, make_plan

ROOT = Path(__file__).parents[2]
ANY_TIME = 30
INSIDE_A_SAVE = 15
SIZES = [(48, 64), (61, 53), (40, 40)]


class ForkServer:
    """The process that has the program loaded and forks a worker for each kill."""

    def __init__(self, project: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.kill_child", str(project)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, "CI": "1"},
        )  # fmt: skip

    def run(self, seed: int, *, after: float | None, statement: int) -> tuple[int, int]:
        """Let a worker work and kill it `after` seconds from being ready (None: it dies by itself).

        Returns how many steps it had made, and how many it had said to be saved.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(f"{seed} {statement}\n")
        self._process.stdin.flush()
        child = int(self._line().removeprefix("child "))
        did = kept = 0
        deadline: float | None = None
        while (line := self._line()) != "over":
            word, _, number = line.partition(" ")
            did, kept = (int(number), kept) if word == "did" else (did, int(number) if word == "kept" else kept)
            if word == "ready" and after is not None:
                deadline = time.monotonic() + after
            if deadline is not None and time.monotonic() >= deadline:
                os.kill(child, signal.SIGKILL)
                deadline = None
        return did, kept

    def close(self) -> None:
        """End it."""
        self._process.communicate(timeout=20)

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the fork server is gone"
        return line.strip()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    pictures = []
    for number, (height, width) in enumerate(SIZES):
        path = tmp_path / "pictures" / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        write_png(path, rng.integers(60, 200, (height, width, 3), np.uint8))
        pictures.append(path)
    folder = tmp_path / "project"
    create_project(folder, name="kill")
    with project_for_command(folder, reader=READER, writes=True) as store:
        import_media(direct_door(store), pictures, ExamRule("unknown"), tell=lambda _progress: None)
    return folder


@pytest.fixture
def server(project: Path) -> Iterator[ForkServer]:
    made = ForkServer(project)
    yield made
    made.close()


def reopened(project: Path) -> Snapshot:
    """What a reader finds after a restart."""
    store = open_project(project, reader=READER)
    try:
        history = rebuild_history((row.action, row.command) for row in store.history_rows())
        refs = [FrameRef(item.id, 0) for item in store.media()]
        drafts = [store.load_draft(ref) for ref in refs]
        return Snapshot(
            [d.label_map for d in drafts], [d.values for d in drafts], len(history.done), len(history.undone)
        )
    finally:
        store.close()


def wipe(project: Path, clean: dict[str, bytes]) -> None:
    """The project as it was before anybody worked on it."""
    for path in project.iterdir():
        if path.is_file():
            path.unlink()
    for name, content in clean.items():
        (project / name).write_bytes(content)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_after_kill_9_at_any_moment_everything_that_was_saved_is_there_and_undo_works(
    project: Path, server: ForkServer
) -> None:
    clean = {path.name: path.read_bytes() for path in project.iterdir() if path.is_file()}
    rng = random.Random(2026)
    moments: list[tuple[int, float | None, int]] = [(seed, rng.uniform(0.0, 0.6), 0) for seed in range(ANY_TIME)]
    moments += [(100 + seed, None, rng.randint(1, 40)) for seed in range(INSIDE_A_SAVE)]
    died_working = 0
    for seed, after, statement in moments:
        wipe(project, clean)
        did, kept = server.run(seed, after=after, statement=statement)
        found = reopened(project)
        reference = Reference([found.label_maps[i].shape for i in range(len(SIZES))])
        matches = []
        for number, step in enumerate(make_plan(seed, frames=len(SIZES), steps=STEPS), start=1):
            if number - 1 > did + 1:
                break
            if number - 1 >= kept and reference.snapshot().equals(found):
                matches.append(number - 1)
            reference.apply(step)
        assert matches, f"seed {seed}: {did} steps made, {kept} saved, and what is found equals none of them"
        died_working += did < STEPS
    assert died_working == len(moments)


def test_the_comparison_can_fail() -> None:
    plan = make_plan(3, frames=2, steps=40)
    first, second = Reference([(20, 20), (20, 20)]), Reference([(20, 20), (20, 20)])
    for step in plan:
        first.apply(step)
        second.apply(step)
    assert first.snapshot().equals(second.snapshot())
    second.states[-1][0][0][3, 3] ^= 1
    assert not first.snapshot().equals(second.snapshot())
