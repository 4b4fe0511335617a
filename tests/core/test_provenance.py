"""Where each pixel comes from, and how a mask differs from a proposal."""

from __future__ import annotations

import numpy as np
import pytest

from polypviewer.core.label_map import IGNORE
from polypviewer.core.provenance import ADDED, IGNORED, KEPT, NOTHING, REMOVED, difference, provenance


def test_each_pixel_says_what_became_of_the_proposal() -> None:
    labels = np.array([[0, 1, 254, IGNORE], [0, 2, 1, IGNORE]], np.uint8)
    base = np.array([[False, False, False, False], [True, True, True, True]])
    assert provenance(labels, base).tolist() == [[NOTHING, ADDED, ADDED, IGNORED], [REMOVED, KEPT, KEPT, IGNORED]]


def test_without_a_proposal_everything_was_added_by_hand() -> None:
    labels = np.array([[0, 3, IGNORE]], np.uint8)
    assert provenance(labels, None).tolist() == [[NOTHING, ADDED, IGNORED]]


def test_the_label_map_is_only_read() -> None:
    labels = np.array([[0, 3, IGNORE]], np.uint8)
    labels.flags.writeable = False
    codes = provenance(labels, np.ones((1, 3), bool))
    assert codes.dtype == np.uint8
    assert not np.shares_memory(codes, labels)


def test_a_part_of_a_frame_gives_its_part_of_the_codes() -> None:
    rng = np.random.default_rng(0)
    labels = rng.choice(np.array([0, 1, 254, IGNORE], np.uint8), (40, 50))
    base = rng.random((40, 50)) < 0.5
    whole = provenance(labels, base)
    for rows, columns in ((slice(3, 20), slice(7, 9)), (slice(5, 5), slice(0, 9))):
        assert np.array_equal(provenance(labels[rows, columns], base[rows, columns]), whole[rows, columns])


def test_the_difference_counts_pixels_and_leaves_ignored_ones_out() -> None:
    labels = np.zeros((10, 10), np.uint8)
    labels[:, :4] = 1
    labels[0] = IGNORE
    proposed = np.zeros((10, 10), bool)
    proposed[:, 2:6] = True
    found = difference(labels, proposed)
    assert (found.kept, found.added, found.removed) == (18, 18, 18)
    assert found.dice == pytest.approx(0.5)
    assert found.iou == pytest.approx(1 / 3)


def test_nothing_against_nothing_agrees() -> None:
    found = difference(np.zeros((4, 4), np.uint8), np.zeros((4, 4), bool))
    assert (found.dice, found.iou, found.added, found.removed) == (1.0, 1.0, 0, 0)
