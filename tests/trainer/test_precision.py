"""Lighter networks: kept only where they are quicker and as good, and never instead of the trained weights."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, numpy_helper

from trainer import precision
from trainer.errors import DataError
from trainer.export import CardFacts, export_onnx, open_onnx, run_onnx, write_bundle
from trainer.export_form import Form
from trainer.models.registry import Architecture, build_network
from trainer.precision import Pair, half, int8, lighten, network_image
from trainer.proposing import Rules

SIZE = (64, 64)
RULES = Rules(SIZE, 0.5, 0.0005)


@pytest.fixture(scope="module")
def network() -> torch.nn.Module:
    torch.manual_seed(1)
    return build_network(Architecture("unet", {"widths": [8, 16]})).eval()


@pytest.fixture
def path(network: torch.nn.Module, tmp_path: Path) -> Path:
    export_onnx(network, tmp_path / "model.onnx", size=SIZE, temperature=1.0)  # type: ignore[arg-type]
    return tmp_path / "model.onnx"


def frames(count: int = 10) -> list[Pair]:
    rng = np.random.default_rng(0)
    labels = np.zeros((96, 128), np.uint8)
    labels[30:60, 40:80] = 1
    return [(rng.integers(40, 220, (96, 128, 3), dtype=np.uint8), labels) for _ in range(count)]


@pytest.mark.parametrize(("make", "most"), [(half, 0.01), (int8, 0.1)])
def test_a_lighter_form_answers_nearly_the_same_and_is_smaller(path: Path, tmp_path: Path, make, most: float) -> None:  # type: ignore[no-untyped-def]
    inputs = [network_image(image, SIZE) for image, _ in frames()]
    light = make(path, tmp_path / "light.onnx", inputs)
    batch = np.stack(inputs[:3])
    difference = np.abs(run_onnx(open_onnx(light), batch) - run_onnx(open_onnx(path), batch))
    assert difference.mean() < most
    assert light.stat().st_size < path.stat().st_size


def test_int8_weights_leave_room_for_two_products_in_sixteen_bits(path: Path, tmp_path: Path) -> None:
    light = int8(path, tmp_path / "light.onnx", [network_image(image, SIZE) for image, _ in frames()])
    weights = [
        numpy_helper.to_array(tensor)
        for tensor in onnx.load(str(light)).graph.initializer
        if tensor.data_type == TensorProto.INT8 and len(tensor.dims) == 4
    ]
    assert weights
    assert max(int(np.abs(weight.astype(int)).max()) for weight in weights) * 255 * 2 <= np.iinfo(np.int16).max


def test_a_network_of_free_size_can_be_made_lighter(network: torch.nn.Module, tmp_path: Path) -> None:
    path, inputs = tmp_path / "free.onnx", [network_image(image, SIZE) for image, _ in frames()]
    export_onnx(network, path, size=SIZE, temperature=1.0, form=Form(dynamic_size=True))  # type: ignore[arg-type]
    larger = np.random.default_rng(0).integers(0, 256, (1, 80, 96, 3), dtype=np.uint8)
    for make in (half, int8):
        light = make(path, tmp_path / "light.onnx", inputs)
        assert run_onnx(open_onnx(light), larger).shape == (1, 1, 80, 96)


def test_a_form_that_is_slower_is_not_kept(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()
    monkeypatch.setattr(precision, "QUICKER", 1e9)
    tried = lighten(path, kinds=["float16"], frames=frames(), rules=RULES)
    assert [form.kept for form in tried] == [False]
    assert "times as quick" in tried[0].why
    assert path.read_bytes() == before


def test_a_form_that_loses_dice_is_not_kept(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "QUICKER", 0.0)
    monkeypatch.setattr(precision, "MOST_DICE_LOST", -1.0)
    before = path.read_bytes()
    assert not lighten(path, kinds=["int8"], frames=frames(), rules=RULES)[0].kept
    assert path.read_bytes() == before


def test_the_quickest_good_form_replaces_the_file_and_only_one_is_kept(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "QUICKER", 0.0)
    monkeypatch.setattr(precision, "MOST_DICE_LOST", 1.0)
    before = path.read_bytes()
    tried = lighten(path, kinds=["float16", "int8"], frames=frames(), rules=RULES)
    assert sum(form.kept for form in tried) == 1
    assert path.read_bytes() != before


def test_too_few_frames_are_refused(path: Path) -> None:
    with pytest.raises(DataError, match="at least 8 frames"):
        lighten(path, kinds=["int8"], frames=frames(3), rules=RULES)


def test_the_card_says_what_was_tried_and_parity_was_measured_on_the_frames(
    network: torch.nn.Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = CardFacts("small", "1", Architecture("unet", {"widths": [8, 16]}), SIZE, "tests", (), {})
    inputs = [network_image(image, SIZE) for image, _ in frames(4)]
    tried = [{"kind": "int8", "milliseconds": 1.0, "dice": 0.5, "bytes": 1, "kept": True, "why": "quicker"}]
    bundle = write_bundle(tmp_path / "b", network, facts, frames=inputs, lighten=lambda _path: tried)  # type: ignore[arg-type]
    assert bundle.card["precision"] == {"kind": "int8", "tried": tried}
    assert float(str(bundle.card["onnx_parity"])) <= 1e-3
