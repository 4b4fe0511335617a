"""Whatever the order of strokes, decisions, undo, redo, revisions and restarts: the stores equal a slow model."""

import shutil
import tempfile
from functools import cache
from pathlib import Path
from uuid import uuid4

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from polypviewer.core.command import Command, ValueChange, inverse
from polypviewer.core.draft import Draft
from polypviewer.core.geometry import Rect
from polypviewer.core.history import rebuild_history
from polypviewer.core.identity import FrameRef
from polypviewer.core.label_map import LabelMap
from polypviewer.storage import open_project
from tests.storage.projects import HEIGHT, WIDTH, identity_of, make_project, painted, plain, ref_of

State = tuple[LabelMap, dict[str, str]]
FRAMES = (ref_of(0), ref_of(1))


@cache
def template() -> Path:
    """A project that every example begins with a copy of."""
    return make_project(Path(tempfile.mkdtemp(prefix="polypviewer-model-")) / "project")


class StoredWork(RuleBasedStateMachine):
    """The model keeps whole copies: what each frame is, and for each step what it was before and after."""

    @initialize()
    def open(self) -> None:
        self.place = Path(tempfile.mkdtemp(prefix="polypviewer-model-"))
        self.folder = self.place / "project"
        shutil.copytree(template(), self.folder)
        self.store = open_project(self.folder, reader="anna")
        empty = np.zeros((HEIGHT, WIDTH), np.uint8)
        self.state: dict[FrameRef, State] = {ref: (empty, {}) for ref in FRAMES}
        self.done: list[tuple[Command, State, State]] = []
        self.undone: list[tuple[Command, State, State]] = []

    @rule(
        frame=st.sampled_from(FRAMES),
        place=st.tuples(st.integers(0, WIDTH - 2), st.integers(0, HEIGHT - 2)),
        value=st.sampled_from([0, 1, 2, 255]),
    )
    def paint(self, frame: FrameRef, place: tuple[int, int], value: int) -> None:
        rect = Rect(*place, 20, 14).clipped(HEIGHT, WIDTH)
        draft = self.shown(frame)
        self.make(frame, Command(uuid4(), self.store.reader.id, "stroke", painted(draft, rect, value)))

    @rule(
        frame=st.sampled_from(FRAMES),
        field=st.sampled_from(["decision", "comment", "lesion:3", "origin"]),
        number=st.integers(0, 2),
    )
    def say(self, frame: FrameRef, field: str, number: int) -> None:
        words = {
            "decision": ("accepted", "needs_work", "accepted"),
            "comment": ("a", "ü", None),
            "lesion:3": (f"{number:08}-0000-4000-8000-000000000000",) * 3,
            "origin": ("imported", "proposal", None),
        }
        change = ValueChange(frame, field, self.state[frame][1].get(field), words[field][number])
        self.make(frame, Command(uuid4(), self.store.reader.id, "value", (change,)))

    def make(self, frame: FrameRef, command: Command) -> None:
        before, draft = self.state[frame], self.shown(frame)
        draft.apply_all(command.changes)
        self.store.append(command, "do")
        self.state[frame] = (draft.label_map, draft.values)
        self.done.append((command, before, self.state[frame]))
        self.undone.clear()

    @precondition(lambda self: self.done)
    @rule()
    def undo(self) -> None:
        command, before, after = self.done.pop()
        draft = self.stored(command.frames[0])
        draft.apply_all(inverse(command))
        self.store.append(command, "undo")
        self.undone.append((command, before, after))
        self.state[command.frames[0]] = before

    @precondition(lambda self: self.undone)
    @rule()
    def redo(self) -> None:
        command, before, after = self.undone.pop()
        self.store.append(command, "redo")
        self.done.append((command, before, after))
        self.state[command.frames[0]] = after

    @rule(frame=st.sampled_from(FRAMES))
    def revise(self, frame: FrameRef) -> None:
        self.store.write_revision(self.shown(frame), identity=identity_of(frame))

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.store = open_project(self.folder, reader="anna")
        self.compare()

    def shown(self, frame: FrameRef) -> Draft:
        label_map, values = self.state[frame]
        return Draft(frame, label_map.copy(), values)

    def stored(self, frame: FrameRef) -> Draft:
        return self.store.load_draft(frame)

    def compare(self) -> None:
        for frame, (label_map, values) in self.state.items():
            draft = self.stored(frame)
            assert np.array_equal(draft.label_map, label_map)
            assert plain(draft.values) == plain(values)
        history = rebuild_history((row.action, row.command) for row in self.store.history_rows())
        assert history.done == tuple(step[0] for step in self.done)
        assert history.undone == tuple(step[0] for step in self.undone)

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.compare()
            self.store.close()
            shutil.rmtree(self.place)


TestStoredWork = StoredWork.TestCase
TestStoredWork.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
