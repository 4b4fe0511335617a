"""Proposals: for the shown frame at once, for all frames in the background. A late one never touches what is edited."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from PySide6.QtCore import QTimer

from polypviewer.core.errors import EditError, PolypViewerError
from polypviewer.core.identity import FrameRef
from polypviewer.core.proposal import FrameProbability, Proposal, at_frame_size
from polypviewer.session.desk import Desk
from polypviewer.session.lanes import PATIENT
from polypviewer.session.latest import Latest
from polypviewer.session.messages import message
from polypviewer.session.model_seat import ModelSeat, Proposed
from polypviewer.session.models import choose, find_models
from polypviewer.session.navigation import AFTER_PAINT_MS
from polypviewer.session.outlines import dismissed_in, show_proposal, with_dismissed
from polypviewer.session.propose_all import ProposeAll
from polypviewer.session.stored import proposal_areas, put_proposal
from polypviewer.session.values import RunningDevice, ShownProposal

if TYPE_CHECKING:
    from polypviewer.segmentation import AskedDevice, BundleSearch, ModelBundle


_FRAME_SIZE: Final = "proposal at frame size"
_AREAS: Final = "areas"


class Proposing:
    """The window's side: which model, which threshold, what is shown."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._seat = ModelSeat()
        self._run: ProposeAll | None = None
        self.shown: ShownProposal | None = None
        self._ready: FrameProbability | None = None
        self._drawn = Latest(desk.lanes.shape, self._show, failed=desk.say_error)
        self._painted = QTimer(desk.signals, singleShot=True, interval=AFTER_PAINT_MS)
        self._painted.timeout.connect(self._look)
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
        self._desk.lanes.disk.forget(_AREAS)  # patient, so it would come after the closing of the stores
        self._desk.lanes.infer.submit(self._seat.leave)

    def look_for_models(self, project: Path, *, wanted: str | None) -> None:
        """Find bundles, then take the wanted one (by digest) or the standard one of the device."""
        found = partial(self._models_found, wanted)
        device = cast("AskedDevice", self._desk.settings.text("device"))
        self._desk.lanes.work.submit(partial(find_models, project, device=device), on_done=found, key="models")

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
        engine = desk.settings.text("engine")
        desk.lanes.infer.submit(
            self._seat.take, bundle, device, threads, engine, on_done=taken, on_error=refused, key="model"
        )

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
        self._painted.start()

    def _look(self) -> None:
        """The frame has been painted."""
        desk = self._desk
        if desk.shown is None or self.bundle is None or desk.keeper is None:
            return
        ref, digest = desk.shown.ref, self.bundle.digest
        stored = partial(self._stored_came, ref, digest)
        desk.lanes.disk.submit(desk.keeper.store.cache.proposal, ref, digest, on_done=stored, key="proposal")

    def propose_now(self) -> None:
        """Make a proposal for the shown frame. Raises `EditError` without a frame or a model."""
        shown = self._desk.need_frame()
        if self.bundle is None:
            raise EditError("edit.no_model")
        stated = self._desk.stated_fields.get(shown.ref.media_id)
        self._desk.lanes.infer.submit(
            self._seat.propose,
            shown.image,
            shown.ref,
            stated,
            on_done=self._proposed,
            key="propose shown",
        )

    def areas(self, on_done: Callable[[dict[FrameRef, float]], None]) -> None:
        """Ask for the share of the frame (0-1) that each stored proposal of this model covers, for a video's curve."""
        desk = self._desk
        if desk.keeper is not None and self.bundle is not None:
            ask = partial(proposal_areas, desk.keeper.store, digest=self.bundle.digest)
            desk.lanes.disk.submit(ask, on_done=on_done, key=_AREAS, rank=PATIENT)

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
            self._run = ProposeAll(self, desk, self._seat, self.bundle.digest)
            self.is_proposing_all = True
            self._run.start()

    def stop_proposing_all(self) -> None:
        """End `propose_all` after the frame under way; what has been proposed stays."""
        if self._run is not None:
            self._run.stop()

    def stop(self) -> None:
        """Before the lanes are closed: no engine keeps the `infer` lane waiting."""
        self._stop()
        self._seat.kill()

    def close(self) -> None:
        """After the lanes are closed. A lane that was busy has dropped what waited, also the leaving of the model."""
        self._seat.leave()

    def ended(self) -> None:
        """`propose_all` has ended."""
        self._run = None
        self.is_proposing_all = False

    def keep(self, made: Proposed) -> bool:
        """Store a proposal in the cache and light its frame; False if it was made for a field that holds no more."""
        desk, proposal, ref = self._desk, made.proposal, made.proposal.frame
        self._see_device(made)
        if desk.keeper is None or made.stated != desk.stated_fields.get(ref.media_id):
            return False
        desk.proposed.add(ref)
        desk.light_proposed(ref)
        if desk.project is not None and not desk.project.read_only:
            desk.lanes.disk.submit(put_proposal, desk.keeper.store, proposal)
        return True

    def _see_device(self, made: Proposed) -> None:
        """An engine that failed leaves another device behind: it stands on the status bar, and is said once."""
        before, self.device = self.device, made.device.after(made.proposal.milliseconds)
        self._desk.signals.device_changed.emit(self.device)
        if before is not None and (before.ran, before.name) != (self.device.ran, self.device.name):
            self._desk.signals.message.emit(
                message("device.fell_back", device=self.device.name, reason=self.device.reason)
            )

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

    def _proposed(self, made: Proposed) -> None:
        proposal = made.proposal
        if self.bundle is None or proposal.bundle_digest != self.bundle.digest or not self.keep(made):
            return
        if self._desk.shown is not None and self._desk.shown.ref == proposal.frame:
            self._make_ready(proposal)

    def _drop(self) -> None:
        """No proposal is shown, and none that is still on its way."""
        self.shown, self._ready = None, None
        self._painted.stop()
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
