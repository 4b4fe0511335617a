"""The application's side of the engine protocol, against a small engine that can be told to misbehave."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import numpy as np
import psutil
import pytest

from polypviewer.core.errors import SegmentationError
from polypviewer.core.identity import FrameRef
from polypviewer.segmentation import (
    AskedDevice,
    DeviceReport,
    EngineSegmenter,
    ModelBundle,
    OnnxSegmenter,
    Request,
    load_bundle,
    open_segmenter,
    predict_image,
)
from tests.segmentation.killed_window import engine_outlives_killed_window
from tests.segmentation.tiny_bundles import red_network, scene, write_bundle

ENGINE = Path(__file__).with_name("fake_engine.py")
REQUEST = Request(scene(), FrameRef(UUID(int=1), 0))
START = 20.0

Opener = Callable[..., EngineSegmenter]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> ModelBundle:
    return load_bundle(write_bundle(tmp_path_factory.mktemp("models") / "red", side=64, model=red_network(64)))


@pytest.fixture
def engine(bundle: ModelBundle) -> Iterator[Opener]:
    """Opens an engine of some behaviour; all are closed after the test."""
    opened: list[EngineSegmenter] = []

    def opener(
        behaviour: str = "well", *, device: AskedDevice = "auto", start: float = START, reply: float = START
    ) -> EngineSegmenter:
        command = [sys.executable, str(ENGINE), behaviour]
        opened.append(EngineSegmenter(bundle, command, device=device, start_seconds=start, reply_seconds=reply))
        return opened[-1]

    yield opener
    for segmenter in opened:
        segmenter.close()


def test_an_engine_proposes_what_the_network_in_this_process_proposes(engine: Opener, bundle: ModelBundle) -> None:
    segmenter = engine()
    theirs = segmenter.propose(REQUEST)
    ours = OnnxSegmenter(bundle, device="cpu").propose(REQUEST)
    assert np.array_equal(theirs.probability, ours.probability)
    assert (theirs.geometry, theirs.seen, theirs.bundle_digest) == (ours.geometry, ours.seen, ours.bundle_digest)
    assert segmenter.device == DeviceReport("auto", "cpu", "fake")


def test_a_proposal_keeps_its_pixels_when_the_next_one_comes(engine: Opener) -> None:
    segmenter = engine()
    first = segmenter.propose(REQUEST)
    before = first.probability.copy()
    segmenter.propose(Request(np.full((90, 90, 3), 240, np.uint8), REQUEST.frame))
    assert np.array_equal(first.probability, before)


def test_an_engine_is_opened_by_the_same_door(bundle: ModelBundle) -> None:
    segmenter = open_segmenter(bundle, engine=[sys.executable, str(ENGINE), "well"])
    try:
        assert predict_image(scene(), segmenter).mask.any()
    finally:
        segmenter.close()


@pytest.mark.parametrize(
    ("behaviour", "device", "code", "named"),
    [
        ("other_protocol", "auto", "engine.handshake", "engine/2"),
        ("other_bundle", "auto", "engine.handshake", "sha256:00"),
        ("other_device", "auto", "engine.handshake", "tpu"),
        ("well", "cuda", "device.no_cuda", "fake"),
        ("cuda", "cpu", "device.no_cuda", "NVIDIA"),
        ("refuses", "auto", "engine.refused", "memory"),
        ("dies_at_start", "auto", "engine.died", "No module named 'torch'"),
    ],
)
def test_a_hand_shake_that_does_not_fit_ends_the_engine(
    engine: Opener, behaviour: str, device: AskedDevice, code: str, named: str
) -> None:
    children = set(psutil.Process().children())
    with pytest.raises(SegmentationError, match=named) as caught:
        engine(behaviour, device=device)
    assert caught.value.code == code
    assert set(psutil.Process().children()) == children


def test_an_engine_that_never_speaks_is_ended_in_time(engine: Opener) -> None:
    started = time.monotonic()
    with pytest.raises(SegmentationError, match=r"within 0\.5 s"):
        engine("mute", start=0.5)
    assert time.monotonic() - started < 5


def test_a_program_that_is_not_there_is_one_sentence(bundle: ModelBundle) -> None:
    with pytest.raises(SegmentationError, match="could not be started") as caught:
        EngineSegmenter(bundle, ["no-such-engine"])
    assert "polypviewer[train]" in caught.value.cure


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [("crash@2", "engine.died"), ("garbage@2", "engine.bad_reply"), ("no_tensor@2", "engine.bad_reply")],
)
def test_an_engine_that_fails_is_one_error_and_the_next_proposal_starts_another(
    engine: Opener, behaviour: str, code: str
) -> None:
    segmenter = engine(behaviour)
    segmenter.propose(REQUEST)
    first = segmenter.pid
    with pytest.raises(SegmentationError) as caught:
        segmenter.propose(REQUEST)
    assert caught.value.code == code
    assert segmenter.pid is None
    assert segmenter.propose(REQUEST).probability.any()
    assert segmenter.pid not in (None, first)


def test_the_last_words_of_a_crashed_engine_are_told(engine: Opener) -> None:
    with pytest.raises(SegmentationError, match="exit code 9: Segmentation fault"):
        engine("crash").propose(REQUEST)


def test_an_engine_that_hangs_is_ended_and_replaced(engine: Opener) -> None:
    segmenter = engine("hang@2", reply=1.0)
    segmenter.propose(REQUEST)
    hung = segmenter.pid
    assert hung is not None
    with pytest.raises(SegmentationError, match="within 1 s"):
        segmenter.propose(REQUEST)
    assert not psutil.pid_exists(hung)
    assert segmenter.propose(REQUEST).probability.any()


def test_an_error_of_one_frame_leaves_the_engine_running(engine: Opener) -> None:
    segmenter = engine("error")
    before = segmenter.pid
    with pytest.raises(SegmentationError, match="Bad frame") as caught:
        segmenter.propose(REQUEST)
    assert caught.value.cure == "Skip it."
    assert segmenter.pid == before


def test_an_answer_to_an_older_request_is_passed_over(engine: Opener) -> None:
    assert engine("stale").propose(REQUEST).probability.any()


def test_killing_returns_at_once_and_wakes_the_waiting_proposal(engine: Opener) -> None:
    segmenter = engine("hang")
    caught: list[SegmentationError] = []

    def wait() -> None:
        try:
            segmenter.propose(REQUEST)
        except SegmentationError as error:
            caught.append(error)

    lane = threading.Thread(target=wait)
    lane.start()
    time.sleep(0.3)
    started = time.perf_counter()
    segmenter.kill()
    assert time.perf_counter() - started < 0.01
    lane.join(timeout=5)
    assert [error.code for error in caught] == ["engine.died"]


def test_closing_removes_the_file_and_the_process(engine: Opener) -> None:
    segmenter = engine()
    segmenter.propose(REQUEST)
    pid, path = segmenter.pid, segmenter._pixels.path
    assert pid is not None
    assert path.exists()
    segmenter.close()
    segmenter.close()
    assert not path.exists()
    assert not psutil.pid_exists(pid)
    with pytest.raises(SegmentationError, match="was closed"):
        segmenter.propose(REQUEST)


def test_a_failed_start_leaves_no_file(bundle: ModelBundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(SegmentationError):
        EngineSegmenter(bundle, [sys.executable, str(ENGINE), "refuses"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is POSIX; elsewhere the closed pipe does the same")
def test_the_engine_ends_when_the_window_is_killed(bundle: ModelBundle) -> None:
    command = [sys.executable, str(ENGINE), "well"]
    assert not engine_outlives_killed_window(bundle.folder, command, seconds=10)
