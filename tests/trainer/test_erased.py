"""Polyps painted over: none is left, the rest of the frame stays, patches come from mucosa, the same ones again."""

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
from numpy.typing import NDArray

from tests.trainer.test_training import TINY
from trainer.data.erased import LARGEST, SUFFIX, canvas_of, decoyed, erased, with_erased
from trainer.data.frames import Frames
from trainer.errors import DataError
from trainer.events import StopSwitch
from trainer.fit import FitOrder, fit

Tell = Callable[..., None]
SIDE = 96
TISSUE, POLYP = np.array([170, 90, 80]), np.array([20, 220, 240])


def frame(x: int, y: int, radius: int, *, seed: int = 0) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Reddish mucosa with a smooth shade and noise, a blue polyp, and black corners."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    shade = 20 * np.sin(columns / 25 + seed) + rng.normal(0, 4, (SIDE, SIDE))
    image = TISSUE + shade[..., None]
    label = np.zeros((SIDE, SIDE), np.uint8)
    cv2.circle(label, (x, y), radius, 1, -1)
    image[label == 1] = POLYP
    image[(rows - 48) ** 2 + (columns - 48) ** 2 > 62**2] = 0
    return image.clip(0, 255).astype(np.uint8), label


def blue(image: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where a pixel is more of the polyp's colour than of mucosa's."""
    return np.asarray(image[..., 2].astype(int) > image[..., 0].astype(int) + 40)


@settings(max_examples=40, deadline=None)
@given(st.integers(15, 80), st.integers(15, 80), st.integers(3, 14), st.integers(0, 5), st.text("ab", max_size=3))
def test_no_polyp_is_left_and_what_is_far_from_it_stays(x: int, y: int, radius: int, seed: int, key: str) -> None:
    image, label = frame(x, y, radius, seed=seed)
    there = (label == 1) & (image.max(axis=2) > 0)
    out = erased(image, label, key=key)
    if out is None:
        return
    assert not blue(out)[there].any()
    canvas = canvas_of(image, label)
    assert np.array_equal(out[~canvas.lesion], image[~canvas.lesion])
    assert not out[~canvas.seen].any()
    again = erased(image, label, key=key)
    assert again is not None
    assert np.array_equal(out, again)


def test_most_frames_can_be_erased_and_light_goes_on_over_the_border() -> None:
    done = 0
    for seed in range(20):
        image, label = frame(30 + seed, 40, 9, seed=seed)
        out = erased(image, label, key=str(seed))
        if out is None:
            continue
        done += 1
        plain, _ = frame(30 + seed, 40, 0, seed=seed)
        assert np.abs(out[label == 1].mean(axis=0) - plain[label == 1].mean(axis=0)).max() < 25
    assert done >= 18


def test_a_decoy_keeps_the_polyp_and_changes_mucosa_elsewhere() -> None:
    image, label = frame(30, 40, 8)
    out = decoyed(image, label, key="a")
    assert out is not None
    canvas = canvas_of(image, label)
    assert np.array_equal(out[canvas.lesion], image[canvas.lesion])
    changed = (out != image).any(axis=2)
    assert changed.sum() > 0.5 * canvas.lesion.sum()
    assert not blue(out)[~canvas.lesion].any()


def test_frames_without_a_polyp_or_full_of_it_give_nothing() -> None:
    image, label = frame(48, 48, 10)
    for other in (np.zeros_like(label), np.where(label == 1, 255, 0).astype(np.uint8)):
        assert erased(image, other, key="a") is None
        assert decoyed(image, other, key="a") is None
    image, label = frame(48, 48, 40)
    assert canvas_of(image, label).lesion.mean() > LARGEST
    assert erased(image, label, key="a") is None
    assert decoyed(image, label, key="a") is None


def test_ignored_pixels_go_with_the_polyp_and_are_never_copied() -> None:
    image, label = frame(30, 40, 8)
    image[60:70, 60:70], label[60:70, 60:70] = POLYP, 255
    out = erased(image, label, key="a")
    assert out is not None
    assert not blue(out).any()


def some_frames(count: int = 12) -> Frames:
    pairs = [frame(25 + 4 * n, 45, 7 if n % 4 else 0, seed=n) for n in range(count)]
    for number, (image, label) in enumerate(pairs):
        if number % 4 == 0:
            label[:] = 0
            image[blue(image)] = TISSUE
    images, labels = (np.stack([pair[at] for pair in pairs]) for at in (0, 1))
    return Frames(tuple(f"d/{n}" for n in range(count)), images, labels, np.linspace(1, 2, count, dtype=np.float32))


def test_twins_join_the_frames_as_empty_ones_and_decoys_stand_in_their_place() -> None:
    frames = some_frames()
    both, done = with_erased(frames, share=1.0)
    twins = [key for key, what in done.items() if what == "erased"]
    assert both.keys == (*frames.keys, *twins)
    assert twins
    assert all(key.endswith(SUFFIX) for key in twins)
    assert not both.labels[len(frames) :].any()
    assert np.array_equal(both.labels[: len(frames)], frames.labels)
    for number, key in enumerate(frames.keys):
        same = np.array_equal(both.images[number], frames.images[number])
        assert same == (done.get(key) != "decoyed")
    of = [frames.keys.index(key.removesuffix(SUFFIX)) for key in twins]
    assert np.array_equal(both.weights[len(frames) :], frames.weights[of])
    assert not any(number % 4 == 0 for number in of)


def test_no_share_adds_nothing_and_a_wrong_one_is_refused() -> None:
    frames = some_frames()
    assert with_erased(frames, share=0.0) == (frames, {})
    some, _ = with_erased(frames, share=0.5)
    assert len(frames) < len(some) < len(with_erased(frames, share=1.0)[0])
    with pytest.raises(DataError, match=r"A share of 1\.5"):
        with_erased(frames, share=1.5)


def test_a_run_says_which_frames_it_erased(data: Path, tmp_path: Path, tell: Tell, heard: list[dict[str, Any]]) -> None:
    fit(FitOrder({"d": data}, tmp_path / "run", replace(TINY, erased=1.0), seed=1), tell=tell, stop=StopSwitch())
    summary = json.loads((tmp_path / "run" / "run.json").read_text("utf-8"))
    done = json.loads((tmp_path / "run" / "erased.json").read_text("utf-8"))
    twins = {key for key, what in done.items() if what == "erased"}
    assert twins == {key for key in summary["train"] if key.endswith(SUFFIX)}
    assert not any("#" in key for key in summary["validation"])
    notes = [event["message"] for event in heard if event.get("code") == "erased"]
    decoys = len(done) - len(twins)
    assert notes == [f"{len(twins)} frames train once more without their polyp, {decoys} carry a decoy."]
