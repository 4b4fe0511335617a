"""`polyp-trainer evaluate` and `polypviewer predict` give identical masks on the same frames."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import resources
from polypviewer.media.image import read_image
from polypviewer.segmentation import OnnxSegmenter, load_bundle, predict_image
from tests.contract.golden_frames import FRAMES
from tests.segmentation.tiny_bundles import red_network, write_bundle
from trainer.bundle import NETWORK, read_bundle
from trainer.data.folders import find_pairs, only, read_list, read_pair
from trainer.evaluation.proposals import onnx_probability
from trainer.export import open_onnx
from trainer.pixels.field_of_view import find_field_of_view
from trainer.proposing import Proposed, Rules, propose

pytestmark = pytest.mark.torch

MODELS = sorted(path.parent for path in resources.path("models").glob("*/card.json"))
TENTH = Path(__file__).parents[2] / "trainer" / "splits" / "kvasir_tenth.txt"
REAL = 12
"""Frames of each set: enough to meet borders, insets, burnt-in text and several components."""


def trainers_way(folder: Path) -> Callable[[NDArray[np.uint8]], Proposed]:
    """What `polyp-trainer evaluate` does with one frame."""
    bundle = read_bundle(folder)
    probability = onnx_probability(open_onnx(folder / NETWORK))
    rules = Rules(bundle.size, bundle.threshold, bundle.minimum_area)
    return lambda image: propose(image, probability, rules)


def compare(folder: Path, frames: dict[str, tuple[NDArray[np.uint8], NDArray[np.uint8]]]) -> int:
    """Both ways over `frames` (the application's pixels, the trainer's); how many masks are not empty."""
    theirs = trainers_way(folder)
    segmenter = OnnxSegmenter(load_bundle(folder), device="cpu")
    filled = 0
    for name, (ours, same) in frames.items():
        assert np.array_equal(ours, same), name
        prediction, proposed = predict_image(ours, segmenter), theirs(same)
        assert np.array_equal(prediction.mask, proposed.mask), name
        assert prediction.probability == proposed.confidence, name
        filled += bool(proposed.mask.any())
    return filled


@pytest.mark.parametrize("folder", MODELS, ids=lambda folder: folder.name)
def test_a_model_that_comes_along_gives_identical_masks_on_the_golden_frames(folder: Path) -> None:
    frames = {name: make() for name, make in FRAMES.items()}
    compare(folder, {name: (image, image) for name, image in frames.items()})


@pytest.mark.parametrize("minimum_area", [0.0, 0.0005, 0.01, 0.05])
def test_masks_are_identical_whatever_the_smallest_area(tmp_path: Path, minimum_area: float) -> None:
    folder = write_bundle(tmp_path / "red", model=red_network(64), side=64, minimum_area=minimum_area, threshold=0.62)
    frames = {name: make() for name, make in FRAMES.items()}
    for seed in range(6):
        frames[f"speckled {seed}"] = speckled(seed)
    assert compare(folder, {name: (image, image) for name, image in frames.items()}) >= (
        6 if minimum_area < 0.01 else 1
    )


def test_insets_do_not_count_in_the_area_that_the_smallest_component_is_a_share_of(tmp_path: Path) -> None:
    image = np.full((360, 480, 3), (110, 80, 70), np.uint8)
    image[120:240, 100:260] = (10, 90, 40)
    image[100:140, 320:360] = (220, 60, 50)
    field = find_field_of_view(image)
    seen, whole = np.count_nonzero(field.seen()), np.count_nonzero(field.mask)
    assert seen < 0.95 * whole
    area = trainers_way(write_bundle(tmp_path / "all", threshold=0.62, minimum_area=0.0))(image).mask.sum()
    between = 2 * int(area) / (seen + whole)
    folder = write_bundle(tmp_path / "between", threshold=0.62, minimum_area=between)
    assert compare(folder, {"one spot": (image, image)}) == 1


def speckled(seed: int) -> NDArray[np.uint8]:
    """Tissue with red spots of many sizes, and a green inset over it, `(360, 480, 3)` uint8 RGB."""
    random = np.random.default_rng(seed)
    image = np.zeros((360, 480, 3), np.uint8)
    image[10:350, 30:450] = (110, 80, 70)
    rows, columns = np.mgrid[0:360, 0:480]
    for radius in random.integers(4, 45, 12):
        row, column = random.integers(20, 340), random.integers(40, 440)
        image[(rows - row) ** 2 + (columns - column) ** 2 < radius**2] = (220, 60, 50)
    image[240:350, 30:170] = (10, 90, 40)
    return image


@pytest.mark.parametrize("folder", MODELS, ids=lambda folder: folder.name)
@pytest.mark.parametrize("name", ["kvasir-seg", "polypgen"])
def test_real_frames_give_identical_masks_each_read_by_its_own_program(
    shared_data: Path, name: str, folder: Path
) -> None:
    pairs = find_pairs(shared_data / name, name=name)
    if name == "kvasir-seg":
        pairs = only(pairs, read_list(TENTH))
    chosen = pairs[:: max(1, len(pairs) // REAL)][:REAL]
    frames = {pair.key: (read_image(pair.image), read_pair(pair)[0]) for pair in chosen}
    assert compare(folder, frames) > REAL // 2
