"""Every metric against numbers worked out by hand, and the gate against written criteria."""

from itertools import product

import numpy as np
import pytest

from trainer.gate import Compared, judge_change
from trainer.judging import Judged, bootstrap, calibration_error, intervals_of, judge_frame, metrics_of, strata_of
from trainer.pixels.field_of_view import Box, FieldOfView
from trainer.proposing import Proposed


def judged(soft: list[list[int]], label: list[list[int]], key: str = "f") -> Judged:
    values, truth = np.array(soft, np.uint8), np.array(label, np.uint8)
    field = FieldOfView(Box(0, 0, values.shape[1], values.shape[0]), np.ones(values.shape, np.bool_), ())
    return judge_frame(key, Proposed(values, values >= 128, field), truth)


HALF = judged([[255, 255], [0, 0]], [[1, 0], [1, 0]])  # TP 1, FP 1, FN 1, TN 1
WHOLE = judged([[255, 0], [255, 0]], [[1, 0], [1, 0]])
EMPTY = judged([[0, 0], [0, 200]], [[0, 0], [0, 0]])


def test_metrics_by_hand() -> None:
    found = metrics_of([HALF, WHOLE, EMPTY])
    assert found["per_image_dice"] == pytest.approx((0.5 + 1) / 2)
    assert found["per_image_iou"] == pytest.approx((1 / 3 + 1) / 2, abs=1e-5)
    assert found["pooled_dice"] == pytest.approx(2 * 3 / (2 * 3 + 2 + 1), abs=1e-5)
    assert found["pooled_iou"] == pytest.approx(3 / 6)
    assert found["two_class_pooled_iou"] == pytest.approx((3 / 6 + 6 / 9) / 2, abs=1e-5)
    assert found["accuracy"] == pytest.approx(9 / 12)
    assert found["precision"] == pytest.approx(3 / 5)
    assert found["recall"] == pytest.approx(3 / 4)
    assert found["specificity"] == pytest.approx(6 / 8)
    assert found["false_proposals"] == 1.0


def test_what_cannot_be_measured_is_none_and_not_zero() -> None:
    only_empty = metrics_of([EMPTY])
    assert only_empty["per_image_dice"] is None
    assert only_empty["recall"] is None
    assert metrics_of([WHOLE])["false_proposals"] is None


def test_ignored_pixels_count_nowhere() -> None:
    frame = judged([[255, 255], [0, 0]], [[1, 255], [255, 0]])
    assert (frame.counts.tp, frame.counts.fp, frame.counts.fn, frame.counts.tn) == (1, 0, 0, 1)
    assert frame.positive.sum() + frame.negative.sum() == 2


def test_pranet_dice_is_the_mean_over_thresholds_of_the_stretched_map() -> None:
    # Stretched from 10..60 to 0..255: the lesion stands out at every threshold but the lowest, where all is taken.
    frame = judged([[60, 10], [60, 10]], [[1, 0], [1, 0]])
    expected = (255 * 1.0 + 2 * 2 / (4 + 2)) / 256
    assert metrics_of([frame])["pranet_mean_dice"] == pytest.approx(expected, abs=1e-4)


def test_area_under_the_roc_curve_is_the_share_of_ordered_pairs() -> None:
    soft, label = [[200, 120, 90], [120, 30, 240]], [[1, 1, 0], [0, 0, 0]]
    flat = list(zip(np.ravel(soft), np.ravel(label), strict=True))
    pairs = list(product([s for s, t in flat if t], [s for s, t in flat if not t]))
    expected = sum(1.0 if p > n else 0.5 if p == n else 0.0 for p, n in pairs) / len(pairs)
    assert metrics_of([judged(soft, label)])["roc_auc"] == pytest.approx(expected, abs=1e-5)


def test_calibration_error_of_a_network_that_is_always_sure_and_half_right() -> None:
    assert calibration_error([judged([[255, 255]], [[1, 0]])]) == pytest.approx(0.5)


def test_intervals_hold_the_mean_and_need_two_frames() -> None:
    interval = bootstrap([0.5, 0.7, 0.9, 0.8], seed=0)
    assert interval is not None
    assert interval[0] < np.mean([0.5, 0.7, 0.9, 0.8]) < interval[1]
    assert intervals_of([WHOLE])["per_image_dice"] is None


def test_strata_go_by_the_share_of_the_field() -> None:
    rows = strata_of([HALF, WHOLE, EMPTY])
    assert [row["frames"] for row in rows] == [0, 0, 2]
    assert rows[0]["per_image_dice"] is None


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
