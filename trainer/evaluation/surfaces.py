"""How far the border of a mask lies from the border of the truth, in pixels of their grid.

Normalised surface Dice: the share of both borders that lies within a tolerance of the other one (Nikolov et al. 2018).
HD95: the larger of the two 95th percentiles of the distances from border to border (Huttenlocher et al. 1993, as
MONAI computes it). A border pixel belongs to the mask and has a 4-neighbour outside it or outside the frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

TOLERANCE = 2.0
"""Pixels within which two borders count as the same (NSD)."""
NEAR_BORDER = 10.0
"""Pixels from the border of the truth in which calibration is looked at closely."""
_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
_FAR = 1e6


@dataclass(frozen=True, slots=True)
class Surface:
    """Agreement of two borders. NaN where the truth is empty: such a frame is judged by false proposals alone."""

    nsd: float
    hd95: float
    missed: bool


def border_of(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The border pixels of `(h, w)` bool; what lies outside the frame counts as outside the mask."""
    filled = mask.view(np.uint8)
    inner = cv2.erode(filled, _CROSS, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return np.asarray(filled != inner)


def distance_to(border: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Euclidean distance of every pixel to the nearest border pixel; very far where there is none."""
    if not border.any():
        return np.full(border.shape, _FAR, np.float32)
    outside = (~border).view(np.uint8)
    return np.asarray(cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32)


def compare_surfaces(
    mask: NDArray[np.bool_], truth: NDArray[np.bool_], *, known: NDArray[np.bool_], to_truth: NDArray[np.float32]
) -> Surface:
    """Compare two `(h, w)` bool masks; `to_truth` is `distance_to(border_of(truth))`.

    Border pixels that touch an unknown pixel do not count: nobody knows whether they are a border. Where the truth
    holds something and the mask nothing, HD95 is the diagonal of the image and NSD 0, and the frame is `missed`.
    """
    if not truth.any():
        return Surface(float("nan"), float("nan"), missed=False)
    if not mask.any():
        return Surface(0.0, float(np.hypot(*truth.shape)), missed=True)
    judged = _away_from(~known)
    ours, theirs = border_of(mask) & judged, border_of(truth) & judged
    if not ours.any() or not theirs.any():
        return Surface(float("nan"), float("nan"), missed=False)
    there, back = to_truth[ours], distance_to(ours)[theirs]
    close = np.count_nonzero(there <= TOLERANCE) + np.count_nonzero(back <= TOLERANCE)
    hd95 = max(float(np.percentile(there, 95)), float(np.percentile(back, 95)))
    return Surface(close / (there.size + back.size), hd95, missed=False)


def _away_from(unknown: NDArray[np.bool_]) -> NDArray[np.bool_]:
    if not unknown.any():
        return np.asarray(~unknown)
    return np.asarray(cv2.dilate(unknown.view(np.uint8), np.ones((3, 3), np.uint8)) == 0)
