"""What is pasted lands where it was, and never on what a person painted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from polypviewer.core.errors import EditError
from polypviewer.core.label_map import LabelMap, Mask
from polypviewer.core.region import Scene, applied
from polypviewer.core.regions.clipping import cut_clipping, pasted

label_maps = arrays(np.uint8, (9, 7), elements=st.sampled_from((0, 0, 0, 1, 2, 255)))


def scene_of(labels: LabelMap, limit: Mask | None = None) -> Scene:
    labels.flags.writeable = False
    return Scene(np.zeros((*labels.shape, 3), np.uint8), labels, limit)


@settings(max_examples=100, deadline=None)
@given(label_maps, label_maps, arrays(np.bool_, (9, 7)), st.sampled_from((None, 1, 2)))
def test_pasting_fills_background_inside_the_limit(
    there: LabelMap, here: LabelMap, limit: Mask, slot: int | None
) -> None:
    clipping = cut_clipping(there, slot=slot)
    result = applied(here, pasted(scene_of(here, limit), clipping))
    for y, x in np.ndindex(here.shape):
        lands = here[y, x] == 0 and limit[y, x] and slot in (None, there[y, x])
        assert result[y, x] == (there[y, x] if lands else here[y, x])


def test_a_clipping_is_cut_to_what_it_holds_and_is_a_copy() -> None:
    labels = np.zeros((20, 30), np.uint8)
    labels[5:9, 10:17] = 3
    clipping = cut_clipping(labels)
    labels[:] = 0
    assert clipping.labels.shape == (4, 7)
    assert (clipping.labels == 3).all()


def test_an_empty_clipping_changes_nothing() -> None:
    labels = np.zeros((20, 30), np.uint8)
    assert not cut_clipping(labels, slot=2).labels.any()
    assert pasted(scene_of(labels), cut_clipping(labels)).is_empty


def test_a_frame_of_another_size_is_refused() -> None:
    clipping = cut_clipping(np.ones((20, 30), np.uint8))
    with pytest.raises(EditError, match="30 x 20") as refused:
        pasted(scene_of(np.zeros((30, 20), np.uint8)), clipping)
    assert refused.value.code == "edit.paste_size"
