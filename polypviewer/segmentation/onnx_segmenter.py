"""The segmenter of every machine: a bundle's network in this process, through ONNX Runtime."""

from __future__ import annotations

from polypviewer.core.errors import SegmentationError
from polypviewer.core.proposal import Proposal
from polypviewer.segmentation.bundle import ModelBundle
from polypviewer.segmentation.onnx_session import OpenNetwork, open_network
from polypviewer.segmentation.segmenter import AskedDevice, DeviceReport, Request, framed, proposed


class OnnxSegmenter:
    """Proposes masks with ONNX Runtime on the CPU or an NVIDIA GPU. Not thread-safe: one per lane."""

    def __init__(self, bundle: ModelBundle, *, device: AskedDevice = "auto", threads: int | None = None) -> None:
        """Open the network (see `onnx_session.open_network` for `device`, `threads` and what is raised)."""
        network = open_network(bundle, device=device, threads=threads)
        self._network: OpenNetwork | None = network
        self.bundle = bundle
        self.device: DeviceReport = network.device

    def propose(self, request: Request) -> Proposal:
        """The proposal for a frame, at frame geometry. Raises `SegmentationError`."""
        if self._network is None:
            raise SegmentationError("segmenter.closed")
        ready = framed(request, self.bundle)
        probability = self._network.probability(ready.tensor)
        return proposed(probability, ready, request=request, bundle=self.bundle, device=self.device)

    def close(self) -> None:
        """Let go of the network's memory."""
        self._network = None
