"""The Segmenter: what proposes masks. One `propose` for a network in this process and for one in an engine process.

`framed` and `proposed` are what every segmenter shares (docs/formats.md, "From frame to mask", steps 1-3 and 4).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from polypviewer.core.errors import SegmentationError
from polypviewer.core.field_of_view import FieldOfView, find_field_of_view
from polypviewer.core.geometry import Point, Rect
from polypviewer.core.identity import FrameRef
from polypviewer.core.label_map import Mask
from polypviewer.core.model_geometry import network_input, quantise
from polypviewer.core.proposal import Geometry, Proposal, pack_seen
from polypviewer.segmentation.bundle import ModelBundle

DeviceKind = Literal["cpu", "cuda"]
AskedDevice = Literal["auto", "cpu", "cuda"]


@dataclass(frozen=True, slots=True)
class Click:
    """A hint of the reader in image coordinates: this is polyp, or this is not."""

    point: Point
    is_polyp: bool


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """What a proposal is wanted for.

    `image`: `(height, width, 3)` uint8 RGB. `field_of_view`: what a reader stated of it; found in the pixels without.
    `region`, `clicks` and `previous` are hints that few models take.
    """

    image: NDArray[np.uint8]
    frame: FrameRef
    field_of_view: FieldOfView | None = None
    region: Rect | None = None
    clicks: tuple[Click, ...] = ()
    previous: Mask | None = None


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """Which device was asked for and which really ran.

    `name` is the hardware's; `reason` says why "auto" took the CPU, as half a sentence ("" where nothing needs saying).
    """

    asked: AskedDevice
    ran: DeviceKind
    name: str
    reason: str = ""


class Segmenter(Protocol):
    """Proposes masks with one bundle on one device. Not thread-safe: one per lane."""

    @property
    def bundle(self) -> ModelBundle: ...

    @property
    def device(self) -> DeviceReport: ...

    def propose(self, request: Request) -> Proposal:
        """The proposal for a frame, at frame geometry. Raises `SegmentationError`."""

    def close(self) -> None:
        """Give memory and processes back; `propose` raises afterwards. May be called twice."""


@dataclass(frozen=True, slots=True, eq=False)
class Framed:
    """A frame made ready for a network.

    `tensor`: `(1, height, width, 3)` uint8 RGB at the card's size. `started`: `time.perf_counter()` at its start.
    """

    tensor: NDArray[np.uint8]
    field_of_view: FieldOfView
    started: float


def framed(request: Request, bundle: ModelBundle) -> Framed:
    """Find the field of view unless it is stated, blank, crop and stretch (steps 1-3).

    Raises `SegmentationError` if the frame is no RGB of 8 bits, or the request holds hints that the bundle cannot take.
    """
    started = time.perf_counter()
    _check_request(request, bundle)
    field_of_view = request.field_of_view or find_field_of_view(request.image)
    card = bundle.card
    pixels = network_input(request.image, field_of_view, height=card.height, width=card.width)
    return Framed(pixels[np.newaxis], field_of_view, started)


def proposed(
    probability: NDArray[np.float32], framed: Framed, *, request: Request, bundle: ModelBundle, device: DeviceReport
) -> Proposal:
    """The Proposal from a network's `probability`, `(1, 1, height, width)` float32 in 0..1 (step 4).

    Raises `SegmentationError` ("segmenter.not_finite") if it holds anything that is not a number.
    """
    if not np.isfinite(probability).all():
        raise SegmentationError("segmenter.not_finite", bundle=bundle.title)
    box = framed.field_of_view.box
    height, width = request.image.shape[:2]
    return Proposal(
        id=uuid4(),
        frame=request.frame,
        probability=quantise(probability[0, 0]),
        geometry=Geometry(Rect(box.left, box.top, box.width, box.height), height, width),
        threshold=bundle.card.threshold,
        minimum_area=bundle.card.minimum_area,
        bundle_digest=bundle.digest,
        device=device.ran,
        seen=pack_seen(framed.field_of_view.seen()),
        milliseconds=(time.perf_counter() - framed.started) * 1000,
    )


def _check_request(request: Request, bundle: ModelBundle) -> None:
    image = request.image
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or image.size == 0:
        raise SegmentationError("segmenter.image", shape=image.shape, dtype=image.dtype)
    hints = {"a region": request.region, "clicks": request.clicks or None, "a previous mask": request.previous}
    given = [name for name, hint in hints.items() if hint is not None]
    if given:
        raise SegmentationError("segmenter.unsupported", bundle=bundle.title, what=given[0])
