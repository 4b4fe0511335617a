"""Bundles of any height and width: what the trainer writes the application reads, and wrong axes are refused."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from polypviewer.core.errors import SegmentationError
from polypviewer.segmentation import OnnxSegmenter, check_network, load_bundle, predict_image
from polypviewer.segmentation.onnx_session import open_network
from tests.segmentation.tiny_bundles import red_network, scene, write_bundle


def tensors(image: list[int | str], probability: list[int | str]) -> dict[str, Any]:
    """The card's keys for these axes."""
    return {
        "inputs": [{"name": "image", "dtype": "uint8", "shape": image}],
        "outputs": [{"name": "probability", "dtype": "float32", "shape": probability}],
    }


FREE = tensors(["N", "H", "W", 3], ["N", 1, "H", "W"])


def free_network() -> onnx.ModelProto:
    """The red channel at any size."""
    model = red_network()
    for value, axes in ((model.graph.input[0], (1, 2)), (model.graph.output[0], (2, 3))):
        for axis, name in zip(axes, "HW", strict=True):
            value.type.tensor_type.shape.dim[axis].dim_param = name
    return model


def test_a_network_of_free_size_proposes_as_the_same_network_of_one_size(tmp_path: Path) -> None:
    free = load_bundle(write_bundle(tmp_path / "free", model=free_network(), **FREE))
    fixed = load_bundle(write_bundle(tmp_path / "fixed"))
    check_network(free)
    found, expected = (predict_image(scene(), OnnxSegmenter(bundle, device="cpu")) for bundle in (free, fixed))
    assert expected.mask.any()
    assert np.array_equal(found.mask, expected.mask)


@pytest.mark.parametrize(
    ("image", "probability", "named"),
    [
        (["N", "H", "W", 3], ["N", 1, 32, 32], "differ in height or width"),
        (["N", "H", "W", 3], ["N", 1, "W", "H"], "differ in height or width"),
        (["N", "H", 32, 3], ["N", 1, "H", "W"], "differ in height or width"),
        (["N", "S", "S", 3], ["N", 1, "S", "S"], "two axes of one name"),
        (["N", "N", "W", 3], ["N", 1, "N", "W"], "two axes of one name"),
        (["N", "H", 64, 3], ["N", 1, "H", 64], "32, 32, 3"),
        (["N", "H", "W", "C"], ["N", 1, "H", "W"], "32, 32, 3"),
        (["N", "H", "W", 3], ["N", "C", "H", "W"], "N, 1, 32, 32"),
        ([1, "H", "W", 3], [1, 1, "H", "W"], "32, 32, 3"),
        (["N", "H", "W"], ["N", 1, "H", "W"], "32, 32, 3"),
    ],
)
def test_a_card_whose_axes_do_not_fit_together_is_refused(
    tmp_path: Path, image: list[int | str], probability: list[int | str], named: str
) -> None:
    folder = write_bundle(tmp_path / "odd", model=free_network(), **tensors(image, probability))
    with pytest.raises(SegmentationError) as refusal:
        load_bundle(folder)
    assert refusal.value.code == "bundle.card"
    assert named in str(refusal.value)


@pytest.mark.parametrize("free", [True, False], ids=["the card", "the network"])
def test_a_card_and_a_network_of_which_only_one_is_free_disagree(tmp_path: Path, free: bool) -> None:  # noqa: FBT001 - a parameter of the test
    folder = tmp_path / "odd"
    bundle = load_bundle(write_bundle(folder, **FREE) if free else write_bundle(folder, model=free_network()))
    with pytest.raises(SegmentationError) as refusal:
        check_network(bundle)
    assert refusal.value.code == "bundle.disagrees"


@pytest.mark.torch
def test_the_application_reads_a_bundle_of_free_size_that_the_trainer_wrote(tmp_path: Path) -> None:
    import torch

    from trainer.bundle import read_bundle
    from trainer.export import CardFacts, Shipped, write_bundle
    from trainer.export_form import Form
    from trainer.models.registry import Architecture, build_network

    torch.manual_seed(0)
    architecture = Architecture("unet", {"widths": [4, 8]})
    network = build_network(architecture).eval()
    facts = CardFacts("tiny", "0.1", architecture, (32, 64), "tests", (), {"weights": "none"})
    written = write_bundle(tmp_path / "tiny", network, facts, form=Form(dynamic_size=True, half_weights=True))
    bundle = load_bundle(tmp_path / "tiny")
    check_network(bundle)
    assert (bundle.digest, bundle.card.height, bundle.card.width) == (written.digest, 32, 64)
    assert read_bundle(tmp_path / "tiny").size == (32, 64)
    opened = open_network(bundle, device="cpu", threads=1)
    for shape in ((1, 32, 64, 3), (2, 48, 20, 3)):
        images = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
        with torch.inference_mode():
            expected = Shipped(network, temperature=1.0)(torch.from_numpy(images)).numpy()
        assert np.abs(opened.probability(images) - expected).max() <= 1e-3
