import numpy as np
import pytest

from polypviewer.core.component_boxes import Part, part_after, parts_of
from polypviewer.core.geometry import Rect
from polypviewer.core.label_map import IGNORE
from polypviewer.core.proposal import Component


def labels(*painted: tuple[int, Rect]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    made = np.zeros((60, 80), np.uint8)
    for slot, rect in painted:
        made[rect.slices] = slot
    return made


def test_islands_come_from_above_then_from_the_left_and_proposed_regions_after_them() -> None:
    low, high, right = Rect(5, 40, 4, 4), Rect(20, 3, 6, 5), Rect(50, 3, 2, 2)
    region = Component(1, Rect(1, 1, 3, 3), 9, 0.9)
    found = parts_of(labels((1, low), (2, high), (1, right)), (region,))
    assert found == (Part(2, high), Part(1, right), Part(1, low), Part(0, region.rect))


def test_two_lesions_that_touch_are_two_and_two_corners_of_one_are_one() -> None:
    found = parts_of(labels((1, Rect(10, 10, 3, 3)), (2, Rect(13, 10, 3, 3)), (3, Rect(30, 30, 2, 2))), ())
    assert found == (Part(1, Rect(10, 10, 3, 3)), Part(2, Rect(13, 10, 3, 3)), Part(3, Rect(30, 30, 2, 2)))
    corners = labels((4, Rect(10, 10, 2, 2)), (4, Rect(12, 12, 2, 2)))
    assert parts_of(corners, ()) == (Part(4, Rect(10, 10, 4, 4)),)


def test_ignored_pixels_and_an_empty_frame_are_no_parts() -> None:
    assert parts_of(labels((IGNORE, Rect(3, 3, 9, 9))), ()) == ()
    assert part_after((), None, step=1) is None


@pytest.mark.parametrize("slot", [1, 254])
def test_a_lesion_that_fills_the_frame_is_one_part(slot: int) -> None:
    assert parts_of(np.full((7, 9), slot, np.uint8), ()) == (Part(slot, Rect(0, 0, 9, 7)),)


def test_going_round_in_both_directions() -> None:
    parts = (Part(1, Rect(0, 0, 2, 2)), Part(1, Rect(9, 9, 2, 2)), Part(0, Rect(0, 0, 2, 2)))
    assert part_after(parts, None, step=1) == parts[0]
    assert part_after(parts, None, step=-1) == parts[2]
    assert part_after(parts, parts[0], step=1) == parts[1]
    assert part_after(parts, parts[2], step=1) == parts[0]
    assert part_after(parts, parts[0], step=-1) == parts[2]


def test_a_part_that_was_painted_on_is_still_the_one_where_one_stands() -> None:
    parts = (Part(1, Rect(0, 0, 2, 2)), Part(1, Rect(8, 8, 6, 4)), Part(1, Rect(30, 30, 2, 2)))
    assert part_after(parts, Part(1, Rect(9, 9, 2, 2)), step=1) == parts[2]
    assert part_after(parts, Part(1, Rect(50, 50, 2, 2)), step=1) == parts[0]
