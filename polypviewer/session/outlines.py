"""A proposal made ready to draw and to accept: numbered regions, outlines, the mask without dismissed regions."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from polypviewer.core.draft import Draft
from polypviewer.core.geometry import EMPTY_RECT
from polypviewer.core.label_map import Mask
from polypviewer.core.proposal import Component, FrameProbability, Proposal, mask_without, numbered_at
from polypviewer.core.review import dismissed_components
from polypviewer.session.values import ShownProposal


def show_proposal(ready: FrameProbability, *, threshold: float | None, dismissed: frozenset[int]) -> ShownProposal:
    """Work out what is drawn at a threshold of 0-1 (the proposal's own when None); for a lane."""
    level = ready.proposal.threshold if threshold is None else threshold
    labels, components = numbered_at(ready, threshold=level)
    outlines = _outlines(labels, components)
    mask = mask_without(labels, components, dismissed=dismissed)
    return ShownProposal(ready.proposal, level, labels, components, outlines, dismissed, mask, ready.pixels)


def with_dismissed(shown: ShownProposal, dismissed: frozenset[int]) -> ShownProposal:
    """The same proposal with these regions hidden."""
    mask = mask_without(shown.labels, shown.components, dismissed=dismissed)
    return replace(shown, dismissed=dismissed, mask=mask)


def dismissed_in(draft: Draft, proposal: Proposal) -> frozenset[int]:
    """Which regions of this proposal the reader has dismissed."""
    return dismissed_components(draft, proposal_id=proposal.id)


def rough_outlines(mask: Mask) -> tuple[NDArray[np.float32], ...]:
    """Closed outlines of a `(height, width)` bool mask through the centres of its border pixels.

    `(n, 2)` float32 of x, y in image coordinates; quick enough for the window's thread (4K: 3 ms).
    """
    contours, _ = cv2.findContours(mask.view(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    return tuple((contour.reshape(-1, 2) + 0.5).astype(np.float32) for contour in contours)


def _outlines(
    labels: NDArray[np.int32], components: tuple[Component, ...]
) -> tuple[tuple[int, NDArray[np.float32]], ...]:
    """The number of a component and a closed outline of it, `(n, 2)` float32 of x, y in image coordinates.

    OpenCV's contours run through pixel centres; on a copy at twice the size they lie a quarter of a pixel inside the
    edge. All are found at once and moved at once: noise has thousands of them.
    """
    around = EMPTY_RECT
    for component in components:
        around = around.united(component.rect)
    if around.is_empty:
        return ()
    contours, _ = cv2.findContours(_doubled(labels[around.slices] > 0), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    points = np.concatenate(contours).reshape(-1, 2)
    ends = np.cumsum([len(contour) for contour in contours])
    starts = ends - [len(contour) for contour in contours]
    first = points[starts] // 2
    numbers = labels[first[:, 1] + around.y, first[:, 0] + around.x]
    placed = ((points + 0.5) / 2 + (around.x, around.y)).astype(np.float32)
    order = np.argsort(numbers, kind="stable")
    return tuple((int(numbers[place]), placed[starts[place] : ends[place]]) for place in order)


def _doubled(inside: Mask) -> NDArray[np.uint8]:
    """0 and 1 at twice the size: two equal bytes are one number of two bytes (OpenCV's resize takes four times it)."""
    height, width = inside.shape
    doubled = np.empty((height, 2, width), np.uint16)
    np.multiply(inside[:, None, :], np.uint16(0x0101), out=doubled)
    return doubled.view(np.uint8).reshape(2 * height, 2 * width)
