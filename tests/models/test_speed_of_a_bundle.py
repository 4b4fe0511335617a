"""How speed is measured: in turns with the plain U-Net, through the engine where there is a GPU. No time is judged."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from benchmarks.shipped import speed
from benchmarks.shipped.speed import GPU, PEER, PLAIN_UNET, SIDE, cpu_figures, engine_milliseconds, gpu_figures
from polypviewer.segmentation import ModelBundle, load_bundle
from tests.segmentation.tiny_bundles import red_network, write_bundle
from tests.trainer.conftest import SMALL
from trainer.export import CardFacts
from trainer.export import write_bundle as write_trained
from trainer.models.registry import build_network, parameter_count

pytestmark = pytest.mark.torch


@pytest.fixture
def tiny(tmp_path: Path) -> ModelBundle:
    return load_bundle(write_bundle(tmp_path / "red", side=64, model=red_network(64), name="polyp-fast"))


def test_the_peer_is_the_published_layout_of_31_million_parameters() -> None:
    assert parameter_count(build_network(PLAIN_UNET)) == 31_043_521


def test_whole_path_and_network_alone_stand_beside_the_peer_of_the_same_rounds(
    tiny: ModelBundle, tmp_path: Path
) -> None:
    (tmp_path / "peer").mkdir()
    (tmp_path / "peer" / "model.onnx").write_bytes(red_network(SIDE).SerializeToString())
    figures = cpu_figures(tiny, tmp_path / "peer", seconds=0.0)
    whole = figures["cpu_1080p_median_ms"]
    assert (whole.bar, whole.goal, whole.peer_name) == (40.0, 25.0, PEER)
    assert whole.ratio is not None
    assert whole.limit == figures["cpu_network_alone_median_ms"].ours
    assert "2 threads" in str(whole.why)


def test_without_a_gpu_its_figure_says_so(tiny: ModelBundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "nvidia_name", lambda: None)
    figure = gpu_figures(tiny, seconds=0.0)[GPU]
    assert (figure.ours, figure.bar, figure.goal, figure.why) == (None, 250.0, 400.0, "no NVIDIA driver answers")


def test_a_gpu_is_measured_through_the_engine_process(tmp_path: Path) -> None:
    torch.manual_seed(0)
    facts = CardFacts("small", "0", SMALL, (64, 64), "tests", (), {"weights": "none"})
    write_trained(tmp_path / "small", build_network(SMALL), facts)
    took = engine_milliseconds(load_bundle(tmp_path / "small"), "cpu", seconds=0.0)
    assert len(took) == speed.FEWEST
    assert min(took) > 0
