"""Pseudo-labels: sure pixels become labels, doubtful frames stay out, and nothing happens unless asked for."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trainer.data.frames import Frames
from trainer.distillation import Member, Teacher
from trainer.errors import DataError
from trainer.models.network import Network
from trainer.pseudo import PseudoCounts, PseudoLabels, doubt_of, pseudo_frames, pseudo_label

CPU = torch.device("cpu")
SURE, DOUBTFUL, EMPTY = range(3)


class Brightness(Network):
    """Says of each pixel the probability that its red channel shows: 0 of 0, 1 of 255."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.decoder = nn.Identity(), nn.Identity()

    def forward(self, image: Tensor) -> Tensor:
        return torch.logit((image[:, :1] + 1) / 2, eps=1e-6)


def frames_of(probabilities: list[NDArray[np.float64]]) -> Frames:
    images = np.stack([np.repeat(np.rint(p * 255).astype(np.uint8)[..., None], 3, axis=2) for p in probabilities])
    count = len(images)
    labels = np.full(images.shape[:3], 255, np.uint8)
    return Frames(tuple(f"clip/{n}" for n in range(count)), images, labels, np.ones(count, np.float32))


@pytest.fixture
def frames() -> Frames:
    """A sure lesion with a thin doubtful edge, a doubtful lesion, and a frame without one."""
    maps = [np.full((32, 32), 0.02) for _ in range(3)]
    maps[SURE][7:21, 7:21] = 0.5
    maps[SURE][8:20, 8:20] = 0.98
    maps[DOUBTFUL][8:20, 8:20] = 0.6
    maps[DOUBTFUL][10:12, 10:12] = 0.98
    return frames_of(maps)


@pytest.fixture
def teacher() -> Teacher:
    return Teacher((Member(Brightness(), (32, 32), 1.0),), precision="float32")


def test_pixels_are_lesion_background_or_ignored() -> None:
    probability = np.array([[0.0, 0.1, 0.11], [0.5, 0.89, 0.9], [0.95, 1.0, 0.05]], np.float32)
    label = pseudo_label(probability, PseudoLabels(high=0.9, low=0.1))
    assert label.tolist() == [[0, 0, 255], [255, 255, 1], [1, 1, 0]]
    assert label.dtype == np.uint8


def test_doubt_is_counted_among_what_may_be_lesion() -> None:
    label = np.zeros((20, 20), np.uint8)
    label[:3, :10] = 1
    label[3:4, :10] = 255
    assert doubt_of(label) == 0.25


def test_a_frame_without_anything_has_no_doubt_and_a_speck_makes_none() -> None:
    label = np.zeros((64, 64), np.uint8)
    assert doubt_of(label) == 0
    label[0, :4] = 255
    assert doubt_of(label) == 0
    label[0, :8] = 255
    assert doubt_of(label) == 1


def test_only_frames_that_the_teacher_is_sure_of_are_kept(frames: Frames, teacher: Teacher) -> None:
    found, counts = pseudo_frames(frames, teacher, PseudoLabels(weight=0.3), device=CPU, batch=2)
    assert found.keys == ("clip/0",)
    assert counts == PseudoCounts(asked=3, kept=1, doubtful=1, empty=1)
    assert counts.share == pytest.approx(1 / 3)
    assert found.weights.tolist() == pytest.approx([0.3])
    assert np.array_equal(found.images[0], frames.images[SURE])
    assert (found.labels[0, 8:20, 8:20] == 1).all()
    assert np.count_nonzero(found.labels[0] == 1) == 144
    assert np.count_nonzero(found.labels[0] == 255) == 14 * 14 - 144


def test_frames_without_a_lesion_are_kept_when_asked_for(frames: Frames, teacher: Teacher) -> None:
    found, counts = pseudo_frames(frames, teacher, PseudoLabels(weight=0.3, empty=True), device=CPU)
    assert found.keys == ("clip/0", "clip/2")
    assert counts.empty == 0
    assert not found.labels[1].any()


def test_more_doubt_may_be_allowed(frames: Frames, teacher: Teacher) -> None:
    found, _ = pseudo_frames(frames, teacher, PseudoLabels(weight=0.3, doubt=1.0), device=CPU)
    assert found.keys == ("clip/0", "clip/1")


def test_nothing_happens_without_a_weight(frames: Frames) -> None:
    nobody = Teacher(())
    found, counts = pseudo_frames(frames, nobody, PseudoLabels(), device=CPU)
    assert (len(found), counts, counts.share) == (0, PseudoCounts(), 0)


def test_when_no_frame_is_kept_the_set_is_empty(frames: Frames, teacher: Teacher) -> None:
    found, counts = pseudo_frames(frames.subset([EMPTY]), teacher, PseudoLabels(weight=1.0), device=CPU)
    assert (len(found), found.labels.shape, counts.empty) == (0, (0, 32, 32), 1)


def test_progress_is_told_frame_by_frame(frames: Frames, teacher: Teacher) -> None:
    done: list[int] = []
    pseudo_frames(frames, teacher, PseudoLabels(weight=1.0), device=CPU, batch=2, told=done.append)
    assert done == [1, 2, 3]


@pytest.mark.parametrize(
    "values",
    [{"high": 0.1, "low": 0.5}, {"high": 1.2}, {"low": -0.1}, {"doubt": 2.0}, {"weight": -1.0}, {"high": 0.1}],
)
def test_rules_without_sense_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(DataError, match="no sense"):
        PseudoLabels(**values)  # type: ignore[arg-type]
