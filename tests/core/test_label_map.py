"""Label maps: slots, ignore, exact storage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from polypviewer.core.errors import EditError
from polypviewer.core.label_map import (
    decode_label_map,
    empty_label_map,
    encode_label_map,
    free_slot,
    polyp_mask,
    slot_areas,
    slots_present,
)


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40))))
def test_storing_and_reading_a_label_map_is_exact(label_map: np.ndarray) -> None:
    again = decode_label_map(encode_label_map(label_map))
    assert again.dtype == np.uint8
    assert again.flags.writeable
    assert np.array_equal(again, label_map)


def test_ignored_pixels_are_no_polyp() -> None:
    label_map = np.array([[0, 1, 254, 255]], np.uint8)
    assert polyp_mask(label_map).tolist() == [[False, True, True, False]]
    assert slots_present(label_map) == (1, 254)


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40))))
def test_the_area_of_each_slot_is_its_number_of_pixels(label_map: np.ndarray) -> None:
    counts = np.bincount(label_map.reshape(-1), minlength=256)
    assert slot_areas(label_map) == {slot: int(counts[slot]) for slot in range(1, 255) if counts[slot]}
    assert tuple(slot_areas(label_map)) == slots_present(label_map)


def test_the_lowest_free_slot_is_taken_and_a_full_frame_refuses() -> None:
    label_map = empty_label_map(16, 16)
    label_map.reshape(-1)[:3] = [1, 2, 4]
    assert free_slot(label_map) == 3
    label_map.reshape(-1)[:254] = np.arange(1, 255)
    with pytest.raises(EditError):
        free_slot(label_map)


@pytest.mark.parametrize("damage", [b"", b"LM1\0", b"XXXX" + bytes(8) + b"no zlib"])
def test_a_damaged_label_map_is_an_error_and_not_a_mask(damage: bytes) -> None:
    with pytest.raises(EditError):
        decode_label_map(damage)


def test_a_truncated_label_map_is_an_error() -> None:
    data = encode_label_map(empty_label_map(100, 100))
    with pytest.raises(EditError):
        decode_label_map(data[:-5])
