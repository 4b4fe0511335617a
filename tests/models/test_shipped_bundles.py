"""The bundles that come along load, keep to their sizes, and answer as they did when they were written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from polypviewer.segmentation import load_bundle
from polypviewer.segmentation.onnx_session import check_network
from tests.models.golden import GOLDEN, DemoFrame, bundle_folders, dice_of

FOLDERS = bundle_folders()
MEGABYTES = {"polyp-fast": 12.0, "polyp-accurate": 25.0}
CLOSE = 0.01
each = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.name))


def test_at_least_the_fast_one_comes_along() -> None:
    assert "polyp-fast" in [folder.name for folder in FOLDERS]


@each
def test_it_loads_under_its_own_name_and_its_network_is_what_the_card_says(folder: Path) -> None:
    bundle = load_bundle(folder)
    check_network(bundle)
    assert bundle.name == folder.name
    assert sorted(path.name for path in folder.iterdir()) == ["card.json", "model.onnx", "weights.safetensors"]


@each
def test_the_network_is_within_its_megabytes(folder: Path) -> None:
    assert (folder / "model.onnx").stat().st_size / 1e6 <= MEGABYTES[folder.name]


@each
def test_demo_frames_give_the_stored_dice(folder: Path, frames: list[DemoFrame]) -> None:
    stored = cast("dict[str, dict[str, float]]", json.loads(GOLDEN.read_text("utf-8")))
    assert folder.name in stored, "a new bundle: `python -m tests.models.golden` stores what it reaches"
    golden = stored[folder.name]
    assert len(golden) >= 4
    found = dice_of(load_bundle(folder), frames)
    assert {name: found[name] for name in golden} == pytest.approx(golden, abs=CLOSE)
    assert np.mean([found[name] for name in golden]) == pytest.approx(np.mean(list(golden.values())), abs=CLOSE)
