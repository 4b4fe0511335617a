"""kill -9 of the real window: 300 ms after a stroke with nothing accepted, and at nine seeded moments."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

from polypviewer.core.exam_rules import ExamRule
from polypviewer.core.history import rebuild_history
from polypviewer.core.identity import FrameRef
from polypviewer.media.write import write_png
from polypviewer.session.importing import import_media
from polypviewer.session.jobs import project_for_command
from polypviewer.session.store_door import direct_door
from polypviewer.storage import create_project, open_project
from tests.e2e.hand import Hand
from tests.e2e.window_child import STEPS, digest

ROOT = Path(__file__).parents[2]
READER = "AB"
SEEDS = range(9)
BEGINS_WITH_A_STROKE = 1


@pytest.fixture
def project(tmp_path: Path) -> Path:
    picture = tmp_path / "frame.png"
    write_png(picture, np.random.default_rng(0).integers(60, 200, (240, 320, 3), np.uint8))
    folder = tmp_path / "project"
    create_project(folder, name="kill")
    with project_for_command(folder, reader=READER, writes=True) as store:
        import_media(direct_door(store), [picture], ExamRule("unknown"), tell=lambda _progress: None)
    return folder


class WatchedWindow:
    """A window in a process of its own. `states`: the digests that it told, from the empty frame on."""

    def __init__(self, project: Path, seed: int, steps: int = STEPS) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.window_child", str(project), str(seed), str(steps)],
            stdout=subprocess.PIPE, text=True, cwd=ROOT,
        )  # fmt: skip
        self.states = [digest(np.zeros((240, 320), np.uint8))]
        self.kept = 0

    def read_until(self, word: str) -> bool:
        """Read on until a line begins with `word`; False at the end."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            kind, *rest = line.split()
            if kind == "state":
                self.states.append(rest[1])
            elif kind == "kept":
                self.kept = int(rest[0])
            if kind == word:
                return True
        return False

    def read_for(self, seconds: float) -> None:
        """Read on for a while."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.read_until("state"):
            pass

    def kill(self) -> None:
        """As the power would."""
        os.kill(self._process.pid, signal.SIGKILL)
        while self.read_until("state"):
            pass
        self._process.wait(timeout=20)
        assert self._process.stdout is not None
        self._process.stdout.close()


def found_digest(project: Path) -> tuple[str, int]:
    """The pixels after a restart, and how many steps undo knows."""
    store = open_project(project, reader=READER)
    try:
        (item,) = store.media()
        history = rebuild_history((row.action, row.command) for row in store.history_rows())
        return digest(store.load_draft(FrameRef(item.id, 0)).label_map), len(history.done)
    finally:
        store.close()


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_a_window_killed_at_any_moment_loses_nothing_that_it_said_was_saved(project: Path, seed: int) -> None:
    window = WatchedWindow(project, seed)
    assert window.read_until("ready")
    window.read_for(random.Random(seed).uniform(0.2, 1.5))
    window.kill()
    assert 0 < len(window.states) - 1 < STEPS
    found, _ = found_digest(project)
    assert found in window.states[window.kept :], f"{len(window.states) - 1} steps, {window.kept} saved"


@pytest.mark.slow
def test_a_stroke_released_300_ms_before_the_kill_is_there_and_can_be_undone(project: Path, qapp: object) -> None:
    window = WatchedWindow(project, BEGINS_WITH_A_STROKE, steps=1)
    assert window.read_until("state")
    time.sleep(0.3)
    window.kill()
    empty, painted = window.states
    assert painted != empty
    found, steps = found_digest(project)
    assert found == painted
    assert steps == 1
    hand = Hand()
    try:
        undo_all(hand, project, found, steps)
    finally:
        hand.close()


def undo_all(hand: Hand, project: Path, found: str, steps: int) -> None:
    hand.open(project)
    assert any(message.code == "open.restored" for message in hand.messages)
    assert hand.session.draft is not None
    assert digest(hand.session.draft.label_map) == found
    for done in range(1, steps + 1):
        hand.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        hand.until(partial(lambda left: len(hand.session.history.done) == left, steps - done), what="an undone step")
    assert not hand.session.draft.label_map.any()
