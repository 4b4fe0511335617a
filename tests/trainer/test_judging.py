"""Every metric against numbers worked out by hand, and the gate against written criteria."""

from itertools import product

import numpy as np
import pytest

from tests.trainer.judged_frames import judged, metrics, table
from trainer.evaluation.curves import strata_of
from trainer.evaluation.intervals import intervals_of, resampled_frames, resampled_groups
from trainer.evaluation.statistics import averaged
from trainer.gate import Compared, judge_change

HALF = judged([[255, 255], [0, 0]], [[1, 0], [1, 0]])  # TP 1, FP 1, FN 1, TN 1
WHOLE = judged([[255, 0], [255, 0]], [[1, 0], [1, 0]])
EMPTY = judged([[0, 0], [0, 200]], [[0, 0], [0, 0]])
QUIET = judged([[0, 0], [0, 9]], [[0, 0], [0, 0]])


def test_metrics_by_hand() -> None:
    found = metrics(HALF, WHOLE, EMPTY)
    assert found["per_image_dice"] == pytest.approx((0.5 + 1) / 2)
    assert found["per_image_iou"] == pytest.approx((1 / 3 + 1) / 2, abs=1e-5)
    assert found["pooled_dice"] == pytest.approx(2 * 3 / (2 * 3 + 2 + 1), abs=1e-5)
    assert found["pooled_iou"] == pytest.approx(3 / 6)
    assert found["two_class_pooled_iou"] == pytest.approx((3 / 6 + 6 / 9) / 2, abs=1e-5)
    assert found["two_class_per_image_iou"] == pytest.approx((1 / 3 + 1 + (0 + 3 / 4) / 2) / 3, abs=1e-5)
    assert found["accuracy"] == pytest.approx(9 / 12)
    assert found["precision"] == pytest.approx(3 / 5)
    assert found["recall"] == pytest.approx(3 / 4)
    assert found["specificity"] == pytest.approx(6 / 8)
    assert found["false_proposals"] == 1.0
    assert found["false_proposals_per_frame"] == pytest.approx(1 / 3, abs=1e-5)


def test_a_frame_without_a_polyp_is_never_a_dice_of_one() -> None:
    assert metrics(WHOLE, QUIET)["per_image_dice"] == 1.0
    assert metrics(HALF, QUIET, QUIET)["per_image_dice"] == pytest.approx(0.5)
    assert metrics(HALF, QUIET, EMPTY)["false_proposals"] == pytest.approx(0.5)


def test_what_cannot_be_measured_is_none_and_not_zero() -> None:
    only_empty = metrics(EMPTY)
    for name in ("per_image_dice", "recall", "roc_auc", "hd95", "nsd_2px", "lesion_sensitivity", "missed_frames"):
        assert only_empty[name] is None, name
    assert metrics(WHOLE)["false_proposals"] is None
    assert metrics(WHOLE)["presence_roc_auc"] is None


def test_ignored_pixels_count_nowhere() -> None:
    frame = judged([[255, 255], [0, 0]], [[1, 255], [255, 0]])
    counts = frame.frame.counts
    assert (counts.tp, counts.fp, counts.fn, counts.tn) == (1, 0, 0, 1)
    assert frame.frame.positive.sum() + frame.frame.negative.sum() == 2
    assert frame.lesions == frame.found == 1


def test_a_mask_on_ignored_pixels_alone_is_no_false_proposal() -> None:
    frame = judged([[255, 0], [0, 0]], [[255, 0], [0, 0]])
    assert frame.alarms == 0
    assert metrics(frame)["false_proposals"] == 0.0


def test_pranet_dice_is_the_mean_over_thresholds_of_the_stretched_map() -> None:
    # Stretched from 10..60 to 0..255: the lesion stands out at every threshold but the lowest, where all is taken.
    frame = judged([[60, 10], [60, 10]], [[1, 0], [1, 0]])
    expected = (255 * 1.0 + 2 * 2 / (4 + 2)) / 256
    assert metrics(frame)["pranet_mean_dice"] == pytest.approx(expected, abs=1e-4)


def test_soft_iou_is_the_mean_over_batches_of_eight_and_needs_no_threshold() -> None:
    soft = judged([[51, 204]], [[0, 1]])  # p .2 and .8
    whole = judged([[0, 255]], [[0, 1]])
    first = (0.8 + 7) / (1 + 0.2 + 7)  # sum(py) over sum(p) + sum(y) - sum(py)
    assert metrics(soft, *[whole] * 7)["soft_batch_iou"] == pytest.approx(first, abs=1e-4)
    assert metrics(soft, *[whole] * 8)["soft_batch_iou"] == pytest.approx((first + 1) / 2, abs=1e-4)


def test_area_under_the_roc_curve_is_the_share_of_ordered_pairs() -> None:
    soft, label = [[200, 120, 90], [120, 30, 240]], [[1, 1, 0], [0, 0, 0]]
    flat = list(zip(np.ravel(soft), np.ravel(label), strict=True))
    pairs = list(product([s for s, t in flat if t], [s for s, t in flat if not t]))
    expected = sum(1.0 if p > n else 0.5 if p == n else 0.0 for p, n in pairs) / len(pairs)
    assert metrics(judged(soft, label))["roc_auc"] == pytest.approx(expected, abs=1e-5)


def test_calibration_error_of_a_network_that_is_always_sure_and_half_right() -> None:
    assert metrics(judged([[255, 255]], [[1, 0]]))["ece"] == pytest.approx(0.5)


def test_calibration_near_the_border_leaves_sure_and_far_pixels_out() -> None:
    soft, label = np.zeros((60, 60), np.uint8), np.zeros((60, 60), np.uint8)
    label[:10], soft[:10] = 1, 255
    soft[50:] = 128  # unsure, and wrong: far from the border, but counted
    frame = judged(soft, label)
    near = frame.frame.near_positive.sum() + frame.frame.near_negative.sum()
    assert near == 60 * (10 + 10) + 60 * 10  # rows 0..9 and 10..19 lie within 10 of row 9, and ten rows are unsure
    found = metrics(frame)
    assert found["ece_unsure"] is not None
    assert found["ece"] is not None
    assert found["ece_unsure"] > found["ece"]


def test_presence_is_calibrated_by_the_highest_probability_of_a_frame() -> None:
    found = metrics(judged([[255, 0]], [[1, 0]]), judged([[255, 0]], [[0, 0]]))
    assert found["presence_ece"] == pytest.approx(0.5)
    assert found["presence_roc_auc"] == pytest.approx(0.5)
    assert metrics(judged([[200, 0]], [[1, 0]]), judged([[20, 0]], [[0, 0]]))["presence_roc_auc"] == 1.0


def test_intervals_hold_the_mean_and_groups_are_resampled_whole() -> None:
    values = [0.5, 0.7, 0.9, 0.8]
    told = {"mean": averaged(values)}
    by_frame = intervals_of(told, resampled_frames(4, seed=0))["mean"]
    assert by_frame is not None
    assert by_frame[0] < np.mean(values) < by_frame[1]
    alike = [0.2] * 20 + [0.8] * 20
    told = {"mean": averaged(alike)}
    frames = intervals_of(told, resampled_frames(40, seed=0))["mean"]
    groups = intervals_of(told, resampled_groups(["a"] * 20 + ["b"] * 20, seed=0))["mean"]
    assert frames is not None
    assert groups == (0.2, 0.8)
    assert frames[1] - frames[0] < 0.25


def test_every_resample_counts_as_many_groups_as_there_are() -> None:
    drawn = np.concatenate(list(resampled_groups(["a", "a", "b", "c"], seed=1, times=300)))
    assert drawn.shape == (300, 4)
    assert np.array_equal(drawn[:, 0], drawn[:, 1])
    assert np.all(drawn[:, 1:].sum(axis=1) == 3)


def test_strata_go_by_the_share_of_the_field() -> None:
    rows = strata_of(table(HALF, WHOLE, EMPTY), seed=0)
    assert [row["frames"] for row in rows] == [0, 0, 2]
    assert rows[0]["per_image_dice"] is None
    assert rows[2]["per_image_dice"] == pytest.approx(0.75)


def compared(exam: int, frame: int, gain: float, *, lost: bool = False, alarm: bool = False) -> Compared:
    return Compared(f"E{exam}", f"f{frame}", 0.6, 0.6 + gain, 1, 1, 0 if lost else 1, False, alarm)


def test_few_exams_or_few_frames_are_not_enough_evidence() -> None:
    few_exams = [compared(n % 4, n, 0.2) for n in range(40)]
    few_frames = [compared(n, n, 0.2) for n in range(29)]
    for frames in (few_exams, few_frames, []):
        assert judge_change(frames, seed=0)["verdict"] == "not enough evidence"


def test_a_clear_gain_over_exams_passes() -> None:
    gate = judge_change([compared(n % 6, n, 0.1 + 0.01 * (n % 6)) for n in range(36)], seed=0)
    assert gate["verdict"] == "passes"
    assert (gate["exams"], gate["frames"]) == (6, 36)


def test_a_gain_in_one_exam_alone_fails_however_many_frames_it_has() -> None:
    frames = [compared(0, n, 0.4) for n in range(30)] + [compared(n, 90 + n, -0.02) for n in range(1, 6)]
    assert judge_change(frames, seed=0)["verdict"] == "fails"


@pytest.mark.parametrize(("lost", "alarm"), [(True, False), (False, True)])
def test_a_gain_that_misses_a_lesion_or_cries_wolf_fails(lost: bool, alarm: bool) -> None:  # noqa: FBT001 # parametrised
    frames = [compared(n % 6, n, 0.1, lost=lost and n == 0, alarm=alarm and n == 0) for n in range(36)]
    gate = judge_change(frames, seed=0)
    assert gate["verdict"] == "fails"
    assert any(("missed" if lost else "without a polyp") in str(reason) for reason in list(gate["reasons"]))  # type: ignore[call-overload]
