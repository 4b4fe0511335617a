"""Model bundles: what is accepted, and the one sentence for everything that is wrong with one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from polypviewer.core.errors import SegmentationError
from polypviewer.segmentation import (
    bundle_digest,
    check_network,
    choose_bundle,
    find_bundles,
    load_bundle,
    search_bundles,
)
from polypviewer.segmentation.card import TensorSpec
from tests.segmentation.tiny_bundles import file_entry, read_card, red_network, write_bundle, write_card


def refusal(folder: Path) -> SegmentationError:
    with pytest.raises(SegmentationError) as caught:
        check_network(load_bundle(folder))
    assert caught.value.cure
    return caught.value


def test_a_whole_bundle_is_loaded_with_what_its_card_says(tmp_path: Path) -> None:
    bundle = load_bundle(write_bundle(tmp_path / "red", threshold=0.25, parent="sha256:00"))
    check_network(bundle)
    card = bundle.card
    assert (card.name, card.height, card.width, card.threshold, card.parent) == ("red", 32, 32, 0.25, "sha256:00")
    assert card.inputs == (TensorSpec("image", "uint8", ("N", 32, 32, 3)),)
    assert card.metrics[0].interval == (0.4, 0.6)
    assert bundle.title == "red 0.1"


def test_the_digest_is_that_of_the_cards_bytes(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "red")
    before = load_bundle(folder).digest
    assert before == bundle_digest(folder)
    assert before == "sha256:" + str(file_entry(folder / "card.json")["sha256"])
    write_card(folder, read_card(folder) | {"version": "0.2"})
    assert load_bundle(folder).digest != before


def test_keys_that_are_not_known_are_ignored(tmp_path: Path) -> None:
    assert load_bundle(write_bundle(tmp_path / "red", colour="blue")).name == "red"


def test_a_folder_without_a_card_is_no_bundle(tmp_path: Path) -> None:
    assert refusal(tmp_path / "nowhere").code == "bundle.missing"
    assert refusal(tmp_path).code == "bundle.missing"


@pytest.mark.parametrize("name", ["model.onnx", "weights.safetensors"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    folder = write_bundle(tmp_path / "red")
    (folder / name).unlink()
    error = refusal(folder)
    assert error.code == "bundle.file_missing"
    assert name in str(error)


def test_a_truncated_and_a_changed_file_are_damaged(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "red")
    network = folder / "model.onnx"
    whole = network.read_bytes()
    network.write_bytes(whole[:-1])
    assert refusal(folder).code == "bundle.damaged"
    network.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert "SHA-256" in str(refusal(folder))


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff\xfe{}"])
def test_a_card_that_is_no_json_object_is_refused(tmp_path: Path, data: bytes) -> None:
    folder = write_bundle(tmp_path / "red")
    (folder / "card.json").write_bytes(data)
    assert refusal(folder).code == "bundle.card"


@pytest.mark.parametrize("schema", ["polypviewer/bundle/2", None, 1])
def test_a_schema_that_is_not_known_is_refused(tmp_path: Path, schema: object) -> None:
    assert refusal(write_bundle(tmp_path / "red", schema=schema)).code == "bundle.newer"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"threshold": 1.5}, "threshold"),
        ({"threshold": "0.5"}, "0.5"),
        ({"threshold": float("nan")}, "threshold"),
        ({"minimum_area": True}, "True"),
        ({"architecture": "unet"}, "architecture"),
        ({"architecture": {}}, "name"),
        ({"name": ""}, "name"),
        ({"resize": {"rule": "letterbox", "height": 32, "width": 32, "down": "area", "up": "linear"}}, "letterbox"),
        ({"resize": {"rule": "stretch", "height": 0, "width": 32, "down": "area", "up": "linear"}}, "height"),
        ({"resize": {"rule": "stretch", "height": 64, "width": 32, "down": "area", "up": "linear"}}, "64"),
        ({"field_of_view": {"rule": "fov-9", "blank_insets": True}}, "fov-9"),
        ({"field_of_view": {"rule": "fov-1", "blank_insets": False}}, "blank_insets"),
        ({"inputs": []}, "image"),
        ({"inputs": [{"name": "image", "dtype": "float32", "shape": ["N", 32, 32, 3]}]}, "uint8"),
        ({"inputs": [{"name": "image", "dtype": "uint8", "shape": [1, 32, 32, 3]}]}, "uint8"),
        ({"outputs": [{"name": "probability", "dtype": "float32", "shape": ["N", 32, 32]}]}, "probability"),
        ({"outputs": {"name": "probability"}}, "outputs"),
        ({"metrics": [{"name": "dice", "value": 1, "interval": [0], "on": "x", "frames": 1}]}, "interval"),
        ({"files": {}}, "model.onnx"),
        ({"files": {"model.onnx": {"sha256": "no", "bytes": 1}}}, "SHA-256"),
    ],
)
def test_a_card_with_a_wrong_value_is_refused_by_its_name(
    tmp_path: Path, changes: dict[str, object], named: str
) -> None:
    error = refusal(write_bundle(tmp_path / "red", model=None, side=32, **changes))
    assert error.code == "bundle.card"
    assert named in str(error)


@pytest.mark.parametrize("key", ["name", "resize", "threshold", "temperature", "files", "outputs", "field_of_view"])
def test_a_card_without_a_key_is_refused_by_its_name(tmp_path: Path, key: str) -> None:
    folder = write_bundle(tmp_path / "red")
    content = read_card(folder)
    del content[key]
    write_card(folder, content)
    assert key in str(refusal(folder))


def test_an_input_that_nobody_can_feed_is_refused(tmp_path: Path) -> None:
    image = {"name": "image", "dtype": "uint8", "shape": ["N", 32, 32, 3]}
    depth = {"name": "depth", "dtype": "uint8", "shape": ["N", 32, 32]}
    assert "depth" in str(refusal(write_bundle(tmp_path / "red", inputs=[image, depth])))


@pytest.mark.parametrize(
    ("model", "named"),
    [
        (red_network(16), "16"),
        (red_network(dtype=TensorProto.FLOAT), "float32"),
        (red_network(output="mask"), "probability"),
    ],
)
def test_a_network_that_is_not_what_the_card_says_is_refused(
    tmp_path: Path, model: onnx.ModelProto, named: str
) -> None:
    error = refusal(write_bundle(tmp_path / "red", model=model))
    assert error.code == "bundle.disagrees"
    assert named in str(error)


def test_an_output_that_the_card_does_not_list_is_refused(tmp_path: Path) -> None:
    model = red_network()
    model.graph.output.append(helper.make_tensor_value_info("real", TensorProto.FLOAT, ["N", 32, 32, 1]))
    assert "real" in str(refusal(write_bundle(tmp_path / "red", model=model)))


def test_a_network_that_is_no_network_is_refused_although_its_digest_fits(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "red")
    (folder / "model.onnx").write_bytes(b"no network")
    files = {name: file_entry(folder / name) for name in ("model.onnx", "weights.safetensors")}
    write_card(folder, read_card(folder) | {"files": files})
    assert refusal(folder).code == "bundle.unreadable_network"


def test_a_search_finds_the_good_and_tells_about_the_bad(tmp_path: Path) -> None:
    for name in ("b", "a", "broken"):
        write_bundle(tmp_path / name)
    (tmp_path / "broken" / "model.onnx").unlink()
    (tmp_path / "notes").mkdir()
    search = search_bundles(tmp_path, tmp_path / "absent", tmp_path / "a")
    assert [bundle.name for bundle in search.bundles] == ["a", "b"]
    assert [error.code for error in search.problems] == ["bundle.file_missing"]
    assert find_bundles(tmp_path / "a")[0].name == "a"


def test_a_bundle_is_chosen_by_name_digest_folder_or_default(tmp_path: Path) -> None:
    old = load_bundle(write_bundle(tmp_path / "one" / "red"))
    write_bundle(tmp_path / "two" / "x", name="red", created="2026-05-01T00:00:00Z")
    roots = (tmp_path / "one", tmp_path / "two")
    assert choose_bundle(None, *roots) == old
    assert choose_bundle("red", *roots).card.created.startswith("2026-05")
    assert choose_bundle(old.digest, *roots) == old
    assert choose_bundle(str(old.folder)) == old


def test_a_model_that_there_is_not_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    write_bundle(tmp_path / "red")
    with pytest.raises(SegmentationError, match="no model called 'blue'") as caught:
        choose_bundle("blue", tmp_path)
    assert "red" in caught.value.cure
    with pytest.raises(SegmentationError, match="No model bundle"):
        choose_bundle(None, tmp_path / "absent")
    with pytest.raises(SegmentationError, match="no model bundle in"):
        choose_bundle(str(tmp_path), tmp_path / "absent")


def test_the_model_that_was_meant_says_why_it_is_broken(tmp_path: Path) -> None:
    write_bundle(tmp_path / "good")
    (write_bundle(tmp_path / "red") / "model.onnx").unlink()
    with pytest.raises(SegmentationError, match=r"lacks model\.onnx"):
        choose_bundle("red", tmp_path)


def test_bundles_are_loaded_without_a_runtime() -> None:
    code = "import polypviewer.segmentation, sys; print(sorted({'onnxruntime', 'torch', 'onnx'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
