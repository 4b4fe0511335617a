"""COCO's run lengths, against pycocotools; PNG and the store's own bytes give any label map back."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as coco_mask

from polypviewer.core.label_map import LabelMap, decode_label_map, encode_label_map
from polypviewer.datasets.export_frame import encode_png
from polypviewer.datasets.rle import coco_rle, run_lengths


def agree(mask: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> None:
    ours = coco_rle(mask)
    theirs = coco_mask.encode(np.asfortranarray(mask, dtype=np.uint8))
    assert ours == {"size": theirs["size"], "counts": theirs["counts"].decode()}
    np.testing.assert_array_equal(coco_mask.decode(ours), mask)


@given(height=st.integers(1, 30), width=st.integers(1, 30), share=st.floats(0, 1), seed=st.integers(0, 2**32 - 1))
def test_any_mask_is_encoded_as_pycocotools_does(height: int, width: int, share: float, seed: int) -> None:
    agree(np.random.default_rng(seed).random((height, width)) < share)


label_maps = st.builds(
    lambda height, width, values, seed: np.random.default_rng(seed).choice(
        np.array(sorted(values), np.uint8), (height, width)
    ),
    st.integers(1, 41),
    st.integers(1, 41),
    st.sets(st.integers(0, 255), min_size=1, max_size=256),
    st.integers(0, 2**32 - 1),
)
"""Label maps of odd and even sizes with any of the 256 values."""


@given(label_map=label_maps)
def test_every_slot_of_any_label_map_comes_back_from_its_run_lengths(label_map: LabelMap) -> None:
    for slot in np.unique(label_map):
        lesion = label_map == slot
        np.testing.assert_array_equal(coco_mask.decode(coco_rle(lesion)), lesion)


@given(label_map=label_maps)
def test_any_label_map_comes_back_from_a_png_and_from_the_store_s_own_bytes(label_map: LabelMap) -> None:
    decoded = cv2.imdecode(np.frombuffer(encode_png(label_map), np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(decoded, label_map)
    np.testing.assert_array_equal(decode_label_map(encode_label_map(label_map)), label_map)


def test_a_label_map_with_all_256_values_comes_back_whole() -> None:
    label_map = np.arange(17 * 31, dtype=np.uint32).astype(np.uint8).reshape(17, 31)
    assert len(np.unique(label_map)) == 256
    np.testing.assert_array_equal(decode_label_map(encode_label_map(label_map)), label_map)
    for slot in range(256):
        agree(label_map == slot)


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
