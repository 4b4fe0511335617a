"""What all losses keep: ignored pixels and weights count as they should, nothing is NaN, better answers cost less."""

import itertools

import pytest
import torch
from torch import Tensor

from trainer.data.augment import Batch
from trainer.errors import DataError
from trainer.losses import LOSSES, Loss, bce_dice, build_loss, supervised

MEANS = sorted(set(LOSSES) - {"dice_pooled"})
"""Losses that are means over frames."""


@pytest.fixture(params=sorted(LOSSES))
def loss(request: pytest.FixtureRequest) -> Loss:
    """Each loss with its own defaults."""
    return build_loss(request.param)


def a_batch(lesion: Tensor, known: Tensor | None = None) -> Batch:
    return Batch(
        torch.zeros(len(lesion), 3, *lesion.shape[2:]), lesion, torch.ones_like(lesion) if known is None else known
    )


def some(*, frames: int = 3, side: int = 12, seed: int = 0) -> tuple[Tensor, Batch]:
    """Random logits, lesions of a third of the pixels, two rows ignored."""
    generator = torch.Generator().manual_seed(seed)
    lesion = (torch.rand(frames, 1, side, side, generator=generator) < 0.3).float()
    known = torch.ones_like(lesion)
    known[..., :2, :] = 0
    return 2 * torch.randn(frames, 1, side, side, generator=generator), a_batch(lesion, known)


def gradient(loss: Loss, logits: Tensor, batch: Batch, weights: Tensor) -> Tensor:
    asked = logits.clone().requires_grad_()
    (found,) = torch.autograd.grad(loss(asked, batch, weights), asked)
    return found


def test_ignored_pixels_change_neither_loss_nor_gradient(loss: Loss) -> None:
    logits, batch = some()
    wild = logits.clone()
    wild[..., :2, :] = 50
    other = Batch(batch.image, torch.where(batch.known > 0, batch.lesion, 1 - batch.lesion), batch.known)
    expected = loss(logits, batch, torch.ones(3))
    assert torch.allclose(loss(wild, batch, torch.ones(3)), expected, atol=1e-7)
    assert torch.allclose(loss(logits, other, torch.ones(3)), expected, atol=1e-7)
    slope = gradient(loss, logits, batch, torch.ones(3))
    assert not slope[..., :2, :].any()
    assert (slope[..., 2:, :] != 0).all()


def test_a_frame_of_weight_zero_does_not_count(loss: Loss) -> None:
    logits, batch = some()
    first = Batch(batch.image[:1], batch.lesion[:1], batch.known[:1])
    both = loss(logits, batch, torch.tensor([1.0, 0.0, 0.0]))
    assert torch.allclose(both, loss(logits[:1], first, torch.ones(1)), atol=1e-6)
    assert not gradient(loss, logits, batch, torch.tensor([1.0, 0.0, 0.0]))[1:].any()


def test_only_the_ratios_of_weights_matter(loss: Loss) -> None:
    logits, batch = some()
    weights = torch.tensor([1.0, 2.0, 0.5])
    assert torch.allclose(loss(logits, batch, weights), loss(logits, batch, 10 * weights), atol=1e-6)


@pytest.mark.parametrize("name", MEANS)
def test_a_weight_of_two_counts_as_the_frame_twice(name: str) -> None:
    logits, batch = some(frames=2)
    twice = [0, 0, 1]
    again = Batch(batch.image[twice], batch.lesion[twice], batch.known[twice])
    weighted = build_loss(name)(logits, batch, torch.tensor([2.0, 1.0]))
    assert torch.allclose(weighted, build_loss(name)(logits[twice], again, torch.ones(3)), atol=1e-6)


def test_pooling_takes_a_frame_of_weight_two_as_two_frames() -> None:
    logits, batch = some(frames=2)
    twice = [0, 0, 1]
    again = Batch(batch.image[twice], batch.lesion[twice], batch.known[twice])
    weighted = build_loss("dice_pooled")(logits, batch, torch.tensor([2.0, 1.0]))
    assert torch.allclose(weighted, build_loss("dice_pooled")(logits[twice], again, torch.ones(3)), atol=1e-6)


@pytest.mark.parametrize("name", MEANS)
def test_a_batch_in_parts_costs_what_the_whole_costs(name: str) -> None:
    logits, batch = some()
    weights = torch.tensor([1.0, 2.0, 0.5])
    parts = [
        build_loss(name)(logits[at], Batch(batch.image[at], batch.lesion[at], batch.known[at]), weights[at])
        * (weights[at].sum() / weights.sum())
        for at in (slice(0, 1), slice(1, 3))
    ]
    assert torch.allclose(sum(parts, torch.zeros(())), build_loss(name)(logits, batch, weights), atol=1e-6)


@pytest.mark.parametrize("fill", [-100.0, -1.0, 0.0, 30.0, 100.0])
@pytest.mark.parametrize(("lesion", "known"), list(itertools.product([0.0, 1.0], [0.0, 1.0])))
def test_frames_of_one_kind_are_finite(loss: Loss, fill: float, lesion: float, known: float) -> None:
    maps = torch.zeros(2, 1, 8, 8)
    batch = a_batch(maps + lesion, maps + known)
    assert torch.isfinite(loss(maps + fill, batch, torch.ones(2)))
    assert torch.isfinite(gradient(loss, maps + fill, batch, torch.ones(2))).all()
    assert float(loss(maps + fill, batch, torch.zeros(2))) == 0


def test_a_frame_without_a_known_pixel_costs_nothing(loss: Loss) -> None:
    logits, batch = some()
    nothing = Batch(batch.image, batch.lesion, torch.zeros_like(batch.known))
    assert float(loss(logits, nothing, torch.ones(3))) < 1e-4


def test_each_step_to_the_truth_costs_less(loss: Loss) -> None:
    logits, batch = some()
    truth = 20 * (2 * batch.lesion - 1)
    costs = [float(loss(torch.lerp(logits, truth, share), batch, torch.ones(3))) for share in (0, 0.25, 0.5, 1)]
    assert costs == sorted(costs, reverse=True)
    assert costs[-1] < 1e-3


def test_descending_finds_the_lesion(loss: Loss) -> None:
    _, batch = some()
    logits = torch.zeros(3, 1, 12, 12)
    for _ in range(200):
        slope = gradient(loss, logits, batch, torch.ones(3))
        logits = logits - slope / slope.abs().max().clamp(min=1e-12) * 0.2
    assert torch.equal((logits > 0).float() * batch.known, batch.lesion * batch.known)


def test_gradients_are_the_slopes(loss: Loss) -> None:
    logits, batch = some(side=6)
    exact = logits.double().requires_grad_()
    weights = torch.tensor([1.0, 2.0, 0.5])
    assert torch.autograd.gradcheck(lambda asked: loss(asked, batch, weights), (exact,), eps=1e-6, atol=1e-6)


def test_a_loss_is_computed_in_float32_under_half_precision(loss: Loss) -> None:
    logits, batch = some(side=64)
    rough = logits.bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        cost = loss(rough, batch, torch.ones(3))
    assert cost.dtype == torch.float32
    assert torch.equal(cost, loss(rough.float(), batch, torch.ones(3)))


def test_the_default_loss_is_a_function_of_its_own() -> None:
    logits, batch = some()
    assert torch.equal(bce_dice(logits, batch, torch.ones(3)), build_loss("bce_dice")(logits, batch, torch.ones(3)))


def test_an_unknown_loss_is_told_with_those_there_are() -> None:
    with pytest.raises(
        DataError, match="bce, bce_dice, bce_dice_presence, dice, dice_pooled, focal, focal_tversky, structure, tversky"
    ):
        build_loss("hinge")


def test_an_unknown_option_is_told_with_the_nearest() -> None:
    with pytest.raises(DataError, match="gamma"):
        build_loss("focal", {"gama": 2})


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("bce", {"positive": 0}),
        ("bce", {"balanced": "yes"}),
        ("dice", {"smooth": 0}),
        ("dice_pooled", {"smooth": -1}),
        ("bce_dice", {"bce": 0, "dice": 0}),
        ("bce_dice", {"smooth": 0}),
        ("bce_dice_presence", {"presence": -1}),
        ("bce_dice_presence", {"share": 0}),
        ("bce_dice_presence", {"dice": -1}),
        ("focal", {"alpha": 2}),
        ("focal", {"gamma": -1}),
        ("tversky", {"alpha": 0, "beta": 0}),
        ("focal_tversky", {"exponent": 0}),
        ("structure", {"window": 30}),
        ("structure", {"boundary": -1}),
    ],
)
def test_an_option_without_sense_is_refused(name: str, options: dict[str, object]) -> None:
    with pytest.raises(DataError):
        build_loss(name, options)


def test_deep_supervision_is_the_mean_by_shares(loss: Loss) -> None:
    logits, batch = some()
    maps = (logits, logits + 1, logits - 1)
    alone = [loss(each, batch, torch.ones(3)) for each in maps]
    expected = (alone[0] + 0.5 * alone[1] + 0.25 * alone[2]) / 1.75
    assert torch.allclose(supervised(loss, maps, batch, torch.ones(3), (1, 0.5, 0.25)), expected)


def test_without_shares_the_first_map_is_supervised_alone() -> None:
    logits, batch = some()
    assert torch.equal(
        supervised(bce_dice, (logits, logits + 1), batch, torch.ones(3)), bce_dice(logits, batch, torch.ones(3))
    )


@pytest.mark.parametrize("shares", [(1.0,), (1.0, 0.5, 0.25), (0.0, 0.0), (1.0, -0.5)])
def test_shares_that_do_not_fit_the_maps_are_refused(shares: tuple[float, ...]) -> None:
    logits, batch = some()
    with pytest.raises(DataError, match="2 maps"):
        supervised(bce_dice, (logits, logits), batch, torch.ones(3), shares)
