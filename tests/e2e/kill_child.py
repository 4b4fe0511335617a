"""Works through a plan on a real project until it is killed. `python -m tests.e2e.kill_child PROJECT` is a fork server.

It loads the program once. For each line on stdin (`SEED STATEMENT`) it forks a child that opens the project, works, and
tells on stdout how far it is: `did N` after N steps, `kept N` when the first N steps are said to be saved. With
`STATEMENT` above 0 the child kills itself after so many writes to `project.db`, which is inside a save.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication
from sqlalchemy import Engine, event

from polypviewer.session.session import Session
from tests.e2e.plan import Step, in_pixels, make_plan

STEPS = 400
READER = "AB"


def work(project: Path, seed: int, statement: int) -> None:
    """Open the project and go through the plan; ends when it is done or this process is killed."""
    application = QCoreApplication([])
    session = Session()
    session.open(project, READER)
    wait_until(application, lambda: session.current is not None)
    if statement:
        die_inside_a_save(statement)
    done = 0

    def kept() -> None:
        if not session.is_dirty:
            say(f"kept {done}")

    session.saved.connect(kept)
    say("ready")
    for step in make_plan(seed, frames=len(session.frames), steps=STEPS):
        go_on(application, session, step)
        done += 1
        say(f"did {done}")
        application.processEvents()
        time.sleep(0.001)
    wait_until(application, lambda: not session.is_dirty)
    say(f"kept {done}")
    session.close()


def go_on(application: QCoreApplication, session: Session, step: Step) -> None:
    """One step, as the window would ask for it; waits only for frames to come."""
    if step.kind in ("undo", "redo"):
        getattr(session, step.kind)()
        wait_until(application, lambda: not session.navigation.is_under_way)
        return
    session.go_to(session.frames[step.frame])
    wait_until(application, lambda: session.current == session.frames[step.frame])
    draft = session.draft
    if step.kind == "stroke" and draft is not None and session.begin_stroke(step.value):
        for point in in_pixels(step, draft.label_map.shape):
            session.stroke_to(point, step.radius)
        session.end_stroke()
    elif step.kind == "accept" and draft is not None and ((draft.label_map > 0) & (draft.label_map < 255)).any():
        session.accept(stay=True)
    elif step.kind == "no_polyp":
        session.state_no_polyp(stay=True)
    elif step.kind == "needs_work":
        session.needs_work()


def wait_until(application: QCoreApplication, true: Any) -> None:
    """Let events run until something is so; ten seconds at most."""
    end = time.monotonic() + 10
    while not true():
        if time.monotonic() > end:
            raise TimeoutError("waited for ten seconds")
        application.processEvents()
        time.sleep(0.0005)


def die_inside_a_save(statement: int) -> None:
    """Kill this process, as the power would, after a number of statements that write to `project.db`."""
    left = [statement]

    def count(_c: Any, _cursor: Any, text: str, _p: Any, _context: Any, _many: bool) -> None:  # noqa: FBT001 # SQLAlchemy's signature
        if not text.startswith(
            ("INSERT INTO revision", "INSERT INTO blob", "INSERT INTO annotation", "INSERT INTO frame")
        ):
            return
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "after_cursor_execute", count)


def say(line: str) -> None:
    """One line to whoever watches, at once."""
    os.write(1, f"{line}\n".encode())


def serve(project: Path) -> None:
    """Fork a worker for each line; its number goes out first, its end last."""
    for line in sys.stdin:
        seed, statement = (int(part) for part in line.split())
        child = os.fork()
        if child == 0:
            work(project, seed, statement)
            os._exit(0)
        say(f"child {child}")
        os.waitpid(child, 0)
        say("over")


if __name__ == "__main__":
    import polypviewer.media.image
    import polypviewer.storage  # noqa: F401 # loaded once, before the forks

    serve(Path(sys.argv[1]))
