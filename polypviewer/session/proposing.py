"""Proposals: for the shown frame at once, for all frames in the background. A late one never touches what is edited."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from polypviewer.core.errors import EditError, PolypViewerError
from polypviewer.core.identity import FrameRef
from polypviewer.core.proposal import FrameProbability, Proposal, at_frame_size
from polypviewer.session.desk import Desk
from polypviewer.session.frames import FrameReader
from polypviewer.session.lanes import PATIENT
from polypviewer.session.latest import Latest
from polypviewer.session.messages import message
from polypviewer.session.models import choose, find_models
from polypviewer.session.outlines import dismissed_in, show_proposal, with_dismissed
from polypviewer.session.stored import frames_proposed, proposal_areas, put_proposal
from polypviewer.session.values import Progress, RunningDevice, ShownProposal

if TYPE_CHECKING:
    from polypviewer.segmentation import AskedDevice, BundleSearch, ModelBundle, Segmenter


_FRAME_SIZE: Final = "proposal at frame size"


class ModelSeat:
    """The running Segmenter and a reader of its own. Used on the `infer` lane only."""

    def __init__(self) -> None:
        self._segmenter: Segmenter | None = None
        self._reader = FrameReader(kept_bytes=1)

    def take(self, bundle: ModelBundle, device: AskedDevice, threads: int) -> RunningDevice:
        """Open a bundle; the one before it goes only when the new one is ready. Raises `SegmentationError`."""
        from polypviewer.segmentation import open_segmenter

        segmenter = open_segmenter(bundle, device=device, threads=threads or None)
        self.leave()
        self._segmenter = segmenter
        report = segmenter.device
        return RunningDevice(report.asked, report.ran, report.name, reason=report.reason)

    def propose(self, image: NDArray[np.uint8], ref: FrameRef) -> Proposal:
        """The proposal of a frame. Raises `SegmentationError`; `EditError` ("edit.no_model") without a model."""
        from polypviewer.segmentation import Request

        if self._segmenter is None:
            raise EditError("edit.no_model")
        return self._segmenter.propose(Request(image, ref))

    def read_and_propose(self, path: Path, ref: FrameRef) -> Proposal:
        """The proposal of a frame on disk. Raises `MediaError` too."""
        return self.propose(self._reader.load(path, ref).image, ref)

    def leave(self) -> None:
        """Give the model's memory back and let go of the files."""
        self._reader.close()
        if self._segmenter is not None:
            self._segmenter.close()
            self._segmenter = None


class Proposing:
    """The window's side: which model, which threshold, what is shown."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._seat = ModelSeat()
        self._run: _ProposeAll | None = None
        self.shown: ShownProposal | None = None
        self._ready: FrameProbability | None = None
        self._drawn = Latest(desk.lanes.shape, self._show, failed=desk.say_error)
        self.reset()

    def reset(self) -> None:
        """Another project: no model, no proposal."""
        self.bundles: tuple[ModelBundle, ...] = ()
        self.problems: tuple[PolypViewerError, ...] = ()
        self.bundle: ModelBundle | None = None
        self.device: RunningDevice | None = None
        self._drop()
        self.threshold: float | None = None
        self.is_proposing_all = False
        self._announce = False
        self._stop()
        self._desk.lanes.infer.submit(self._seat.leave)

    def look_for_models(self, project: Path, *, wanted: str | None) -> None:
        """Find bundles, then take the wanted one (by digest) or the first."""
        found = partial(self._models_found, wanted)
        self._desk.lanes.work.submit(find_models, project, on_done=found, key="models")

    def bundle_of(self, digest: str) -> ModelBundle:
        """The usable bundle of this digest. Raises `EditError` ("edit.no_model") if there is none."""
        bundle = next((bundle for bundle in self.bundles if bundle.digest == digest), None)
        if bundle is None:
            raise EditError("edit.no_model")
        return bundle

    def add_bundle(self, bundle: ModelBundle) -> None:
        """A new model, ready to be chosen; the one in use stays."""
        if all(known.digest != bundle.digest for known in self.bundles):
            self.bundles = (*self.bundles, bundle)
        self._desk.signals.models_changed.emit()

    def set_device(self, device: str) -> None:
        """Run on another device from now on. Raises `SettingsError` for a word that is no device."""
        self._desk.settings.set("device", device)
        if self.bundle is not None:
            self.use(self.bundle)

    def use(self, bundle: ModelBundle, *, announce: bool = False) -> None:
        """Take a bundle; what other bundles proposed is not shown any more, but kept."""
        desk = self._desk
        self._stop()
        self._announce = announce
        device = cast("AskedDevice", desk.settings.text("device"))
        taken, refused = partial(self._taken, bundle), partial(self._refused, bundle)
        threads = int(desk.settings.number("threads"))
        desk.lanes.infer.submit(self._seat.take, bundle, device, threads, on_done=taken, on_error=refused, key="model")

    def set_threshold(self, threshold: float | None) -> None:
        """Show proposals at another threshold, 0-1; None: the bundle's own."""
        self.threshold = threshold
        if self._ready is not None:
            self._draw(self._ready)

    def show_for_current(self) -> None:
        """Look for this frame's proposal, make one if there is none. Latest frame wins."""
        desk = self._desk
        before = self.shown
        self._drop()
        if desk.shown is None:
            return
        if before is not None:
            desk.signals.proposal_changed.emit(desk.shown.ref)
        if self.bundle is None or desk.keeper is None:
            return
        ref, digest = desk.shown.ref, self.bundle.digest
        stored = partial(self._stored_came, ref, digest)
        desk.lanes.disk.submit(desk.keeper.store.cache.proposal, ref, digest, on_done=stored, key="proposal")

    def propose_now(self) -> None:
        """Make a proposal for the shown frame. Raises `EditError` without a frame or a model."""
        shown = self._desk.need_frame()
        if self.bundle is None:
            raise EditError("edit.no_model")
        self._desk.lanes.infer.submit(
            self._seat.propose, shown.image, shown.ref, on_done=self._proposed, key="propose shown"
        )

    def areas(self, on_done: Callable[[dict[FrameRef, float]], None]) -> None:
        """Ask for the share of the frame (0-1) that each stored proposal of this model covers, for a video's curve."""
        desk = self._desk
        if desk.keeper is not None and self.bundle is not None:
            ask = partial(proposal_areas, desk.keeper.store, digest=self.bundle.digest)
            desk.lanes.disk.submit(ask, on_done=on_done, key="areas", rank=PATIENT)

    def redraw_dismissed(self) -> None:
        """The draft's dismissals changed: show the proposal without them."""
        shown = self._desk.shown
        if self.shown is None or shown is None or self.shown.proposal.frame != shown.ref:
            return
        dismissed = dismissed_in(shown.draft, self.shown.proposal)
        if dismissed != self.shown.dismissed:
            self.shown = with_dismissed(self.shown, dismissed)
            self._desk.signals.proposal_changed.emit(shown.ref)

    def propose_all(self) -> None:
        """Propose for every frame that has no proposal of this bundle and is not decided; in the background."""
        desk = self._desk
        if self.bundle is None:
            raise EditError("edit.no_model")
        if self._run is None:
            self._run = _ProposeAll(self, desk, self._seat, self.bundle.digest)
            self.is_proposing_all = True
            self._run.start()

    def stop_proposing_all(self) -> None:
        """End `propose_all` after the frame under way; what has been proposed stays."""
        if self._run is not None:
            self._run.stop()

    def close(self) -> None:
        """Before the lanes are closed."""
        self._stop()
        self._desk.lanes.infer.submit(self._seat.leave)

    def ended(self) -> None:
        """`propose_all` has ended."""
        self._run = None
        self.is_proposing_all = False

    def keep(self, proposal: Proposal) -> None:
        """Store a proposal in the cache and light its frame."""
        desk = self._desk
        if desk.keeper is None:
            return
        ref = proposal.frame
        desk.proposed.add(ref)
        desk.light_proposed(ref)
        if desk.project is not None and not desk.project.read_only:
            desk.lanes.disk.submit(put_proposal, desk.keeper.store, proposal)

    def _stop(self) -> None:
        if self._run is not None:
            self._run.abandon()
            self.ended()

    def _models_found(self, wanted: str | None, search: BundleSearch) -> None:
        self.bundles, self.problems = search.bundles, search.problems
        for problem in search.problems:
            self._desk.say_error(problem)
        self._desk.signals.models_changed.emit()
        bundle = choose(search.bundles, wanted)
        if bundle is not None and (self.bundle is None or self.bundle.digest != bundle.digest):
            self.use(bundle)

    def _taken(self, bundle: ModelBundle, device: RunningDevice) -> None:
        self.bundle, self.device = bundle, device
        self._desk.signals.models_changed.emit()
        self._desk.signals.device_changed.emit(device)
        if self._announce:
            self._desk.signals.message.emit(message("model.switched", name=bundle.title))
        self.show_for_current()

    def _refused(self, _bundle: ModelBundle, error: Exception) -> None:
        self._desk.say_error(error)
        self._desk.signals.models_changed.emit()

    def _stored_came(self, ref: FrameRef, digest: str, proposal: Proposal | None) -> None:
        desk = self._desk
        if desk.shown is None or desk.shown.ref != ref or self.bundle is None or self.bundle.digest != digest:
            return
        if proposal is not None:
            self._make_ready(proposal)
        elif desk.settings.get("propose_on_show"):
            self.propose_now()

    def _proposed(self, proposal: Proposal) -> None:
        if self.bundle is None or proposal.bundle_digest != self.bundle.digest:
            return
        self.keep(proposal)
        if self.device is not None:
            self.device = self.device.after(proposal.milliseconds)
            self._desk.signals.device_changed.emit(self.device)
        if self._desk.shown is not None and self._desk.shown.ref == proposal.frame:
            self._make_ready(proposal)

    def _drop(self) -> None:
        """No proposal is shown, and none that is still on its way."""
        self.shown, self._ready = None, None
        self._drawn.forget()
        self._desk.lanes.shape.forget(_FRAME_SIZE)

    def _make_ready(self, proposal: Proposal) -> None:
        """Unpack and resize it once; every threshold after that is quick, and waits for no model."""
        shown = self._desk.shown
        if shown is not None and shown.ref == proposal.frame:
            self._desk.lanes.shape.submit(at_frame_size, proposal, on_done=self._draw, key=_FRAME_SIZE)

    def _draw(self, ready: FrameProbability) -> None:
        shown = self._desk.shown
        if shown is None or shown.ref != ready.proposal.frame:
            return
        self._ready = ready
        dismissed = dismissed_in(shown.draft, ready.proposal)
        self._drawn.ask(partial(show_proposal, ready, threshold=self.threshold, dismissed=dismissed))

    def _show(self, drawn: ShownProposal) -> None:
        shown = self._desk.shown
        if shown is None or shown.ref != drawn.proposal.frame:
            return
        dismissed = dismissed_in(shown.draft, drawn.proposal)
        self.shown = drawn if dismissed == drawn.dismissed else with_dismissed(drawn, dismissed)
        self._desk.signals.proposal_changed.emit(shown.ref)


class _ProposeAll:
    """One pass over the frames, one at a time, after whatever the shown frame needs."""

    def __init__(self, owner: Proposing, desk: Desk, seat: ModelSeat, digest: str) -> None:
        self._owner, self._desk, self._seat = owner, desk, seat
        self._digest = digest
        self._todo: list[FrameRef] = []
        self._done = 0
        self._failed: set[FrameRef] = set()
        self._told: set[UUID] = set()
        self._began = time.monotonic()
        self._over = False

    def start(self) -> None:
        """Ask which frames have proposals of this bundle already."""
        _, keeper = self._desk.need_project()
        self._desk.lanes.disk.submit(
            frames_proposed, keeper.store, self._digest, on_done=self._begin, on_error=self._broken
        )

    def stop(self) -> None:
        """The user's stop."""
        if not self._over:
            self._desk.signals.message.emit(message("propose.stopped", count=self._done))
            self._end()

    def abandon(self) -> None:
        """Another model or project: end without a word about it but the last progress."""
        if not self._over:
            self._over = True
            self._tell(ended=True)

    def _begin(self, have: set[FrameRef]) -> None:
        waiting = self._desk.undecided()
        self._todo = [ref for ref in waiting if ref not in have]
        self._began = time.monotonic()
        self._tell()
        self._next()

    def _next(self) -> None:
        if self._over:
            return
        if self._done == len(self._todo):
            self._desk.signals.message.emit(
                message("propose.done", count=self._done - len(self._failed), failed=len(self._failed))
            )
            self._end()
            return
        ref = self._todo[self._done]
        self._desk.lanes.infer.submit(
            self._seat.read_and_propose,
            self._desk.paths[ref.media_id],
            ref,
            on_done=self._came,
            on_error=partial(self._skip, ref),
            rank=PATIENT,
        )

    def _came(self, proposal: Proposal) -> None:
        if self._over or proposal.bundle_digest != self._digest:
            return
        self._owner.keep(proposal)
        self._go_on()

    def _skip(self, ref: FrameRef, error: Exception) -> None:
        """A frame that cannot be read does not stop the rest; what is wrong with a medium is said once."""
        if self._over:
            return
        if ref.media_id not in self._told:
            self._desk.say_error(error)
        self._told.add(ref.media_id)
        self._failed.add(ref)
        self._go_on()

    def _go_on(self) -> None:
        self._done += 1
        self._tell()
        self._next()

    def _broken(self, error: Exception) -> None:
        self._desk.say_error(error)
        self._end()

    def _end(self) -> None:
        self._over = True
        self._tell(ended=True)
        self._owner.ended()

    def _tell(self, *, ended: bool = False) -> None:
        seconds = time.monotonic() - self._began
        left = seconds / self._done * (len(self._todo) - self._done) if self._done else None
        self._desk.signals.progress.emit(
            Progress("propose", self._done, len(self._todo), seconds_left=left, ended=ended)
        )
