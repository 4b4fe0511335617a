"""Any sequence of work by two readers on a real session equals a slow reference that keeps whole copies of all frames.

The session is the real one: lanes, stores, files. After each step the shown frame, its fields and the depth of undo and
redo are compared; after each reopening every frame and every status light. `make fuzz` searches longer.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from PySide6.QtWidgets import QApplication

from polypviewer.core.command import Change
from polypviewer.core.draft import Draft
from polypviewer.core.errors import EditError
from polypviewer.core.geometry import Point
from polypviewer.core.identity import FrameRef
from polypviewer.core.label_map import LabelMap, has_polyp
from polypviewer.core.proposal import Proposal, numbered_components, proposal_mask
from polypviewer.core.review import (
    DecidedBy,
    ReviewStatus,
    accept_changes,
    dismiss_changes,
    dismissed_components,
    needs_work_changes,
    no_polyp_changes,
    review_status,
    set_value,
    take_proposal_changes,
)
from polypviewer.session.messages import Message
from polypviewer.session.session import Session
from polypviewer.session.settings import Settings
from tests.e2e.kill_child import wait_until
from tests.e2e.plan import Reference, drawn, in_pixels, paint, telling
from tests.e2e.plan import Step as Painted
from tests.e2e.tool_steps import OF_HAND, OF_LANE, ask
from tests.session.any_sequence_template import SIZES, Template, make_template

SEARCHES_LONGER = os.environ.get("HYPOTHESIS_PROFILE") == "fuzz"
EXAMPLES = 400 if SEARCHES_LONGER else 25


share = st.integers(-2_000, 12_000).map(lambda part: part / 10_000)
"""Of the frame's width or height: as fine as any mouse, and sometimes outside."""
places = st.lists(st.tuples(share, share), min_size=1, max_size=4).map(tuple)
strokes = st.builds(
    Painted, st.just("stroke"), st.just(0), places, st.floats(0.5, 14), st.sampled_from([0, 1, 1, 2, 254, 255])
)


tools = st.builds(
    Painted,
    st.sampled_from((*OF_LANE, *OF_HAND)),
    points=st.lists(st.tuples(share, share), min_size=3, max_size=6).map(tuple),
    radius=st.floats(0.5, 14),
    value=st.sampled_from([0, 1, 1, 2, 254, 255]),
    slot=st.sampled_from([None, 1]),
)


class Sitting(RuleBasedStateMachine):
    """What may happen between the first opening of a project and the last closing."""

    def __init__(self, template: Template) -> None:
        super().__init__()
        self.template = template
        self.folder = template.copy()
        self.readers = {name: Reference(list(SIZES)) for name in ("A", "B")}
        self.reader, self.frame = "A", 0
        self.has_model = False
        self.session: Session | None = None
        self.messages: list[Message] = []

    # --- opening and closing ---

    @initialize(has_model=st.booleans())
    def begin(self, has_model: bool) -> None:  # noqa: FBT001 # drawn by hypothesis
        self.has_model = has_model
        self.open()

    def open(self) -> None:
        taste = Settings()
        taste.set("propose_on_show", value=False)
        self.session = Session(settings=taste)
        self.session.message.connect(self.messages.append)
        if not self.has_model:
            self.session.proposing.use = ignore_model  # type: ignore[assignment, method-assign] # opening one takes long
        self.session.open(self.folder, self.reader)
        self.until(lambda: self.now.current is not None)
        self.frame = 0
        self.arrive()

    def close(self) -> None:
        if self.session is not None:
            self.session.close()
            self.session = None
            self.reference.clipping = None

    @property
    def now(self) -> Session:
        assert self.session is not None
        return self.session

    @property
    def reference(self) -> Reference:
        return self.readers[self.reader]

    def until(self, true: Callable[[], bool]) -> None:
        wait_until(self.template.application, true)

    def arrive(self) -> None:
        """Until what was asked for is there: the frame, and its proposal where it has one."""
        self.until(lambda: not self.now.navigation.is_under_way)
        assert self.now.current is not None
        self.frame = self.now.frames.index(self.now.current)
        if self.has_model and self.frame in self.template.proposals:
            self.until(lambda: self.now.proposal is not None and self.now.proposal.proposal.frame == self.now.current)

    @rule()
    def reopen(self) -> None:
        self.close()
        self.open()
        self.every_frame_is_right()

    @rule()
    def another_reader_comes_and_undoes_nothing_of_this_one(self) -> None:
        self.close()
        self.reader = "B" if self.reader == "A" else "A"
        self.open()
        self.every_frame_is_right()
        if len(self.reference.states) == 1:
            self.now.undo()
            self.arrive()
            assert self.messages[-1].code == "history.empty"

    def every_frame_is_right(self) -> None:
        for ref in list(self.now.frames):
            self.now.go_to(ref)
            self.arrive()
            self.shown_is_right()

    # --- the slow way ---

    @property
    def proposal(self) -> Proposal | None:
        return self.template.proposals.get(self.frame) if self.has_model else None

    @property
    def proposal_id(self) -> UUID | None:
        return self.proposal.id if self.proposal is not None else None

    def mask(self, draft: Draft) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
        if self.proposal is None:
            return np.zeros(SIZES[self.frame], np.bool_)
        hidden = dismissed_components(draft, proposal_id=self.proposal.id)
        return proposal_mask(self.proposal, dismissed=hidden)

    def copy_of_frame(self) -> Draft:
        label_map, values = self.reference.states[-1][self.frame]
        return Draft(FrameRef(UUID(int=0), self.frame), label_map.copy(), values)

    def decide(self, changes: Callable[[Draft], tuple[Change, ...]]) -> None:
        """What the rules of `core` say, on a whole copy; what they refuse is no step."""
        with suppress(EditError):
            self.reference.edit(self.frame, partial(apply_to, changes=changes))

    # --- what must hold ---

    @invariant()
    def shown_is_right(self) -> None:
        if self.session is None:
            return
        draft = self.now.draft
        assert draft is not None
        label_map, values = self.reference.states[-1][self.frame]
        assert same(draft.label_map, label_map)
        assert telling(draft.values) == telling(values)
        assert self.now.statuses[draft.frame] is self.light_of(self.frame)
        history = self.now.history
        assert (len(history.done), len(history.undone)) == (len(self.reference.states) - 1, len(self.reference.undone))
        assert [m for m in self.messages if m.level == "error"] == []

    def light_of(self, number: int) -> ReviewStatus:
        label_map, values = self.reference.states[-1][number]
        proposed = number in self.template.proposals
        return review_status(values, has_mask=has_polyp(label_map), has_proposal=proposed)

    def teardown(self) -> None:
        try:
            if self.session is not None:
                self.close()
                self.open()
                self.every_frame_is_right()
        finally:
            self.close()
            shutil.rmtree(self.folder.parent, ignore_errors=True)


class Reading(Sitting):
    """What a reader does in between."""

    @rule(stroke=strokes)
    def paint(self, stroke: Painted) -> None:
        before = self.reference.snapshot()
        self.draw(stroke)
        self.now.end_stroke()
        changed = self.reference.edit(self.frame, drawn(partial(paint, step=stroke)))
        self.shown_is_right()
        if changed:
            self.undo()
            assert self.reference.snapshot().label_maps[self.frame] is before.label_maps[self.frame]
            self.shown_is_right()
            self.redo()

    def draw(self, stroke: Painted) -> None:
        assert self.now.draft is not None
        height, width = self.now.draft.label_map.shape
        assert self.now.begin_stroke(stroke.value)
        for x, y in stroke.points:
            self.now.stroke_to(Point(x * width, y * height), stroke.radius)

    @rule(tool=tools)
    def use_a_tool(self, tool: Painted) -> None:
        step = replace(tool, frame=self.frame)
        ask(self.now, step, in_pixels(step, SIZES[self.frame]), self.until)
        self.reference.apply(step)

    @rule(stroke=strokes)
    def paint_and_press_escape(self, stroke: Painted) -> None:
        self.draw(stroke)
        self.now.cancel_stroke()

    @rule(stroke=strokes, frame=st.integers(0, len(SIZES) - 1))
    def leave_with_the_button_down(self, stroke: Painted, frame: int) -> None:
        assume(frame != self.frame)
        self.draw(stroke)
        self.reference.edit(self.frame, drawn(partial(paint, step=stroke)))
        self.go_to(frame)

    @rule(frame=st.integers(0, len(SIZES) - 1))
    def go_to(self, frame: int) -> None:
        self.now.go_to(self.now.frames[frame])
        self.arrive()

    @rule(first=st.integers(0, len(SIZES) - 1), second=st.integers(0, len(SIZES) - 1))
    def turn_back_on_the_way(self, first: int, second: int) -> None:
        self.now.go_to(self.now.frames[first])
        self.now.go_to(self.now.frames[second])
        self.arrive()

    @rule(stay=st.booleans())
    def accept(self, stay: bool) -> None:  # noqa: FBT001 # drawn by hypothesis
        self.decide(lambda draft: accept_changes(draft, shown_proposal=self.mask(draft), proposal_id=self.proposal_id))
        self.now.accept(stay=stay)
        self.arrive()

    @rule(stay=st.booleans())
    def state_no_polyp(self, stay: bool) -> None:  # noqa: FBT001 # drawn by hypothesis
        self.decide(no_polyp_changes)
        self.now.state_no_polyp(stay=stay)
        self.arrive()

    @rule()
    def needs_work(self) -> None:
        self.decide(needs_work_changes)
        self.now.needs_work()

    @rule(text=st.text(max_size=20))
    def comment(self, text: str) -> None:
        self.decide(lambda draft: set_value(draft, "comment", text or None))
        self.now.set_comment(text)

    @precondition(lambda self: self.proposal is not None)
    @rule(x=st.floats(0, 1, exclude_max=True), y=st.floats(0, 1, exclude_max=True))
    def dismiss(self, x: float, y: float) -> None:
        proposal = self.proposal
        assert proposal is not None
        height, width = SIZES[self.frame]
        number = int(numbered_components(proposal)[0][int(y * height), int(x * width)])
        hidden = dismissed_components(self.copy_of_frame(), proposal_id=proposal.id)
        if number and number not in hidden:
            self.decide(lambda draft: dismiss_changes(draft, proposal_id=proposal.id, component=number))
        self.now.dismiss_at(Point(x * width, y * height))

    @precondition(lambda self: self.proposal is not None)
    @rule()
    def take_proposal(self) -> None:
        proposal = self.proposal
        assert proposal is not None
        self.decide(
            lambda draft: take_proposal_changes(draft, shown_proposal=self.mask(draft), proposal_id=proposal.id)
        )
        self.now.take_proposal()

    @precondition(lambda self: self.has_model)
    @rule()
    def accept_all_proposed(self) -> None:
        """One step over many frames; each that nobody has touched, and none that does not wait."""
        reference, told, steps = self.reference, len(self.messages), len(self.now.history.done)
        untouched = set(self.template.proposals) - reference.touched
        waiting = {number for number in self.template.proposals if self.light_of(number) is ReviewStatus.PROPOSED}
        self.now.accept_all_proposed()
        self.until(lambda: len(self.messages) > told)
        last = self.now.history.last_done
        made = last is not None and len(self.now.history.done) > steps
        accepted = {self.now.frames.index(ref) for ref in last.frames} if made and last is not None else set()
        assert untouched <= accepted <= waiting
        reference.edit_all(accepted, self.accept_in_bulk)

    def accept_in_bulk(self, draft: Draft) -> None:
        proposal = self.template.proposals[draft.frame.index]
        mask = proposal_mask(proposal, dismissed=dismissed_components(draft, proposal_id=proposal.id))
        draft.apply_all(accept_changes(draft, shown_proposal=mask, proposal_id=proposal.id, decided_by=DecidedBy.BULK))

    @rule()
    def undo(self) -> None:
        self.now.undo()
        self.arrive()
        self.reference.apply(Painted("undo"))

    @rule()
    def redo(self) -> None:
        self.now.redo()
        self.arrive()
        self.reference.apply(Painted("redo"))

    @rule(count=st.integers(2, 12))
    def undo_storm(self, count: int) -> None:
        """All asked for at once; each waits for its frame."""
        for _ in range(count):
            self.now.undo()
            self.reference.apply(Painted("undo"))
        self.until(lambda: len(self.now.history.done) == len(self.reference.states) - 1)
        self.arrive()

    @rule()
    def save(self) -> None:
        self.now.save()
        self.until(lambda: not self.now.is_dirty)


def apply_to(draft: Draft, *, changes: Callable[[Draft], tuple[Change, ...]]) -> None:
    draft.apply_all(changes(draft))


def ignore_model(_bundle: object, *, announce: bool = False) -> None:
    """An example without a model."""


def same(found: LabelMap, wanted: LabelMap) -> bool:
    return found.shape == wanted.shape and bool(np.array_equal(found, wanted))


@pytest.mark.slow
@pytest.mark.hypothesis
@pytest.mark.timeout(7200 if SEARCHES_LONGER else 300)
def test_any_sequence_of_work_equals_a_reference_that_keeps_whole_copies(tmp_path: Path, qapp: QApplication) -> None:
    template = make_template(tmp_path, qapp)

    class OnTemplate(Reading):
        def __init__(self) -> None:
            super().__init__(template)

    run_state_machine_as_test(
        OnTemplate,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=60 if SEARCHES_LONGER else 25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
