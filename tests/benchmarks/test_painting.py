"""An inset and text as a console paints them: the inset hides no polyp, and both are the same ones again."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.folds.painting import (
    GREEN,
    Change,
    console_text,
    green_inset,
    painted_changes,
    summary_of,
)
from tests.trainer.conftest import frame_with_polyp, write_data, write_rgb
from trainer.data.folders import Pair, find_pairs
from trainer.evaluation.proposals import Answer, Source
from trainer.pixels.field_of_view import find_field_of_view
from trainer.pixels.metrics import IGNORE
from trainer.proposing import Proposed, Rules

pytestmark = pytest.mark.torch


def bright_source() -> Source:
    """Proposes whatever is bright, wherever it is."""

    def answer(_: Pair, image: NDArray[np.uint8]) -> Answer:
        mask = image[..., 1] > 150
        return Answer(Proposed(mask.astype(np.uint8) * 255, mask, find_field_of_view(image)), None, 1.0)

    return Source(answer, Rules((64, 64), 0.5, 0.0), graded=True, facts={})


@pytest.mark.parametrize("shape", [(96, 96), (60, 130)])
@pytest.mark.parametrize("key", ["a", "b", "c"])
def test_the_inset_is_green_and_hides_no_polyp(shape: tuple[int, int], key: str) -> None:
    image = np.full((*shape, 3), 120, np.uint8)
    label = np.zeros(shape, np.uint8)
    label[20:40, 30:60] = 1
    painted = green_inset(image, label, key)
    assert painted is not None
    picture, judged = painted
    hidden = judged == IGNORE
    assert 0.005 < hidden.mean() < 0.2
    assert (picture[hidden] == GREEN).all()
    assert (picture[~hidden] == image[~hidden]).all()
    assert (judged[~hidden] == label[~hidden]).all()
    assert (label[hidden] == 0).all()
    again = green_inset(image, label, key)
    assert again is not None
    assert (again[0] == picture).all()


def test_a_frame_full_of_polyp_has_no_room_for_an_inset() -> None:
    assert green_inset(np.zeros((64, 64, 3), np.uint8), np.ones((64, 64), np.uint8), "a") is None


def test_text_is_written_over_some_pixels_and_all_are_judged() -> None:
    image, label = frame_with_polyp(0)
    picture, judged = console_text(image, label, "d/1")
    changed = (np.abs(picture.astype(int) - image) > 8).any(axis=-1).mean()
    assert 0 < changed < 0.2
    assert (judged == label).all()


def test_what_looks_at_brightness_is_not_changed_by_a_dark_green_inset(tmp_path: Path) -> None:
    pairs = find_pairs(write_data(tmp_path, frames=4), name="d")
    changes = painted_changes(bright_source(), pairs, green_inset)
    assert len(changes) == 4
    assert all(one.before == one.after == 1.0 for one in changes)
    assert summary_of(changes)["dice_change"] == 0.0


def test_a_frame_that_carries_an_inset_is_left_out(tmp_path: Path) -> None:
    folder = write_data(tmp_path, frames=2)
    image, _ = frame_with_polyp(0)
    image[70:90, 5:30] = GREEN
    write_rgb(folder / "images" / "f000.png", image)
    changes = painted_changes(bright_source(), find_pairs(folder, name="d"), console_text)
    assert [one.key for one in changes] == ["d/f001"]


def test_the_summary_tells_polyps_from_empty_frames() -> None:
    changes = [
        Change("a", 0.9, 0.8, alarm_before=False, alarm_after=False),
        Change("b", 0.5, 0.7, alarm_before=True, alarm_after=False),
        Change("c", None, None, alarm_before=True, alarm_after=False),
    ]
    assert summary_of(changes) == {
        "frames_with_polyp": 2, "dice_change": 0.05, "mean_size_of_change": 0.15, "largest_fall": 0.1,
        "empty_frames": 1, "empty_with_proposal_before": 1, "empty_with_proposal_after": 0,
    }  # fmt: skip
    assert summary_of([])["dice_change"] is None
