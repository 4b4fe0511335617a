"""How long from the pixels of a 1080p frame to its mask at 1080p on the CPU, beside the bare run of the network.

The whole path is what `polypviewer predict` and the window do for one frame: field of view, blanking, crop and stretch,
network, threshold and components at frame size. Reading files is not in it. The limit is the same network in the same
runtime session fed with a tensor that is ready.
"""

import argparse
import time

import numpy as np
from numpy.typing import NDArray

import resources
from benchmarks.report import Figure, exact_range, median, note, percentile, print_report, timed
from polypviewer.core.errors import SegmentationError
from polypviewer.segmentation import ModelBundle, OnnxSegmenter, choose_bundle, predict_image
from polypviewer.segmentation.onnx_session import open_network
from polypviewer.session.models import STANDARD

HEIGHT, WIDTH = 1080, 1920
MEDIAN_BAR_MS = 100.0
"""At ten proposals a second a reader who steps through frames does not wait for the outline."""
P95_BAR_MS = 150.0


def frame(seed: int) -> NDArray[np.uint8]:
    """A frame as a console sends it: `(1080, 1920, 3)` uint8 RGB, tissue in an octagon, black around it."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    x, y = np.abs(columns - 1150) / 640, np.abs(rows - 540) / 520
    light = 200 - 90 * np.hypot(x, y) + 18 * np.sin(columns / (31 + seed)) * np.cos(rows / 47)
    tissue = light[..., None] * np.array([0.95, 0.55, 0.45], np.float32) + random.normal(0, 4, (HEIGHT, WIDTH, 1))
    outside = (x > 1) | (y > 1) | (x + y > 1.6)
    tissue[outside] = 8
    bump = np.hypot(columns - 1000 - 20 * seed, rows - 500) < 90
    tissue[bump] *= np.array([1.15, 0.9, 0.9])
    pixels: NDArray[np.uint8] = np.clip(tissue, 0, 255).astype(np.uint8)
    return pixels


def in_turns(bundle: ModelBundle, *, seconds: float) -> tuple[list[float], list[float]]:
    """Milliseconds of the whole path and of the bare network, one after the other.

    So a busy moment of the machine falls on both.
    """
    segmenter, network = OnnxSegmenter(bundle, device="cpu"), open_network(bundle, device="cpu")
    frames = [frame(seed) for seed in range(4)]
    tensor = np.random.default_rng(0).integers(0, 256, (1, bundle.card.height, bundle.card.width, 3), np.uint8)
    whole: list[float] = []
    alone: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(whole) <= len(frames):
        with timed(whole):
            predict_image(frames[len(whole) % len(frames)], segmenter)
        with timed(alone):
            network.probability(tensor)
    segmenter.close()
    first = len(frames)
    return [took * 1000 for took in whole[first:]], [took * 1000 for took in alone[first:]]


def measure(bundle: ModelBundle, *, seconds: float) -> dict[str, Figure]:
    """The figures of one bundle; the first run over each frame is not counted."""
    whole, alone = in_turns(bundle, seconds=seconds)
    note(f"{bundle.title}: whole path {exact_range(whole)} ms, network alone {exact_range(alone)} ms")
    beside = [ours - bare for ours, bare in zip(whole, alone, strict=True)]
    limit_median, limit_p95 = median(alone), percentile(alone, 0.95)
    return {
        "predict_1080p_median_ms": Figure(ours=median(whole), better="lower", bar=MEDIAN_BAR_MS, limit=limit_median),
        "predict_1080p_p95_ms": Figure(ours=percentile(whole, 0.95), better="lower", bar=P95_BAR_MS, limit=limit_p95),
        "predict_1080p_beside_network_ms": Figure(ours=median(beside), better="lower"),
    }


def unmeasured(reason: str) -> dict[str, Figure]:
    names = ("predict_1080p_median_ms", "predict_1080p_p95_ms", "predict_1080p_beside_network_ms")
    return {name: Figure(ours=None, better="lower", why=reason) for name in names}


def main() -> None:
    """Measure, and print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--model", default=STANDARD["cpu"], help="name or folder of a bundle")
    options = parser.parse_args()
    try:
        bundle = choose_bundle(options.model, resources.path("models"))
        figures = measure(bundle, seconds=8.0 if options.quick else 60.0)
    except SegmentationError as error:
        figures = unmeasured(str(error))
    print_report("predict", figures)


if __name__ == "__main__":
    main()
