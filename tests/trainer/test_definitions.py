"""Definitions against other people's code, hand-made edges, and how far apart they are for the same masks."""

import numpy as np
import pytest
from numpy.typing import NDArray

sklearn = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed here")
torchmetrics = pytest.importorskip("torchmetrics.classification", reason="torchmetrics is not installed here")

import torch  # noqa: E402
from monai.metrics import (  # type: ignore[attr-defined]  # noqa: E402
    DiceMetric,
    MeanIoU,
    compute_hausdorff_distance,
    compute_surface_dice,
)

from tests.trainer.judged_frames import judged, metrics, random_frames  # noqa: E402
from trainer.evaluation.definitions import DEFINITIONS  # noqa: E402
from trainer.evaluation.lesions import SPECK, numbered_lesions  # noqa: E402
from trainer.evaluation.surfaces import border_of, compare_surfaces, distance_to  # noqa: E402
from trainer.evaluation.wording import TITLES  # noqa: E402

FRAMES = random_frames(12)
SOFT = np.stack([soft for soft, _ in FRAMES])
TRUTH = np.stack([label for _, label in FRAMES])
OURS = metrics(*(judged(soft, label, f"d/{n}") for n, (soft, label) in enumerate(FRAMES)))

# MONAI 1.6 calls its own deprecated argument; gone with the argument, in 1.7.
MONAI_WARNS = pytest.mark.filterwarnings(
    "ignore:monai.metrics.utils get_mask_edges.always_return_as_numpy. Argument `always_return_as_numpy` has been "
    "deprecated since version 1.5.0:FutureWarning"
)


def tensor(values: NDArray[np.generic]) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(values))


def surface(
    mask: NDArray[np.bool_], truth: NDArray[np.bool_], known: NDArray[np.bool_] | None = None
) -> tuple[float, ...]:
    known = np.ones(truth.shape, np.bool_) if known is None else known
    found = compare_surfaces(mask, truth, known=known, to_truth=distance_to(border_of(truth)))
    return found.nsd, found.hd95, float(found.missed)


# --- other people's code ---------------------------------------------------------------------------------------------


def test_per_image_dice_and_iou_agree_with_monai() -> None:
    ours, truth = tensor(SOFT >= 128)[:, None].float(), tensor(TRUTH)[:, None].float()
    dice, iou = DiceMetric(include_background=True), MeanIoU(include_background=True)
    dice(ours, truth)
    iou(ours, truth)
    for name, theirs in (("per_image_dice", dice.aggregate()), ("per_image_iou", iou.aggregate())):
        assert isinstance(theirs, torch.Tensor)
        assert OURS[name] == pytest.approx(theirs.item(), abs=1e-5)


@MONAI_WARNS
def test_surfaces_agree_with_monai_frame_by_frame() -> None:
    for soft, label in FRAMES:
        mask, truth = soft >= 128, label > 0
        ours, theirs = (tensor(side)[None, None].float() for side in (mask, truth))
        nsd, hd95, _ = surface(mask, truth)
        expected = compute_surface_dice(ours, theirs, [2.0], include_background=True).item()
        assert nsd == pytest.approx(expected, abs=1e-5)
        expected = compute_hausdorff_distance(ours, theirs, include_background=True, percentile=95).item()
        assert hd95 == pytest.approx(expected, abs=1e-4)


@MONAI_WARNS
def test_surfaces_at_the_rim_of_the_frame_agree_with_monai() -> None:
    mask, truth = np.zeros((30, 40), np.bool_), np.zeros((30, 40), np.bool_)
    mask[:9, 30:], truth[:12, 27:] = True, True
    ours, theirs = (tensor(side)[None, None].float() for side in (mask, truth))
    expected = compute_hausdorff_distance(ours, theirs, include_background=True, percentile=95).item()
    assert surface(mask, truth)[1] == pytest.approx(expected, abs=1e-4)


def test_pooled_numbers_agree_with_scikit_learn() -> None:
    ours, truth = (SOFT >= 128).ravel(), TRUTH.ravel() > 0
    assert OURS["pooled_dice"] == pytest.approx(sklearn.f1_score(truth, ours), abs=1e-5)
    assert OURS["pooled_iou"] == pytest.approx(sklearn.jaccard_score(truth, ours), abs=1e-5)
    two_class = sklearn.jaccard_score(truth, ours, average="macro")
    assert OURS["two_class_pooled_iou"] == pytest.approx(two_class, abs=1e-5)
    assert OURS["accuracy"] == pytest.approx(sklearn.accuracy_score(truth, ours), abs=1e-5)
    assert OURS["precision"] == pytest.approx(sklearn.precision_score(truth, ours), abs=1e-5)
    assert OURS["recall"] == pytest.approx(sklearn.recall_score(truth, ours), abs=1e-5)
    assert OURS["specificity"] == pytest.approx(sklearn.recall_score(~truth, ~ours), abs=1e-5)


def test_curves_agree_with_scikit_learn() -> None:
    truth, levels = TRUTH.ravel() > 0, SOFT.ravel()
    assert OURS["roc_auc"] == pytest.approx(sklearn.roc_auc_score(truth, levels), abs=1e-5)
    assert OURS["average_precision"] == pytest.approx(sklearn.average_precision_score(truth, levels), abs=1e-5)


def test_pooled_numbers_curves_and_calibration_agree_with_torchmetrics() -> None:
    truth, levels = tensor(TRUTH.ravel()).long(), tensor(SOFT.ravel()).double() / 255
    pairs = {
        "pooled_iou": torchmetrics.BinaryJaccardIndex(),
        "pooled_dice": torchmetrics.BinaryF1Score(),
        "specificity": torchmetrics.BinarySpecificity(),
        "roc_auc": torchmetrics.BinaryAUROC(),
        "average_precision": torchmetrics.BinaryAveragePrecision(),
        "ece": torchmetrics.BinaryCalibrationError(n_bins=15),
    }
    for name, theirs in pairs.items():
        assert OURS[name] == pytest.approx(theirs(levels, truth).item(), abs=1e-5), name


def test_pranet_dice_agrees_with_its_formula_written_out() -> None:
    expected = []
    for soft, label in FRAMES:
        stretched = np.round((soft - float(soft.min())) / float(soft.max() - soft.min()) * 255)
        dice = []
        for threshold in range(256):
            mask = stretched >= threshold
            dice.append(2 * (mask & (label > 0)).sum() / (mask.sum() + label.sum()))
        expected.append(np.mean(dice))
    assert OURS["pranet_mean_dice"] == pytest.approx(np.mean(expected), abs=1e-4)


# --- hand-made edges -------------------------------------------------------------------------------------------------

SQUARE = np.zeros((40, 30), np.bool_)
SQUARE[10:20, 10:20] = True
NOTHING, ALL = np.zeros_like(SQUARE), np.ones_like(SQUARE)


def test_a_miss_costs_the_diagonal_and_is_counted() -> None:
    assert surface(NOTHING, SQUARE) == (0.0, 50.0, 1.0)
    found = metrics(judged(NOTHING * 255, SQUARE), judged(SQUARE * 255, SQUARE))
    assert (found["hd95"], found["missed_frames"], found["nsd_2px"]) == (25.0, 0.5, 0.5)
    assert (found["per_image_dice"], found["lesion_sensitivity"]) == (0.5, 0.5)


def test_an_empty_truth_has_no_border_to_be_far_from() -> None:
    assert np.isnan(surface(SQUARE, NOTHING)[:2]).all()
    assert np.isnan(surface(NOTHING, NOTHING)[:2]).all()


def test_a_mask_over_the_whole_frame() -> None:
    found = metrics(judged(ALL * 255, SQUARE))
    assert found["per_image_iou"] == pytest.approx(100 / 1200, abs=1e-5)
    assert (found["recall"], found["specificity"], found["lesion_sensitivity"]) == (1.0, 0.0, 1.0)
    assert found["false_proposals_per_frame"] == 0.0


def test_a_truth_over_the_whole_frame() -> None:
    found = metrics(judged(ALL * 255, ALL))
    assert (found["per_image_dice"], found["nsd_2px"], found["hd95"]) == (1.0, 1.0, 0.0)
    assert found["specificity"] is None
    assert found["roc_auc"] is None


def test_a_single_pixel_is_its_own_border() -> None:
    one, far = np.zeros((9, 9), np.bool_), np.zeros((9, 9), np.bool_)
    one[4, 4], far[4, 7] = True, True
    assert surface(one, one) == (1.0, 0.0, 0.0)
    assert surface(far, one) == (0.0, 3.0, 0.0)


def test_the_border_beside_ignored_pixels_is_not_judged() -> None:
    truth, mask = SQUARE.copy(), SQUARE.copy()
    known = np.ones_like(SQUARE)
    known[10:20, 18:23] = False
    truth[~known], mask[~known] = False, False
    mask[20:22, 10:18] = True
    with_rim = surface(mask, truth, known)
    assert with_rim[0] == 1.0  # two rows too many are within the tolerance, the cut edge does not count
    assert with_rim[1] == 2.0


def test_everything_ignored_tells_nothing() -> None:
    found = metrics(judged(ALL * 255, np.full(SQUARE.shape, 255)))
    told = {name for name, value in found.items() if value is not None}
    two_class = {"two_class_pooled_iou", "two_class_per_image_iou"}  # a class that neither side has counts as 1
    assert told == {"false_proposals", "false_proposals_per_frame", "presence_ece", *two_class}
    assert found["false_proposals"] == 0.0


def test_specks_of_a_jpeg_mask_are_no_lesions_but_slots_are() -> None:
    label = np.zeros((200, 200), np.uint8)
    label[50:100, 50:100], label[150, 150:152] = 1, 1
    assert SPECK * label.size > 2
    assert numbered_lesions(label).max() == 1
    label[150, 150:152] = 2
    assert numbered_lesions(label).max() == 2


def test_a_mask_that_is_the_truth_has_no_false_proposal_whatever_specks_the_truth_has() -> None:
    label = np.zeros((200, 200), np.uint8)
    label[50:100, 50:100], label[150, 150:152] = 1, 1
    found = metrics(judged(label * 255, label))
    assert (found["false_proposals_per_frame"], found["lesion_sensitivity"]) == (0.0, 1.0)


def test_lesions_count_one_by_one_and_stray_parts_are_false() -> None:
    label = np.zeros((40, 40), np.uint8)
    label[2:12, 2:12], label[25:35, 25:35] = 1, 1
    soft = np.zeros_like(label)
    soft[2:12, 2:4] = 255  # a fifth of the first lesion
    soft[25, 25:30] = 255  # a twentieth of the second: touched, not found, and no false proposal
    soft[2:6, 30:34] = 140  # stray
    found = metrics(judged(soft, label))
    assert (found["lesion_sensitivity"], found["false_proposals_per_frame"]) == (0.5, 1.0)
    assert found["lesion_sensitivity_at_0.05"] == 0.5  # above .55 the stray part is gone


# --- one prediction, many numbers ------------------------------------------------------------------------------------


def test_the_same_masks_give_iou_far_apart_by_definition_alone() -> None:
    """A few large lesions found well and many small ones found poorly: by definition from below .76 to above .88."""
    frames = []
    for number in range(20):
        label, soft = np.zeros((64, 64), np.uint8), np.zeros((64, 64), np.uint8)
        large = number < 12
        label[10:50, 10:50] = large
        label[10:20, 10:20] = 1
        soft[10:50, 10:48] = 230 * large
        soft[10:20, 10 : 20 if large else 16] = 230
        frames.append(judged(soft, label, f"d/{number}"))
    found = metrics(*frames)
    names = ("per_image_iou", "pooled_iou", "two_class_pooled_iou", "two_class_per_image_iou", "soft_batch_iou")
    values = [value for name in names if (value := found[name]) is not None]
    assert len(set(values)) == len(names)
    assert min(values) < 0.82
    assert max(values) > 0.93


def test_every_metric_has_a_title_and_every_title_a_metric() -> None:
    assert set(TITLES) == set(DEFINITIONS)
