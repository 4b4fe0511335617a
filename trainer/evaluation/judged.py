"""One frame against its truth: counts, histograms of probability, distances of borders; never whole maps."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from trainer.evaluation.lesions import Sweep, numbered_lesions, sweep_thresholds
from trainer.evaluation.surfaces import NEAR_BORDER, Surface, border_of, compare_surfaces, distance_to
from trainer.pixels.field_of_view import FieldOfView
from trainer.pixels.metrics import IGNORE, Counts, count
from trainer.pixels.postprocess import binarise
from trainer.proposing import Proposed, Rules

THRESHOLDS = (*(round(0.05 * step, 2) for step in range(1, 20)), 0.97, 0.99, 1.0)
"""Where lesions are counted one by one for the curve of sensitivity against false proposals."""
UNSURE = (0.05, 0.95)
"""Probabilities between these count as unsure; there calibration is looked at closely."""

Levels = NDArray[np.uint32]


@dataclass(frozen=True, slots=True, eq=False)
class OnGrid:
    """One frame on one grid (the image's own, or the network's).

    `positive`, `negative`: `(256,)` pixels of polyp and of background at each uint8 level of probability.
    `near_positive`, `near_negative`: the same where the model is unsure or the border of the truth is near.
    """

    counts: Counts
    positive: Levels
    negative: Levels
    near_positive: Levels
    near_negative: Levels
    surface: Surface


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """One frame. `area`: the lesion as a share of what the endoscope sees. `presence`: highest probability, 0..1.

    `sweep`: lesions and false parts at `THRESHOLDS`; `found` and `alarms`: at the threshold in use.
    """

    key: str
    frame: OnGrid
    network: OnGrid | None
    area: float
    presence: float
    confidence: float
    lesions: int
    found: int
    alarms: int
    sweep: Sweep
    milliseconds: float = 0.0
    group: str = ""
    digest: str = ""


def judge_frame(
    key: str,
    proposed: Proposed,
    label: NDArray[np.uint8],
    rules: Rules,
    *,
    small: NDArray[np.uint8] | None = None,
    milliseconds: float = 0.0,
    group: str = "",
    digest: str = "",
) -> Judged:
    """Compare a proposal with its LabelMap `(H, W)` uint8; pixels labelled 255 do not count.

    `small`: `(h, w)` uint8 probability on the network's grid; None where nobody knows it (masks of another program).
    """
    known = label != IGNORE
    seen = max(1, int(np.count_nonzero(proposed.field.seen())))
    lesions = numbered_lesions(label)
    here = sweep_thresholds(
        proposed.soft, label, thresholds=(rules.threshold,), areas=(rules.minimum_area,), field_area=seen
    )
    return Judged(
        key,
        on_grid(proposed.mask, proposed.soft, label),
        None if small is None else _on_network_grid(small, label, proposed.field, rules),
        np.count_nonzero((label > 0) & known) / max(1, int(np.count_nonzero(proposed.field.mask))),
        float(proposed.soft.max(initial=0)) / 255,
        proposed.confidence,
        int(lesions.max(initial=0)),
        int(here.found[0, 0]),
        int(here.alarms[0, 0]),
        sweep_thresholds(proposed.soft, label, thresholds=THRESHOLDS, areas=(rules.minimum_area,), field_area=seen),
        milliseconds,
        group,
        digest,
    )


def on_grid(mask: NDArray[np.bool_], soft: NDArray[np.uint8], label: NDArray[np.uint8]) -> OnGrid:
    """Compare on one grid: `mask` bool, `soft` uint8 probability and `label`, all `(h, w)`."""
    known = label != IGNORE
    truth = (label > 0) & known
    to_truth = distance_to(border_of(truth))
    low, high = (255 * limit for limit in UNSURE)
    near = known & (((soft > low) & (soft < high)) | (to_truth <= NEAR_BORDER))
    return OnGrid(
        count(mask, label),
        _levels(soft, truth),
        _levels(soft, known & ~truth),
        _levels(soft, near & truth),
        _levels(soft, near & ~truth),
        compare_surfaces(mask & known, truth, known=known, to_truth=to_truth),
    )


def label_on_grid(label: NDArray[np.uint8], seen: FieldOfView, *, size: tuple[int, int]) -> NDArray[np.uint8]:
    """A LabelMap on the network's grid `size` (height, width): 0, 1 where half of the pixel is lesion, 255 ignored."""
    box = seen.box
    crop = label[box.top : box.bottom, box.left : box.right]
    height, width = size
    lesion = ((crop > 0) & (crop < IGNORE)).astype(np.float32)
    small = (cv2.resize(lesion, (width, height), interpolation=cv2.INTER_AREA) >= 0.5).astype(np.uint8)
    ignored = cv2.resize(crop, (width, height), interpolation=cv2.INTER_NEAREST) == IGNORE
    small[ignored & (small == 0)] = IGNORE
    return small


def _on_network_grid(small: NDArray[np.uint8], label: NDArray[np.uint8], seen: FieldOfView, rules: Rules) -> OnGrid:
    share = np.count_nonzero(seen.seen()) / max(1, seen.box.width * seen.box.height)
    mask = binarise(
        small, threshold=rules.threshold, minimum_area=rules.minimum_area, field_area=round(share * small.size)
    )
    return on_grid(mask, small, label_on_grid(label, seen, size=(small.shape[0], small.shape[1])))


def _levels(soft: NDArray[np.uint8], where: NDArray[np.bool_]) -> Levels:
    return np.bincount(soft[where], minlength=256).astype(np.uint32)
