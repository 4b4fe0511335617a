"""The Proposal: a mask that a model suggests, with probability. Never ground truth until a person accepts it."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import Final, Literal, cast
from uuid import UUID

import cv2
import numpy as np
from numpy.typing import NDArray

from polypviewer.core.geometry import EMPTY_RECT, Point, Rect
from polypviewer.core.identity import FrameRef
from polypviewer.core.label_map import Mask

_FEW: Final = 256
"""So many labels fit in a byte."""

ProposalKind = Literal["network", "propagated", "interpolated", "click"]


@dataclass(frozen=True, slots=True)
class Geometry:
    """Where a network-sized array lies: `box` in frame pixels; the frame's own `height` and `width`."""

    box: Rect
    height: int
    width: int


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """`probability` is `(h, w)` uint8 at network size (255 = certain); `seen` packs the field of view without insets.

    `threshold` 0-1 and `minimum_area` (a fraction of the field of view) are the bundle's; `milliseconds` is what the
    whole proposal took on `device`.
    """

    id: UUID
    frame: FrameRef
    probability: NDArray[np.uint8]
    geometry: Geometry
    threshold: float
    minimum_area: float
    bundle_digest: str
    device: str
    milliseconds: float
    seen: bytes
    kind: ProposalKind = "network"


@dataclass(frozen=True, slots=True)
class Component:
    """One connected region of a proposal. `number` counts from 1; `confidence` is its highest probability."""

    number: int
    rect: Rect
    area: int
    confidence: float


def pack_seen(seen: Mask) -> bytes:
    """A `(height, width)` bool field of view as compressed bits."""
    return zlib.compress(np.packbits(seen).tobytes(), 1)


def unpack_seen(packed: bytes, *, height: int, width: int) -> Mask:
    """The field of view of `pack_seen`, `(height, width)` bool."""
    bits = np.frombuffer(zlib.decompress(packed), np.uint8)
    seen: Mask = np.unpackbits(bits, count=height * width).reshape(height, width).view(np.bool_)
    return seen


def frame_probability(proposal: Proposal) -> NDArray[np.uint8]:
    """The probability at frame size, `(height, width)` uint8, 0 where nothing is seen (formats.md, step 5)."""
    return _stretched(proposal, _seen_of(proposal))


def _seen_of(proposal: Proposal) -> Mask:
    return unpack_seen(proposal.seen, height=proposal.geometry.height, width=proposal.geometry.width)


def _stretched(proposal: Proposal, seen: Mask) -> NDArray[np.uint8]:
    box = proposal.geometry.box
    frame = np.zeros(seen.shape, np.uint8)
    inside = frame[box.slices]
    cv2.resize(proposal.probability, (box.width, box.height), dst=inside, interpolation=cv2.INTER_LINEAR)
    np.multiply(inside, seen[box.slices], out=inside)
    return frame


@dataclass(frozen=True, slots=True, eq=False)
class FrameProbability:
    """A proposal at frame size, worked out once so that any threshold of it takes milliseconds.

    `pixels`: `(height, width)` uint8, read-only; `seen_area`: how many pixels are seen; `around`: where any is above 0.
    """

    proposal: Proposal
    pixels: NDArray[np.uint8]
    seen_area: int
    around: Rect


def at_frame_size(proposal: Proposal) -> FrameProbability:
    """Unpack and resize a proposal (1080p: tens of milliseconds, so on a lane)."""
    seen = _seen_of(proposal)
    pixels = _stretched(proposal, seen)
    pixels.flags.writeable = False
    return FrameProbability(proposal, pixels, cv2.countNonZero(seen.view(np.uint8)), Rect(*cv2.boundingRect(pixels)))


def numbered_components(
    proposal: Proposal, *, threshold: float | None = None
) -> tuple[NDArray[np.int32], tuple[Component, ...]]:
    """`(height, width)` int32 with the number of each pixel's component (0: none), and the components (step 6).

    8-connected; components below `minimum_area` of the field of view are removed.
    """
    return numbered_at(at_frame_size(proposal), threshold=threshold)


def numbered_at(
    ready: FrameProbability, *, threshold: float | None = None
) -> tuple[NDArray[np.int32], tuple[Component, ...]]:
    """`numbered_components` of a proposal that is at frame size already: quick enough for a slider.

    Only what lies around the proposed pixels is worked on. Areas and rectangles are found here, because OpenCV's own
    statistics take four times as long as its numbering (1080p: 8 ms against 2).
    """
    proposal, probability = ready.proposal, ready.pixels
    level = max(math.ceil(255 * (proposal.threshold if threshold is None else threshold)), 1)
    numbers = np.zeros(probability.shape, np.int32)
    binary = (probability[ready.around.slices] >= level).view(np.uint8)
    inner = Rect(*cv2.boundingRect(binary)) if binary.size else EMPTY_RECT
    if inner.is_empty:
        return numbers, ()
    binary, around = binary[inner.slices], inner.moved(ready.around.x, ready.around.y)
    count, found = cv2.connectedComponents(binary, connectivity=8)
    labels = cast(NDArray[np.int32], found)
    areas = _areas(labels, count=count)
    kept = np.flatnonzero(areas >= max(proposal.minimum_area * ready.seen_area, 1))
    if not kept.size:
        return numbers, ()
    if len(kept) < count - 1:
        new_numbers = np.zeros(count, np.int32)
        new_numbers[kept] = np.arange(1, len(kept) + 1)
        labels = np.take(new_numbers, labels)
    numbers[around.slices] = labels
    rects = _rects(labels)
    return numbers, tuple(
        _component(number, probability, numbers, rects[number].moved(around.x, around.y), area=int(areas[label]))
        for number, label in enumerate(kept, 1)
    )


def _areas(labels: NDArray[np.int32], *, count: int) -> NDArray[np.intp]:
    """Pixels of each of `count` labels, 0 for the ground. numpy widens labels to count them: few are not, a third."""
    if count <= _FEW:
        counts = cv2.calcHist([labels.astype(np.uint8)], [0], None, [_FEW], [0, _FEW])
        areas = counts.reshape(-1)[:count].astype(np.intp)
    else:
        areas = np.bincount(labels.ravel(), minlength=count)
    areas[0] = 0
    return areas


def _rects(numbers: NDArray[np.int32]) -> dict[int, Rect]:
    """The rectangle around each number above 0."""
    contours, tree = cv2.findContours((numbers > 0).view(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    outer = [contour for contour, links in zip(contours, tree[0], strict=True) if links[3] < 0]
    points = np.array([contour[0, 0] for contour in outer])
    owners = numbers[points[:, 1], points[:, 0]].tolist()
    return {owner: Rect(*cv2.boundingRect(contour)) for owner, contour in zip(owners, outer, strict=True)}


def _component(
    number: int, probability: NDArray[np.uint8], numbers: NDArray[np.int32], rect: Rect, *, area: int
) -> Component:
    inside = (numbers[rect.slices] == number).view(np.uint8)
    _, highest, _, _ = cv2.minMaxLoc(probability[rect.slices], inside)
    return Component(number, rect, area, highest / 255.0)


def proposal_components(proposal: Proposal, *, threshold: float | None = None) -> tuple[Component, ...]:
    """The components at a threshold of 0-1 (the bundle's when None)."""
    return numbered_components(proposal, threshold=threshold)[1]


def proposal_mask(
    proposal: Proposal, *, threshold: float | None = None, dismissed: frozenset[int] = frozenset()
) -> Mask:
    """The proposed mask at frame size, `(height, width)` bool, without dismissed components."""
    numbers, components = numbered_components(proposal, threshold=threshold)
    return mask_without(numbers, components, dismissed=dismissed)


def mask_without(numbers: NDArray[np.int32], components: tuple[Component, ...], *, dismissed: frozenset[int]) -> Mask:
    """The pixels of the components that are not dismissed, `(height, width)` bool."""
    mask: Mask = np.zeros(numbers.shape, np.bool_)
    around = EMPTY_RECT
    for component in components:
        around = around.united(component.rect)
    np.greater(numbers[around.slices], 0, out=mask[around.slices])
    for component in components:
        if component.number in dismissed:
            mask[component.rect.slices] &= numbers[component.rect.slices] != component.number
    return mask


def component_at(proposal: Proposal, point: Point, *, threshold: float | None = None) -> Component | None:
    """The component under a point in image coordinates, or None."""
    labels, components = numbered_components(proposal, threshold=threshold)
    column, row = math.floor(point.x), math.floor(point.y)
    if not (0 <= row < labels.shape[0] and 0 <= column < labels.shape[1]):
        return None
    number = int(labels[row, column])
    return components[number - 1] if number else None


def confidence(proposal: Proposal, *, threshold: float | None = None) -> float:
    """Highest probability inside the remaining components, 0-1; 0 when there are none."""
    return max((component.confidence for component in proposal_components(proposal, threshold=threshold)), default=0.0)
