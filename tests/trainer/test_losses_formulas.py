"""The losses' numbers are those of torch, of MONAI and of the published formulas, wherever the definitions meet."""

import pytest
import torch
import torch.nn.functional as functional
from monai.losses.dice import DiceLoss
from monai.losses.focal_loss import FocalLoss
from monai.losses.tversky import TverskyLoss
from torch import Tensor

from trainer.data.augment import Batch
from trainer.losses import build_loss
from trainer.losses.frames import maps_of
from trainer.losses.structure import Structure

ONES = torch.ones(4)


@pytest.fixture
def logits() -> Tensor:
    return 3 * torch.randn(4, 1, 48, 48, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def batch() -> Batch:
    """Four frames: a small disc, one at the edge, a large one, none; all known."""
    rows, columns = torch.meshgrid(torch.arange(48), torch.arange(48), indexing="ij")
    discs = [(24, 24, 5), (2, 40, 9), (20, 28, 18), (0, 0, -1)]
    lesion = torch.stack([((rows - y) ** 2 + (columns - x) ** 2 <= r * abs(r)).float() for y, x, r in discs])
    return Batch(torch.zeros(4, 3, 48, 48), lesion[:, None], torch.ones(4, 1, 48, 48))


def close(ours: Tensor, theirs: Tensor) -> bool:
    return abs(float(ours) - float(theirs)) < 1e-6


@pytest.mark.parametrize("positive", [1.0, 4.0])
def test_bce_is_torchs(logits: Tensor, batch: Batch, positive: float) -> None:
    theirs = functional.binary_cross_entropy_with_logits(logits, batch.lesion, pos_weight=torch.tensor(positive))
    assert close(build_loss("bce", {"positive": positive})(logits, batch, ONES), theirs)


def test_balanced_bce_halves_lesion_and_background(logits: Tensor, batch: Batch) -> None:
    pixels = functional.binary_cross_entropy_with_logits(logits, batch.lesion, reduction="none")
    frames = []
    for cost, lesion in zip(pixels, batch.lesion, strict=True):
        sides = [cost[lesion == value] for value in (0, 1) if (lesion == value).any()]
        frames.append(torch.stack([side.mean() for side in sides]).mean())
    assert close(build_loss("bce", {"balanced": True})(logits, batch, ONES), torch.stack(frames).mean())


@pytest.mark.parametrize("smooth", [1e-5, 1.0, 10.0])
def test_dice_is_monais(logits: Tensor, batch: Batch, smooth: float) -> None:
    theirs = DiceLoss(sigmoid=True, smooth_nr=smooth, smooth_dr=smooth)(logits, batch.lesion)
    assert close(build_loss("dice", {"smooth": smooth})(logits, batch, ONES), theirs)


def test_pooled_dice_is_monais_over_the_batch(logits: Tensor, batch: Batch) -> None:
    theirs = DiceLoss(sigmoid=True, batch=True, smooth_nr=8.0, smooth_dr=8.0)(logits, batch.lesion)
    assert close(build_loss("dice_pooled", {"smooth": 2.0})(logits, batch, ONES), theirs)


def test_bce_dice_is_the_sum_of_its_parts(logits: Tensor, batch: Batch) -> None:
    bce, dice = (build_loss(name)(logits, batch, ONES) for name in ("bce", "dice"))
    assert close(build_loss("bce_dice", {"bce": 0.3, "dice": 2})(logits, batch, ONES), 0.3 * bce + 2 * dice)


def test_presence_asks_the_highest_logits_whether_there_is_a_lesion(logits: Tensor, batch: Batch) -> None:
    plain = build_loss("bce_dice")(logits, batch, ONES)
    highest = logits.flatten(1).sort(dim=1, descending=True).values[:, :23].mean(dim=1)
    asked = functional.binary_cross_entropy_with_logits(highest, torch.tensor([1.0, 1.0, 1.0, 0.0]))
    ours = build_loss("bce_dice_presence", {"presence": 0.7, "share": 0.01})(logits, batch, ONES)
    assert close(ours, plain + 0.7 * asked)


def test_a_blob_on_an_empty_frame_costs_presence_more_than_it_costs_pixels() -> None:
    logits = torch.full((1, 1, 96, 96), -8.0)
    empty = Batch(torch.zeros(1, 3, 96, 96), torch.zeros(1, 1, 96, 96), torch.ones(1, 1, 96, 96))
    blob = logits.clone()
    blob[..., 40:44, 40:44] = 4.0
    costs = [
        float(build_loss(name)(blob, empty, torch.ones(1)) - build_loss(name)(logits, empty, torch.ones(1)))
        for name in ("bce", "bce_dice_presence")
    ]
    assert costs[0] < 0.01
    assert costs[1] > 1.0


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("alpha", [None, 0.25])
def test_focal_is_monais(logits: Tensor, batch: Batch, gamma: float, alpha: float | None) -> None:
    theirs = FocalLoss(gamma=gamma, alpha=alpha)(logits, batch.lesion)
    assert close(build_loss("focal", {"gamma": gamma, "alpha": alpha})(logits, batch, ONES), theirs)


@pytest.mark.parametrize(("alpha", "beta"), [(0.3, 0.7), (0.5, 0.5), (0.9, 0.1)])
def test_tversky_is_monais(logits: Tensor, batch: Batch, alpha: float, beta: float) -> None:
    theirs = TverskyLoss(sigmoid=True, alpha=alpha, beta=beta, smooth_nr=1.0, smooth_dr=1.0)(logits, batch.lesion)
    assert close(build_loss("tversky", {"alpha": alpha, "beta": beta})(logits, batch, ONES), theirs)


def test_tversky_of_halves_is_dice(logits: Tensor, batch: Batch) -> None:
    tversky = build_loss("tversky", {"alpha": 0.5, "beta": 0.5, "smooth": 0.5})(logits, batch, ONES)
    assert close(tversky, build_loss("dice")(logits, batch, ONES))


def test_focal_tversky_is_each_frames_tversky_to_a_power(logits: Tensor, batch: Batch) -> None:
    frames = TverskyLoss(sigmoid=True, alpha=0.3, beta=0.7, smooth_nr=1.0, smooth_dr=1.0, reduction="none")
    theirs = (frames(logits, batch.lesion) ** 0.75).mean()
    assert close(build_loss("focal_tversky")(logits, batch, ONES), theirs)


def weighted_as_published(logits: Tensor, lesion: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Weight, cross-entropy of each pixel and weighted IoU loss as in PraNet's `structure_loss`."""
    weight = 1 + 5 * (functional.avg_pool2d(lesion, 31, stride=1, padding=15) - lesion).abs()
    probability = torch.sigmoid(logits)
    inside = (probability * lesion * weight).sum(dim=(2, 3))
    union = ((probability + lesion) * weight).sum(dim=(2, 3))
    pixels = functional.binary_cross_entropy_with_logits(logits, lesion, reduction="none")
    return weight, pixels, 1 - (inside + 1) / (union - inside + 1)


def test_structure_is_the_published_formula(logits: Tensor, batch: Batch) -> None:
    weight, pixels, iou = weighted_as_published(logits, batch.lesion)
    theirs = ((weight * pixels).sum(dim=(2, 3)) / weight.sum(dim=(2, 3)) + iou).mean()
    assert close(build_loss("structure")(logits, batch, ONES), theirs)


def test_the_published_code_does_not_weigh_its_cross_entropy(batch: Batch) -> None:
    """Why Structure is not the published code: there the weights cancel, and what is left is the plain mean."""
    shifted = 6 * (2 * batch.lesion.roll(2, dims=3) - 1)
    weight, _, iou = weighted_as_published(shifted, batch.lesion)
    with pytest.warns(UserWarning, match="reduce"):
        pixels = functional.binary_cross_entropy_with_logits(shifted, batch.lesion, reduce="none")  # type: ignore[arg-type]
    published = ((weight * pixels).sum(dim=(2, 3)) / weight.sum(dim=(2, 3)) + iou).mean()
    assert close(published, build_loss("bce")(shifted, batch, ONES) + iou.mean())
    assert float(build_loss("structure")(shifted, batch, ONES) - published) > 0.1


def test_an_outline_weighs_more_than_the_inside(batch: Batch) -> None:
    weight = Structure().weight(maps_of(torch.zeros(4, 1, 48, 48), batch))
    assert float(weight[2, 0, 20, 28]) < 2
    assert float(weight[2, 0, 20, 45]) > 3
    assert float(weight[0, 0, 47, 0]) == 1
    assert torch.equal(weight[3], torch.ones(1, 48, 48))


def test_a_border_to_ignored_pixels_is_no_outline() -> None:
    lesion, known = torch.ones(1, 1, 64, 64), torch.ones(1, 1, 64, 64)
    known[..., 40:] = 0
    lesion[..., 40:] = 0
    weight = Structure().weight(maps_of(torch.zeros_like(lesion), Batch(torch.zeros(1, 3, 64, 64), lesion, known)))
    assert torch.allclose(weight[0, 0, 20:44, 20:40], torch.ones(()), atol=1e-5)
    assert not weight[..., 40:].any()
