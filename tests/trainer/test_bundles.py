"""Bundles: written whole, read with every digest checked, the same numbers in ONNX and PyTorch."""

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from tests.trainer.conftest import SMALL
from trainer.bundle import Bundle, load_network, read_bundle
from trainer.cards import facts_of
from trainer.errors import BundleError, DataError
from trainer.evaluation.evaluate import Order, evaluate
from trainer.export import CardFacts, Shipped, open_onnx, run_onnx, write_bundle
from trainer.models.registry import build_network


@pytest.fixture
def copy(bundle: Bundle, tmp_path: Path) -> Path:
    """The bundle again, to be damaged."""
    return Path(shutil.copytree(bundle.folder, tmp_path / "copy"))


@pytest.mark.parametrize("frames", [1, 2, 5])
def test_onnx_and_pytorch_agree_at_any_batch(bundle: Bundle, frames: int) -> None:
    images = np.random.default_rng(frames).integers(0, 256, (frames, 64, 64, 3), dtype=np.uint8)
    with torch.inference_mode():
        expected = Shipped(load_network(bundle), temperature=1.0)(torch.from_numpy(images)).numpy()
    assert np.abs(run_onnx(open_onnx(bundle.folder / "model.onnx"), images) - expected).max() <= 1e-3


def test_the_temperature_is_inside_the_network(tmp_path: Path) -> None:
    torch.manual_seed(3)
    network = build_network(SMALL)
    facts = CardFacts("warm", "0", SMALL, (32, 32), "tests", (), {"weights": "none"}, temperature=2.0)
    written = write_bundle(tmp_path / "warm", network, facts)
    image = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3), dtype=np.uint8)
    with torch.inference_mode():
        logits = network.eval()(torch.from_numpy(image).permute(0, 3, 1, 2).float() / 127.5 - 1)
    found = run_onnx(open_onnx(written.folder / "model.onnx"), image)
    assert np.allclose(found, torch.sigmoid(logits / 2).numpy(), atol=1e-3)


def test_the_network_is_one_file_that_names_its_axes(bundle: Bundle) -> None:
    model = onnx.load(str(bundle.folder / "model.onnx"), load_external_data=False)
    (image,), (probability,) = model.graph.input, model.graph.output
    axes = [axis.dim_param or axis.dim_value for axis in image.type.tensor_type.shape.dim]
    assert (image.name, axes) == ("image", ["N", 64, 64, 3])
    axes = [axis.dim_param or axis.dim_value for axis in probability.type.tensor_type.shape.dim]
    assert (probability.name, axes) == ("probability", ["N", 1, 64, 64])
    assert sorted(path.name for path in bundle.folder.iterdir()) == ["card.json", "model.onnx", "weights.safetensors"]


@pytest.mark.parametrize("name", ["model.onnx", "weights.safetensors"])
def test_one_changed_byte_is_found(copy: Path, name: str) -> None:
    data = bytearray((copy / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copy / name).write_bytes(data)
    with pytest.raises(BundleError, match="not the file its card describes"):
        read_bundle(copy)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("card.json", None, "bundle.missing"),
        ("model.onnx", None, "bundle.file_missing"),
        ("card.json", "{", "bundle.card"),
        ("card.json", '{"schema": "polypviewer/bundle/9"}', "bundle.newer"),
        ("card.json", '{"schema": "polypviewer/bundle/1"}', "bundle.card"),
    ],
    ids=["no card", "no network", "half a card", "newer card", "empty card"],
)
def test_what_is_no_whole_bundle_is_refused(copy: Path, name: str, content: str | None, code: str) -> None:
    (copy / name).unlink()
    if content is not None:
        (copy / name).write_text(content, "utf-8")
    with pytest.raises(BundleError) as caught:
        read_bundle(copy)
    assert caught.value.code == code


def test_a_card_goes_through_facts_and_back(bundle: Bundle, tmp_path: Path) -> None:
    again = write_bundle(tmp_path / "again", load_network(bundle), facts_of(bundle))
    ignored = {"created", "files", "onnx_parity"}
    assert {k: v for k, v in again.card.items() if k not in ignored} == {
        k: v for k, v in bundle.card.items() if k not in ignored
    }


def test_writing_over_a_bundle_replaces_it_whole(copy: Path, bundle: Bundle) -> None:
    (copy / "stray.txt").write_text("old", "utf-8")
    write_bundle(copy, load_network(bundle), facts_of(bundle))
    assert sorted(path.name for path in copy.iterdir()) == ["card.json", "model.onnx", "weights.safetensors"]
    assert [path.name for path in copy.parent.iterdir()] == ["copy"]


def test_a_report_names_every_metric_and_frame(bundle: Bundle, data: Path, tmp_path: Path) -> None:
    (tmp_path / "some.txt").write_text("f001\nf004\n", "utf-8")
    order = Order({"data": data}, tmp_path / "r", model=bundle.folder, listed=tmp_path / "some.txt", on="two")
    evaluate(order, told=lambda _what, _done: None)
    report = json.loads((tmp_path / "r" / "metrics.json").read_text("utf-8"))
    rows = (tmp_path / "r" / "per_image.csv").read_text("utf-8").splitlines()
    assert [row.split(",")[0] for row in rows] == ["frame", "data/f001", "data/f004"]
    assert report["model"]["digest"] == bundle.digest
    assert 0 <= report["metrics"]["per_image_dice"]["value"] <= 1
    assert report["metrics"]["false_proposals"]["value"] is None


def test_a_listed_frame_that_is_missing_is_named(bundle: Bundle, data: Path, tmp_path: Path) -> None:
    (tmp_path / "some.txt").write_text("f001\nf999\n", "utf-8")
    with pytest.raises(DataError, match="f999"):
        evaluate(
            Order({"data": data}, tmp_path / "r", model=bundle.folder, listed=tmp_path / "some.txt"),
            told=lambda _what, _done: None,
        )
    assert not (tmp_path / "r").exists()
