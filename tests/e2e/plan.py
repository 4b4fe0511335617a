"""A seeded plan of work on a project, and the slow reference that says what must be on the screen after each step."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Final
from uuid import UUID

import numpy as np

from polypviewer.core.command import Change
from polypviewer.core.draft import Draft
from polypviewer.core.geometry import Point
from polypviewer.core.identity import FrameRef
from polypviewer.core.label_map import LabelMap, empty_label_map, has_polyp
from polypviewer.core.paint import paint_segment
from polypviewer.core.regions.clipping import Clipping
from polypviewer.core.review import accept_changes, drawn_changes, needs_work_changes, no_polyp_changes, set_value
from tests.e2e.tool_steps import OF_HAND, OF_LANE, copied, drawn_by_hand, pasted_on, shaped

Size = tuple[int, int]
_NOBODY: Final = UUID(int=0)
_KINDS: Final = {
    "stroke": 12, "accept": 3, "no_polyp": 1, "needs_work": 1, "comment": 1, "undo": 5, "redo": 2, "square": 2,
    "nudge": 1, "outline": 2, "preview": 2, "dropped": 1, "merge": 1, "split": 1, "clear": 0.3, "copy": 1, "paste": 1,
    "grow": 0.5, "shrink": 0.5, "smooth": 0.5, "fill_holes": 0.5, "remove_islands": 0.5, "convex_hull": 0.3,
}  # fmt: skip
_SAYS_NOTHING: Final = {"presence": "unknown", "decision": "undecided", "decided_by": "none", "origin": "drawn"}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing a reader does. `points` are fractions of the frame's width and height."""

    kind: str
    frame: int = 0
    points: tuple[tuple[float, float], ...] = ()
    radius: float = 5.0
    value: int = 1
    text: str = ""
    slot: int | None = None


def make_plan(seed: int, *, frames: int, steps: int) -> list[Step]:
    """Strokes mostly, with erasing, decisions, undo and redo in between; the same for the same seed."""
    rng = random.Random(seed)
    plan: list[Step] = []
    for _ in range(steps):
        kind = rng.choices(list(_KINDS), list(_KINDS.values()))[0]
        points = tuple((rng.random(), rng.random()) for _ in range(rng.randint(1, 4)))
        value = rng.choice([0, 1, 1, 1, 2, 255])
        text = rng.choice(["", "flat", "größer als 5 mm?"])
        if kind in ("outline", "preview", "dropped"):
            points = tuple((rng.random(), rng.random()) for _ in range(rng.randint(3, 7)))
        frame, radius = rng.randrange(frames), rng.uniform(2, 12)
        plan.append(Step(kind, frame, points, radius, value, text, slot=rng.choice([None, 1])))
    return plan


@dataclass(slots=True)
class Snapshot:
    """All frames after a step, and how many steps undo and redo know."""

    label_maps: list[LabelMap]
    values: list[dict[str, str]]
    done: int
    undone: int

    def equals(self, other: Snapshot) -> bool:
        """True if every pixel, every field and the undo history agree."""
        return (
            (self.done, self.undone) == (other.done, other.undone)
            and all(
                np.array_equal(mine, theirs) for mine, theirs in zip(self.label_maps, other.label_maps, strict=True)
            )
            and [telling(v) for v in self.values] == [telling(v) for v in other.values]
        )


def telling(values: dict[str, str]) -> dict[str, str]:
    """Fields without those that say nothing: a revision states them, a frame that nobody touched does not."""
    return {name: value for name, value in values.items() if _SAYS_NOTHING.get(name) != value}


@dataclass(slots=True)
class Reference:
    """Applies a plan by keeping whole copies; knows nothing of patches, journals or databases."""

    sizes: list[Size]
    states: list[list[tuple[LabelMap, dict[str, str]]]] = field(default_factory=list)
    undone: list[list[tuple[LabelMap, dict[str, str]]]] = field(default_factory=list)
    clipping: Clipping | None = None
    touched: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        if not self.states:
            self.states.append([(empty_label_map(*size), {}) for size in self.sizes])

    def copy(self) -> Reference:
        """Another one at the same point, with empty hands; states are never painted in place, so they are shared."""
        return Reference(self.sizes, list(self.states), list(self.undone))

    def apply(self, step: Step) -> None:
        """Make one step, or refuse it as the program does."""
        if step.kind == "undo":
            if len(self.states) > 1:
                self.undone.append(self.states.pop())
        elif step.kind == "redo":
            if self.undone:
                self.states.append(self.undone.pop())
        else:
            self._edit(step)

    def snapshot(self) -> Snapshot:
        """What must be there now."""
        now = self.states[-1]
        return Snapshot([m for m, _ in now], [v for _, v in now], len(self.states) - 1, len(self.undone))

    def edit(self, frame: int, work: Callable[[Draft], None]) -> bool:
        """One step: let `work` change a copy of a frame. False, and no step, where it changes nothing."""
        return self.edit_all([frame], work)

    def edit_all(self, frames: Iterable[int], work: Callable[[Draft], None]) -> bool:
        """The same of several frames, as one step."""
        state = list(self.states[-1])
        for frame in frames:
            label_map, values = state[frame]
            draft = Draft(FrameRef(_NOBODY, frame), label_map.copy(), values)
            work(draft)
            if not np.array_equal(label_map, draft.label_map) or values != draft.values:
                state[frame] = (draft.label_map, draft.values)
                self.touched.add(frame)
        if all(new is old for new, old in zip(state, self.states[-1], strict=True)):
            return False
        self.states.append(state)
        self.undone.clear()
        return True

    def _edit(self, step: Step) -> None:
        label_map = self.states[-1][step.frame][0]
        points = in_pixels(step, label_map.shape)
        if step.kind == "copy":
            self.clipping = copied(label_map, self.clipping)
        elif step.kind == "paste":
            self.edit(step.frame, drawn(partial(pasted_on, clipping=self.clipping)))
        elif step.kind in OF_LANE:
            self.edit(step.frame, drawn(partial(shaped, step=step, points=points)))
        elif step.kind in OF_HAND:
            self.edit(step.frame, drawn(partial(_by_hand, step=step, points=points)))
        elif step.kind == "stroke":
            self.edit(step.frame, drawn(partial(paint, step=step)))
        else:
            self.edit(step.frame, lambda draft: _apply(draft, _decision(draft, step)))


def _by_hand(label_map: LabelMap, *, step: Step, points: list[Point]) -> None:
    drawn_by_hand(Draft(FrameRef(_NOBODY, step.frame), label_map), step, points)


def drawn(work: Callable[[LabelMap], None]) -> Callable[[Draft], None]:
    """What a person paints with `work`: the pixels, and the fields that follow if any pixel changed."""

    def edit(draft: Draft) -> None:
        before = draft.label_map.copy()
        work(draft.label_map)
        if not np.array_equal(before, draft.label_map):
            draft.apply_all(drawn_changes(draft))

    return edit


def paint(label_map: LabelMap, step: Step) -> None:
    """The pixels of a stroke, painted in one go."""
    points = in_pixels(step, label_map.shape)
    for a, b in zip([points[0], *points], points, strict=False):
        paint_segment(label_map, a, b, step.radius, value=step.value)


def in_pixels(step: Step, shape: tuple[int, ...]) -> list[Point]:
    """The points of a step in image coordinates."""
    return [Point(x * shape[1], y * shape[0]) for x, y in step.points]


def _apply(draft: Draft, changes: tuple[Change, ...]) -> None:
    draft.apply_all(changes)


def _decision(draft: Draft, step: Step) -> tuple[Change, ...]:
    if step.kind == "comment":
        return set_value(draft, "comment", step.text or None)
    if step.kind == "needs_work":
        return needs_work_changes(draft)
    if step.kind == "accept":
        return accept_changes(draft, shown_proposal=None, proposal_id=None) if has_polyp(draft.label_map) else ()
    return () if has_polyp(draft.label_map) else no_polyp_changes(draft)
