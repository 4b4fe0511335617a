"""Bundles as the trainer writes them, read by the application: the same card, the same masks."""

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the [train] extra: torch is not installed here")

from polypviewer.segmentation import check_network, load_bundle
from polypviewer.segmentation.onnx_session import open_network
from tests.contract.both_sides import APPLICATION
from tests.contract.golden_frames import FRAMES
from tests.trainer.conftest import bundle, one_thread
from trainer.bundle import Bundle, read_bundle
from trainer.evaluation.proposals import onnx_probability
from trainer.export import open_onnx
from trainer.proposing import Rules, propose

__all__ = ["bundle", "one_thread"]

SHIPPED = Path(__file__).parents[2] / "resources" / "models"


def test_the_application_reads_what_the_trainer_writes(bundle: Bundle) -> None:
    read = load_bundle(bundle.folder)
    check_network(read)
    assert read.digest == bundle.digest
    assert (read.card.height, read.card.width) == bundle.size
    assert (read.card.threshold, read.card.minimum_area) == (bundle.threshold, bundle.minimum_area)


@pytest.mark.parametrize("name", list(FRAMES))
def test_both_programs_find_the_same_mask_with_it(bundle: Bundle, name: str) -> None:
    image = FRAMES[name]()
    rules = Rules(bundle.size, bundle.threshold, bundle.minimum_area)
    theirs = propose(image, onnx_probability(open_onnx(bundle.folder / "model.onnx")), rules)
    network = open_network(load_bundle(bundle.folder), device="cpu", threads=1)
    field = APPLICATION.fields.find_field_of_view(image)
    shown = APPLICATION.geometry.network_input(image, field, height=bundle.size[0], width=bundle.size[1])
    soft = APPLICATION.geometry.quantise(network.probability(shown[np.newaxis])[0, 0])
    frame = APPLICATION.geometry.to_frame(soft, field)
    area = int(np.count_nonzero(field.seen()))
    mask = APPLICATION.postprocess.binarise(
        frame, threshold=bundle.threshold, minimum_area=bundle.minimum_area, field_area=area
    )
    assert np.array_equal(mask, theirs.mask)
    assert APPLICATION.postprocess.frame_confidence(frame, mask) == theirs.confidence


def test_every_shipped_bundle_is_whole_small_and_says_where_it_comes_from() -> None:
    folders = [path for path in SHIPPED.iterdir() if path.is_dir()]
    assert folders
    for folder in folders:
        read = read_bundle(folder)
        check_network(load_bundle(folder))
        card = json.loads((folder / "card.json").read_text("utf-8"))
        assert (folder / "model.onnx").stat().st_size <= 12_000_000
        assert all(source["licence"] and source["attribution"] and source["frames"] for source in card["data"])
        assert "no commercial clearance" in card["licences"]["weights"]
        assert "not for diagnosis" in card["intended_use"]
        dice = next(metric for metric in card["metrics"] if metric["name"] == "per_image_dice")
        assert dice["interval"][0] < dice["value"] < dice["interval"][1]
        assert read.card["onnx_parity"] <= 1e-3  # type: ignore[operator]
