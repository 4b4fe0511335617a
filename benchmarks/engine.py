"""What the engine process costs beside the network in this process. `python -m benchmarks.engine [--quick]`.

Whole path: pixels of a 1080p frame to its mask at 1080p through EngineSegmenter and `polyp-trainer serve`, beside the
same with ONNX Runtime in this process. Engine alone: tensors that are ready, at batch 1 and 8, through the frames file
and back, beside ONNX Runtime here. The limit is the network alone: what the engine says that it took, moving tensors to
the device and back included. On the CPU, and on CUDA where there is one.
"""

import argparse
import itertools
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import resources
from benchmarks.predict import MEDIAN_BAR_MS, frame
from benchmarks.report import Figure, exact_range, median, note, print_report, timed
from polypviewer.core.errors import SegmentationError
from polypviewer.segmentation import EngineSegmenter, ModelBundle, OnnxSegmenter, choose_bundle, predict_image
from polypviewer.segmentation.devices import nvidia_name
from polypviewer.segmentation.engine_process import EngineProcess
from polypviewer.segmentation.onnx_session import open_network
from polypviewer.segmentation.segmenter import DeviceKind
from polypviewer.session.models import STANDARD

COMMAND = (sys.executable, "-m", "trainer.cli", "serve")
HERE = "ONNX Runtime in this process"
BATCHES = (1, 8)
START_SECONDS = 90.0
REPLY_SECONDS = 60.0
WARM_UP, FEWEST = 2, 3
"""Runs that are not counted, and those that are counted at least, however slow the machine is."""
DEVICES: tuple[DeviceKind, ...] = ("cpu", "cuda")
NAMES = ("1080p_median_ms", "1080p_frames_a_second", "batch1_ms", "batch1_beside_network_ms", "batch8_frames_a_second")


class BareEngine:
    """An engine that is asked with batches of ready tensors."""

    def __init__(self, bundle: ModelBundle, device: DeviceKind, frames: Path) -> None:
        self._card, self._frames = bundle.card, frames
        self._offset = max(BATCHES) * self._card.height * self._card.width * 3
        frames.write_bytes(bytes(self._offset + max(BATCHES) * self._card.height * self._card.width * 4))
        given = ["--bundle", str(bundle.folder), "--device", device, "--frames", str(frames)]
        self.process = EngineProcess([*COMMAND, *given])
        self._numbers = itertools.count(1)

    def greet(self) -> None:
        """Wait for its first line. Raises SegmentationError."""
        hello = self.process.receive(seconds=START_SECONDS)
        if hello.get("type") != "hello":
            raise SegmentationError("engine.handshake", reason=str(hello.get("message")))

    def propose(self, images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], float]:
        """Probability, and the milliseconds that the engine says the network took. Raises SegmentationError."""
        pixels = np.memmap(self._frames, np.uint8, "r+", shape=images.shape)
        pixels[:] = images
        tensor = {"name": "image", "dtype": "uint8", "shape": list(images.shape), "offset": 0}
        self.process.send(
            {"id": next(self._numbers), "type": "propose", "tensors": [tensor], "reply_offset": self._offset}
        )
        reply = self.process.receive(seconds=REPLY_SECONDS)
        if reply.get("type") != "reply":
            raise SegmentationError("engine.bad_reply", reason=str(reply.get("message")))
        shape = (len(images), 1, self._card.height, self._card.width)
        answer = np.memmap(self._frames, np.float32, "r", offset=self._offset, shape=shape)
        return np.array(answer), float(str(reply["ms"]))


@contextmanager
def engines(bundle: ModelBundle, device: DeviceKind) -> Iterator[tuple[EngineSegmenter, BareEngine]]:
    """The application's engine and a bare one, started side by side."""
    with tempfile.TemporaryDirectory(prefix="polypviewer-bench-") as folder:
        bare = BareEngine(bundle, device, Path(folder) / "frames")
        try:
            segmenter = EngineSegmenter(bundle, COMMAND, device=device)
            try:
                bare.greet()
                yield segmenter, bare
            finally:
                segmenter.close()
        finally:
            bare.process.stop(seconds=2.0)


def whole_path(engine: EngineSegmenter, here: OnnxSegmenter, *, seconds: float) -> tuple[list[float], list[float]]:
    """Milliseconds of frame to mask through the engine and in this process, in turns."""
    frames = [frame(seed) for seed in range(4)]
    theirs: list[float] = []
    ours: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(theirs) < WARM_UP + FEWEST:
        image = frames[len(theirs) % len(frames)]
        with timed(theirs):
            predict_image(image, engine)
        with timed(ours):
            predict_image(image, here)
    return milliseconds(theirs), milliseconds(ours)


def alone(
    bare: BareEngine, bundle: ModelBundle, device: DeviceKind, *, batch: int, seconds: float
) -> tuple[list[float], list[float], list[float]]:
    """Milliseconds of a batch: to the engine and back, in the engine's network, with ONNX Runtime here; in turns."""
    network = open_network(bundle, device=device)
    images = np.random.default_rng(0).integers(0, 256, (batch, bundle.card.height, bundle.card.width, 3), np.uint8)
    there: list[float] = []
    inside: list[float] = []
    here: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(there) < WARM_UP + FEWEST:
        with timed(there):
            inside.append(bare.propose(images)[1] / 1000)
        with timed(here):
            network.probability(images)
    return milliseconds(there), milliseconds(inside), milliseconds(here)


def milliseconds(seconds: list[float]) -> list[float]:
    """All but the first runs, in milliseconds."""
    return [took * 1000 for took in seconds[WARM_UP:]]


def measure(bundle: ModelBundle, device: DeviceKind, *, seconds: float) -> dict[str, Figure]:
    """The figures of one device."""
    with engines(bundle, device) as (engine, bare):
        here = OnnxSegmenter(bundle, device=device)
        whole, whole_here = whole_path(engine, here, seconds=seconds)
        here.close()
        one, one_inside, one_here = alone(bare, bundle, device, batch=1, seconds=seconds / 2)
        many, many_inside, many_here = alone(bare, bundle, device, batch=8, seconds=seconds / 2)
    note(f"{device}: whole path {exact_range(whole)} ms, batch 1 {exact_range(one)} ms, batch 8 {exact_range(many)} ms")
    beside = [there - inside for there, inside in zip(one, one_inside, strict=True)]
    figures = (
        figure(median(whole), median(whole_here), median(one_inside), bar=MEDIAN_BAR_MS),
        speed(median(whole), median(whole_here), median(one_inside), frames=1),
        figure(median(one), median(one_here), median(one_inside)),
        Figure(ours=median(beside), better="lower"),
        speed(median(many), median(many_here), median(many_inside), frames=8),
    )
    return {f"engine_{device}_{name}": found for name, found in zip(NAMES, figures, strict=True)}


def figure(ours: float, here: float, limit: float, *, bar: float | None = None) -> Figure:
    return Figure(ours=ours, better="lower", bar=bar, peer=here, peer_name=HERE, limit=limit)


def speed(ours: float, here: float, limit: float, *, frames: int) -> Figure:
    """Frames a second of batches that take so many milliseconds."""
    ours, here, limit = (1000 * frames / took for took in (ours, here, limit))
    return Figure(ours=ours, better="higher", peer=here, peer_name=HERE, limit=limit)


def figures_of(bundle: ModelBundle, device: DeviceKind, *, seconds: float) -> dict[str, Figure]:
    """What was measured on a device, or why nothing was."""
    if device == "cuda" and nvidia_name() is None:
        return unmeasured(device, "no NVIDIA driver answers")
    try:
        return measure(bundle, device, seconds=seconds)
    except SegmentationError as error:
        return unmeasured(device, str(error))


def unmeasured(device: DeviceKind, why: str) -> dict[str, Figure]:
    return {
        f"engine_{device}_{name}": Figure(ours=None, better="higher" if "second" in name else "lower", why=why)
        for name in NAMES
    }


def main() -> None:
    """Measure, and print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer runs; ends within 50 s")
    parser.add_argument("--model", help="name or folder of a bundle; the standard one of each device by default")
    options = parser.parse_args()
    seconds = 6.0 if options.quick else 40.0
    figures: dict[str, Figure] = {}
    for device in DEVICES:
        try:
            bundle = choose_bundle(options.model or STANDARD[device], resources.path("models"))
        except SegmentationError as error:
            figures |= unmeasured(device, str(error))
            continue
        figures |= figures_of(bundle, device, seconds=seconds)
    print_report("engine", figures)


if __name__ == "__main__":
    main()
