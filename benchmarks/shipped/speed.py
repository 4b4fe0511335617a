"""How long a bundle takes from a 1080p frame to its mask, beside a plain 31 M U-Net in the same minutes.

On the CPU with two threads, what a laptop has to spare; on an NVIDIA GPU through the engine process, as
the application runs it. The U-Net (64 to 1024 channels, 256 pixels, random weights: only its time is of interest) runs
alone, without any way from frame to tensor and back.
"""

from __future__ import annotations

import dataclasses
import os
import time
from pathlib import Path

import numpy as np
import torch

from benchmarks.engine import COMMAND
from benchmarks.predict import frame
from benchmarks.report import Figure, exact_range, median, note, percentile, timed
from benchmarks.shipped.bars import barred, unmeasured
from polypviewer.core.errors import SegmentationError
from polypviewer.segmentation import EngineSegmenter, ModelBundle, OnnxSegmenter, predict_image
from polypviewer.segmentation.devices import nvidia_name
from polypviewer.segmentation.onnx_session import open_network
from polypviewer.segmentation.segmenter import DeviceKind
from trainer.bundle import NETWORK
from trainer.export import export_onnx
from trainer.models.registry import Architecture, build_network

__all__ = ["cpu_figures", "engine_milliseconds", "export_plain_unet", "gpu_figures"]

THREADS = 2
SIDE = 256
PLAIN_UNET = Architecture("unet", {"widths": [64, 128, 256, 512, 1024], "up": "transpose", "bias": True})
"""31,043,521 parameters with its batch norms; the layout that most published U-Nets share."""
PEER = "plain U-Net of 31 M parameters at 256 px, network alone"
WARM_UP, FEWEST = 2, 5
"""Rounds that are not counted, and those that are counted at least."""
GPU = "gpu_1080p_frames_a_second"


@dataclasses.dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of each round: the whole path, the bundle's network alone, the U-Net alone."""

    whole: list[float]
    alone: list[float]
    peer: list[float]


def cpu_figures(bundle: ModelBundle, unet: Path, *, seconds: float) -> dict[str, Figure]:
    """Whole path and network alone with two threads. `unet`: folder of `export_plain_unet`."""
    load = os.getloadavg()[0]
    times = in_turns(bundle, unet, seconds=seconds)
    note(
        f"  whole path {exact_range(times.whole)} ms, alone {exact_range(times.alone)}, U-Net {exact_range(times.peer)}"
    )
    why = f"{THREADS} threads, {len(times.whole)} rounds; load average before {load:.1f} on {os.cpu_count()} cores"
    limit, peer = median(times.alone), median(times.peer)
    what = "cpu_1080p_median_ms"
    first = barred(bundle.name, what, median(times.whole), better="lower", why=why)
    return {
        what: dataclasses.replace(first, peer=peer, peer_name=PEER, limit=limit),
        "cpu_1080p_p95_ms": Figure(
            ours=percentile(times.whole, 0.95), better="lower", peer=percentile(times.peer, 0.95), peer_name=PEER,
            limit=percentile(times.alone, 0.95),
        ),
        "cpu_network_alone_median_ms": Figure(ours=limit, better="lower", peer=peer, peer_name=PEER),
    }  # fmt: skip


def in_turns(bundle: ModelBundle, unet: Path, *, seconds: float) -> Times:
    """One after the other, so that a busy moment of the machine falls on all of them."""
    segmenter = OnnxSegmenter(bundle, device="cpu", threads=THREADS)
    network, plain = (open_network(one, device="cpu", threads=THREADS) for one in (bundle, _as_bundle(bundle, unet)))
    frames = [frame(seed) for seed in range(4)]
    random = np.random.default_rng(0)
    ready, square = (
        random.integers(0, 256, (1, *size, 3), np.uint8)
        for size in ((bundle.card.height, bundle.card.width), (SIDE, SIDE))
    )
    times = Times([], [], [])
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times.whole) < WARM_UP + FEWEST:
        with timed(times.whole):
            predict_image(frames[len(times.whole) % len(frames)], segmenter)
        with timed(times.alone):
            network.probability(ready)
        with timed(times.peer):
            plain.probability(square)
    segmenter.close()
    return Times(*(_milliseconds(column) for column in (times.whole, times.alone, times.peer)))


def export_plain_unet(folder: Path) -> Path:
    """Write the U-Net's `model.onnx` with random weights from a seed into `folder`, and return it."""
    torch.manual_seed(0)
    export_onnx(build_network(PLAIN_UNET), folder / NETWORK, size=(SIDE, SIDE), temperature=1.0)
    return folder


def _as_bundle(bundle: ModelBundle, unet: Path) -> ModelBundle:
    """The U-Net dressed as a bundle, so that it is opened by the same code with the same options."""
    card = bundle.card
    (image,), (probability,) = card.inputs, card.outputs
    image = dataclasses.replace(image, shape=("N", SIDE, SIDE, 3))
    probability = dataclasses.replace(probability, shape=("N", 1, SIDE, SIDE))
    plain = dataclasses.replace(card, height=SIDE, width=SIDE, inputs=(image,), outputs=(probability,))
    return ModelBundle(unet, "", plain)


def gpu_figures(bundle: ModelBundle, *, seconds: float) -> dict[str, Figure]:
    """Frames a second through the engine on CUDA, or why there are none."""
    if nvidia_name() is None:
        return {GPU: unmeasured(bundle.name, GPU, "no NVIDIA driver answers", better="higher")}
    try:
        took = engine_milliseconds(bundle, "cuda", seconds=seconds)
    except SegmentationError as error:
        return {GPU: unmeasured(bundle.name, GPU, str(error), better="higher")}
    why = f"{nvidia_name()}, batch 1, whole path, {len(took)} frames"
    return {GPU: barred(bundle.name, GPU, 1000 / median(took), better="higher", why=why)}


def engine_milliseconds(bundle: ModelBundle, device: DeviceKind, *, seconds: float) -> list[float]:
    """Milliseconds of each frame from pixels to mask through an engine process. Raises SegmentationError."""
    segmenter = EngineSegmenter(bundle, COMMAND, device=device)
    frames, took = [frame(seed) for seed in range(4)], list[float]()
    try:
        end = time.perf_counter() + seconds
        while time.perf_counter() < end or len(took) < WARM_UP + FEWEST:
            with timed(took):
                predict_image(frames[len(took) % len(frames)], segmenter)
    finally:
        segmenter.close()
    return _milliseconds(took)


def _milliseconds(seconds: list[float]) -> list[float]:
    return [took * 1000 for took in seconds[WARM_UP:]]
