"""The engine protocol, with both real sides: the application's segmenter and `polyp-trainer serve`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import numpy as np
import psutil
import pytest

import resources
from polypviewer.core.errors import SegmentationError
from polypviewer.core.identity import FrameRef, media_uuid
from polypviewer.core.proposal import proposal_mask
from polypviewer.segmentation import EngineSegmenter, ModelBundle, OnnxSegmenter, Request, choose_bundle, load_bundle
from tests.segmentation.killed_window import engine_outlives_killed_window
from tests.segmentation.tiny_bundles import scene, write_bundle

SERVE = (sys.executable, "-m", "trainer.cli", "serve")
FRAME = FrameRef(media_uuid("file1:00"), 0)

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def bundle() -> ModelBundle:
    return choose_bundle("polyp-fast", resources.path("models"))


@pytest.fixture(scope="module")
def engine(bundle: ModelBundle) -> Iterator[EngineSegmenter]:
    segmenter = EngineSegmenter(bundle, SERVE, device="cpu")
    yield segmenter
    segmenter.close()


def test_the_engine_names_the_device_that_runs(engine: EngineSegmenter) -> None:
    assert (engine.device.asked, engine.device.ran) == ("cpu", "cpu")
    assert engine.device.name


def test_the_engine_and_the_network_in_this_process_propose_the_same(
    engine: EngineSegmenter, bundle: ModelBundle
) -> None:
    here = OnnxSegmenter(bundle, device="cpu")
    for image in (scene(), scene(480, 640)[:, ::-1], np.full((90, 120, 3), 128, np.uint8)):
        request = Request(np.ascontiguousarray(image), FRAME)
        theirs, ours = engine.propose(request), here.propose(request)
        assert np.abs(theirs.probability.astype(int) - ours.probability.astype(int)).max() <= 2
        assert (proposal_mask(theirs) != proposal_mask(ours)).mean() < 0.001


def test_an_engine_that_was_killed_is_one_error_and_then_another_engine(bundle: ModelBundle) -> None:
    segmenter = EngineSegmenter(bundle, SERVE, device="cpu")
    try:
        request = Request(scene(), FRAME)
        before = segmenter.propose(request)
        segmenter.kill()
        with pytest.raises(SegmentationError, match="ended unexpectedly"):
            segmenter.propose(request)
        assert np.array_equal(segmenter.propose(request).probability, before.probability)
    finally:
        segmenter.close()


def test_closing_ends_the_engine(bundle: ModelBundle) -> None:
    segmenter = EngineSegmenter(bundle, SERVE, device="cpu")
    pid = segmenter.pid
    assert pid is not None
    segmenter.close()
    assert not psutil.pid_exists(pid)


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is POSIX; elsewhere the closed pipe does the same")
def test_the_engine_ends_when_the_window_is_killed(bundle: ModelBundle) -> None:
    assert not engine_outlives_killed_window(bundle.folder, SERVE, seconds=10)


def test_cuda_where_there_is_none_is_refused_with_a_cure(bundle: ModelBundle) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("CUDA works here")
    with pytest.raises(SegmentationError) as caught:
        EngineSegmenter(bundle, SERVE, device="cuda")
    assert caught.value.code == "engine.refused"
    assert caught.value.cure


def test_a_bundle_that_the_engine_cannot_load_is_refused_in_one_sentence(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    odd = load_bundle(write_bundle(tmp_path_factory.mktemp("odd") / "red"))
    with pytest.raises(SegmentationError) as caught:
        EngineSegmenter(odd, SERVE, device="cpu")
    assert caught.value.code == "engine.refused"
