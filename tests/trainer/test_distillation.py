"""A student that sees no label learns what its teachers say."""

import functools

import numpy as np
import pytest
import torch
import torch.nn.functional as functional
from torch import Tensor

from tests.trainer.conftest import SMALL, frame_with_polyp
from trainer.bundle import Bundle
from trainer.data.augment import Batch, plain_batch
from trainer.distillation import Member, Teacher, distil_loss, stretched, taught, teacher_of
from trainer.errors import DataError
from trainer.losses import bce_dice
from trainer.models.network import Network
from trainer.models.registry import build_network
from trainer.training.descent import Objective

CPU = torch.device("cpu")


def small_network(seed: int) -> Network:
    torch.manual_seed(seed)
    return build_network(SMALL).eval()


def member(seed: int, *, size: int = 64, temperature: float = 1.0) -> Member:
    return Member(small_network(seed), (size, size), temperature)


def teacher(*members: Member, flips: bool = False) -> Teacher:
    return Teacher(members, flips, "float32")


@functools.cache
def some_batch(first: int, *, frames: int = 8) -> Batch:
    pairs = [frame_with_polyp(number, side=64) for number in range(first, first + frames)]
    images, labels = (torch.from_numpy(np.stack(part)) for part in zip(*pairs, strict=True))
    return plain_batch(images, labels)


def learn(network: Network, objective: Objective, *, steps: int) -> Network:
    optimiser = torch.optim.AdamW(network.parameters(), lr=0.02)
    for step in range(steps):
        batch = some_batch(8 * (step % 4))
        optimiser.zero_grad()
        objective((network.train()(batch.image),), batch, torch.ones(8)).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return network.eval()


def by_labels(outputs: tuple[Tensor, ...], batch: Batch, weights: Tensor) -> Tensor:
    return bce_dice(outputs[0], batch, weights)


def not_to_be_asked(_outputs: tuple[Tensor, ...], _batch: Batch, _weights: Tensor) -> Tensor:
    raise AssertionError


@torch.no_grad()
def dice(answer: Tensor, truth: Tensor) -> float:
    found = answer > 0.5
    return float(2 * (found * truth).sum() / (found.sum() + truth.sum()))


@torch.no_grad()
def distance(student: Network, batch: Batch, said: Tensor) -> float:
    return float((torch.sigmoid(student(batch.image)) - said).abs().mean())


def test_a_student_without_labels_approaches_its_teacher() -> None:
    master = Teacher((Member(learn(small_network(2), by_labels, steps=40), (64, 64), 1.0),), precision="float32")
    unseen = some_batch(100)
    said = master(unseen.image)
    assert dice(said, unseen.lesion) > 0.9
    student = small_network(3)
    before = distance(student, unseen, said)
    learn(student, taught(not_to_be_asked, master, share=1.0), steps=80)
    assert distance(student, unseen, said) < before / 5
    assert dice(torch.sigmoid(student(unseen.image)), unseen.lesion) > 0.9


def test_a_teacher_is_the_mean_of_its_members_at_their_temperatures() -> None:
    image = some_batch(0, frames=2).image
    first, second = member(0, temperature=2.0), member(1, temperature=0.5)
    with torch.no_grad():
        expected = (torch.sigmoid(first.network(image) / 2) + torch.sigmoid(second.network(image) / 0.5)) / 2
    assert torch.allclose(teacher(first, second)(image), expected, atol=1e-6)


def test_a_member_sees_frames_at_its_own_size() -> None:
    image = some_batch(0, frames=2).image
    large = member(0, size=96)
    with torch.no_grad():
        expected = stretched(torch.sigmoid(large.network(stretched(image, (96, 96)))), (64, 64))
    answer = teacher(large)(image)
    assert answer.shape == (2, 1, 64, 64)
    assert torch.allclose(answer, expected, atol=1e-6)
    assert float(answer.min()) >= 0
    assert float(answer.max()) <= 1


def test_stretching_keeps_what_is_even_and_where_things_are() -> None:
    assert torch.allclose(stretched(torch.ones(1, 1, 64, 64), (48, 96)), torch.ones(1, 1, 48, 96))
    half = torch.cat([torch.zeros(1, 1, 64, 32), torch.ones(1, 1, 64, 32)], dim=3)
    there_and_back = stretched(stretched(half, (32, 32)), (64, 64))
    assert float((there_and_back - half)[..., :28].abs().max()) < 1e-6
    assert float((there_and_back - half)[..., 36:].abs().max()) < 1e-6


def test_with_flips_a_teacher_turns_with_its_frame() -> None:
    image = some_batch(0, frames=2).image
    both = teacher(member(0), flips=True)
    assert torch.allclose(both(image.flip(3)).flip(3), both(image), atol=1e-6)
    alone = teacher(member(0))
    assert not torch.allclose(alone(image.flip(3)).flip(3), alone(image), atol=1e-4)


def test_a_bundle_teaches_with_its_cards_temperature(bundle: Bundle) -> None:
    made = teacher_of([bundle, bundle], device=CPU, precision="float32")
    assert [one.temperature for one in made.members] == [bundle.temperature] * 2
    assert [one.size for one in made.members] == [(64, 64)] * 2


def test_teaching_changes_nothing_in_the_teacher(bundle: Bundle) -> None:
    made = teacher_of([bundle], device=CPU, precision="float32")
    network = made.members[0].network
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    learn(small_network(1), taught(by_labels, made, share=0.5), steps=2)
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())


def test_no_bundle_is_no_teacher() -> None:
    with pytest.raises(DataError):
        teacher_of([], device=CPU)


def soft_and_logits() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return torch.rand(3, 1, 8, 8, generator=generator), torch.randn(3, 1, 8, 8, generator=generator)


def test_the_loss_is_cross_entropy_against_soft_targets() -> None:
    soft, logits = soft_and_logits()
    expected = functional.binary_cross_entropy_with_logits(logits, soft)
    assert torch.allclose(distil_loss(logits, soft, torch.ones_like(soft), torch.ones(3)), expected, atol=1e-6)


def test_a_temperature_flattens_both_sides_and_keeps_the_size_of_gradients() -> None:
    soft, logits = soft_and_logits()
    flat = torch.sigmoid(torch.logit(soft) / 3)
    expected = 9 * functional.binary_cross_entropy_with_logits(logits / 3, flat)
    assert torch.allclose(distil_loss(logits, soft, torch.ones_like(soft), torch.ones(3), 3.0), expected, atol=1e-5)


@pytest.mark.parametrize("temperature", [1.0, 4.0])
def test_who_says_the_same_has_nothing_to_learn(temperature: float) -> None:
    soft, _ = soft_and_logits()
    logits = torch.logit(soft).requires_grad_()
    loss = distil_loss(logits, soft, torch.ones_like(soft), torch.ones(3), temperature)
    (slope,) = torch.autograd.grad(loss, logits)
    assert float(slope.abs().max()) < 1e-6


@pytest.mark.parametrize("sure", [0.0, 1.0])
def test_a_teacher_without_any_doubt_gives_finite_targets(sure: float) -> None:
    _, logits = soft_and_logits()
    assert torch.isfinite(
        distil_loss(logits, torch.full_like(logits, sure), torch.ones_like(logits), torch.ones(3), 2.0)
    )


def test_unknown_pixels_and_frames_of_weight_zero_teach_nothing() -> None:
    soft, logits = soft_and_logits()
    known = torch.ones_like(soft)
    known[..., :3, :] = 0
    asked = logits.requires_grad_()
    (slope,) = torch.autograd.grad(distil_loss(asked, soft, known, torch.tensor([1.0, 0.0, 1.0]), 2.0), asked)
    assert not slope[..., :3, :].any()
    assert not slope[1].any()
    assert slope[0, ..., 3:, :].all()


def test_half_a_teacher_is_half_of_both() -> None:
    batch, master = some_batch(0, frames=2), teacher(member(0))
    outputs, weights = (small_network(1)(batch.image),), torch.ones(2)
    expected = 0.25 * distil_loss(outputs[0], master(batch.image), batch.known, weights, 2.0)
    expected = expected + 0.75 * by_labels(outputs, batch, weights)
    assert torch.allclose(taught(by_labels, master, share=0.25, temperature=2.0)(outputs, batch, weights), expected)


@pytest.mark.parametrize("share", [0.0, -0.5, 1.5])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(DataError, match="share"):
        taught(by_labels, teacher(member(0)), share=share)


def test_a_temperature_of_zero_is_refused() -> None:
    soft, logits = soft_and_logits()
    with pytest.raises(DataError, match="temperature"):
        distil_loss(logits, soft, torch.ones_like(soft), torch.ones(3), 0.0)
