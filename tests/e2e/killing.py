"""kill -9 at a moment that a seed chooses, again and again; what is found afterwards must be what the reference says.

One seed is one life of a project: up to three sittings, each ended by a kill (while opening, at any time, or inside a
save), each beginning where the one before was cut off.
"""

from __future__ import annotations

import os
import random
import selectors
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from PySide6.QtCore import QCoreApplication

from polypviewer.core.exam_rules import ExamRule
from polypviewer.media.write import write_png
from polypviewer.session.importing import import_media
from polypviewer.session.jobs import project_for_command
from polypviewer.session.messages import Message, message
from polypviewer.session.session import Session
from polypviewer.session.settings import Settings
from polypviewer.session.store_door import direct_door
from polypviewer.storage import create_project
from tests.e2e.kill_child import FRAMES, READER, STEPS, go_on, wait_until
from tests.e2e.plan import Reference, Snapshot, Step, make_plan

ROOT: Final = Path(__file__).parents[2]
SIZES: Final = ((48, 64), (61, 53), (40, 40))
UNDONE_AT_MOST: Final = 30


@dataclass(frozen=True, slots=True)
class Moment:
    """When to kill: `after` seconds from being ready (or from the fork: `opening`), or inside the `statement`th write.

    A child that has made `steps` steps closes the project; the kill may come too late for it.
    """

    plan: int
    after: float | None
    statement: int = 0
    opening: bool = False
    steps: int = STEPS


@dataclass(slots=True)
class Sitting:
    """What a killed child had told: steps made (and when), steps said to be saved, when it died."""

    did: list[float] = field(default_factory=list)
    kept: int = 0
    killed_at: float = 0.0
    exit_code: int = 0

    @property
    def made(self) -> int:
        """How many steps it had made."""
        return len(self.did)


def moments_of(seed: int) -> list[Moment]:
    """The sittings of a seed."""
    rng = random.Random(seed * 7919 + 1)
    moments = []
    for number in range(rng.choice([1, 1, 2, 3])):
        plan = seed * 10 + number
        kind = rng.choices(["early", "late", "save", "closing", "opening"], [7, 1, 5, 2, 1])[0]
        if kind == "early":
            moments.append(Moment(plan, rng.uniform(0.0, 0.15)))
        elif kind == "late":
            moments.append(Moment(plan, rng.uniform(0.3, 0.8)))
        elif kind == "save":
            moments.append(Moment(plan, None, statement=int(rng.triangular(1, 150, 1))))
        elif kind == "closing":
            moments.append(Moment(plan, None, statement=rng.randint(20, 60), steps=8))
        else:
            moments.append(Moment(plan, rng.uniform(0.0, 0.04), opening=True))
    return moments


class ForkServer:
    """The process that has the program loaded and forks a worker for each kill."""

    def __init__(self, project: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.kill_child", str(project)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, cwd=ROOT,
        )  # fmt: skip
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin, self._process.stdout
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._out, selectors.EVENT_READ)
        self._buffer = b""

    def run(self, moment: Moment) -> Sitting:
        """Let a worker work until it is killed."""
        self._in.write(f"{moment.plan} {moment.steps} {moment.statement}\n".encode())
        child, sitting, deadline = 0, Sitting(), float("inf")
        while True:
            line = self._line(deadline)
            if line is None:
                sitting.killed_at, deadline = time.monotonic(), float("inf")
                os.kill(child, signal.SIGKILL)
                continue
            word, *rest = line.split()
            if word == "over":
                sitting.exit_code = int(rest[0])
                return sitting
            if word == "child":
                child = int(rest[0])
            if word == ("child" if moment.opening else "ready") and moment.after is not None:
                deadline = time.monotonic() + moment.after
            self._take(sitting, word, rest)

    def close(self) -> None:
        """End it."""
        self._selector.close()
        self._process.communicate(timeout=20)

    @staticmethod
    def _take(sitting: Sitting, word: str, rest: list[str]) -> None:
        if word == "did":
            sitting.did.append(float(rest[1]))
        elif word == "kept":
            sitting.kept = int(rest[0])
        elif word == "dying":
            sitting.killed_at = float(rest[0])

    def _line(self, deadline: float) -> str | None:
        """The next line; None when the deadline comes first."""
        while b"\n" not in self._buffer:
            patience = None if deadline == float("inf") else max(deadline - time.monotonic(), 0.0)
            if not self._selector.select(patience):
                return None
            chunk = self._out.read(65536)
            assert chunk, "the fork server is gone"
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.decode()


@dataclass(frozen=True, slots=True)
class Life:
    """What became of a seed: kills, and the age in seconds of the oldest step that any of them lost."""

    kills: int
    steps: int
    oldest_lost: float


class LostWorkError(AssertionError):
    """A seed after which something was missing, wrong, or not told."""


class Workshop:
    """A small real project that is killed again and again. `folder` is where it lies."""

    def __init__(self, folder: Path, application: QCoreApplication) -> None:
        self._application = application
        self.project = make_project(folder)
        self._clean = {path.name: path.read_bytes() for path in self.project.iterdir() if path.is_file()}
        self._server = ForkServer(self.project)

    def live(self, seed: int) -> Life:
        """All sittings of a seed. Raises `LostWorkError`."""
        self._wipe()
        candidates, kills, steps, oldest = [Reference(list(SIZES))], 0, 0, 0.0
        for moment in moments_of(seed):
            sitting = self._server.run(moment)
            if sitting.exit_code != -signal.SIGKILL and (sitting.exit_code, sitting.kept) != (0, moment.steps):
                raise LostWorkError(
                    f"seed {seed}: the child ended by itself with {sitting.exit_code} after {sitting.made}"
                )
            told = restored(self.project)
            looked = Look(self._application, self.project)
            try:
                looked.must_say(told, seed)
                candidates, oldest_now = survivors(candidates, sitting, moment, looked.found(), seed)
                if seed % 4 == 0:
                    looked.must_undo(candidates, seed)
            finally:
                looked.close()
            kills += sitting.exit_code == -signal.SIGKILL
            steps, oldest = steps + sitting.made, max(oldest, oldest_now)
        return Life(kills, steps, oldest)

    def close(self) -> None:
        """End the fork server."""
        self._server.close()

    def _wipe(self) -> None:
        for path in self.project.iterdir():
            if path.is_file():
                path.unlink()
        for name, content in self._clean.items():
            (self.project / name).write_bytes(content)


def survivors(
    candidates: list[Reference], sitting: Sitting, moment: Moment, found: Snapshot, seed: int
) -> tuple[list[Reference], float]:
    """The references that what is found may stand for, and how old the oldest lost step was when it came.

    Steps that were said to be saved must all be there; the one in the air may be.
    """
    fitting: list[Reference] = []
    last = -1
    plan = make_plan(moment.plan, frames=FRAMES, steps=moment.steps)
    for start in candidates:
        reference = start.copy()
        for number in range(sitting.made + 2):
            if number >= sitting.kept and reference.snapshot().equals(found):
                fitting.append(reference.copy())
                last = max(last, number)
            if number < len(plan):
                reference.apply(plan[number])
    if not fitting:
        raise LostWorkError(
            f"seed {seed}, {moment}: {sitting.made} steps made, {sitting.kept} saved, "
            f"and what is found ({found.done} done, {found.undone} undone) equals none of them"
        )
    lost = sitting.did[last : sitting.made]
    return fitting, (sitting.killed_at - lost[0]) if lost else 0.0


class Look:
    """The project as a reader finds it after a restart, in a session of its own."""

    def __init__(self, application: QCoreApplication, project: Path) -> None:
        self._application = application
        self.messages: list[Message] = []
        settings = Settings()
        settings.set("propose_on_show", value=False)
        self.session = Session(settings=settings)
        self.session.message.connect(self.messages.append)
        self.session.open(project, READER)
        self._until(lambda: self.session.current is not None)

    def must_say(self, told: tuple[int, int], seed: int) -> None:
        """The window says how much came from the journal, and nothing else went wrong."""
        said = [m.text for m in self.messages]
        wanted = [message("open.restored", steps=told[0], frames=told[1]).text] if told[0] else []
        if said != wanted:
            raise LostWorkError(f"seed {seed}: reopening says {said}, and the journal says {wanted}")

    def found(self) -> Snapshot:
        """Every frame, visited."""
        label_maps, values = [], []
        for ref in list(self.session.frames):
            self.session.go_to(ref)
            self._until(lambda ref=ref: self.session.current == ref)  # type: ignore[misc] # bound at once
            assert self.session.draft is not None
            label_maps.append(self.session.draft.label_map.copy())
            values.append(dict(self.session.draft.values))
        history = self.session.history
        return Snapshot(label_maps, values, len(history.done), len(history.undone))

    def must_undo(self, candidates: list[Reference], seed: int) -> None:
        """Undo works after the kill, step by step, and redo brings all of it back."""
        depth = min(len(self.session.history.done), UNDONE_AT_MOST)
        for kind in ("undo", "redo"):
            for number in range(depth):
                go_on(self._application, self.session, Step(kind))
                for reference in candidates:
                    reference.apply(Step(kind))
                if number in (0, depth - 1):
                    now = self.found()
                    candidates[:] = [reference for reference in candidates if reference.snapshot().equals(now)]
                    if not candidates:
                        raise LostWorkError(f"seed {seed}: after the kill, {kind} number {number + 1} is wrong")

    def close(self) -> None:
        """Close the project, which keeps all that is open."""
        self.session.close()

    def _until(self, true: Callable[[], bool]) -> None:
        wait_until(self._application, true)


def restored(project: Path) -> tuple[int, int]:
    """(steps, frames) that no revision contains, by plain SQL on copies of nothing: the stores are only read."""
    with (
        closing(sqlite3.connect(f"{(project / 'project.db').as_uri()}?mode=rw", uri=True)) as decided,
        closing(sqlite3.connect(f"{(project / 'local.db').as_uri()}?mode=rw", uri=True)) as journal,
    ):
        if not journal.execute("SELECT 1 FROM sqlite_master WHERE name = 'journal_frame'").fetchone():
            return 0, 0
        own = journal.execute("SELECT value FROM about WHERE name = 'journal_id'").fetchone()
        contained = {
            (media, position): last
            for media, position, last in decided.execute(
                "SELECT f.media_id, f.position, max(r.journal_sequence) FROM revision r JOIN annotation a ON"
                " a.id = r.annotation_id JOIN frame f ON f.id = a.frame_id WHERE r.journal_id = ? GROUP BY 1, 2",
                own or ("",),
            )
        }
        beyond = [
            (sequence, (media, position))
            for sequence, media, position in journal.execute("SELECT sequence, media_id, position FROM journal_frame")
            if sequence > contained.get((media, position), 0)
        ]
    return len({sequence for sequence, _ in beyond}), len({frame for _, frame in beyond})


def make_project(folder: Path) -> Path:
    """A project of three small pictures of different and odd sizes."""
    rng = np.random.default_rng(0)
    pictures = []
    for number, (height, width) in enumerate(SIZES):
        path = folder / "pictures" / f"{number}.png"
        path.parent.mkdir(exist_ok=True, parents=True)
        write_png(path, rng.integers(60, 200, (height, width, 3), np.uint8))
        pictures.append(path)
    project = folder / "project"
    create_project(project, name="kill")
    with project_for_command(project, reader=READER, writes=True) as store:
        import_media(direct_door(store), pictures, ExamRule("unknown"), tell=lambda _progress: None)
    return project
