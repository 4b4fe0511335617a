"""From a bundle and a wish to a running Segmenter."""

from __future__ import annotations

from collections.abc import Sequence

from polypviewer.segmentation.bundle import ModelBundle
from polypviewer.segmentation.engine_segmenter import EngineSegmenter
from polypviewer.segmentation.onnx_segmenter import OnnxSegmenter
from polypviewer.segmentation.segmenter import AskedDevice, Segmenter


def open_segmenter(
    bundle: ModelBundle,
    *,
    device: AskedDevice = "auto",
    threads: int | None = None,
    engine: Sequence[str] | None = None,
) -> Segmenter:
    """A segmenter that is ready: in this process, or in an engine process when `engine` gives its command.

    Takes a second or more: call it on the lane that will use it. Raises `SegmentationError`.
    """
    if engine is not None:
        return EngineSegmenter(bundle, engine, device=device)
    return OnnxSegmenter(bundle, device=device, threads=threads)
