"""A stroke paints in place, leaves one patch, and Escape leaves no trace."""

from uuid import UUID

import numpy as np

from polypviewer.core.draft import Draft
from polypviewer.core.geometry import Point
from polypviewer.core.identity import FrameRef
from polypviewer.core.label_map import empty_label_map
from polypviewer.core.nib import Nib
from polypviewer.core.patch import apply_patch
from polypviewer.session.strokes import Stroke

FRAME = FrameRef(UUID(int=1), 0)


def test_a_stroke_paints_and_its_patch_takes_it_back() -> None:
    draft = Draft(FRAME, empty_label_map(40, 60))
    stroke = Stroke(draft, value=1)
    first = stroke.reach(Point(10.5, 10.5), Nib(4.0))
    second = stroke.reach(Point(40.5, 20.5), Nib(4.0))
    assert not first.is_empty
    assert second.width > first.width
    assert draft.label_map[10, 10] == 1
    assert draft.label_map[20, 40] == 1
    apply_patch(draft.label_map, stroke.patch())
    assert not draft.label_map.any()


def test_escape_during_a_stroke_leaves_the_mask_as_it_was() -> None:
    rng = np.random.default_rng(3)
    label_map = rng.integers(0, 3, (50, 50), dtype=np.uint8)
    before = label_map.copy()
    draft = Draft(FRAME, label_map)
    stroke = Stroke(draft, value=0)
    for x in range(5, 45, 7):
        stroke.reach(Point(x, 60 - x), Nib(6.0))
    stroke.restore()
    assert np.array_equal(draft.label_map, before)


def test_painting_outside_the_frame_changes_nothing() -> None:
    draft = Draft(FRAME, empty_label_map(20, 20))
    stroke = Stroke(draft, value=1)
    assert stroke.reach(Point(-50.0, -50.0), Nib(3.0)).is_empty
    assert stroke.patch().is_empty
