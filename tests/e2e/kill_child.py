"""Works through a plan on a real project until it is killed. `python -m tests.e2e.kill_child PROJECT` is a fork server.

It loads the program once. For each line on stdin (`SEED STEPS STATEMENT`) it forks a child that opens the project,
works, and tells on stdout how far it is: `did N SECONDS` after N steps (at a time of the system's steady clock),
`kept N` when the first N steps are said to be saved. With `STATEMENT` above 0 the child kills itself at that write to a
store (odd numbers: after the statement; even ones: before its commit); it says `dying SECONDS` first.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication
from sqlalchemy import Engine, event

from polypviewer.core.label_map import has_polyp
from polypviewer.session.session import Session
from polypviewer.session.settings import Settings
from tests.e2e.plan import Step, in_pixels, make_plan
from tests.e2e.tool_steps import OF_HAND, OF_LANE, ask

STEPS = 400
FRAMES = 3
READER = "AB"
PATIENCE = 30.0


def work(project: Path, seed: int, steps: int, statement: int) -> None:
    """Open the project, go through the plan, close it; ends when that is done or this process is killed."""
    logging.getLogger("polypviewer").addHandler(logging.NullHandler())
    application = QCoreApplication([])
    if statement:
        die_inside_a_save(statement)
    session = opened(application, project)
    done = 0

    def kept() -> None:
        if not session.is_dirty:
            say(f"kept {done}")

    session.saved.connect(kept)
    say("ready")
    for step in make_plan(seed, frames=FRAMES, steps=steps):
        go_on(application, session, step)
        done += 1
        say(f"did {done} {time.monotonic():.6f}")
        application.processEvents()
        time.sleep(0.0005)
    wait_until(application, lambda: not session.is_dirty)
    say(f"kept {done}")
    session.close()


def opened(application: QCoreApplication, project: Path) -> Session:
    """A session that shows the project's first frame; it asks no model, so that a kill costs no start of one."""
    settings = Settings()
    settings.set("propose_on_show", value=False)
    session = Session(settings=settings)
    session.open(project, READER)
    wait_until(application, lambda: session.current is not None)
    return session


def go_on(application: QCoreApplication, session: Session, step: Step) -> None:
    """One step, as the window would ask for it; waits only for frames to come."""
    if step.kind in ("undo", "redo"):
        getattr(session, step.kind)()
        wait_until(application, lambda: not session.navigation.is_under_way)
        return
    session.go_to(session.frames[step.frame])
    wait_until(application, lambda: session.current == session.frames[step.frame])
    draft = session.draft
    assert draft is not None
    if step.kind == "stroke" and session.begin_stroke(step.value):
        for point in in_pixels(step, draft.label_map.shape):
            session.stroke_to(point, step.radius)
        session.end_stroke()
    elif step.kind == "accept" and has_polyp(draft.label_map):
        session.accept(stay=True)
    elif step.kind == "no_polyp":
        session.state_no_polyp(stay=True)
    elif step.kind == "needs_work":
        session.needs_work()
    elif step.kind == "comment":
        session.set_comment(step.text)
    elif step.kind in (*OF_LANE, *OF_HAND):
        ask(session, step, in_pixels(step, draft.label_map.shape), partial(wait_until, application))


def wait_until(application: QCoreApplication, true: Callable[[], bool]) -> None:
    """Let events run until something is so; `PATIENCE` seconds at most."""
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"waited for {PATIENCE:.0f} seconds")
        application.processEvents()
        time.sleep(0.0002)


def die_inside_a_save(statement: int) -> None:
    """Kill this process, as the power would, at a number of writes to any store."""
    left = [statement]

    def die() -> None:
        say(f"dying {time.monotonic():.6f}")
        os.kill(os.getpid(), signal.SIGKILL)

    def count(_c: Any, _cursor: Any, text: str, _p: Any, _context: Any, _many: bool) -> None:  # noqa: FBT001 # SQLAlchemy's signature
        if text.startswith(("INSERT", "UPDATE", "DELETE")):
            left[0] -= 1
            if left[0] == 0 and statement % 2:
                die()

    def commit(_connection: Any) -> None:
        if left[0] <= 0:
            die()

    event.listen(Engine, "after_cursor_execute", count)
    event.listen(Engine, "commit", commit)


def say(line: str) -> None:
    """One line to whoever watches, at once."""
    os.write(1, f"{line}\n".encode())


def serve(project: Path) -> None:
    """Fork a worker for each line; its number goes out first, its end last."""
    for line in sys.stdin:
        seed, steps, statement = (int(part) for part in line.split())
        child = os.fork()
        if child == 0:
            work(project, seed, steps, statement)
            os._exit(0)
        say(f"child {child}")
        _, status = os.waitpid(child, 0)
        say(f"over {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    import polypviewer.media.image
    import polypviewer.storage  # noqa: F401 # loaded once, before the forks

    serve(Path(sys.argv[1]))
