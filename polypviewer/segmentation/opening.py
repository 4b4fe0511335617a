"""From a bundle and a wish to a running Segmenter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec

from polypviewer.core.errors import SegmentationError
from polypviewer.segmentation.bundle import ModelBundle
from polypviewer.segmentation.devices import cuda_obstacle, nvidia_name
from polypviewer.segmentation.engine_segmenter import EngineSegmenter
from polypviewer.segmentation.onnx_segmenter import OnnxSegmenter
from polypviewer.segmentation.segmenter import AskedDevice, Segmenter
from polypviewer.segmentation.watched_segmenter import WatchedSegmenter


def open_segmenter(
    bundle: ModelBundle,
    *,
    device: AskedDevice = "auto",
    threads: int | None = None,
    engine: Sequence[str] | None = None,
    engine_device: AskedDevice | None = None,
) -> Segmenter:
    """A segmenter that is ready: in this process, or in an engine process when `engine` gives its command.

    An engine is watched: it is started again once, then the CPU of this process takes over, and `device` says why. Who
    asked for a device and cannot have it from the start gets the error; "auto" takes what there is. `engine_device`:
    what the engine must run on, where that is narrower than `device`. Takes a second or more: call it on the lane that
    will use it. Raises `SegmentationError`.
    """
    if engine is None:
        return OnnxSegmenter(bundle, device=device, threads=threads)

    def spare(reason: str) -> Segmenter:
        made = OnnxSegmenter(bundle, device="cpu", threads=threads)
        made.device = replace(made.device, asked=device, reason=reason)
        return made

    try:
        return WatchedSegmenter(EngineSegmenter(bundle, engine, device=engine_device or device), spare=spare)
    except SegmentationError as error:
        if device != "auto":
            raise
        return spare(f"the engine did not start: {str(error).rstrip('.')}")


def engine_is_worth_it(device: AskedDevice) -> bool:
    """True where an engine would have a GPU that ONNX Runtime in this process has not: driver and PyTorch are there.

    Nothing is loaded to find out.
    """
    return device != "cpu" and bool(cuda_obstacle()) and nvidia_name() is not None and find_spec("torch") is not None
