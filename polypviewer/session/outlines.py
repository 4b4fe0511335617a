"""A proposal made ready to draw and to accept: numbered regions, outlines, the mask without dismissed regions."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from polypviewer.core.draft import Draft
from polypviewer.core.label_map import Mask
from polypviewer.core.proposal import Component, FrameProbability, Proposal, numbered_at
from polypviewer.core.review import dismissed_components
from polypviewer.session.values import ShownProposal


def show_proposal(ready: FrameProbability, *, threshold: float | None, dismissed: frozenset[int]) -> ShownProposal:
    """Work out what is drawn at a threshold of 0-1 (the proposal's own when None); for a lane."""
    level = ready.proposal.threshold if threshold is None else threshold
    labels, components = numbered_at(ready, threshold=level)
    outlines = tuple(
        (component.number, outline) for component in components for outline in _outlines(labels, component)
    )
    shown = ShownProposal(ready.proposal, level, labels, components, outlines, frozenset(), labels > 0, ready.pixels)
    return with_dismissed(shown, dismissed)


def with_dismissed(shown: ShownProposal, dismissed: frozenset[int]) -> ShownProposal:
    """The same proposal with these regions hidden."""
    keep = np.ones(len(shown.components) + 1, np.bool_)
    keep[0] = False
    keep[[number for number in dismissed if 0 < number < keep.size]] = False
    return replace(shown, dismissed=dismissed, mask=keep[shown.labels])


def dismissed_in(draft: Draft, proposal: Proposal) -> frozenset[int]:
    """Which regions of this proposal the reader has dismissed."""
    return dismissed_components(draft, proposal_id=proposal.id)


def rough_outlines(mask: Mask) -> tuple[NDArray[np.float32], ...]:
    """Closed outlines of a `(height, width)` bool mask through the centres of its border pixels.

    `(n, 2)` float32 of x, y in image coordinates; quick enough for the window's thread (4K: 3 ms).
    """
    contours, _ = cv2.findContours(mask.view(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    return tuple((contour.reshape(-1, 2) + 0.5).astype(np.float32) for contour in contours)


def _outlines(labels: NDArray[np.int32], component: Component) -> list[NDArray[np.float32]]:
    """Closed outlines `(n, 2)` float32 of x, y in image coordinates.

    OpenCV's contours run through pixel centres; on a copy at twice the size they lie a quarter of a pixel inside the
    edge.
    """
    inside = (labels[component.rect.slices] == component.number).astype(np.uint8)
    doubled = np.repeat(np.repeat(inside, 2, axis=0), 2, axis=1)
    contours, _ = cv2.findContours(doubled, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    corner = np.array([component.rect.x, component.rect.y], np.float64)
    return [((contour.reshape(-1, 2) + 0.5) / 2 + corner).astype(np.float32) for contour in contours]
