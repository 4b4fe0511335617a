"""COCO's run lengths, against pycocotools."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as coco_mask

from polypviewer.datasets.rle import coco_rle, run_lengths


def agree(mask: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> None:
    ours = coco_rle(mask)
    theirs = coco_mask.encode(np.asfortranarray(mask, dtype=np.uint8))
    assert ours == {"size": theirs["size"], "counts": theirs["counts"].decode()}
    np.testing.assert_array_equal(coco_mask.decode(ours), mask)


@given(height=st.integers(1, 30), width=st.integers(1, 30), share=st.floats(0, 1), seed=st.integers(0, 2**32 - 1))
def test_any_mask_is_encoded_as_pycocotools_does(height: int, width: int, share: float, seed: int) -> None:
    agree(np.random.default_rng(seed).random((height, width)) < share)


@pytest.mark.parametrize("value", [False, True])
def test_empty_and_full_masks_of_a_large_frame(*, value: bool) -> None:
    agree(np.full((1080, 1920), value))


def test_long_runs_need_several_characters() -> None:
    mask = np.zeros((1080, 1920), np.bool_)
    mask[200:900, 300:1500] = True
    mask[0, 0] = mask[-1, -1] = True
    agree(mask)


def test_runs_go_down_the_columns_and_begin_with_background() -> None:
    mask = np.array([[True, False], [True, True]])
    assert run_lengths(mask).tolist() == [0, 2, 1, 1]
