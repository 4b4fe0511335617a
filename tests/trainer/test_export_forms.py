"""Bundles of any size and bundles of half the bytes: the same answers, cards that say so, networks that learn on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import Tensor

from tests.trainer.conftest import MakeJob
from trainer.bundle import Bundle, load_network, read_bundle
from trainer.cards import facts_of
from trainer.errors import BundleError
from trainer.events import StopSwitch
from trainer.export import CardFacts, Shipped, export_onnx, open_onnx, run_onnx, write_bundle
from trainer.export_form import Form
from trainer.finetune import finetune
from trainer.models.network import Network
from trainer.models.registry import Architecture, build_network

FREE, HALF = Form(dynamic_size=True), Form(half_weights=True)
SMALL = {
    "unet": Architecture("unet", {"widths": [4, 8, 16]}),
    "unet, group": Architecture("unet", {"widths": [4, 8], "norm": "group", "up": "transpose", "channels": 1}),
    "unetplusplus": Architecture("unetplusplus", {"widths": [4, 8, 16]}),
    "residual_unet": Architecture("residual_unet", {"widths": [4, 8, 16], "blocks": [1, 1, 1]}),
    "mobile_unet": Architecture("mobile_unet", {"decoder": [16, 8, 8, 8]}),
}
LONG = {"mobile_unet": [pytest.mark.slow], "residual_unet": [pytest.mark.slow], "unetplusplus": [pytest.mark.slow]}
every_network = pytest.mark.parametrize("name", [pytest.param(name, marks=LONG.get(name, [])) for name in SMALL])


def network_of(architecture: Architecture) -> Network:
    torch.manual_seed(0)
    return build_network(architecture).eval()


def facts(architecture: Architecture, side: int = 64) -> CardFacts:
    return CardFacts("small", "0", architecture, (side, side), "tests", (), {"weights": "none"})


def difference(network: Network, path: Path, *shape: int) -> float:
    """Of probability between PyTorch and the file, on noise of `(n, h, w)`."""
    images = np.random.default_rng(1).integers(0, 256, (*shape, 3), dtype=np.uint8)
    with torch.inference_mode():
        expected = Shipped(network, temperature=1.0).eval()(torch.from_numpy(images)).numpy()
    found = run_onnx(open_onnx(path), images)
    assert found.shape == expected.shape
    return float(np.abs(found - expected).max())


@pytest.mark.timeout(900)
@every_network
def test_a_network_of_free_size_answers_the_same_at_every_multiple_of_its_stride(name: str, tmp_path: Path) -> None:
    network = network_of(SMALL[name])
    stride, path = network.stride, tmp_path / "model.onnx"
    export_onnx(network, path, size=(64, 64), temperature=1.0, form=FREE)
    for number, rows, columns in ((1, 2, 5), (3, 6, 2), (1, 4, 4)):
        assert difference(network, path, number, rows * stride, columns * stride) <= 1e-4


def test_the_card_of_a_free_size_names_its_axes_and_keeps_the_size_that_frames_are_stretched_to(tmp_path: Path) -> None:
    network = network_of(SMALL["unet"])
    bundle = write_bundle(tmp_path / "b", network, facts(SMALL["unet"]), form=FREE)
    assert bundle.card["inputs"] == [{"name": "image", "dtype": "uint8", "shape": ["N", "H", "W", 3]}]
    assert bundle.card["outputs"] == [{"name": "probability", "dtype": "float32", "shape": ["N", 1, "H", "W"]}]
    assert (bundle.size, bundle.card["stride"]) == ((64, 64), 4)
    session = open_onnx(bundle.folder / "model.onnx")
    assert [value.shape for value in (*session.get_inputs(), *session.get_outputs())] == [
        ["N", "H", "W", 3], ["N", 1, "H", "W"],
    ]  # fmt: skip


class OneSize(Network):
    """Knows the size of its image by heart."""

    stride = 4

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.decoder = torch.nn.Identity(), torch.nn.Linear(12 * 16, 12 * 16)

    def forward(self, image: Tensor) -> Tensor:
        known: Tensor = self.decoder(image[:, 0].reshape(-1, 12 * 16))
        return known.reshape(-1, 1, 12, 16)


def padding_network() -> Network:
    """Pads odd sides on its way up: the exporter takes the padding of the size that it has seen for a constant."""
    return network_of(Architecture("monai:BasicUNet", {"features": [4, 4, 4, 4, 4, 4]}))


@pytest.mark.parametrize("make", [OneSize, padding_network])
def test_a_network_of_one_size_is_refused_in_one_sentence_and_nothing_is_written(
    make: Callable[[], Network], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    network = make()
    capfd.readouterr()
    with pytest.raises(BundleError, match=r"cannot be left free\. Export without --dynamic-size") as refusal:
        write_bundle(tmp_path / "b", network, facts(Architecture("unet", {}), 64), form=FREE)
    assert refusal.value.code == "export.dynamic_size"
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []


WIDE = Architecture("unet", {"widths": [16, 32, 64]})


@pytest.fixture(scope="module")
def halved(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return write_bundle(tmp_path_factory.mktemp("half") / "b", network_of(WIDE), facts(WIDE), form=HALF)


def test_half_weights_take_half_the_bytes_in_both_files_and_the_card_says_so(halved: Bundle, tmp_path: Path) -> None:
    plain = write_bundle(tmp_path / "plain", network_of(WIDE), facts(WIDE))
    for name in ("model.onnx", "weights.safetensors"):
        assert (halved.folder / name).stat().st_size < 0.6 * (plain.folder / name).stat().st_size
    assert halved.card["precision"] == {"kind": "float32", "tried": [], "weights": "float16"}
    stored = safetensors.torch.load_file(halved.folder / "weights.safetensors")
    assert {stored[name].dtype for name, _ in network_of(WIDE).named_parameters()} == {torch.float16}


def test_half_weights_answer_as_the_network_that_is_loaded_from_them(halved: Bundle) -> None:
    network = load_network(halved)
    assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}
    assert difference(network, halved.folder / "model.onnx", 2, 64, 64) <= 1e-3
    for before, after in zip(network_of(WIDE).parameters(), network.parameters(), strict=True):
        assert torch.equal(before.half().float(), after)


def test_half_weights_written_again_are_the_same(halved: Bundle, tmp_path: Path) -> None:
    again = write_bundle(tmp_path / "again", load_network(halved), facts_of(halved), form=HALF)
    assert (again.folder / "weights.safetensors").read_bytes() == (halved.folder / "weights.safetensors").read_bytes()


def test_a_fine_tune_starts_from_half_weights(
    make_job: MakeJob, halved: Bundle, tmp_path: Path, tell: Callable[..., None], heard: list[dict[str, Any]]
) -> None:
    finetune(
        make_job(base={"path": str(halved.folder), "digest": halved.digest}, steps=8), tell=tell, stop=StopSwitch()
    )
    assert heard[-1]["type"] == "result"
    new = read_bundle(tmp_path / "new")
    assert new.card["parent"] == halved.digest
    before, after = load_network(halved).state_dict(), load_network(new).state_dict()
    assert any(not torch.equal(before[name], after[name]) for name in before)
    assert {tensor.dtype for tensor in after.values() if tensor.is_floating_point()} == {torch.float32}


def test_weights_beyond_float16_are_refused(tmp_path: Path) -> None:
    network = network_of(SMALL["unet"])
    with torch.no_grad():
        next(network.parameters()).fill_(1e6)
    with pytest.raises(BundleError, match="beyond what float16 holds"):
        write_bundle(tmp_path / "b", network, facts(SMALL["unet"]), form=HALF)
    assert list(tmp_path.iterdir()) == []


def test_half_weights_and_a_lighter_form_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="not both"):
        write_bundle(tmp_path / "b", network_of(WIDE), facts(WIDE), form=HALF, lighten=lambda _path: [])
