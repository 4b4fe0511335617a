"""Proposals at frame size: threshold, components, field of view, dismissal."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import cv2
import numpy as np

from polypviewer.core.geometry import Point, Rect
from polypviewer.core.identity import FrameRef
from polypviewer.core.postprocess import binarise, frame_confidence
from polypviewer.core.proposal import (
    Geometry,
    Proposal,
    at_frame_size,
    component_at,
    confidence,
    frame_probability,
    mask_without,
    numbered_at,
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


def test_a_proposal_at_frame_size_gives_the_same_at_every_threshold() -> None:
    proposal = two_blobs()
    ready = at_frame_size(proposal)
    assert np.array_equal(ready.pixels, frame_probability(proposal))
    assert not ready.pixels.flags.writeable
    for threshold in (0.0, 0.1, 0.5, 0.6, 0.9, 1.0):
        numbers, components = numbered_at(ready, threshold=threshold)
        assert components == proposal_components(proposal, threshold=threshold)
        for dismissed in (frozenset[int](), frozenset({1}), frozenset({1, 2, 99})):
            expected = proposal_mask(proposal, threshold=threshold, dismissed=dismissed)
            assert np.array_equal(mask_without(numbers, components, dismissed=dismissed), expected)


def test_numbers_rectangles_and_areas_are_those_of_the_specification() -> None:
    """Dismissals are kept by number: the order of components may never change."""
    rng = np.random.default_rng(11)
    for number in range(24):
        rough = cv2.GaussianBlur(rng.random((60, 80), np.float32), (0, 0), 0.5 + number / 8)
        probability = (255 * (rough - rough.min()) / np.ptp(rough)).astype(np.uint8)
        minimum_area = (0.0, 0.001, 0.02)[number % 3]
        proposal = replace(two_blobs(), probability=probability, minimum_area=minimum_area)
        frame = frame_probability(proposal)
        binary = (frame >= 128).astype(np.uint8)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(binary, connectivity=8)
        smallest = minimum_area * unpack_seen(proposal.seen, height=97, width=131).sum()
        expected = [label for label in range(1, len(stats)) if stats[label][cv2.CC_STAT_AREA] >= smallest]
        numbers, components = numbered_at(at_frame_size(proposal), threshold=0.5)
        assert len(components) == len(expected)
        for component, label in zip(components, expected, strict=True):
            x, y, width, height, area = (int(value) for value in stats[label])
            assert (component.rect, component.area) == (Rect(x, y, width, height), area)
            assert np.array_equal(numbers == component.number, labels == label)
            assert component.confidence == frame[labels == label].max() / 255
