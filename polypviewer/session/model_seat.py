"""The running Segmenter on the `infer` lane."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from polypviewer.core.errors import EditError
from polypviewer.core.identity import FrameRef
from polypviewer.core.proposal import Proposal
from polypviewer.core.stated_field import stated_view
from polypviewer.session.frames import FrameReader
from polypviewer.session.trainer_pipe import engine_command
from polypviewer.session.values import RunningDevice

if TYPE_CHECKING:
    from polypviewer.segmentation import AskedDevice, ModelBundle, Request, Segmenter


@dataclass(frozen=True, slots=True, eq=False)
class Proposed:
    """A proposal, the field of view it was `stated` to look at, and what really made it."""

    proposal: Proposal
    stated: str | None
    device: RunningDevice


class ModelSeat:
    """The running Segmenter and a reader of its own. Used on the `infer` lane, and by whoever has closed that lane."""

    def __init__(self) -> None:
        self._segmenter: Segmenter | None = None
        self._reader = FrameReader(kept_bytes=1)

    def take(self, bundle: ModelBundle, device: AskedDevice, threads: int, engine: str) -> RunningDevice:
        """Open a bundle; the one before it goes only when the new one is ready. Raises `SegmentationError`.

        `engine`: "auto" runs it in an engine process where only that has the GPU, "always" and "never" say so.
        """
        from polypviewer.segmentation import engine_is_worth_it, open_segmenter

        command, on = None, device
        if engine == "always" or (engine == "auto" and engine_is_worth_it(device)):
            command, on = engine_command(), device if engine == "always" else "cuda"
        segmenter = open_segmenter(bundle, device=device, threads=threads or None, engine=command, engine_device=on)
        self.leave()
        self._segmenter = segmenter
        return _running(segmenter)

    def propose(self, image: NDArray[np.uint8], ref: FrameRef, stated: str | None) -> Proposed:
        """The proposal of a frame, in the field of view that a reader stated, if one did.

        Raises `SegmentationError`; `EditError` ("edit.no_model") without a model.
        """
        if self._segmenter is None:
            raise EditError("edit.no_model")
        made = self._segmenter.propose(request(image, ref, stated))
        return Proposed(made, stated, _running(self._segmenter))

    def read_and_propose(self, path: Path, ref: FrameRef, stated: str | None) -> Proposed:
        """The proposal of a frame on disk. Raises `MediaError` too."""
        return self.propose(self._reader.load(path, ref).image, ref, stated)

    def kill(self) -> None:
        """End an engine that may be busy, from any thread; the proposal that waits for it fails."""
        from polypviewer.segmentation import WatchedSegmenter

        if isinstance(self._segmenter, WatchedSegmenter):
            self._segmenter.kill()

    def leave(self) -> None:
        """Give the model's memory back and let go of the files."""
        self._reader.close()
        if self._segmenter is not None:
            self._segmenter.close()
            self._segmenter = None


def _running(segmenter: Segmenter) -> RunningDevice:
    report = segmenter.device
    return RunningDevice(report.asked, report.ran, report.name, reason=report.reason)


def request(image: NDArray[np.uint8], ref: FrameRef, stated: str | None) -> Request:
    """What a Segmenter is asked for a frame; `stated`: the field of view as a reader stated it of the medium."""
    from polypviewer.segmentation import Request

    height, width = image.shape[:2]
    return Request(image, ref, None if stated is None else stated_view(stated, height=height, width=width))
