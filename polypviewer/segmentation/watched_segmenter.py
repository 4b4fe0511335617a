"""An engine under watch: restarted once when it fails, and then replaced by the network in this process, said so."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from polypviewer.core.errors import SegmentationError
from polypviewer.core.proposal import Proposal
from polypviewer.segmentation.bundle import ModelBundle
from polypviewer.segmentation.engine_segmenter import EngineSegmenter
from polypviewer.segmentation.segmenter import DeviceReport, Request, Segmenter

FAILURES: Final = frozenset({"engine.not_started", "engine.died", "engine.hung", "engine.bad_reply", "engine.memory"})
"""What another start may mend. A refusal is an answer: the same frame would be refused again."""
FORGIVEN_AFTER: Final = 200
"""Proposals after which a failure counts no more: a driver that hiccups once a day is no reason for the CPU."""

_log = logging.getLogger(__name__)


class WatchedSegmenter:
    """Proposes with an engine for as long as that goes well. Not thread-safe, but any thread may `kill`."""

    def __init__(self, engine: EngineSegmenter, *, spare: Callable[[str], Segmenter]) -> None:
        """`engine` starts itself again when it is asked after a failure; `spare` is opened with the reason why."""
        self._running: Segmenter = engine
        self._spare = spare
        self._watched = True
        self._failures = 0
        self._since = 0

    @property
    def bundle(self) -> ModelBundle:
        """The bundle that both run."""
        return self._running.bundle

    @property
    def device(self) -> DeviceReport:
        """What really runs now; after a fall-back its `reason` says why."""
        return self._running.device

    def propose(self, request: Request) -> Proposal:
        """The proposal for a frame. Raises `SegmentationError` for what neither engine nor spare can do."""
        try:
            made = self._running.propose(request)
        except SegmentationError as error:
            if not self._watched or error.code not in FAILURES:
                raise
            return self._after(error, request)
        self._since += 1
        if self._since >= FORGIVEN_AFTER:
            self._failures = 0
        return made

    def kill(self) -> None:
        """End the engine now and for good, from any thread, where one runs; a proposal that waits for it fails."""
        running, self._watched = self._running, False
        if isinstance(running, EngineSegmenter):
            running.kill()

    def close(self) -> None:
        """Give memory and processes back. May be called twice."""
        self._running.close()

    def _after(self, error: SegmentationError, request: Request) -> Proposal:
        self._failures, self._since = self._failures + 1, 0
        if self._failures > 1:
            return self._fall_back(error).propose(request)
        _log.warning("the engine failed and is started again: %s", error)
        return self.propose(request)

    def _fall_back(self, error: SegmentationError) -> Segmenter:
        _log.warning("the engine failed twice; the network runs in this process now: %s", error)
        spare = self._spare(f"the engine failed twice; last: {str(error).rstrip('.')}")
        self._running.close()
        self._running, self._watched = spare, False
        return spare
