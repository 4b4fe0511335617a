"""Crops of mucosa: never a pixel of a polyp, large enough, the same ones again, and told where they are from."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trainer.conftest import frame_with_polyp, write_data, write_grey, write_rgb
from tests.trainer.test_training import TINY
from trainer.data.folders import find_pairs, read_pair
from trainer.data.frames import load_frames, whole_frame
from trainer.data.negatives import LARGEST, SMALLEST, chosen_frames, mucosa_box, mucosa_of, with_mucosa
from trainer.errors import DataError
from trainer.events import StopSwitch
from trainer.fit import FitOrder, fit
from trainer.pixels.field_of_view import Box, FieldOfView

Tell = Callable[..., None]


@settings(max_examples=150, deadline=None)
@given(
    st.integers(40, 200), st.integers(40, 200), st.text("abc", max_size=4),
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.integers(1, 40), st.sampled_from([1, 7, 255])), max_size=4),
)  # fmt: skip
def test_a_crop_never_holds_a_pixel_of_a_polyp_and_is_large_enough(
    height: int, width: int, key: str, spots: list[tuple[float, float, int, int]]
) -> None:
    label = np.zeros((height, width), np.uint8)
    for x, y, radius, value in spots:
        cv2.circle(label, (int(x * (width - 1)), int(y * (height - 1))), radius, value, -1)
    field = whole_frame(np.zeros((height, width, 3), np.uint8))
    box = mucosa_box(label, field, key=key)
    if box is None:
        assert label.any()
        return
    assert not label[box.top : box.bottom, box.left : box.right].any()
    for part, whole in ((box.width, width), (box.height, height)):
        assert SMALLEST * whole <= part <= LARGEST * whole + 1
    assert mucosa_box(label, field, key=key) == box


def test_a_crop_keeps_off_insets_and_off_what_the_endoscope_does_not_see() -> None:
    label = np.zeros((100, 100), np.uint8)
    label[45:55, 45:55] = 1
    seen = np.zeros((100, 100), np.bool_)
    seen[:, 50:] = True
    inset = Box(60, 0, 100, 40)
    box = mucosa_box(label, FieldOfView(Box(0, 0, 100, 100), seen, (inset,)), key="a")
    assert box is not None
    assert box.top >= inset.bottom or box.right <= inset.left
    assert seen[box.top : box.bottom, box.left : box.right].mean() >= 0.75


def test_a_frame_full_of_polyp_gives_no_crop_and_an_empty_frame_none_either(tmp_path: Path) -> None:
    image, label = frame_with_polyp(0)
    label[:, 40:] = 0
    for name, mask in (("full", np.full_like(label, 255)), ("none", np.zeros_like(label)), ("some", label * 255)):
        write_rgb(tmp_path / "images" / f"{name}.png", image)
        write_grey(tmp_path / "masks" / f"{name}.png", mask)
    crops = {pair.stem: mucosa_of(pair) for pair in find_pairs(tmp_path, name="d")}
    assert crops["full"] is None
    assert crops["none"] is None
    found = crops["some"]
    assert found is not None
    box = found.crop.box
    assert found.crop.key == "d/some"
    assert 0.16 <= found.crop.share <= 0.9
    assert not label[box.top : box.bottom, box.left : box.right].any()


def test_crops_join_the_frames_as_empty_ones_and_more_frames_change_no_choice(data: Path) -> None:
    pairs = find_pairs(data, name="d")
    frames = load_frames(pairs, size=32)
    more, crops = with_mucosa(frames, pairs, share=1.0)
    assert more.keys == (*frames.keys, *(f"{crop.key}#0" for crop in crops))
    assert 1 <= len(crops) < len(pairs)
    assert not more.labels[len(frames) :].any()
    assert more.images[len(frames) :].any(axis=(1, 2, 3)).all()
    assert np.array_equal(more.images[: len(frames)], frames.images)
    few = chosen_frames(pairs, share=0.5)
    assert 0 < len(few) < len(pairs)
    write_data(data, frames=6, first=50)
    assert [p for p in chosen_frames(find_pairs(data, name="d"), share=0.5) if p in pairs] == few


def test_no_share_adds_nothing_and_a_wrong_one_is_refused(data: Path) -> None:
    pairs = find_pairs(data, name="d")
    frames = load_frames(pairs, size=32)
    assert with_mucosa(frames, pairs, share=0.0) == (frames, [])
    with pytest.raises(DataError, match=r"A share of 1\.5"):
        with_mucosa(frames, pairs, share=1.5)


def test_a_run_trains_on_crops_and_says_where_they_are_from(
    data: Path, tmp_path: Path, tell: Tell, heard: list[dict[str, Any]]
) -> None:
    order = FitOrder({"d": data}, tmp_path / "run", replace(TINY, negatives=1.0), seed=1)
    fit(order, tell=tell, stop=StopSwitch())
    summary = json.loads((tmp_path / "run" / "run.json").read_text("utf-8"))
    crops = json.loads((tmp_path / "run" / "negatives.json").read_text("utf-8"))
    assert {f"{key}#0" for key in crops} == {key for key in summary["train"] if "#" in key}
    assert not any("#" in key for key in summary["validation"])
    assert not set(crops) & set(summary["validation"])
    labels = {pair.key: read_pair(pair)[1] for pair in find_pairs(data, name="d")}
    for key, crop in crops.items():
        left, top, right, bottom = crop["box"]
        assert not labels[key][top:bottom, left:right].any()
        assert (right - left) * (bottom - top) >= 0.16 * labels[key].size
    notes = [event["message"] for event in heard if event.get("code") == "negatives"]
    assert notes == [f"{len(crops)} crops of mucosa train as empty frames; negatives.json says where they are from."]
