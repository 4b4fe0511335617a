"""Frames as small pictures with the outlines of truth and proposal, for the page of a report.

Only what the endoscope sees is shown: what lies outside the field of view and under insets is black, so that dates and
names which consoles write there do not come along.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from trainer.data.folders import Pair, read_pair
from trainer.evaluation.definitions import frame_dice
from trainer.evaluation.proposals import Source
from trainer.evaluation.table import FP, Table
from trainer.pixels.metrics import IGNORE

SIDE = 340
"""Longer side of a picture in pixels."""
QUALITY = 78
EACH = 20
FALSE = 12
"""Frames without a polyp, but with a proposal, that are shown."""
TRUTH, PROPOSAL, UNDER = (25, 227, 177), (255, 255, 255), (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG as base64, with the frame's key and what is said below it."""

    key: str
    jpeg: str
    said: str


@dataclass(frozen=True, slots=True)
class Gallery:
    """Worst frames first, best frames best first, and frames without a polyp that got a proposal."""

    worst: Sequence[Picture]
    best: Sequence[Picture]
    false: Sequence[Picture]


def gallery_of(table: Table, pairs: Sequence[Pair], source: Source) -> Gallery:
    """The pictures of a report; their proposals are asked for again, since maps are not kept."""
    dice = frame_dice(table.frame)
    polyp = np.flatnonzero(table.frame.polyp)
    order = polyp[np.argsort(dice[polyp], kind="stable")]
    each = min(EACH, len(order) // 2)
    worst, best = order[:each], order[::-1][:each]
    false = np.flatnonzero(~table.frame.polyp & (table.frame.counts[:, FP] > 0))
    false = false[np.argsort(-table.confidence[false], kind="stable")][:FALSE]
    said = {int(row): _said(table, int(row), float(dice[row])) for row in (*worst, *best, *false)}
    made = {row: _picture(pairs[row], source, said[row]) for row in said}
    return Gallery(*([made[int(row)] for row in rows] for rows in (worst, best, false)))


def outlined(
    image: NDArray[np.uint8], mask: NDArray[np.bool_], label: NDArray[np.uint8], *, side: int = SIDE
) -> NDArray[np.uint8]:
    """`image` `(h, w, 3)` uint8 RGB at `side` pixels, the outline of the truth in teal and of `mask` in white."""
    scale = side / max(image.shape[:2])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    truth = (label > 0) & (label < IGNORE)
    drawn = [(truth, TRUTH), (mask, PROPOSAL)]
    for binary, colour in drawn:
        grid = cv2.resize(binary.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
        lines, _ = cv2.findContours(grid, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(small, lines, -1, UNDER, 4, cv2.LINE_AA)
        cv2.drawContours(small, lines, -1, colour, 2, cv2.LINE_AA)
    return np.asarray(small, np.uint8)


def _picture(pair: Pair, source: Source, said: str) -> Picture:
    image, label = read_pair(pair)
    proposed = source.answer(pair, image).proposed
    field = proposed.field
    seen = np.asarray(cv2.copyTo(image, field.seen().astype(np.uint8)), np.uint8)
    box = (slice(field.box.top, field.box.bottom), slice(field.box.left, field.box.right))
    drawn = outlined(np.ascontiguousarray(seen[box]), proposed.mask[box], label[box])
    done, encoded = cv2.imencode(".jpg", cv2.cvtColor(drawn, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise RuntimeError(f"OpenCV could not write a JPEG of {drawn.shape}")
    return Picture(pair.key, base64.b64encode(encoded.tobytes()).decode("ascii"), said)


def _said(table: Table, row: int, dice: float) -> str:
    if not table.frame.polyp[row]:
        return f"no polyp; proposed with confidence {table.confidence[row]:.2f}"
    area = f"lesion {table.area[row]:.1%} of the field"
    if table.frame.missed[row]:
        return f"missed, {area}"
    return f"Dice {dice:.3f}, {area}"
