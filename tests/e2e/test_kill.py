"""kill -9 at seeded moments, opening, working, inside a save, closing: what was said to be saved is there afterwards.

Together with tests/storage/test_kill.py and tests/e2e/test_kill_window.py these are 200; `make fuzz` makes 10,000.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from tests.e2e.killing import LostWorkError, Moment, Sitting, Workshop, moments_of, survivors
from tests.e2e.plan import Reference, make_plan
from tests.e2e.test_kill_window import SEEDS as IN_THE_WINDOW
from tests.storage.test_kill import MOMENTS as IN_STORAGE

BATCHES = 10
SEEDS_A_BATCH = 10
SLOW_DISK = 0.05
"""Share of lives in which the machine itself may have stalled for longer than the promise of 200 ms."""


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory, qapp: QApplication) -> Iterator[Workshop]:
    made = Workshop(tmp_path_factory.mktemp("workshop"), qapp)
    yield made
    made.close()


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(BATCHES))
def test_after_kill_9_at_any_moment_everything_that_was_saved_is_there_and_undo_works(
    workshop: Workshop, batch: int
) -> None:
    lives = [workshop.live(seed) for seed in range(batch * SEEDS_A_BATCH, (batch + 1) * SEEDS_A_BATCH)]
    late = [life for life in lives if life.oldest_lost > 0.2]
    assert len(late) <= max(1, SLOW_DISK * len(lives)), "steps released more than 200 ms before the kill are missing"


def test_the_suite_kills_two_hundred_times() -> None:
    here = sum(len(moments_of(seed)) for seed in range(BATCHES * SEEDS_A_BATCH))
    assert here + len(IN_THE_WINDOW) + IN_STORAGE >= 200


def test_the_comparison_can_fail() -> None:
    moment = Moment(3, None, statement=1)
    reference = Reference([(20, 20), (21, 19), (30, 20)])
    before = reference.copy()
    for step in make_plan(3, frames=3, steps=40):
        reference.apply(step)
    found = reference.snapshot()
    sitting = Sitting([0.1 * number for number in range(40)], kept=38, killed_at=4.0)
    assert survivors([before], sitting, moment, found, seed=0)[1] == 0.0
    found.label_maps[0] = found.label_maps[0].copy()
    found.label_maps[0][3, 3] ^= 1
    with pytest.raises(LostWorkError, match="seed 0"):
        survivors([before], sitting, moment, found, seed=0)


def test_a_step_that_was_said_to_be_saved_and_is_missing_fails_the_comparison() -> None:
    moment = Moment(3, None, statement=1)
    reference = Reference([(20, 20), (21, 19), (30, 20)])
    before = reference.copy()
    for step in make_plan(3, frames=3, steps=10):
        reference.apply(step)
    sitting = Sitting([0.1 * number for number in range(40)], kept=38, killed_at=4.0)
    with pytest.raises(LostWorkError, match="38 saved"):
        survivors([before], sitting, moment, reference.snapshot(), seed=0)
