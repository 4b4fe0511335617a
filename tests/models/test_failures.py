"""Pictures of what a bundle gets wrong: which frames, and that both outlines are on them."""

import numpy as np

from tests.models.failures import COLUMNS, PROPOSAL, TRUTH, WIDTH, Answered, picture, worst
from tests.models.golden import DemoFrame


def answered(name: str, *, dice: float = 1.0, area: float = 0.0, has_polyp: bool = True) -> Answered:
    label = np.zeros((48, 60), np.uint8)
    label[10:20, 10:20] = has_polyp
    mask = np.zeros((48, 60), bool)
    mask[30:40, 30:50] = True
    return Answered(DemoFrame(name, np.full((48, 60, 3), 90, np.uint8), label), mask, dice, area)


def test_the_lowest_of_each_exam_and_the_largest_on_empty_frames() -> None:
    found = [
        answered("E-1/a", dice=0.2), answered("E-1/b", dice=0.1), answered("E-2/a", dice=0.5),
        answered("E-3/a", area=0.01, has_polyp=False), answered("E-3/b", area=0.2, has_polyp=False),
        answered("E-3/c", has_polyp=False),
    ]  # fmt: skip
    assert [one.frame.name for one in worst(found)] == ["E-1/b", "E-2/a", "E-3/b", "E-3/a"]


def test_truth_and_proposal_are_both_drawn() -> None:
    drawn = picture([answered(f"E-{number}/a", dice=0.3) for number in range(COLUMNS + 1)])
    assert drawn.shape[1] == COLUMNS * WIDTH
    assert all((drawn[:, :WIDTH] == colour).all(axis=2).any() for colour in (TRUTH, PROPOSAL))
    below = drawn[drawn.shape[0] // 2 :, WIDTH:]
    assert not (below == PROPOSAL).all(axis=2).any()
