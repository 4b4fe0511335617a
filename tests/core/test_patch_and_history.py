"""Commands, patches and history against a slow reference that keeps whole copies."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polypviewer.core.command import Command, MaskChange, ValueChange, inverse
from polypviewer.core.command_codec import decode_command, encode_command
from polypviewer.core.draft import Draft
from polypviewer.core.errors import EditError
from polypviewer.core.geometry import Point, Rect, whole
from polypviewer.core.history import History, rebuild_history
from polypviewer.core.identity import FrameRef
from polypviewer.core.label_map import LabelMap, empty_label_map
from polypviewer.core.paint import paint_segment
from polypviewer.core.patch import apply_patch, filling_patch, pack_xor, patch_between, unpack_xor

READER = UUID(int=7)
FRAMES = (FrameRef(UUID(int=1), 0), FrameRef(UUID(int=1), 3), FrameRef(UUID(int=2), 0))
SIZES = {FRAMES[0]: (23, 31), FRAMES[1]: (23, 31), FRAMES[2]: (17, 8)}


def stroke(draft: Draft, a: Point, b: Point, *, radius: float, value: int) -> Command:
    before = draft.label_map.copy()
    rect = paint_segment(draft.label_map, a, b, radius, value=value)
    patch = patch_between(before, draft.label_map, rect)
    return Command(uuid4(), READER, "stroke", (MaskChange(draft.frame, patch),))


coordinate = st.floats(-10, 45, allow_nan=False)
strokes = st.tuples(
    st.just("stroke"),
    st.sampled_from(FRAMES),
    coordinate,
    coordinate,
    coordinate,
    coordinate,
    st.floats(0.5, 12),
    st.sampled_from([0, 1, 2, 255]),
)
steps = st.lists(st.one_of(strokes, st.tuples(st.just("undo")), st.tuples(st.just("redo"))), max_size=25)


@given(steps)
def test_any_sequence_of_strokes_undo_and_redo_equals_a_model_that_keeps_copies(
    sequence: list[tuple[Any, ...]],
) -> None:
    drafts = {frame: Draft(frame, empty_label_map(*SIZES[frame])) for frame in FRAMES}
    history = History()
    rows: list[tuple[str, Command]] = []
    past: list[dict[FrameRef, LabelMap]] = [{f: d.label_map.copy() for f, d in drafts.items()}]
    future: list[dict[FrameRef, LabelMap]] = []
    for step in sequence:
        if step[0] == "stroke":
            _, frame, ax, ay, bx, by, radius, value = step
            command = stroke(drafts[frame], Point(ax, ay), Point(bx, by), radius=radius, value=value)
            history.push(command)
            rows.append(("do", decode_command(encode_command(command))))
            past.append({f: d.label_map.copy() for f, d in drafts.items()})
            future.clear()
        elif step[0] == "undo" and (undone := history.undo()):
            for frame in undone.frames:
                drafts[frame].apply_all(inverse(undone))
            rows.append(("undo", undone))
            future.append(past.pop())
        elif step[0] == "redo" and (redone := history.redo()):
            for frame in redone.frames:
                drafts[frame].apply_all(redone.changes)
            rows.append(("redo", redone))
            past.append(future.pop())
        for frame, draft in drafts.items():
            assert np.array_equal(draft.label_map, past[-1][frame])
    rebuilt = rebuild_history(rows)
    assert [c.id for c in rebuilt.done] == [c.id for c in history.done]
    assert [c.id for c in rebuilt.undone] == [c.id for c in history.undone]
    assert rebuilt.size_bytes == history.size_bytes


@given(height=st.integers(1, 37), width=st.integers(1, 37), share=st.floats(0, 1), seed=st.integers(0, 2**32 - 1))
def test_a_patch_between_any_two_label_maps_leads_there_and_back(
    height: int, width: int, share: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    before = rng.integers(0, 256, (height, width), np.uint8)
    after = np.where(rng.random((height, width)) < share, rng.integers(0, 256, (height, width), np.uint8), before)
    command = Command(
        uuid4(), READER, "shape", (MaskChange(FRAMES[0], patch_between(before, after, whole(height, width))),)
    )
    draft = Draft(FRAMES[0], before.copy())
    draft.apply_all(decode_command(encode_command(command)).changes)
    assert np.array_equal(draft.label_map, after)
    draft.apply_all(inverse(command))
    assert np.array_equal(draft.label_map, before)


@given(
    budget=st.integers(0, 3_000),
    moves=st.lists(st.tuples(st.sampled_from(["push", "push", "undo", "redo"]), st.integers(0, 40)), max_size=40),
)
def test_history_never_holds_more_than_its_budget_but_for_the_newest_step(
    budget: int, moves: list[tuple[str, int]]
) -> None:
    history, rows = History(budget_bytes=budget), list[tuple[str, Command]]()
    draft = Draft(FRAMES[0], empty_label_map(40, 40))
    for move, place in moves:
        if move == "push":
            made = stroke(draft, Point(place, 3), Point(3, place), radius=1 + place / 9, value=1 + place % 3)
            history.push(made)
            rows.append(("do", made))
        elif (again := history.undo() if move == "undo" else history.redo()) is not None:
            rows.append((move, again))
        assert history.size_bytes == sum(step.size_bytes for step in (*history.done, *history.undone))
        assert history.size_bytes <= budget or len(history.done) <= 1 or move != "push"
    rebuilt = rebuild_history(rows, budget_bytes=budget)
    assert (rebuilt.done, rebuilt.undone) == (history.done, history.undone)


def test_applying_a_patch_twice_leaves_the_mask_as_it_was() -> None:
    rng = np.random.default_rng(0)
    before = rng.integers(0, 256, (40, 60), np.uint8)
    after = before.copy()
    after[5:20, 30:33] = rng.integers(0, 256, (15, 3), np.uint8)
    patch = patch_between(before, after, whole(40, 60))
    target = before.copy()
    apply_patch(target, patch)
    assert np.array_equal(target, after)
    apply_patch(target, patch)
    assert np.array_equal(target, before)


def test_a_patch_keeps_only_the_tight_rectangle_of_the_difference() -> None:
    before = empty_label_map(100, 100)
    after = before.copy()
    after[10:12, 50:55] = 3
    assert patch_between(before, after, Rect(0, 0, 100, 90)).rect == Rect(50, 10, 5, 2)


def test_a_patch_for_another_size_is_refused_and_changes_nothing() -> None:
    after = empty_label_map(10, 10)
    after[4, 4] = 1
    patch = patch_between(empty_label_map(10, 10), after, whole(10, 10))
    target = empty_label_map(11, 10)
    with pytest.raises(EditError, match="another size"):
        apply_patch(target, patch)
    assert not target.any()


def test_a_new_step_forgets_what_was_undone() -> None:
    history = History()
    draft = Draft(FRAMES[0], empty_label_map(*SIZES[FRAMES[0]]))
    history.push(stroke(draft, Point(3, 3), Point(9, 9), radius=2, value=1))
    history.undo()
    history.push(stroke(draft, Point(5, 3), Point(9, 9), radius=2, value=1))
    assert history.redo() is None


def test_the_oldest_steps_are_dropped_beyond_the_budget_and_the_newest_never() -> None:
    draft = Draft(FRAMES[0], empty_label_map(*SIZES[FRAMES[0]]))
    history = History(budget_bytes=600)
    commands = [stroke(draft, Point(i, 3), Point(i, 9), radius=2, value=i) for i in range(1, 20)]
    for command in commands:
        history.push(command)
    assert history.size_bytes <= 600
    assert history.last_done is commands[-1]


def test_a_thousand_strokes_at_1080p_cost_less_than_20_mb() -> None:
    draft = Draft(FRAMES[0], empty_label_map(1080, 1920))
    history = History()
    rng = np.random.default_rng(1)
    for _ in range(1000):
        x, y = rng.uniform(0, 1920), rng.uniform(0, 1080)
        history.push(stroke(draft, Point(x, y), Point(x + 120, y + 60), radius=34, value=int(rng.integers(0, 3))))
    assert history.size_bytes <= 20_000_000


def test_values_and_pixels_of_a_command_survive_the_journal_codec() -> None:
    draft = Draft(FRAMES[2], empty_label_map(17, 8))
    painted = stroke(draft, Point(2, 2), Point(6, 15), radius=1.5, value=4)
    value = ValueChange(FRAMES[2], "comment", None, "größer als 5 mm?")
    command = Command(uuid4(), READER, "accept", (*painted.changes, value), uuid4(), "Accept")
    assert decode_command(encode_command(command)) == command


PAYLOAD_OF_VERSION_1 = (
    "AQBWAQAAeyJpZCI6IjAwMDAwMDAwLTAwMDAtMDAwMC0wMDAwLTAwMDAwMDAwMDAwYiIsInJlYWRlciI6IjAwMDAwMDAwLTAwMDAt"
    "MDAwMC0wMDAwLTAwMDAwMDAwMDAwNyIsImtpbmQiOiJzdHJva2UiLCJncm91cCI6bnVsbCwidGV4dCI6IsOpIiwiY2hhbmdlcyI6"
    "W3siZnJhbWUiOlsiMDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAxIiwzXSwic2l6ZSI6WzksMTRdLCJyZWN0Ijpb"
    "MywyLDEwLDZdLCJieXRlcyI6MjV9LHsiZnJhbWUiOlsiMDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAxIiwzXSwi"
    "ZmllbGQiOiJvcmlnaW4iLCJiZWZvcmUiOm51bGwsImFmdGVyIjoiZHJhd24ifV19eAFjZIQABgbG/3AWXIwBN2BhYQEANU4BIw=="
)


def test_a_journal_entry_of_payload_version_1_is_still_read() -> None:
    before = empty_label_map(9, 14)
    before[6:9, 10:14] = 4
    after = before.copy()
    after[2:5, 3:11] = 1
    after[3, 4] = 255
    after[7, 10:13] = 0
    command = decode_command(base64.b64decode(PAYLOAD_OF_VERSION_1))
    pixels, value = command.changes
    assert isinstance(pixels, MaskChange)
    assert value == ValueChange(FrameRef(UUID(int=1), 3), "origin", None, "drawn")
    assert apply_patch(before, pixels.patch) == Rect(3, 2, 10, 6)
    assert np.array_equal(before, after)
    assert decode_command(encode_command(command)) == command


@settings(max_examples=80, deadline=None)
@given(
    st.integers(1, 40), st.integers(1, 40), st.lists(st.integers(1, 255), min_size=1, max_size=255, unique=True),
    st.integers(0, 2**32 - 1),
)  # fmt: skip
def test_any_difference_is_packed_and_unpacked_exactly(height: int, width: int, values: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    difference = rng.choice(np.array([0, *values], np.uint8), size=(height, width)).astype(np.uint8)
    difference[rng.integers(height), rng.integers(width)] = values[0]
    assert np.array_equal(unpack_xor(pack_xor(difference), height=height, width=width), difference)


def test_one_value_is_one_plane_whatever_the_value() -> None:
    inside = np.zeros((40, 60), np.uint8)
    inside[5:30, 7:50] = 1
    assert len({len(pack_xor(inside * np.uint8(value))) for value in (1, 2, 3, 254, 255)}) == 1


def test_a_patch_with_damaged_pixels_is_refused_and_changes_nothing() -> None:
    after = empty_label_map(10, 10)
    after[4, 4] = 1
    patch = patch_between(empty_label_map(10, 10), after, whole(10, 10))
    for packed in (b"", patch.packed[:-3], patch.packed[:2], b"\x02\x01" + patch.packed[1:]):
        target = empty_label_map(10, 10)
        with pytest.raises(EditError, match="damaged"):
            apply_patch(target, replace(patch, packed=packed))
        assert not target.any()


def test_a_journal_entry_that_is_cut_off_is_an_error_with_a_sentence() -> None:
    draft = Draft(FRAMES[2], empty_label_map(17, 8))
    data = encode_command(stroke(draft, Point(2, 2), Point(6, 15), radius=3, value=4))
    for length in (0, 3, 20, len(data) - 1):
        with pytest.raises(EditError):
            decode_command(data[:length])


def test_an_unknown_field_is_a_defect_and_not_stored() -> None:
    with pytest.raises(ValueError, match="unknown annotation field"):
        ValueChange(FRAMES[0], "lesion:255", None, "x")


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 700), st.integers(1, 700), st.integers(1, 255), st.integers(0, 2**32 - 1))
def test_filling_background_makes_the_patch_of_the_two_label_maps(
    height: int, width: int, value: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    before = (rng.random((height, width)) < 0.1).astype(np.uint8) * np.uint8(255)
    x, y = int(rng.integers(width)), int(rng.integers(height))
    rect = Rect(x, y, int(rng.integers(1, width - x + 1)), int(rng.integers(1, height - y + 1)))
    inside = (rng.random((rect.height, rect.width)) < rng.choice([0.0, 0.01, 0.6])) & (before[rect.slices] == 0)
    after = before.copy()
    after[rect.slices][inside] = value
    patch = filling_patch(inside, rect, value=value, height=height, width=width)
    assert patch == patch_between(before, after, whole(height, width))
    apply_patch(before, patch)
    assert np.array_equal(before, after)
