"""Proposals from a network in this process: geometry, device, and clear errors."""

from __future__ import annotations

import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from polypviewer.core.errors import SegmentationError
from polypviewer.core.geometry import Point, Rect
from polypviewer.core.identity import FrameRef
from polypviewer.core.proposal import frame_probability, proposal_mask
from polypviewer.segmentation import (
    Click,
    DeviceReport,
    ModelBundle,
    OnnxSegmenter,
    Prediction,
    Request,
    available_devices,
    draw_overlay,
    load_bundle,
    onnx_session,
    open_segmenter,
    predict_image,
)
from polypviewer.segmentation.devices import CPU_PROVIDER, cpu_name
from tests.segmentation.tiny_bundles import SIDE, network, red_network, scene, write_bundle

FRAME = FrameRef(UUID(int=7), 3)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> ModelBundle:
    return load_bundle(write_bundle(tmp_path_factory.mktemp("models") / "red", side=64, model=red_network(64)))


def test_the_proposal_lies_where_the_frame_shows_red(bundle: ModelBundle) -> None:
    image = scene()
    proposal = OnnxSegmenter(bundle, device="cpu").propose(Request(image, FRAME))
    assert (proposal.frame, proposal.bundle_digest, proposal.kind) == (FRAME, bundle.digest, "network")
    assert proposal.probability.shape == (64, 64)
    assert proposal.probability.dtype == np.uint8
    assert proposal.geometry.box == Rect(40, 20, 240, 200)
    assert proposal.milliseconds > 0
    truth = image[..., 0] > 200
    mask = proposal_mask(proposal)
    assert mask.shape == image.shape[:2]
    assert 2 * (mask & truth).sum() / (mask.sum() + truth.sum()) > 0.93


def test_the_numbers_are_those_of_the_network(bundle: ModelBundle) -> None:
    proposal = OnnxSegmenter(bundle, device="cpu").propose(Request(scene(), FRAME))
    centre = frame_probability(proposal)[120, 192]
    assert centre == 230
    assert frame_probability(proposal)[:20].max() == 0


@pytest.mark.parametrize(("height", "width"), [(1080, 1920), (97, 131), (64, 64), (8, 2000), (1, 1)])
def test_any_size_of_frame_gives_a_mask_of_its_size(bundle: ModelBundle, height: int, width: int) -> None:
    image = np.full((height, width, 3), 200, np.uint8)
    prediction = predict_image(image, OnnxSegmenter(bundle, device="cpu"))
    assert prediction.mask.shape == (height, width)
    assert prediction.mask.all()


def test_a_black_frame_and_a_frame_that_is_not_contiguous_are_no_trouble(bundle: ModelBundle) -> None:
    segmenter = OnnxSegmenter(bundle, device="cpu")
    assert not predict_image(np.zeros((50, 60, 3), np.uint8), segmenter).mask.any()
    image = scene()
    flipped = predict_image(image[:, ::-1], segmenter)
    assert np.array_equal(flipped.mask, predict_image(np.ascontiguousarray(image[:, ::-1]), segmenter).mask)


def test_the_threshold_is_the_bundles_unless_another_is_given(bundle: ModelBundle) -> None:
    segmenter = OnnxSegmenter(bundle, device="cpu")
    usual, higher = predict_image(scene(), segmenter), predict_image(scene(), segmenter, threshold=0.95)
    assert usual.mask.any()
    assert usual.probability == pytest.approx(230 / 255)
    assert not higher.mask.any()
    assert higher.probability == 0.0


def test_the_device_that_ran_is_told(bundle: ModelBundle) -> None:
    assert OnnxSegmenter(bundle, device="cpu").device.ran == "cpu"
    report = open_segmenter(bundle, device="auto", threads=1).device
    assert report.asked == "auto"
    assert report.name
    assert report.ran in {device.kind for device in available_devices()}
    assert bool(report.reason) == (report.ran == "cpu")


def test_cuda_where_there_is_none_is_an_error_with_a_cure(bundle: ModelBundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_session, "cuda_obstacle", lambda: "no NVIDIA driver answers")
    with pytest.raises(SegmentationError, match="no NVIDIA driver answers") as caught:
        OnnxSegmenter(bundle, device="cuda")
    assert caught.value.code == "device.no_cuda"
    assert "cpu" in caught.value.cure
    assert OnnxSegmenter(bundle, device="auto").device == DeviceReport(
        "auto", "cpu", cpu_name(), "no NVIDIA driver answers"
    )


def test_a_runtime_that_quietly_takes_the_cpu_instead_of_cuda_is_found_out(
    bundle: ModelBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    if any(device.kind == "cuda" for device in available_devices()):
        pytest.skip("CUDA works here, so the runtime does not fall back")
    monkeypatch.setattr(onnx_session, "cuda_obstacle", lambda: "")
    opened = onnx_session._open_session

    def fall_back(model: ModelBundle, providers: list[str], *, threads: int | None) -> object:
        return opened(model, [CPU_PROVIDER], threads=threads)

    monkeypatch.setattr(onnx_session, "_open_session", fall_back)
    with pytest.raises(SegmentationError, match="could not be loaded"):
        OnnxSegmenter(bundle, device="cuda")
    report = OnnxSegmenter(bundle, device="auto").device
    assert (report.ran, "could not be loaded" in report.reason) == ("cpu", True)


def test_a_device_that_is_none_is_refused(bundle: ModelBundle) -> None:
    with pytest.raises(SegmentationError, match="'tpu' is not a device"):
        OnnxSegmenter(bundle, device="tpu")  # type: ignore[arg-type]


def test_what_is_no_rgb_frame_is_refused(bundle: ModelBundle) -> None:
    segmenter = OnnxSegmenter(bundle, device="cpu")
    for image in (np.zeros((9, 9), np.uint8), np.zeros((9, 9, 4), np.uint8), np.zeros((9, 9, 3), np.uint16)):
        with pytest.raises(SegmentationError, match="8 bits"):
            segmenter.propose(Request(image, FRAME))  # type: ignore[arg-type]


def test_hints_that_the_model_cannot_take_are_refused_and_not_dropped(bundle: ModelBundle) -> None:
    segmenter = OnnxSegmenter(bundle, device="cpu")
    click = Click(Point(1, 1), is_polyp=True)
    for request in (Request(scene(), FRAME, clicks=(click,)), Request(scene(), FRAME, region=Rect(0, 0, 5, 5))):
        with pytest.raises(SegmentationError, match="does not take"):
            segmenter.propose(request)


def test_a_closed_segmenter_says_so(bundle: ModelBundle) -> None:
    segmenter = OnnxSegmenter(bundle, device="cpu")
    segmenter.close()
    segmenter.close()
    with pytest.raises(SegmentationError, match="was closed"):
        segmenter.propose(Request(scene(), FRAME))


def test_a_model_with_guidance_runs_without_clicks(tmp_path: Path) -> None:
    shape: list[int | str] = ["N", SIDE, SIDE, 2]
    constants = [numpy_helper.from_array(np.array([n], np.int64), name) for n, name in ((0, "a"), (1, "b"), (3, "c"))]
    nodes = [
        helper.make_node("Slice", ["image", "a", "b", "c"], ["red"]),
        helper.make_node("Slice", ["guidance", "a", "b", "c"], ["hint"]),
        helper.make_node("Cast", ["red"], ["x"], to=TensorProto.FLOAT),
        helper.make_node("Cast", ["hint"], ["y"], to=TensorProto.FLOAT),
        helper.make_node("Add", ["x", "y"], ["z"]),
        helper.make_node("Transpose", ["z"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Sigmoid", ["planes"], ["probability"]),
    ]
    image: tuple[int, list[int | str]] = (TensorProto.UINT8, ["N", SIDE, SIDE, 3])
    model = network(
        nodes, inputs={"image": image, "guidance": (TensorProto.UINT8, shape)}, side=SIDE, constants=constants
    )
    inputs = [
        {"name": "image", "dtype": "uint8", "shape": ["N", SIDE, SIDE, 3]},
        {"name": "guidance", "dtype": "uint8", "shape": shape},
    ]
    bundle = load_bundle(write_bundle(tmp_path / "guided", model=model, inputs=inputs))
    assert predict_image(scene(), OnnxSegmenter(bundle, device="cpu")).mask.any()


def test_a_network_that_answers_nan_is_refused(tmp_path: Path) -> None:
    model = red_network()
    minus = numpy_helper.from_array(np.array(-1, np.float32), "minus")
    model.graph.initializer.append(minus)
    model.graph.node[-1].output[0] = "scaled"
    model.graph.node.append(helper.make_node("Add", ["scaled", "minus"], ["negative"]))
    model.graph.node.append(helper.make_node("Sqrt", ["negative"], ["probability"]))
    bundle = load_bundle(write_bundle(tmp_path / "nan", model=model))
    with pytest.raises(SegmentationError, match="no probabilities"):
        OnnxSegmenter(bundle, device="cpu").propose(Request(scene(), FRAME))


def test_a_network_that_fails_on_a_frame_is_one_error(tmp_path: Path) -> None:
    model = red_network()
    shape = numpy_helper.from_array(np.array([7, 7], np.int64), "bad_shape")
    model.graph.initializer.append(shape)
    model.graph.node[-1].output[0] = "scaled"
    model.graph.node.append(helper.make_node("Reshape", ["scaled", "bad_shape"], ["odd"]))
    model.graph.node.append(helper.make_node("Add", ["scaled", "odd"], ["probability"]))
    bundle = load_bundle(write_bundle(tmp_path / "odd", model=model))
    with pytest.raises(SegmentationError) as caught:
        OnnxSegmenter(bundle, device="cpu").propose(Request(scene(), FRAME))
    assert caught.value.code in ("segmenter.failed", "bundle.unreadable_network")


def _predict_in_worker(folder: Path) -> Prediction:
    return predict_image(scene(), OnnxSegmenter(load_bundle(folder), device="cpu", threads=1))


def test_a_prediction_travels_from_a_worker_process(bundle: ModelBundle) -> None:
    here = _predict_in_worker(bundle.folder)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        there = pool.submit(_predict_in_worker, bundle.folder).result(timeout=60)
    assert np.array_equal(here.mask, there.mask)
    assert pickle.loads(pickle.dumps(bundle)) == bundle  # noqa: S301 # our own bytes


def test_the_row_of_a_prediction_says_what_ran(bundle: ModelBundle) -> None:
    prediction = _predict_in_worker(bundle.folder)
    row = prediction.row
    assert (row["height"], row["width"], row["device"], row["polyp"]) == (240, 320, "cpu", True)
    assert set(np.unique(prediction.mask_pixels)) == {0, 255}


def test_the_overlay_marks_the_mask_and_leaves_the_rest_alone() -> None:
    image = scene()
    mask = np.zeros(image.shape[:2], bool)
    mask[100:140, 150:200] = True
    before = image.copy()
    drawn = draw_overlay(image, mask, colour=(0, 255, 0), opacity=0.5, thickness=1)
    assert np.array_equal(image, before)
    assert np.array_equal(drawn[~mask], image[~mask])
    assert tuple(drawn[100, 160]) == (0, 255, 0)
    assert tuple(drawn[120, 160]) == tuple(np.rint(image[120, 160] * 0.5 + np.array([0, 127.5, 0])).astype(np.uint8))
    assert np.array_equal(draw_overlay(image, np.zeros_like(mask)), image)
