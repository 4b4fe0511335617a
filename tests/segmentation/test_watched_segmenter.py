"""An engine under watch: one failure is mended without a word to the doctor, two are a fall-back that says so."""

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import psutil
import pytest

from polypviewer.core.errors import SegmentationError
from polypviewer.core.identity import FrameRef
from polypviewer.segmentation import (
    AskedDevice,
    ModelBundle,
    Request,
    Segmenter,
    load_bundle,
    open_segmenter,
)
from polypviewer.segmentation.watched_segmenter import WatchedSegmenter
from tests.segmentation.tiny_bundles import scene, write_bundle

ENGINE = Path(__file__).with_name("fake_engine.py")
REQUEST = Request(scene(), FrameRef(UUID(int=1), 0))


@pytest.fixture
def bundle(tmp_path: Path) -> ModelBundle:
    return load_bundle(write_bundle(tmp_path / "red"))


@pytest.fixture
def opened(bundle: ModelBundle) -> Iterator[list[Segmenter]]:
    made: list[Segmenter] = []
    yield made
    for segmenter in made:
        segmenter.close()


def watched(bundle: ModelBundle, opened: list[Segmenter], behaviour: str, *, device: AskedDevice = "auto") -> Segmenter:
    opened.append(open_segmenter(bundle, device=device, engine=[sys.executable, str(ENGINE), behaviour]))
    return opened[-1]


@pytest.mark.parametrize("behaviour", ["crash@2", "garbage@2", "memory@2"])
def test_one_failure_costs_a_start_and_no_frame(bundle: ModelBundle, opened: list[Segmenter], behaviour: str) -> None:
    segmenter = watched(bundle, opened, behaviour)
    first = segmenter.propose(REQUEST)
    again = segmenter.propose(REQUEST)
    assert (again.probability == first.probability).all()
    assert segmenter.device.name == "fake"


@pytest.mark.parametrize("behaviour", ["crash", "memory"])
def test_a_second_failure_falls_back_to_this_process_and_says_why(
    bundle: ModelBundle, opened: list[Segmenter], behaviour: str
) -> None:
    before = set(psutil.Process().children())
    segmenter = watched(bundle, opened, behaviour)
    made = segmenter.propose(REQUEST)
    assert made.probability.any()
    assert made.device == "cpu"
    assert segmenter.device.ran == "cpu"
    assert "failed twice" in segmenter.device.reason
    assert set(psutil.Process().children()) == before


def test_a_refused_frame_is_an_answer_and_changes_nothing(bundle: ModelBundle, opened: list[Segmenter]) -> None:
    segmenter = watched(bundle, opened, "error")
    for _ in range(3):
        with pytest.raises(SegmentationError, match="Bad frame"):
            segmenter.propose(REQUEST)
    assert segmenter.device.name == "fake"


def test_an_engine_that_does_not_start_leaves_auto_on_the_cpu_and_says_so(
    bundle: ModelBundle, opened: list[Segmenter]
) -> None:
    segmenter = watched(bundle, opened, "dies_at_start")
    assert segmenter.device.ran == "cpu"
    assert "No module named 'torch'" in segmenter.device.reason
    assert segmenter.propose(REQUEST).probability.any()


def test_who_asked_for_cuda_gets_it_or_the_error(bundle: ModelBundle, opened: list[Segmenter]) -> None:
    with pytest.raises(SegmentationError, match="fake"):
        watched(bundle, opened, "well", device="cuda")


def test_a_failure_long_ago_is_forgiven(
    bundle: ModelBundle, opened: list[Segmenter], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("polypviewer.segmentation.watched_segmenter.FORGIVEN_AFTER", 2)
    segmenter = watched(bundle, opened, "crash@4")
    for _ in range(12):
        segmenter.propose(REQUEST)
    assert segmenter.device.name == "fake"


def test_a_hung_engine_can_be_ended_from_another_thread(bundle: ModelBundle, opened: list[Segmenter]) -> None:
    segmenter = watched(bundle, opened, "hang")
    assert isinstance(segmenter, WatchedSegmenter)
    began = time.monotonic()
    threading.Timer(0.3, segmenter.kill).start()
    with pytest.raises(SegmentationError, match="ended unexpectedly"):
        segmenter.propose(REQUEST)
    assert time.monotonic() - began < 10
