"""Works on a project until it is killed. `python -m tests.storage.kill_child` is a fork server.

It loads the program once. For each line on stdin, `SEED PROJECT`, it forks a child that opens the project and goes
through a plan; the child tells on stdout `did N` once N steps have returned from the store. `reap` waits for a child.
"""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Literal
from uuid import UUID

from polypviewer.core.command import inverse
from polypviewer.core.geometry import EMPTY_RECT, Rect
from polypviewer.core.history import rebuild_history
from polypviewer.storage import open_project
from tests.storage.projects import HEIGHT, WIDTH, done, identity_of, painted, ref_of

STEPS = 3000
READER = "anna"
NO_ID = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a plan on frame 0 or 1."""

    kind: Literal["paint", "undo", "redo", "revise"]
    frame: int = 0
    rect: Rect = EMPTY_RECT
    value: int = 0
    id: UUID = NO_ID


def plan(seed: int) -> Iterator[Step]:
    """The same steps for the same seed; undo and redo only where there is something to take back or make again."""
    random = Random(seed)
    done_steps: list[Step] = []
    undone: list[Step] = []
    for _ in range(STEPS):
        kind = random.choices(["paint", "undo", "redo", "revise"], [6, 2, 2, 3])[0]
        if kind == "undo" and done_steps:
            undone.append(done_steps.pop())
            yield Step("undo", undone[-1].frame)
        elif kind == "redo" and undone:
            done_steps.append(undone.pop())
            yield Step("redo", done_steps[-1].frame)
        elif kind == "revise":
            yield Step("revise", random.randrange(2))
        else:
            rect = Rect(random.randrange(WIDTH - 2), random.randrange(HEIGHT - 2), 25, 17).clipped(HEIGHT, WIDTH)
            step = Step("paint", random.randrange(2), rect, random.randrange(4), UUID(int=random.getrandbits(128)))
            done_steps.append(step)
            undone.clear()
            yield step


def work(seed: int, folder: Path) -> None:
    """Go through the plan on real stores."""
    store = open_project(folder, reader=READER)
    drafts = [store.load_draft(ref_of(number)) for number in range(2)]
    history = rebuild_history((row.action, row.command) for row in store.history_rows())
    for number, step in enumerate(plan(seed), 1):
        draft = drafts[step.frame]
        if step.kind == "paint":
            history.push(done(store, draft, painted(draft, step.rect, step.value), command_id=step.id))
        elif step.kind == "undo" and (command := history.undo()) is not None:
            store.append(command, "undo")
            draft.apply_all(inverse(command))
        elif step.kind == "redo" and (command := history.redo()) is not None:
            store.append(command, "redo")
            draft.apply_all(command.changes)
        elif step.kind == "revise":
            store.write_revision(draft.snapshot(), identity=identity_of(draft.frame))
        os.write(1, b"did %d\n" % number)


def serve() -> None:
    """Fork a child for each line."""
    for line in sys.stdin:
        if line.startswith("reap"):
            os.waitpid(-1, 0)
            os.write(1, b"reaped\n")
            continue
        seed, _, folder = line.strip().partition(" ")
        child = os.fork()
        if child == 0:
            work(int(seed), Path(folder))
            os._exit(0)
        os.write(1, b"child %d\n" % child)


if __name__ == "__main__":
    serve()
