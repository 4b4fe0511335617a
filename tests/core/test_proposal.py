"""Proposals at frame size: threshold, components, field of view, dismissal."""

from __future__ import annotations

from uuid import UUID, uuid4

import numpy as np

from polypviewer.core.geometry import Point, Rect
from polypviewer.core.identity import FrameRef
from polypviewer.core.postprocess import binarise, frame_confidence
from polypviewer.core.proposal import (
    Geometry,
    Proposal,
    component_at,
    confidence,
    frame_probability,
    pack_seen,
    proposal_components,
    proposal_mask,
    unpack_seen,
)


def two_blobs() -> Proposal:
    probability = np.zeros((32, 32), np.uint8)
    probability[4:12, 4:12] = 200
    probability[20:28, 18:30] = 140
    probability[30, 30] = 255
    seen = np.zeros((97, 131), bool)
    seen[10:90, 20:120] = True
    geometry = Geometry(Rect(20, 10, 100, 80), 97, 131)
    frame = FrameRef(UUID(int=1), 0)
    return Proposal(uuid4(), frame, probability, geometry, 0.5, 0.005, "sha256:x", "cpu", 9.0, pack_seen(seen))


def test_the_mask_equals_the_shared_post_processing() -> None:
    proposal = two_blobs()
    frame = frame_probability(proposal)
    area = int(unpack_seen(proposal.seen, height=97, width=131).sum())
    for threshold in (0.1, 0.5, 0.6, 0.9):
        expected = binarise(frame, threshold=threshold, minimum_area=0.005, field_area=area)
        assert np.array_equal(proposal_mask(proposal, threshold=threshold), expected)
        assert confidence(proposal, threshold=threshold) == frame_confidence(frame, expected)


def test_nothing_is_proposed_outside_the_field_of_view() -> None:
    proposal = two_blobs()
    mask = proposal_mask(proposal, threshold=0.0001)
    assert not mask[:10].any()
    assert not mask[:, :20].any()


def test_a_dismissed_component_is_gone_and_the_other_stays() -> None:
    proposal = two_blobs()
    first, second = proposal_components(proposal)
    left = proposal_mask(proposal, dismissed=frozenset({first.number}))
    assert not left[first.rect.slices].any()
    assert left.sum() == second.area


def test_the_component_under_the_cursor_is_found_by_its_pixels() -> None:
    proposal = two_blobs()
    first = proposal_components(proposal)[0]
    centre = Point(first.rect.x + first.rect.width / 2, first.rect.y + first.rect.height / 2)
    assert component_at(proposal, centre) == first
    assert component_at(proposal, Point(0.5, 0.5)) is None
    assert component_at(proposal, Point(-3, 500)) is None
